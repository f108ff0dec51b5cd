// An interrupted download goes on, an hour long, for who began it: the usual
// command-line clients, a line that breaks off when the token has long expired,
// and what becomes of it when the file is another one by then. The browsers are
// in tests/browser/resume.test.mjs.
//
// What the clients do (curl 7.88, wget 1.21, aria2 1.36), as the tests see it:
// - None sends a validator: the resume is a bare "Range: bytes=N-".
// - A cookie that came with the body is all they need. wget and aria2 keep it
//   in memory for their own retries; for another process to go on, curl wants
//   `-c jar` and then `-b jar`, wget `--keep-session-cookies --save-cookies jar`
//   and `--load-cookies jar`.
// - aria2 -x4 -s4 asks for the whole, and with the head of that answer (and its
//   cookie) for three further parts, while the token lives: they are repeats.
//   Then it retries by itself what was cut, each part from where it stopped.
//   A new `aria2c -c` begins with a GET without Range, control file or not: it
//   is refused.
// - `curl -C -` without --fail writes the words of a refusal behind the part
//   that it has.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

import { bigSize, digestOf, makeBigFile } from '../servers/big_file.mjs';
import { startCutter } from '../servers/cutter.mjs';
import { request } from '../servers/http.mjs';
import { isRoot, user } from '../servers/sites.mjs';
import { collect, runs, startTarget, until, untilExpired } from '../servers/target.mjs';

const site = 'anonymous';
const needs = (command) => ({ skip: spawnSync(command, ['--version']).status === 0 ? false : `${command} is not installed` });
const cookieOf = (response) => response.cookies().find((each) => each.startsWith('claimcheck='))?.split(';')[0];
const otherCookie = `claimcheck=${Buffer.alloc(16, 7).toString('base64url')}`;
const portOf = (target) => Number(new URL(target.origin(site)).port);

// A token for `file`, and the request for it; bound to the cookie, if one is
// given. Without one, `cookie` is what get-token brings.
async function ask(target, file, cookie) {
  const headers = cookie ? { Cookie: cookie } : {};
  const response = await target.request(site, { path: `/v1/api/get-token?for=/downloads/${file}`, headers });
  assert.equal(response.status, 200);
  const { token, handle } = response.json();
  return { token, handle, path: `/downloads/${file}?token=${token}`, cookie: cookie ?? cookieOf(response) };
}

const linesOf = (target, { handle }) => target.audit(site).filter((line) => line.handle?.startsWith(handle));

