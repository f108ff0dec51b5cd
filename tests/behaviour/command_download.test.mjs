// Downloads that a program writes: streamed as it comes, cut when it fails,
// ended with all that it started when nobody wants it any more.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import jsonwebtoken from 'jsonwebtoken';

import { commandDownloads, descendantsOf, processesOf, runPrefix } from '../servers/commands.mjs';
import { skipOf } from '../servers/exceptions.mjs';
import { Peer, protocolStatus, request, type } from '../servers/fastcgi.mjs';
import { descriptorsOf, memoryOf, startProgram, stopPrograms } from '../servers/program.mjs';
import { makeSites, project, secret, user } from '../servers/sites.mjs';
import { cgiVariables, modes, parseCgi, runCgi, startTarget, until } from '../servers/target.mjs';

const mint = (claims = {}) => jsonwebtoken.sign({ jti: String(Math.random()), ...claims }, secret, { expiresIn: 9 });

// What a test may write for the scripts of tests/servers/commands.mjs.
function notesOf(dir) {
  const folder = path.join(dir, 'files', 'commands', 'notes');
  return {
    set: (name) => fs.writeFileSync(path.join(folder, name), ''),
    clear: () => fs.readdirSync(folder).forEach((each) => fs.rmSync(path.join(folder, each))),
    count: (name) => (fs.existsSync(path.join(folder, name)) ? fs.readFileSync(path.join(folder, name), 'utf8').split('\n').length - 1 : 0),
  };
}

// A prefix of its own for each suite, by which its processes are found.
const urlOf = (prefix, name, token = mint()) => `${prefix}${name}${name.includes('?') ? '&' : '?'}token=${token}`;

