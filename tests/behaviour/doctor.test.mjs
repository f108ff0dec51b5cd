// claimcheck doctor on deployments of each server: nothing is found where
// nothing is wrong, and each mistake is called by its name and no other.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { deployments } from '../servers/broken_sites.mjs';
import { command } from '../servers/claimcheck.mjs';
import { definitions } from '../servers/sites.mjs';
import { collect, freePorts, startTarget } from '../servers/target.mjs';
import { startTlsProxy } from '../servers/tls_proxy.mjs';

const tokens = /eyJ[\w-]{20,}\.[\w-]{20,}/;

// doctor runs the command; what it prints never holds a token.
async function doctor(args, { input = '', environment = {} } = {}) {
  const child = spawn(command, ['doctor', ...args], { env: { PATH: process.env.PATH, ...environment } });
  // Who complains at once reads nothing.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const { status, out, err } = await collect(child);
  const text = out.toString();
  assert.doesNotMatch(text + err, tokens);
  return { status, out: text, err, codes: [...new Set([...text.matchAll(/^FOUND {5}(\w+): /gm)].map(([, code]) => code))] };
}

for (const [server, { mode, sites }] of Object.entries(deployments)) {
  describe(`doctor, ${server}`, { concurrency: 8 }, () => {
    let target;
    before(async () => {
      target = await startTarget(mode, {
        sites,
        // A folder of files whose name is the URL's, too.
        alter: (dir) => fs.symlinkSync('tree', path.join(dir, 'files', 'downloads')),
      });
    });
    after(() => target.stop());

    const ask = (name) => {
      const { auth, code, log = 'access', login = 'demo:demo', path: url = '/downloads/hello.txt' } = sites[name];
      const user = auth || code ? ['--user', '-'] : [];
      const logs = log ? ['--log', path.join(target.dir, 'logs', log)] : [];
      return doctor([...user, ...logs, target.origin(name) + url], { input: `${login}\n` });
    };

    for (const [name, { code, words = /./ }] of Object.entries(sites)) {
      it(code ? `says ${[code].flat().join(', ')} of the site ${name}, and no more` : `finds nothing at the site ${name}`, async () => {
        const { status, out, err, codes } = await ask(name);
        assert.deepEqual([codes.sort(), status, err], [[code ?? []].flat(), code ? 1 : 0, ''], out);
        assert.match(out, words);
        assert.match(out, code ? /\n\d+ findings?(; not seen: \d+)?\n$/ : /\nno findings(; not seen: \d+)?\n$/);
      });
    }
  });
}

// A server of this process, which answers with what `answer` writes.
async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

async function at(server, args = [], options = {}) {
  const origin = await listening(server);
  try {
    return await doctor([...args, `${origin}/downloads/hello.txt`], options);
  } finally {
    server.close();
  }
}

// raw answers each request with bytes, and then for ever with more.
function raw(bytes, more) {
  return net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(bytes);
      if (!more) return socket.end();
      const go = () => { while (!socket.destroyed && socket.write(more)); };
      socket.on('drain', go);
      return go();
    });
  });
}

// curlsOf lists the arguments of the curls that a doctor runs who was given a
// URL with this port.
function curlsOf(port) {
  const read = (pid, name) => fs.readFileSync(`/proc/${pid}/${name}`, 'utf8');
  return fs.readdirSync('/proc').filter(Number).map((pid) => {
    try {
      const parent = read(pid, 'stat').split(') ')[1].split(' ')[1];
      return read(pid, 'comm') === 'curl\n' && read(parent, 'cmdline').includes(`:${port}/`) ? read(pid, 'cmdline') : '';
    } catch {
      return '';  // it has ended
    }
  }).filter(Boolean);
}

