// One token and a thousand clients at once, over many processes, one of which
// is killed amid: at most one gets the file. And what was answered is kept,
// whatever becomes of the process that answered it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import jsonwebtoken from 'jsonwebtoken';

import { Peer, request } from '../servers/fastcgi.mjs';
import { startProgram, stopPrograms } from '../servers/program.mjs';
import { startRedis, whyNoRedis } from '../servers/redis.mjs';
import { makeSites, secret, user } from '../servers/sites.mjs';
import { cgiVariables, collect, parseCgi, until } from '../servers/target.mjs';

const clients = 1000;
const processes = 8;
const file = Buffer.alloc(100_000, 'the bytes of the file');

const mint = (seconds = 10) => jsonwebtoken.sign({ jti: crypto.randomUUID() }, secret, { expiresIn: seconds });
const cookie = () => ({ Cookie: `claimcheck=${crypto.randomBytes(16).toString('base64url')}` });

// Some answers are worth a look before the rest: amid is when half have come.
async function all(count, atOnce, ask, amid) {
  const answers = [];
  let next = 0;
  let came = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const index = next;
      next += 1;
      answers[index] = await ask(index);
      came += 1;
      if (came === count / 4) amid();
    }
  }));
  return answers;
}

const records = (state) => fs.readdirSync(path.join(state, 'spool'), { recursive: true }).filter((name) => /\/[0-9a-f]{64}$/.test(name));

