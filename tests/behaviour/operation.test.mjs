// What an admin meets: a state directory or secret that is not as it should
// be, programs that are stopped, clients that leave, files that shrink.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

import jsonwebtoken from 'jsonwebtoken';

import { isRoot, secret, user } from '../servers/sites.mjs';
import { cgiVariables, collect, parseCgi, runCgi, startTarget, until } from '../servers/target.mjs';

const mint = () => jsonwebtoken.sign({ jti: String(Math.random()) }, secret, { expiresIn: 10 });

// A chroot, or a container, may have no mount namespaces to offer.
function canMount() {
  return isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;
}

describe('operation/state', { concurrency: 1 }, () => {
  let target;
  let state;
  let variables;
  before(async () => { target = await startTarget('bare'); });
  after(() => target.stop());
  beforeEach(() => {
    state = fs.mkdtempSync(path.join(target.dir, 'state-'));
    fs.chownSync(state, user.uid, user.gid);
    variables = {
      JWT_SECRET: secret,
      CLAIMCHECK_ROOT: path.join(target.files, 'tree'),
      CLAIMCHECK_STATE: state,
    };
  });

  const run = (program, request, more = {}, args = []) => runCgi(
    path.join(target.dir, 'lib', program), { ...variables, ...more, ...cgiVariables(request) }, args);
  const download = (more) => run('download.fcgi', { path: `/downloads/hello.txt?token=${mint()}` }, more);
  const getToken = (more, args) => run('get-token.fcgi', { path: '/v1/api/get-token', user: 'demo' }, more, args);

  // Both programs refuse, with the reason in the log.
  async function assertBothRefuse(status, code, reason, more) {
    for (const result of [await download(more), await getToken(more)]) {
      const response = parseCgi(result);
      assert.equal(response.status, status, result.err);
      assert.equal(response.code(), code);
      assert.match(result.err, reason);
      if (status === 503) assert.ok(Number(response.header('retry-after')) > 0);
    }
  }

  it('runs on JWT_SECRET and CLAIMCHECK_ROOT with a state directory and nothing else', async () => {
    const { token } = parseCgi(await getToken()).json();
    const response = parseCgi(await run('download.fcgi', { path: `/downloads/hello.txt?token=${token}` }));
    assert.equal(response.status, 200);
  });

  it('makes a secret in the state directory where none is set, for both programs', async () => {
    delete variables.JWT_SECRET;
    const { token } = parseCgi(await getToken()).json();
    const file = path.join(state, 'secret');
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    jsonwebtoken.verify(token, fs.readFileSync(file, 'utf8').trim());
    const response = parseCgi(await run('download.fcgi', { path: `/downloads/hello.txt?token=${token}` }));
    assert.equal(response.status, 200);
  });

  it('refuses with 503 and says what to run while the state directory is missing', async () => {
    fs.rmdirSync(state);
    await assertBothRefuse(503, 'unavailable', /state directory .*No such file.*install -d -m 0700/);
  });

  it('refuses with 503 while the state directory may be written by others', async () => {
    fs.chmodSync(state, 0o777);
    await assertBothRefuse(503, 'unavailable', /may be written by others.*chmod 0700/);
  });

  it('refuses with 503 while the state directory cannot be written', async () => {
    fs.chmodSync(state, 0o500);
    await assertBothRefuse(503, 'unavailable', /state directory.*Permission denied for uid/);
  });

  it("refuses with 503 while the state directory is somebody else's", {
    skip: !isRoot && 'only root can give a folder to another user',
  }, async () => {
    fs.chownSync(state, user.uid + 1, user.gid);
    fs.chmodSync(state, 0o755);
    await assertBothRefuse(503, 'unavailable', /belongs to uid \d+ and we run as uid \d+/);
  });

  it('serves again as soon as the state directory is mended', async () => {
    fs.chmodSync(state, 0o777);
    assert.equal(parseCgi(await download()).status, 503);
    fs.chmodSync(state, 0o700);
    assert.equal(parseCgi(await download()).status, 200);
  });

  it('refuses a short secret with 500, its length and the way to a better one', async () => {
    await assertBothRefuse(500, 'config', /JWT_SECRET: .*has 5 bytes.*at least 32.*claimcheck keygen/, { JWT_SECRET: 'short' });
  });

  it('refuses a secret that others may read', async () => {
    const file = path.join(target.dir, 'exposed');
    fs.writeFileSync(file, secret);
    fs.chownSync(file, user.uid, user.gid);
    fs.chmodSync(file, 0o644);
    await assertBothRefuse(500, 'config', /exposed: others may read/, { CLAIMCHECK_KEYS: file });
  });

  it('names file, line and key of each mistake in the configuration', async () => {
    const file = path.join(target.dir, 'sites', 'broken', 'claimcheck.toml');
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    const at = (text) => lines.findIndex((line) => line.startsWith(text)) + 1;
    const { err } = await getToken({ CLAIMCHECK_CONFIG: file });
    assert.match(err, new RegExp(`claimcheck.toml:${at('token_lifetime')}: token_lifetime: expected a duration`));
    assert.match(err, new RegExp(`claimcheck.toml:${at('colour')}: colour: is not a known key`));
    assert.doesNotMatch(err, new RegExp(secret));
  });

  it('takes no argument from a web server, which may pass on the query', async () => {
    const evil = path.join(target.dir, 'sites', 'open', 'claimcheck.toml');
    const response = parseCgi(await getToken({}, ['--config', evil]));
    assert.equal(response.status, 200);
    // The other configuration is anonymous; ours wants a user.
    const anonymous = await run('get-token.fcgi', { path: '/v1/api/get-token' }, {}, ['--config', evil]);
    assert.equal(parseCgi(anonymous).code(), 'not_signed_in');
  });

  // A host's `ulimit -f`, or a file system's own bound; the signal that comes
  // with it ends who does not ignore it.
  it('serves, and says what it could not log, when the audit log is as large as a file may be', async () => {
    const audit = path.join(state, 'audit.log');
    const most = 6010;
    fs.writeFileSync(audit, '{}\n'.repeat(2000));
    fs.chownSync(audit, user.uid, user.gid);
    const { out, err } = await runCgi('/usr/bin/prlimit', {
      ...variables, CLAIMCHECK_AUDIT: audit, ...cgiVariables({ path: `/downloads/hello.txt?token=${mint()}` }),
    }, [`--fsize=${most}`, path.join(target.dir, 'lib', 'download.fcgi')]);
    assert.equal(parseCgi({ out }).status, 200, err);
    assert.match(err, /the audit log .*: File too large/);
    assert.match(err, /"event":"redeemed"/);
    assert.equal(fs.statSync(audit).size, most);
  });

  // mod_cgid does so when a client has left, and kills three seconds later.
  it('writes the audit line of a client that left when it is told to end', async () => {
    const audit = path.join(state, 'audit.log');
    const child = spawn(path.join(target.dir, 'lib', 'download.fcgi'), [], {
      env: { GATEWAY_INTERFACE: 'CGI/1.1', ...variables, CLAIMCHECK_AUDIT: audit, ...cgiVariables({ path: `/downloads/large.bin?token=${mint()}` }) },
      stdio: ['ignore', 'pipe', 'ignore'],
      ...user,
    });
    // Its pipe is full, and stays so.
    await once(child.stdout, 'readable');
    child.kill('SIGTERM');
    const [status] = await once(child, 'exit');
    child.stdout.destroy();
    assert.equal(status, 1);
    const line = JSON.parse(fs.readFileSync(audit, 'utf8'));
    assert.deepEqual([line.event, line.end], ['redeemed', 'client_left']);
    assert.ok(line.bytes < 8 << 20);
  });

  it('explains itself when it is started by hand', async () => {
    const child = spawn(path.join(target.dir, 'lib', 'download.fcgi'), [], { env: {}, stdio: ['ignore', 'pipe', 'pipe'], ...user });
    let err = '';
    child.stderr.on('data', (chunk) => { err += chunk; });
    const [status] = await once(child, 'close');
    assert.equal(status, 2);
    assert.match(err, /spawn-fcgi/);
  });

  it('refuses with 503 and keeps nothing when the disk is full', {
    skip: !canMount() && 'no process may mount a small file system here',
  }, async () => {
    // A mount of the child's own, which goes with it.
    const script = `mount -t tmpfs -o size=16k,mode=0700,uid=${user.uid},gid=${user.gid} none "$CLAIMCHECK_STATE" &&
      { head -c 1M /dev/zero >"$CLAIMCHECK_STATE/filler" 2>/dev/null; true; } &&
      setpriv --reuid=${user.uid} --regid=${user.gid} --clear-groups "$PROGRAM"; find "$CLAIMCHECK_STATE" -type f ! -name filler >&2`;
    const child = spawn('unshare', ['-m', 'sh', '-c', script], {
      env: {
        PATH: process.env.PATH, GATEWAY_INTERFACE: 'CGI/1.1', PROGRAM: path.join(target.dir, 'lib', 'download.fcgi'),
        ...variables, ...cgiVariables({ path: `/downloads/hello.txt?token=${mint()}` }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out = [];
    let err = '';
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => { err += chunk; });
    await once(child, 'close');
    const response = parseCgi({ out: Buffer.concat(out) });
    assert.equal(response.status, 503, err);
    assert.match(err, /No space left on device.*disk has space/);
    assert.doesNotMatch(err, /spool\/\d+\//);
  });
});

describe('operation/fastcgi', { concurrency: 1 }, () => {
  let target;
  before(async () => { target = await startTarget('proxy_fcgi'); });
  after(() => target.stop());

  const portOf = () => Number(new URL(target.origin('main')).port);
  const large = () => path.join(target.files, 'tree', 'large.bin');

  // A raw connection that has read the head and a little of the body.
  async function startReading(file) {
    const socket = net.connect(portOf(), '127.0.0.1');
    socket.write(`GET /downloads/${file}?token=${mint()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await once(socket, 'readable');
    return socket;
  }

  const lastLine = () => target.audit('main').at(-1);

  it('says in the audit line that the client left', async () => {
    const file = path.join(target.files, 'tree', 'huge.bin');
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 256 << 20);
    const socket = await startReading('huge.bin');
    socket.destroy();
    await until(() => lastLine()?.resource === '/downloads/huge.bin');
    assert.equal(lastLine().end, 'client_left');
    assert.ok(lastLine().bytes < 256 << 20);
    fs.rmSync(file);
  });

  it('answers while 40 clients trickle in bodies that nobody wants', { timeout: 60000 }, async () => {
    const url = `/downloads/hello.txt?token=${mint()}`;
    const tricklers = Array.from({ length: 40 }, () => {
      const socket = net.connect(portOf(), '127.0.0.1');
      socket.on('error', () => {});
      socket.write('POST /downloads/hello.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n');
      socket.write('a'.repeat(20000));
      const timer = setInterval(() => socket.writable && socket.write('a'), 200);
      return () => { clearInterval(timer); socket.destroy(); };
    });
    try {
      const response = await target.request('main', { path: url });
      assert.equal(response.status, 200);
    } finally {
      tricklers.forEach((stop) => stop());
    }
  });

  // A program of its own on a socket, with what it writes to its error output.
  async function serve(program, args, socketPath) {
    const child = spawn('spawn-fcgi', ['-n', '-s', socketPath, '--', program, ...args], {
      env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe'], ...user,
    });
    child.errors = '';
    child.stderr.on('data', (chunk) => { child.errors += chunk; });
    await until(() => fs.existsSync(socketPath));
    return child;
  }
  const ask = (socketPath, request, more = {}) => collect(spawn('cgi-fcgi', ['-bind', '-connect', socketPath], {
    env: { ...cgiVariables(request), ...more }, stdio: ['ignore', 'pipe', 'pipe'],
  }));

  it('refuses a configuration that it came upon in the document root, and makes no secret there', async () => {
    const root = fs.mkdtempSync(path.join(target.dir, 'www-'));
    for (const folder of ['cgi-bin', 'claimcheck']) fs.mkdirSync(path.join(root, folder));
    const program = path.join(root, 'cgi-bin', 'get-token.fcgi');
    fs.copyFileSync(path.join(target.dir, 'lib', 'get-token.fcgi'), program);
    fs.writeFileSync(path.join(root, 'claimcheck', 'claimcheck.toml'),
      `access = "anonymous"\n[[download]]\npath = "/downloads/"\nroot = "${target.files}/tree"\n`);
    execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, root]);
    const socketPath = path.join(root, 'sock');
    const child = await serve(program, [], socketPath);
    const inside = await ask(socketPath, { path: '/v1/api/get-token' }, { DOCUMENT_ROOT: root });
    assert.equal(parseCgi(inside).code(), 'config');
    assert.match(inside.err, /claimcheck\.toml lies in the document root/);
    assert.deepEqual(fs.readdirSync(path.join(root, 'claimcheck')), ['claimcheck.toml']);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('writes the audit line of a client that left where it still can', async () => {
    const config = path.join(target.dir, 'stderr.toml');
    fs.writeFileSync(config, fs.readFileSync(path.join(target.dir, 'sites', 'main', 'claimcheck.toml'), 'utf8')
      .replace(/^audit = .*$/m, ''));
    fs.chownSync(config, user.uid, user.gid);
    const socketPath = path.join(target.dir, 'stderr.sock');
    const child = await serve(path.join(target.dir, 'lib', 'download.fcgi'), ['--config', config], socketPath);
    const client = spawn('cgi-fcgi', ['-bind', '-connect', socketPath], {
      env: cgiVariables({ path: `/downloads/large.bin?token=${mint()}` }), stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(client.stdout, 'readable');
    client.kill('SIGKILL');
    await until(() => child.errors.includes('\n'));
    const line = JSON.parse(child.errors);
    assert.equal(line.event, 'redeemed');
    assert.equal(line.end, 'client_left');
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('ends on SIGTERM with status 0 after the download in flight', async () => {
    const [socketPath, config] = ['stop.sock', 'claimcheck.toml'].map((name) => path.join(target.dir, 'sites', 'main', name));
    const child = spawn('spawn-fcgi', ['-n', '-s', socketPath, '--', path.join(target.dir, 'lib', 'download.fcgi'), '--config', config], {
      stdio: 'ignore', ...user,
    });
    await until(() => fs.existsSync(socketPath));
    const client = spawn('cgi-fcgi', ['-bind', '-connect', socketPath], {
      env: cgiVariables({ path: `/downloads/large.bin?token=${mint()}` }),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const chunks = [];
    await once(client.stdout, 'readable');
    child.kill('SIGTERM');
    client.stdout.on('data', (chunk) => chunks.push(chunk));
    await once(client, 'close');
    const response = parseCgi({ out: Buffer.concat(chunks) });
    assert.ok(response.body.equals(fs.readFileSync(large())));
    const [status] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    assert.equal(status, 0);
  });
});