for (const mode of modes) {
  describe(`command/${mode}`, { concurrency: 1 }, () => {
    const prefix = runPrefix;
    let target;
    let notes;
    before(async () => {
      target = await startTarget(mode);
      notes = notesOf(target.dir);
    });
    after(() => target.stop());
    beforeEach(() => notes.clear());

    const get = (name, { token, ...options } = {}) => target.request('commands', { path: urlOf(prefix, name, token), ...options });
    const lastLine = () => target.audit('commands').at(-1);

    it('serves what the program writes, as a file without length, version and ranges', async () => {
      const response = await get('words', { headers: { Range: 'bytes=2-', 'If-None-Match': '"x"' } });
      assert.equal(response.status, 200);
      assert.equal(response.body.toString(), 'a,b\n1,2\n');
      assert.match(response.header('content-type'), /^text\/csv/);
      assert.equal(response.header('accept-ranges'), 'none');
      assert.match(response.header('content-disposition'), /^attachment; filename="words"/);
      assert.equal(response.header('cache-control'), 'private, no-store');
      assert.equal(response.header('x-content-type-options'), 'nosniff');
      // Of a short one a server may have the whole before it sends the head.
      assert.ok([undefined, '8'].includes(response.header('content-length')));
      for (const none of ['etag', 'last-modified', 'content-range']) assert.equal(response.header(none), undefined, none);
      assert.match(response.cookies().join(), /claimcheck_started_/);
      await until(() => lastLine()?.resource === `${prefix}words`);
      assert.equal(lastLine().event, 'redeemed');
      assert.equal(lastLine().end, 'complete');
      assert.equal(lastLine().bytes, 8);
    });

    it('runs nothing for a token that was used, for HEAD and for a prefetch', async () => {
      const token = mint();
      const head = await get('words', { token, method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal(head.body.length, 0);
      assert.equal((await get('words', { token, headers: { 'Sec-Purpose': 'prefetch' } })).code(), 'prefetch');
      assert.equal((await get('words', { token, headers: { 'If-Match': '"x"' } })).status, 412);
      assert.equal(notes.count('words'), 0);
      assert.equal((await get('words', { token })).status, 200);
      assert.equal(notes.count('words'), 1);
      assert.equal((await get('words', { token })).code(), 'token_used');
      assert.equal((await get('words', { token, method: 'HEAD' })).status, 403);
      assert.equal(notes.count('words'), 1);
    });

    it('serves an empty file for a program that succeeds and writes nothing', async () => {
      const response = await get('nothing');
      assert.equal(response.status, 200);
      assert.equal(response.body.length, 0);
    });

    it('answers 502 to a failure before the first byte, and the token is good when it is mended', async () => {
      const token = mint();
      notes.set('broken');
      const refused = await get('mended', { token });
      assert.equal(refused.status, 502);
      assert.equal(refused.code(), 'command_failed');
      assert.equal(refused.header('cache-control'), 'no-store');
      await until(() => lastLine()?.code === 'command_failed');
      assert.match(lastLine().detail, /\/mended exited with status 3 before its first byte$/);
      notes.clear();
      const served = await get('mended', { token });
      assert.equal(served.status, 200);
      assert.equal(served.body.toString(), 'whole\n');
      assert.equal((await get('mended', { token })).code(), 'token_used');
    });

    it('tells people in words that the download could not be made', async () => {
      const response = await get('fails', { headers: { Accept: 'text/html' } });
      assert.equal(response.status, 502);
      assert.match(response.body.toString(), /The download could not be made/);
    });

    it('is held up by no flood of complaints', async () => {
      const response = await get('flood');
      assert.equal(response.status, 200);
      assert.equal(response.body.toString(), 'after\n');
    });

    it('passes parameters as arguments of their own, and none that begins with a dash', async () => {
      const response = await get(`argument?x=${encodeURIComponent('a; b $(c) "d" \'e')}`);
      assert.equal(response.body.toString(), '<argument>\n<--name>\n<x=a; b $(c) "d" \'e>\n');
      assert.equal((await get('argument?x=')).body.toString(), '<argument>\n<--name>\n<x=>\n');
      for (const bad of ['?x=-rf', '?x=%2Drf', '?x=a/b', '?x=..', '?x=1&x=2', '']) {
        assert.equal((await get(`argument${bad}`)).code(), 'bad_url', bad);
      }
      // lighttpd refuses these by itself.
      for (const bad of ['a%00b', 'a%0Ab']) assert.equal((await get(`argument?x=${bad}`)).status, 400, bad);
    });

    it('names the file to the page that asks for a token, and no size', async () => {
      const answer = (await target.request('commands', { path: `/v1/api/get-token?for=${prefix}words` })).json();
      assert.equal(answer.filename, 'words');
      assert.equal(answer.size, undefined);
      assert.equal((await get('words', { token: answer.token })).status, 200);
      assert.equal((await target.request('commands', { path: `/v1/api/get-token?for=${prefix}argument%3Fx=-a` })).code(), 'bad_url');
    });

    // The rest needs a connection to a web server.
    if (mode === 'bare') return;

    const open = (name) => new Promise((resolve, reject) => {
      http.get(`${target.origin('commands')}${urlOf(prefix, name)}`, { agent: false }, resolve).on('error', reject);
    });

    for (const name of ['exits', 'dies']) {
      describe(`of a program that ${name} midway`, () => {
        let response;
        let size = 0;
        let error;
        before(async () => {
          notes.clear();
          response = await open(name);
          response.on('data', (chunk) => { size += chunk.length; });
          response.on('error', (thrown) => { error = thrown; });
          await until(() => size > 60000);
          notes.set('go');
          await new Promise((resolve) => { response.on('close', resolve); });
        });

        it('says in the audit line that the answer was cut, and why', async () => {
          assert.equal(response.statusCode, 200);
          await until(() => lastLine()?.resource === `${prefix}${name}`);
          assert.equal(lastLine().end, 'cut');
          assert.equal(lastLine().bytes, 100000);
          assert.match(lastLine().detail, name === 'exits' ? /exited with status 1$/ : /ended by signal 9 \(Killed\)$/);
        });

        const told = "breaks its client's connection off";
        it(told, { skip: skipOf(mode, told) }, () => {
          assert.equal(size, 100000);
          assert.equal(error?.code, 'ECONNRESET');
          assert.equal(response.complete, false);
        });
      });
    }

    it('ends the program when the client leaves', async () => {
      const response = await open('endless');
      await once(response, 'data');
      assert.ok(processesOf(`${prefix}endless`).length > 0);
      response.on('error', () => {});
      response.destroy();
      await until(() => processesOf(`${prefix}endless`).length === 0);
    });
  });
}

describe('command/fastcgi', { concurrency: 1 }, () => {
  const prefix = `/fastcgi${process.pid}/`;
  let dir;
  let program;
  let notes;
  // A single thread: whoever held it would hold up the others.
  before(async () => {
    dir = makeSites();
    notes = notesOf(dir);
    const short = 'command_timeout = "2s"';
    program = await startProgram(dir, {
      config: `keys = "${dir}/sites/main/secret"\nthreads = 1\nreuse = "never"\nclient = "off"\n${
        commandDownloads(path.join(dir, 'files', 'commands'), prefix, { hangs: short, silent: short, endless: short })}
[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n`,
      environment: { JWT_SECRET: 'a secret that no program may see, 40 chars', SECRET_OF_THE_SITE: 'x' },
    });
  });
  after(async () => {
    await program.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => notes.clear());
  // Whatever happened, one process is left: the one that starts others.
  afterEach(() => until(() => descendantsOf(program.pid()).length === 1 && processesOf(prefix).length === 0));

  const ask = (name, { token, keep = true, ...more } = {}) => new Peer(program.socket).write(request(
    cgiVariables({ path: name.startsWith('/') ? `${name}?token=${mint()}` : urlOf(prefix, name, token), ...more }), { keep }));
  async function get(name, options) {
    const peer = ask(name, options);
    const { out, err, status } = await peer.take();
    peer.destroy();
    assert.equal(status, protocolStatus.complete);
    return Object.assign(parseCgi({ out }), { err });
  }
  const bodyOf = (peer) => Buffer.concat(peer.records.filter((each) => each.type === type.stdout).map(({ content }) => content));
  const begun = (peer) => peer.until(() => peer.records.some((each) => each.type === type.stdout));

  it('gives the program a clean environment: who asks for what, and nothing of ours or of the request', async () => {
    const response = await get('facts', { token: mint({ sub: 'al ice' }), headers: { Proxy: 'http://evil', Cookie: 'a=b' }, user: 'bob' });
    assert.deepEqual(response.body.toString().split('\n').slice(1), [
      'facts', '/', `CLAIMCHECK_RESOURCE=${prefix}facts`, 'CLAIMCHECK_USER=al ice', 'LANG=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'PWD=/', '',
    ]);
    assert.match((await get('facts', { user: 'bob' })).body.toString(), /CLAIMCHECK_USER=bob\n/);
    assert.doesNotMatch((await get('facts')).body.toString(), /CLAIMCHECK_USER/);
    const { status, body } = await get('facts', { token: mint({ sub: 'alice\0' }) });
    assert.equal(status, 403);
    assert.equal(JSON.parse(body).code, 'not_allowed');
  });

  it('serves others while a program takes its time to begin', async () => {
    const late = ask('late');
    await until(() => processesOf(`${prefix}late`).length > 0);
    for (let i = 0; i < 20; i += 1) assert.equal((await get('/downloads/hello.txt')).status, 200);
    assert.equal(late.records.length, 0);
    notes.set('go');
    const { out, status } = await late.take();
    assert.equal(status, protocolStatus.complete);
    assert.equal(parseCgi({ out }).body.toString(), 'late\n');
    late.destroy();
  });

  it('passes each line on as it is written', async () => {
    const peer = ask('stubborn');
    await begun(peer);
    await peer.until(() => bodyOf(peer).toString().endsWith('\r\n\r\nfirst\n'));
    peer.destroy();
  });

  it('streams a gigabyte in flat memory, held back by a slow reader', { timeout: 120000 }, async () => {
    const expected = crypto.createHash('sha256');
    const original = spawn('seq', ['100000000', '210000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const chunk of original.stdout) expected.update(chunk);
    const peer = ask('gigabyte');
    const hash = crypto.createHash('sha256');
    let size = 0;
    let head = Buffer.alloc(0);
    const take = () => {
      for (const { type: kind, content } of peer.records.splice(0)) {
        if (kind === type.end) return true;
        if (kind !== type.stdout) continue;
        const bytes = head === null ? content : Buffer.concat([head, content]);
        const start = head === null ? 0 : bytes.indexOf('\r\n\r\n') + 4;
        head = null;
        hash.update(bytes.subarray(start));
        size += bytes.length - start;
      }
      return peer.isClosed;
    };
    await begun(peer);
    const pids = [program.pid(), ...descendantsOf(program.pid())].filter((pid) => fs.readlinkSync(`/proc/${pid}/exe`).includes('download'));
    assert.equal(pids.length, 3, 'we, the process that starts others and the one that keeps this one');
    const before = pids.map(memoryOf);
    // A reader that stalls: the pipe and the socket are full, and nothing else.
    peer.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const consumed = () => Number(/^wchar: (\d+)/m.exec(fs.readFileSync(`/proc/${processesOf(`${prefix}gigabyte`)[0]}/io`, 'utf8'))[1]);
    const stalled = consumed() - peer.socket.bytesRead;
    assert.ok(stalled < 8 << 20, `${stalled} bytes were written for nobody`);
    peer.socket.resume();
    let peak = before;
    // One of them ends with the program.
    const memoryNow = (pid) => {
      try {
        return memoryOf(pid);
      } catch {
        return 0;
      }
    };
    await peer.until(() => {
      peak = peak.map((each, i) => Math.max(each, memoryNow(pids[i])));
      return take();
    }, 100000);
    assert.ok(size > 1000000000, `${size}`);
    assert.equal(hash.digest('hex'), expected.digest('hex'));
    before.forEach((each, i) => assert.ok(peak[i] < each + 4, `process ${i} grew from ${each} to ${peak[i]} MiB`));
    peer.destroy();
  });

  it('leaves no process and no descriptor behind after 1,000 clients that left', { timeout: 120000 }, async () => {
    const leave = async (i) => {
      const name = ['endless', 'family', 'silent', 'late'][i % 4];
      const peer = ask(name, { keep: i % 8 < 4 });
      // Amid the answer, before it, and before there is a program.
      if (i % 4 < 2) await begun(peer);
      else if (i % 3 === 0) await until(() => processesOf(`${prefix}${name}`).length > 0 || peer.records.length > 0);
      peer.destroy();
    };
    await get('words');
    await until(() => descendantsOf(program.pid()).length === 1);
    const before = descriptorsOf(program.pid());
    for (let i = 0; i < 1000; i += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, j) => leave(i + j)));
      // "family" has children that ignore SIGTERM, for two seconds.
      if (i % 100 === 0) assert.ok(processesOf(prefix).length < 32 * 8);
    }
    await until(() => descendantsOf(program.pid()).length === 1 && processesOf(prefix).length === 0);
    assert.ok(descriptorsOf(program.pid()) <= before + 2);
    assert.equal((await get('words')).status, 200);
  });

  for (const name of ['exits', 'dies']) {
    it(`breaks the connection amid the answer of a program that ${name}, without an end`, async () => {
      const peer = ask(name);
      await peer.until(() => bodyOf(peer).length > 100000);
      notes.set('go');
      const { out, err, status } = await peer.take();
      assert.equal(status, null);
      assert.ok(peer.isClosed);
      assert.equal(parseCgi({ out }).body.length, 100000);
      const how = name === 'exits' ? 'exited with status 1' : 'was ended by signal 9 (Killed)';
      assert.ok(err.includes(`commands/${name} ${how}\n`), err);
      assert.match(err, /"bytes":100000,"end":"cut"/);
    });
  }

  it('bounds what a flood of complaints leaves in the log, and never waits for it', async () => {
    const { status, err } = await get('flood');
    assert.equal(status, 200);
    assert.ok(err.length < 8192, `${err.length}`);
    assert.match(err, /commands\/flood: eeee/);
    assert.match(err, /commands\/flood: and \d{8} bytes more\n/);
  });

  it("quotes a program's complaints in the server's log", async () => {
    const { status, err } = await get('fails');
    assert.equal(status, 502);
    assert.match(err, /^claimcheck: command \S+\/fails: first\nclaimcheck: command \S+\/fails exited with status 1 before its first byte\n/);
  });

  it('answers 502 when nothing comes in time, and the token stays good', async () => {
    const token = mint();
    const response = await get('silent', { token });
    assert.equal(response.status, 502);
    assert.match(response.err, /silent wrote nothing for 2000 ms, its command_timeout before its first byte/);
    assert.equal(JSON.parse((await get('silent', { token })).body).code, 'command_failed');
  });

  it('cuts the answer when nothing more comes in time', async () => {
    const { out, err, status } = await ask('hangs').take();
    assert.equal(status, null);
    assert.equal(parseCgi({ out }).body.toString(), 'first\n');
    assert.match(err, /hangs wrote nothing for 2000 ms, its command_timeout\n/);
  });

  it('lets a reader take as long as he likes', async () => {
    const peer = ask('endless');
    await begun(peer);
    peer.socket.pause();
    // Longer than the program may be silent.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const before = peer.socket.bytesRead;
    peer.socket.resume();
    await peer.until(() => peer.socket.bytesRead > before + (16 << 20));
    assert.ok(!peer.isClosed);
    peer.destroy();
  });

  it('ends a program that ignores SIGTERM, and its children', async () => {
    const peers = [ask('stubborn'), ask('family')];
    for (const peer of peers) await begun(peer);
    await until(() => processesOf(prefix).length >= 6);
    peers.forEach((peer) => peer.destroy());
    await until(() => processesOf(prefix).length === 0);
  });

  it('ends what a program left behind when it ended itself', async () => {
    const response = await get('orphan');
    assert.equal(response.status, 200);
    assert.equal(response.body.toString(), 'whole\n');
    await until(() => processesOf(prefix).length === 0);
  });

  it('answers 503 beyond 32 at once, and goes on when one has ended', async () => {
    const peers = Array.from({ length: 32 }, () => ask('endless'));
    for (const peer of peers) await begun(peer);
    peers.forEach((peer) => peer.socket.pause());
    const token = mint();
    const refused = await get('words', { token });
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.header('retry-after')) > 0);
    assert.match(refused.err, /32 commands run already/);
    assert.equal((await get('/downloads/hello.txt')).status, 200);
    peers.forEach((peer) => peer.destroy());
    await until(() => descendantsOf(program.pid()).length === 1);
    assert.equal((await get('words', { token })).status, 200);
  });

  it('is finished, with its program, before a restart ends us', async () => {
    const late = ask('late');
    await until(() => processesOf(`${prefix}late`).length > 0);
    const old = program.pid();
    await program.restart();
    notes.set('go');
    assert.equal(parseCgi(await late.take()).body.toString(), 'late\n');
    await until(() => !program.isAlive(old));
  });

  // As pkill does it.
  it('is finished, with its program, where all processes of our name are told to stop', async () => {
    const late = ask('late');
    await until(() => processesOf(`${prefix}late`).length > 0);
    const old = program.pid();
    const { ino } = fs.statSync(`/proc/${old}/exe`);
    const named = [old, ...descendantsOf(old)].filter((pid) => fs.statSync(`/proc/${pid}/exe`, { throwIfNoEntry: false })?.ino === ino);
    assert.equal(named.length, 3);
    named.forEach((pid) => process.kill(pid, 'SIGTERM'));
    await program.start();
    notes.set('go');
    assert.equal(parseCgi(await late.take()).body.toString(), 'late\n');
    await until(() => !named.some(program.isAlive));
  });

  it('refuses with 503 where the process that starts programs was killed', async () => {
    process.kill(descendantsOf(program.pid())[0], 'SIGKILL');
    const response = await get('words');
    assert.equal(response.status, 503);
    assert.match(response.err, /the process that starts commands is out of reach: restart us/);
    assert.equal((await get('/downloads/hello.txt')).status, 200);
    await program.restart();
    await until(async () => (await get('words')).status === 200);
  });

  it('leaves nothing behind when we are killed', async () => {
    const peers = [ask('endless'), ask('family'), ask('silent')];
    await begun(peers[0]);
    await begun(peers[1]);
    const ours = [program.pid(), ...descendantsOf(program.pid())];
    assert.ok(ours.length >= 5);
    process.kill(program.pid(), 'SIGKILL');
    await until(() => processesOf(prefix).length === 0 && !ours.some(program.isAlive));
    await program.start();
    assert.equal((await get('words')).status, 200);
  });
});