describe('redemption', { concurrency: 1 }, () => {
  let dir;
  let config;
  before(() => {
    dir = makeSites();
    fs.writeFileSync(path.join(dir, 'files', 'tree', 'file.bin'), file);
    config = `keys = "${dir}/sites/main/secret"\n[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n`;
  });
  after(async () => {
    await stopPrograms();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const variables = (token, headers = cookie()) => cgiVariables({ path: `/downloads/file.bin?token=${token}`, headers });
  const start = async (state) => {
    const program = await startProgram(dir, { config, state });
    while (program.pids.length < processes) await program.start();
    return program;
  };

  async function over(program, token, headers = cookie()) {
    const peer = new Peer(program.socket);
    peer.write(request(variables(token, headers)));
    const { out, err, status } = await peer.take();
    peer.destroy();
    return status === null ? null : { ...parseCgi({ out }), log: err };
  }

  // What a killed process had won is lost with it, and nobody else's. All that
  // are refused are told that the token was used; `late` is what else they may be
  // told.
  function check(answers, { isKilled, kept, late = [] }) {
    const whole = answers.filter((each) => each?.status === 200 && each.body.equals(file));
    const cut = answers.filter((each) => each === null);
    assert.equal(kept, 1);
    assert.ok(whole.length <= 1, `${whole.length} clients got the file`);
    if (!isKilled) assert.equal(cut.length, 0);
    if (whole.length === 0) assert.ok(cut.length > 0, 'nobody got it, though no process with a request was killed');
    const refused = answers.filter((each) => ['token_used', ...late].includes(each?.code()));
    assert.ok(answers.some((each) => each?.code() === 'token_used'));
    assert.equal(whole.length + cut.length + refused.length, answers.length);
    return whole.length;
  }

  const stores = {
    spool: { why: false, late: [], start: () => ({ state: undefined, kept: (program) => records(path.join(program.home, 'state')).length, stop: () => {} }) },
    redis: {
      why: whyNoRedis(),
      // A call of Redis has a fifth of a second, in which a thousand at once on
      // two processors may not all get their reply; and after one that was late
      // its process asks nothing for a second.
      late: ['unavailable'],
      async start() {
        const redis = await startRedis(dir);
        return { state: `unix://${redis.socket}`, kept: () => redis.cli(['--scan', '--pattern', 'claimcheck:????????*']).split('\n').filter((key) => /:[0-9a-f]{64}$/.test(key)).length, stop: () => redis.stop() };
      },
    },
  };

  for (const [name, { why, late, start: open }] of Object.entries(stores)) {
    it(`lets one of a thousand clients in over eight FastCGI processes (${name})`, { timeout: 120000, skip: why }, async () => {
      const store = await open();
      const program = await start(store.state);
      const token = mint();
      const answers = await all(clients, clients, () => over(program, token), () => {});
      assert.equal(check(answers, { isKilled: false, kept: store.kept(program), late }), 1);
      assert.equal(await program.stop(), 0);
      await store.stop();
    });

    it(`lets at most one in where a process is killed amid (${name})`, { timeout: 120000, skip: why }, async () => {
      for (let round = 0; round < 4; round += 1) {
        const store = await open();
        const program = await start(store.state);
        const token = mint();
        const victim = program.pids[round * 2];
        const answers = await all(clients, clients, () => over(program, token), () => process.kill(victim, 'SIGKILL'));
        await until(() => !program.isAlive(victim));
        check(answers, { isKilled: true, kept: store.kept(program), late });
        await program.stop();
        await store.stop();
      }
    });
  }

  it('lets at most one of a thousand plain CGI processes in, one of them killed', { timeout: 120000 }, async () => {
    const home = fs.mkdtempSync(path.join(dir, 'cgi-'));
    const state = path.join(home, 'state');
    fs.mkdirSync(state, { mode: 0o700 });
    fs.writeFileSync(path.join(home, 'claimcheck.toml'), `state = "${state}"\n${config}`);
    for (const each of [home, state]) fs.chownSync(each, user.uid, user.gid);
    const token = mint();
    const running = new Set();
    const ask = async () => {
      const child = spawn(path.join(dir, 'lib', 'download.fcgi'), [], {
        env: { GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1', CLAIMCHECK_CONFIG: path.join(home, 'claimcheck.toml'), ...variables(token) },
        stdio: ['ignore', 'pipe', 'pipe'],
        ...user,
      });
      running.add(child);
      const { status, out } = await collect(child);
      running.delete(child);
      return status === null || out.length === 0 ? null : parseCgi({ out });
    };
    const answers = await all(clients, 2 * processes, ask, () => [...running].at(-1).kill('SIGKILL'));
    check(answers, { isKilled: true, kept: records(state).length });
  });

  it('lets a browser that asks twice at once have the file twice', async () => {
    const program = await start();
    const token = mint();
    const own = cookie();
    const answers = await Promise.all([over(program, token, own), over(program, token, own)]);
    assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
    assert.equal((await over(program, token)).code(), 'token_used');
    assert.equal(await program.stop(), 0);
  });

  it('loses no lease that was answered when the process is killed', async () => {
    const program = await startProgram(dir, { config });
    const token = mint(2);
    const own = cookie();
    assert.equal((await over(program, token, own)).status, 200);
    process.kill(program.pid(), 'SIGKILL');
    await until(() => !program.isAlive(program.pid()));
    await program.start();
    await sleep(2100);
    const rest = await over(program, token, { ...own, Range: 'bytes=60000-' });
    assert.equal(rest.status, 206);
    assert.ok(rest.body.equals(file.subarray(60000)));
    assert.equal((await over(program, token, own)).code(), 'token_used');
    assert.equal((await over(program, token, { Range: 'bytes=60000-' })).code(), 'token_used');
    assert.equal(await program.stop(), 9);
  });

  it('lets nobody in once the state folder is gone, and says so', async () => {
    const program = await startProgram(dir, { config });
    const token = mint();
    const own = cookie();
    const state = path.join(program.home, 'state');
    assert.equal((await over(program, token, own)).status, 200);
    fs.renameSync(state, `${state}.moved`);
    // What a program saw of the folder counts for a tick of the kernel's clock.
    await sleep(20);
    for (const [asked, headers] of [[mint(), cookie()], [token, own], [token, cookie()]]) {
      const refused = await over(program, asked, headers);
      assert.equal(refused.status, 503);
      assert.ok(Number(refused.header('retry-after')) > 0);
      assert.match(refused.log, /the state directory .*: No such file or directory/);
    }
    fs.renameSync(`${state}.moved`, state);
    assert.equal((await over(program, token, own)).status, 200);
    fs.rmSync(path.join(state, 'spool'), { recursive: true });
    const refused = await over(program, token);
    assert.equal(refused.status, 503);
    assert.match(refused.log, /the folder spool in the state directory was removed/);
    await program.stop();
  });

  it('keeps to state_max, and refuses where unexpired tokens alone exceed it', async () => {
    const program = await startProgram(dir, { config: `state_max = 3\n${config}` });
    for (let i = 0; i < 3; i += 1) assert.equal((await over(program, mint())).status, 200);
    const refused = await over(program, mint());
    assert.equal(refused.status, 503);
    assert.match(refused.log, /state_max \(3\).*raise state_max/);
    assert.equal(records(path.join(program.home, 'state')).length, 3);
    await program.stop();
  });
});