const controls = /[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/;

describe('doctor, whatever answers', { concurrency: 4 }, () => {
  it('wants a name and a password where --user is given, and no empty line', async () => {
    for (const input of ['', '\n', 'demo\n']) {
      const { status, err } = await doctor(['http://127.0.0.1:1/downloads/a', '--user', '-'], { input });
      assert.equal(status, 2, err);
      assert.match(err, /usage: claimcheck doctor/);
    }
  });
  it('says where to get curl, and what does without', async () => {
    const { status, err } = await doctor(['http://127.0.0.1/downloads/a'], { environment: { PATH: '/nonexistent' } });
    assert.equal(status, 2);
    assert.match(err, /Debian: curl.*\/claimcheck\/doctor\.html/);
  });

  it('takes no URL that is none, and no user without a password', async () => {
    for (const args of [[], ['downloads/a'], ['ftp://x/a'], ['http://x/a b'], ['http://u:p@x/a'], ['http://x/a', 'http://x/b'],
      ['--user', 'demo', 'http://x/a'], ['--get-token', 'x', 'http://x/a'], ['--colour', 'http://x/a']]) {
      const { status, out } = await doctor(args);
      assert.deepEqual([status, out], [2, ''], args.join(' '));
    }
  });

  it('says so when nothing answers', async () => {
    const { status, codes, out } = await doctor([`http://127.0.0.1:${await freePorts(1)}/downloads/a`]);
    assert.deepEqual([status, codes], [1, ['unreachable']], out);
    assert.match(out, /Failed to connect/);
  });

  it('follows no redirect, and says where it leads', async () => {
    const server = http.createServer((request, response) => {
      response.writeHead(302, { Location: `https://www.example.org/login?from=${encodeURIComponent(request.url)}` }).end();
    });
    const { status, codes, out } = await at(server);
    assert.deepEqual([status, codes], [1, ['redirected']], out);
    assert.match(out, /leads to "https:\/\/www\.example\.org\/login/);
  });

  it('reads no more than the beginning of endless headers', async () => {
    const { status, codes, out } = await at(raw('HTTP/1.1 200 OK\r\n', `X-Filler: ${'x'.repeat(8000)}\r\n`));
    assert.deepEqual([status, codes], [1, ['unreachable']], out);
  });

  it('reads no more than the beginning of an endless body', async () => {
    const { status, codes, out } = await at(raw('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n', 'x'.repeat(65536)));
    assert.equal(status, 1);
    assert.deepEqual(codes, ['get_token_missing', 'file_without_token'], out);
  });

  it('prints no control character that a server sends', async () => {
    const evil = 'Apache\x1b[2J\x07\x9b31m\u202e';
    for (const bytes of [
      `HTTP/1.1 302 Found\r\nServer: ${evil}\r\nLocation: /${evil}\r\n\r\n`,
      `HTTP/1.1 401 No\r\nServer: ${evil}\0\r\n\r\n{"message":"\\u001b[2J","code":"\\u001b[2J\\u009b"}`,
      `HTTP/1.1 200 ${evil}\r\nA\0B: c\r\n\r\n\0\0\0`,
      `\0\x1b${evil}`,
    ]) {
      const { status, out, err } = await at(raw(Buffer.from(bytes)));
      assert.equal(status, 1);
      assert.doesNotMatch(Buffer.from(out + err).toString('latin1'), controls);
      assert.ok(!out.includes('\u202e'), out);
    }
  });

  it('shows no password in the list of processes, and reads no .curlrc', async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-home-'));
    fs.writeFileSync(path.join(home, '.curlrc'), 'user-agent = "of .curlrc"\n');
    const lines = new Set();
    const agents = new Set();
    const logins = new Set();
    const server = http.createServer((request, response) => {
      for (const line of curlsOf(request.socket.localPort)) lines.add(line);
      agents.add(request.headers['user-agent']);
      if (request.headers.authorization) logins.add(Buffer.from(request.headers.authorization.split(' ')[1], 'base64').toString());
      response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end();
    });
    const { codes, out } = await at(server, ['--user', '-'], { input: 'demo:a "secret" word\\\n', environment: { HOME: home } });
    fs.rmSync(home, { recursive: true });
    assert.deepEqual(codes, ['signed_in_refused', 'not_ours'], out);
    assert.deepEqual([...lines], ['curl\0-q\0--config\0-\0']);
    assert.deepEqual([...logins], ['demo:a "secret" word\\']);
    assert.ok([...agents].every((agent) => agent.startsWith('claimcheck-doctor/')), [...agents].join());
  });
});

describe('doctor, behind TLS', { concurrency: 4 }, () => {
  let target;
  const proxies = {};
  before(async () => {
    const { proxied, anonymous } = definitions;
    target = await startTarget('nginx', { sites: { proxied, anonymous } });
    for (const site of ['proxied', 'anonymous']) proxies[site] = await startTlsProxy(target, site, site);
  });
  after(async () => {
    await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
    await target.stop();
  });
  const ask = (site, environment) => doctor([`https://localhost:${proxies[site].portOf('proxy')}/downloads/hello.txt`], { environment });
  const trusting = (site) => ({ CURL_CA_BUNDLE: path.join(proxies[site].logs, '..', 'cert.pem') });

  it('finds nothing where https is "always"', async () => {
    const { status, codes, out } = await ask('proxied', trusting('proxied'));
    assert.deepEqual([codes, status], [[], 0], out);
    assert.match(out, /by __Host-claimcheck\n/);
  });
  it('says https_unknown where it is not, and no more', async () => {
    const { codes, out } = await ask('anonymous', trusting('anonymous'));
    assert.deepEqual(codes, ['https_unknown'], out);
  });
  it('says tls, in the words of curl, of a certificate that nobody knows', async () => {
    const { codes, out } = await ask('proxied');
    assert.deepEqual(codes, ['tls'], out);
    assert.match(out, /certificate/);
  });
});