describe('command/cgi', { concurrency: 1 }, () => {
  const prefix = `/cgi${process.pid}/`;
  let dir;
  let notes;
  let variables;
  before(() => {
    dir = makeSites();
    notes = notesOf(dir);
    const file = path.join(dir, 'cgi.toml');
    fs.writeFileSync(file, `reuse = "window"\nclient = "off"\naudit = "${dir}/audit"\n${
      commandDownloads(path.join(dir, 'files', 'commands'), prefix, { silent: 'command_timeout = "2s"', hangs: 'command_timeout = "2s"' })}`);
    fs.chownSync(file, user.uid, user.gid);
    variables = { GATEWAY_INTERFACE: 'CGI/1.1', JWT_SECRET: secret, CLAIMCHECK_CONFIG: file };
  });
  after(async () => {
    await stopPrograms();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => notes.clear());
  // Those of ours are told by their executable.
  const ours = () => fs.readdirSync('/proc').filter((pid) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/exe`).startsWith(dir);
    } catch {
      return false;
    }
  });
  afterEach(() => until(() => processesOf(prefix).length === 0 && ours().length === 0));

  const environment = (name) => ({ ...variables, ...cgiVariables({ path: urlOf(prefix, name) }) });
  const run = (name) => runCgi(path.join(dir, 'lib', 'download.fcgi'), environment(name));
  const start = (name) => spawn(path.join(dir, 'lib', 'download.fcgi'), [], { env: environment(name), stdio: ['ignore', 'pipe', 'ignore'], ...user });

  it('streams a gigabyte', { timeout: 120000 }, async () => {
    const child = start('gigabyte');
    let size = 0;
    let peak = 0;
    child.stdout.on('data', (chunk) => {
      size += chunk.length;
      if (child.exitCode === null && fs.existsSync(`/proc/${child.pid}/status`)) peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
    });
    const [status] = await once(child, 'close');
    assert.equal(status, 0);
    assert.ok(size > 1000000000);
    assert.ok(peak < 16384, `${peak} KiB`);
  });

  it('ends with another status than 0, and says cut, where the program fails midway', async () => {
    notes.set('go');
    for (const name of ['exits', 'dies']) {
      const { status, out, err } = await run(name);
      assert.equal(status, 1);
      assert.equal(parseCgi({ out }).body.length, 100000);
      assert.match(err, name === 'exits' ? /exited with status 1\n/ : /ended by signal 9/);
      const last = JSON.parse(fs.readFileSync(path.join(dir, 'audit'), 'utf8').trim().split('\n').at(-1));
      assert.equal(last.end, 'cut');
    }
  });

  it('answers 502 or cuts when nothing comes in time', async () => {
    assert.equal(parseCgi(await run('silent')).status, 502);
    assert.equal((await run('hangs')).status, 1);
  });

  for (const [name, first] of [['endless', true], ['family', true], ['stubborn', true], ['silent', false], ['late', false]]) {
    it(`ends "${name}" when the web server closes its end, or kills us`, async () => {
      for (const end of [(child) => child.stdout.destroy(), (child) => child.kill('SIGTERM'), (child) => child.kill('SIGKILL')]) {
        const child = start(name);
        if (first) await once(child.stdout, 'readable');
        else await until(() => processesOf(`${prefix}${name}`).length > 0);
        end(child);
        await until(() => processesOf(prefix).length === 0);
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
    });
  }
});

describe('command/examples', { concurrency: 1 }, () => {
  const examples = path.join(project, 'htdocs', 'examples');
  const probes = { php: ['php', ['-v']], perl: ['perl', ['-v']], sqlite: ['sqlite3', ['-version']] };
  let dir;
  let file;
  before(() => {
    dir = makeSites();
    for (const each of ['export.php', 'export.pl']) {
      fs.copyFileSync(path.join(examples, each), path.join(dir, each));
      fs.chmodSync(path.join(dir, each), 0o755);
    }
    spawnSync('sqlite3', [path.join(dir, 'accounts.db'), `CREATE TABLE accounts (name TEXT, day TEXT, amount REAL);
      INSERT INTO accounts VALUES ('bob', '2026-11-02', 7.25), ('bob', '2026-11-01', 12.5), ('eve', '2026-11-01', 1);`]);
    // A program that is not installed here is a mistake of the configuration.
    const tables = fs.readFileSync(path.join(examples, 'commands.toml'), 'utf8')
      .replaceAll('/usr/local/lib/site', dir).replace('/srv/site', dir).split(/(?=\[\[download\]\])/)
      .filter((table) => !table.includes('/usr/bin/sqlite3') || fs.existsSync('/usr/bin/sqlite3'));
    file = path.join(dir, 'examples.toml');
    fs.writeFileSync(file, `reuse = "window"\nclient = "off"\n${tables.join('')}`);
    spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, dir]);
  });
  after(async () => {
    await stopPrograms();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const get = async (uri, sub) => parseCgi(await runCgi(path.join(dir, 'lib', 'download.fcgi'), {
    JWT_SECRET: secret, CLAIMCHECK_CONFIG: file, ...cgiVariables({ path: `${uri}&token=${mint({ sub })}` }),
  }));

  const expected = {
    php: 'name,day,amount,for\nbob,2026-11-01,12.5,"al""ice"\nbob,2026-11-02,7.25,"al""ice"\n',
    perl: 'name,day,amount,for\nbob,2026-11-01,12.5,"al""ice"\nbob,2026-11-02,7.25,"al""ice"\n',
    sqlite: 'name,day,amount\nbob,2026-11-01,12.5\nbob,2026-11-02,7.25\n',
  };
  for (const [name, [command, args]] of Object.entries(probes)) {
    it(`runs the export by ${name}`, {
      skip: spawnSync(command, args).status !== 0 && `${command} is not installed`,
    }, async () => {
      const response = await get(`/exports/${name}?name=bob`, 'al"ice');
      assert.equal(response.status, 200);
      assert.equal(response.body.toString().replaceAll('\r\n', '\n'), expected[name]);
      assert.match(response.header('content-disposition'), /filename="bob.csv"/);
      assert.equal((await get(`/exports/${name}?name=b'ob`)).code(), 'bad_url');
    });
  }

  it('answers 502 where the database of the example is away', {
    skip: spawnSync('sqlite3', ['-version']).status !== 0 && 'sqlite3 is not installed',
  }, async () => {
    fs.renameSync(path.join(dir, 'accounts.db'), path.join(dir, 'away.db'));
    assert.equal((await get('/exports/sqlite?name=bob')).status, 502);
    fs.renameSync(path.join(dir, 'away.db'), path.join(dir, 'accounts.db'));
  });
});