describe('resume', { concurrency: 1 }, () => {
  let folder;
  let digest;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-resume-'));
    digest = makeBigFile(path.join(folder, 'big.bin'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  // begin downloads to "out"; again goes on in another process, if the client
  // does not by itself.
  const curl = { name: 'curl -C -', command: 'curl', begin: ['-sS', '-c', 'jar', '-o', 'out'], status: 18, again: ['-sS', '--fail', '-C', '-', '-b', 'jar', '-o', 'out'] };
  const wget = {
    name: 'wget -c', command: 'wget', begin: ['-q', '-t', '1', '--keep-session-cookies', '--save-cookies=jar', '-O', 'out'], status: 4,
    again: ['-q', '-c', '--load-cookies=jar', '-O', 'out'],
  };
  const clients = [curl, wget,
    { name: "wget's own retry", command: 'wget', begin: ['-q', '-O', 'out'], status: 0 },
    { name: "aria2's own retry, with four connections", command: 'aria2c', begin: ['-q', '--no-conf', '-x4', '-s4', '-o', 'out'], status: 0, connections: 4 },
  ];

  for (const { mode, delivery, title } of runs.filter((each) => each.mode !== 'bare')) {
    describe(title, { concurrency: 1 }, () => {
      let target;
      let cutter;
      let saved;
      before(async () => {
        target = await startTarget(mode, { delivery });
        fs.linkSync(path.join(folder, 'big.bin'), path.join(target.files, 'tree', 'big.bin'));
        cutter = await startCutter(portOf(target));
      });
      after(async () => {
        await cutter.stop();
        await target.stop();
      });
      beforeEach(() => { saved = fs.mkdtempSync(path.join(folder, 'saved-')); });

      const run = (command, args, { path: url }) => collect(spawn(command, [...args, `${cutter.origin}${url}`], { cwd: saved, stdio: ['ignore', 'pipe', 'pipe'] }));
      const get = (url, headers = {}, method = 'GET') => request(portOf(target), { method, path: url, headers });

      // interrupted runs a client whose connections stall, and break when the
      // token has expired and `meanwhile` is over.
      async function interrupted({ command, begin, connections = 1 }, asked, meanwhile = () => {}) {
        const cut = cutter.cutAt(connections > 1 ? 20 << 20 : 80 << 20, connections);
        const running = run(command, begin, asked);
        await Promise.race([cut.reached, running.then(({ err }) => assert.fail(`${command} ended: ${err}`))]);
        await meanwhile();
        await untilExpired(asked.token);
        assert.equal(cut.now(), connections);
        return running;
      }

      async function assertSaved() {
        assert.equal(fs.statSync(path.join(saved, 'out')).size, bigSize);
        assert.equal(await digestOf(path.join(saved, 'out')), digest);
      }

      // What was asked when the token had expired, and by which cookie.
      function assertResumes(requests, count) {
        assert.equal(requests[0].header('range'), undefined);
        assert.equal(requests[0].header('cookie'), undefined);
        for (const each of requests.slice(-count)) {
          assert.match(each.header('range'), /^bytes=[1-9]\d{6,}-(\d+)?$/);
          assert.match(each.header('cookie'), /claimcheck=[\w-]{22}/);
          for (const name of ['if-range', 'if-match', 'if-unmodified-since']) assert.equal(each.header(name), undefined);
        }
      }

      for (const client of title === 'proxy_fcgi' ? clients : [curl]) {
        it(`${client.name} completes what was cut when the token was dead, byte by byte`, needs(client.command), async () => {
          const { connections = 1 } = client;
          const asked = await ask(target, 'big.bin');
          const ended = await interrupted(client, asked);
          assert.equal(ended.status, client.status, ended.err);
          if (client.again) assert.equal((await run(client.command, client.again, asked)).status, 0);
          await assertSaved();
          const requests = cutter.takeDownloads();
          assert.equal(requests.length, 2 * connections);
          assertResumes(requests, connections);
          const events = () => linesOf(target, asked).map(({ event }) => event).sort();
          await until(() => events().length === 1 + 2 * connections);
          assert.deepEqual(events(), ['issued', 'redeemed', ...Array(connections - 1).fill('repeated'), ...Array(connections).fill('resumed')]);
          const resumed = linesOf(target, asked).filter(({ event }) => event === 'resumed');
          assert.ok(resumed.every(({ end }) => end === 'complete'));
          // The URL is worth no more now, not to its client either.
          const cookie = /claimcheck=[\w-]{22}/.exec(requests.at(-1).header('cookie'))[0];
          assert.equal((await get(asked.path, { Cookie: cookie })).code(), 'token_used');
          for (const range of ['bytes=0-', 'bytes=1-', `bytes=${bigSize - 1}-`, 'bytes=-5']) {
            for (const headers of [{ Range: range }, { Range: range, Cookie: otherCookie }]) {
              const refused = await get(asked.path, headers);
              assert.deepEqual([refused.status, refused.code()], [403, 'token_used']);
            }
          }
        });
      }

      if (title !== 'proxy_fcgi') return;

      // Other projects' single-use links were burned by scanners of mail, chat or
      // "safe browsing", which fetched them again (pelican/wings), and by HEAD
      // and requests for parts (psitransfer).
      for (const bound of [false, true]) {
        it(`a scanner that fetches the URL meanwhile gets nothing and breaks nothing, ${bound ? 'with' : 'without'} cnf`, needs('curl'), async () => {
          const first = await ask(target, 'big.bin');
          const asked = bound ? await ask(target, 'big.bin', first.cookie) : first;
          const browser = ['-A', 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', '-H', `Cookie: ${asked.cookie}`];
          const scan = async () => {
            for (const [headers, method] of [[{}], [{}, 'HEAD'], [{ Range: 'bytes=0-1023' }], [{ Range: 'bytes=1024-' }], [{ Cookie: otherCookie }]]) {
              const refused = await get(asked.path, { 'User-Agent': 'Mozilla/5.0 (compatible; LinkScanner/1.0)', Accept: '*/*', ...headers }, method);
              assert.equal(refused.status, 403);
              if (method !== 'HEAD') assert.match(refused.code(), bound ? /^token_(other_client|expired)$/ : /^token_used$/);
            }
          };
          const ended = await interrupted({ command: 'curl', begin: [...browser, ...curl.begin] }, asked, scan);
          assert.equal(ended.status, curl.status);
          await scan();
          assert.equal((await run('curl', [...browser, '-sS', '--fail', '-C', '-', '-o', 'out'], asked)).status, 0);
          await assertSaved();
          const events = () => linesOf(target, asked).map(({ event }) => event).sort();
          await until(() => events().length === 13);
          assert.deepEqual(events(), ['issued', 'redeemed', ...Array(10).fill('refused'), 'resumed']);
        });
      }

      for (const [client, status] of [[curl, 22], [wget, 8]]) {
        it(`${client.name} keeps its part as it is when the file has changed`, needs(client.command), async () => {
          const file = path.join(target.files, 'tree', 'changing.bin');
          fs.copyFileSync(path.join(folder, 'big.bin'), file);
          const asked = await ask(target, 'changing.bin');
          assert.equal((await interrupted(client, asked)).status, client.status);
          const part = await digestOf(path.join(saved, 'out'));
          fs.appendFileSync(file, 'more');
          assert.equal((await run(client.command, client.again, asked)).status, status);
          assert.equal(await digestOf(path.join(saved, 'out')), part);
          await until(() => linesOf(target, asked).at(-1).code === 'precondition_failed');
        });
      }
    });
  }
});

// Files that change, shrink, vanish or become unreadable while their leases
// last: all tokens expire in one wait.
for (const { mode, delivery, title } of runs) {
  describe(`changed/${title}`, { concurrency: 1 }, () => {
    const size = 300_000;
    const from = 100_000;
    let target;
    const fileOf = (name) => path.join(target.files, 'tree', name);
    const resume = (asked, headers = {}) => target.request(site, { path: asked.path, headers: { Cookie: asked.cookie, Range: `bytes=${from}-`, ...headers } });

    function write(name, text) {
      fs.writeFileSync(fileOf(name), text);
      if (isRoot) fs.chownSync(fileOf(name), user.uid, user.gid);
    }

    // What happens to a file, and what its holder is answered then.
    const cases = {
      grows: [(file) => fs.appendFileSync(file, 'x'), 412, 'precondition_failed'],
      shrinks: [(file) => fs.truncateSync(file, size - 1), 412, 'precondition_failed'],
      'shrinks to less than was had': [(file) => fs.truncateSync(file, 10), 412, 'precondition_failed'],
      'is written again, with other bytes': [(file) => fs.writeFileSync(file, Buffer.alloc(size, 'new')), 412, 'precondition_failed'],
      'is replaced by one of its size and times': [(file) => {
        const { atime, mtime } = fs.statSync(file);
        fs.writeFileSync(`${file}.new`, Buffer.alloc(size, 'new'));
        fs.utimesSync(`${file}.new`, atime, mtime);
        fs.renameSync(`${file}.new`, file);
      }, 412, 'precondition_failed'],
      vanishes: [(file) => fs.rmSync(file), 404, 'not_found'],
      'becomes unreadable': [(file) => fs.chmodSync(file, 0), 404, 'not_found'],
      'becomes a symbolic link': [(file) => {
        fs.renameSync(file, `${file}.real`);
        fs.symlinkSync(`${file}.real`, file);
      }, 404, 'not_found'],
      'becomes a folder': [(file) => {
        fs.rmSync(file);
        fs.mkdirSync(file);
      }, 404, 'not_found'],
    };
    const leases = {};
    let restored;
    before(async () => {
      target = await startTarget(mode, { delivery });
      for (const name of [...Object.keys(cases), 'is moved away and back']) {
        const file = `${name.replaceAll(' ', '-')}.bin`;
        write(file, Buffer.alloc(size, 'old'));
        // Whole seconds, which utimes() can give to another file.
        fs.utimesSync(fileOf(file), 1_600_000_000, 1_600_000_000);
        const asked = await ask(target, file);
        const first = await target.request(site, { path: asked.path, headers: { Cookie: asked.cookie } });
        assert.equal(first.status, 200);
        leases[name] = { ...asked, file, etag: first.header('etag') };
      }
      restored = leases['is moved away and back'];
      await untilExpired(restored.token);
    });
    after(() => target.stop());

    for (const [what, [change, status, code]] of Object.entries(cases)) {
      it(`a download whose file ${what} does not go on: ${status}`, async () => {
        const lease = leases[what];
        assert.equal((await resume(lease)).status, 206);
        change(fileOf(lease.file));
        for (const headers of [{}, { 'If-Range': lease.etag }, { 'If-Match': lease.etag }, { Range: 'bytes=0-', 'If-Range': lease.etag }, { Range: 'bytes=0-0,200000-', 'If-Match': lease.etag }]) {
          const refused = await resume(lease, headers);
          assert.deepEqual([refused.status, refused.code()], [status, code]);
        }
        // Nor does anybody else learn what became of the file.
        const stranger = await target.request(site, { path: lease.path, headers: { Range: `bytes=${from}-` } });
        assert.deepEqual([stranger.status, stranger.code()], [403, 'token_used']);
        await until(() => linesOf(target, lease).filter((line) => line.code === code).length === 5);
      });
    }

    // A server that remembers files would send an old one by a new one's name.
    it('a file that was replaced a moment ago is sent as it is now', async () => {
      for (let round = 0; round < 5; round += 1) {
        write(`fresh.bin.${round}`, Buffer.alloc(size, `${round}`));
        fs.renameSync(fileOf(`fresh.bin.${round}`), fileOf('fresh.bin'));
        const { path: url, cookie } = await ask(target, 'fresh.bin');
        const response = await target.request(site, { path: url, headers: { Cookie: cookie } });
        assert.equal(response.status, 200);
        assert.equal(response.body.toString('latin1', 0, 1), `${round}`);
        assert.ok(response.body.equals(Buffer.alloc(size, `${round}`)));
      }
    });

    it('a download whose file is moved away and back goes on', async () => {
      fs.renameSync(fileOf(restored.file), fileOf('away'));
      assert.equal((await resume(restored)).status, 404);
      fs.renameSync(fileOf('away'), fileOf(restored.file));
      const response = await resume(restored);
      assert.equal(response.status, 206);
      assert.ok(response.body.equals(Buffer.alloc(size, 'old').subarray(from)));
    });

    const underServers = mode === 'bare' ? { skip: 'no server: there is no connection to cut' } : {};
    it('a download whose file shrinks on its way is cut, and does not go on', underServers, async () => {
      write('shrinking.bin', '');
      fs.truncateSync(fileOf('shrinking.bin'), 256 << 20);
      const asked = await ask(target, 'shrinking.bin');
      const socket = net.connect(portOf(target), '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`GET ${asked.path} HTTP/1.1\r\nHost: 127.0.0.1:${portOf(target)}\r\nCookie: ${asked.cookie}\r\n\r\n`);
      let received = 0;
      const closed = new Promise((resolve) => { socket.on('close', resolve); });
      await new Promise((resolve) => { socket.once('readable', resolve); });
      fs.truncateSync(fileOf('shrinking.bin'), 1 << 20);
      socket.on('data', (bytes) => { received += bytes.length; });
      await closed;
      assert.ok(received < 256 << 20);
      await until(() => linesOf(target, asked).length === 2);
      const [, line] = linesOf(target, asked);
      assert.deepEqual([line.event, line.end], ['redeemed', delivery ? 'complete' : 'cut']);
      assert.ok(delivery || line.bytes < 256 << 20);
      await untilExpired(asked.token);
      for (const range of [`bytes=${received}-`, 'bytes=1000-']) {
        const refused = await resume(asked, { Range: range });
        assert.deepEqual([refused.status, refused.code()], [412, 'precondition_failed']);
      }
    });
  });
}
