// Programs that are restarted, killed and activated by socket while visitors
// download: nobody notices, and what was used stays used.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import jsonwebtoken from 'jsonwebtoken';

import { Peer, request } from '../servers/fastcgi.mjs';
import { makeSites, secret, user } from '../servers/sites.mjs';
import { cgiVariables, parseCgi, startTarget, until } from '../servers/target.mjs';

const gigabyte = 1 << 30;
const mint = (options = { expiresIn: 5 }) => jsonwebtoken.sign({ jti: String(Math.random()) }, secret, options);

// A gigabyte that takes little disk, and in which no two megabytes are alike.
function makeHuge(file) {
  const fd = fs.openSync(file, 'w');
  fs.ftruncateSync(fd, gigabyte);
  for (let at = 0; at < gigabyte; at += 1 << 20) fs.writeSync(fd, Buffer.from(`megabyte ${at}`), 0, undefined, at);
  fs.closeSync(fd);
}

async function hashOf(stream) {
  const hash = crypto.createHash('sha256');
  let size = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    size += chunk.length;
  }
  return `${size} ${hash.digest('hex')}`;
}

for (const mode of ['proxy_fcgi', 'proxy_fcgi_anew', 'nginx']) {
  describe(`restart/${mode}`, { concurrency: 1 }, () => {
    let target;
    let run;
    before(async () => {
      target = await startTarget(mode, { isManaged: true });
      run = path.join(target.dir, 'sites', 'main', 'run');
      makeHuge(path.join(target.files, 'tree', 'huge.bin'));
    });
    after(() => target.stop());

    const pids = () => fs.readFileSync(path.join(run, 'download.pids'), 'utf8').split('\n').filter(Boolean).map(Number);
    const signal = (name) => process.kill(Number(fs.readFileSync(path.join(run, 'download.launcher'), 'utf8')), name);
    const isGone = (pid) => !fs.existsSync(`/proc/${pid}/stat`) || fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    const download = (token = mint()) => target.request('main', { path: `/downloads/hello.txt?token=${token}` });

    it('fails no request and cuts no download', { timeout: 120000 }, async () => {
      const url = `${target.origin('main')}/downloads/huge.bin?token=${mint()}`;
      const [huge] = await once(http.get(url), 'response');
      huge.pause();
      let done = false;
      let count = 0;
      const failed = [];
      const visitors = Array.from({ length: 6 }, async () => {
        while (!done) {
          const { status } = await download();
          count += 1;
          if (status !== 200) failed.push(status);
        }
      });
      const old = pids().at(-1);
      for (let i = 0; i < 3; i += 1) {
        await sleep(300);
        signal('SIGHUP');
        await until(() => pids().length === i + 2);
      }
      await sleep(300);
      assert.ok(!isGone(old), 'the first process has a download in flight');
      const whole = await hashOf(huge);
      done = true;
      await Promise.all(visitors);
      assert.deepEqual(failed, [], `${failed.length} of ${count} failed`);
      assert.ok(count > 100);
      assert.equal(whole, await hashOf(fs.createReadStream(path.join(target.files, 'tree', 'huge.bin'))));
      for (const pid of pids().slice(0, -1)) await until(() => isGone(pid));
      assert.ok(!isGone(pids().at(-1)));
    });

    it('serves again after SIGKILL, and what was used stays used', async () => {
      const token = mint({ expiresIn: 9 });
      assert.equal((await download(token)).status, 200);
      const [huge] = await once(http.get(`${target.origin('main')}/downloads/huge.bin?token=${mint()}`), 'response');
      const cut = hashOf(huge).catch((error) => error.code);
      const killed = pids().at(-1);
      process.kill(killed, 'SIGKILL');
      await until(() => isGone(killed));
      signal('SIGUSR2');
      await until(() => pids().at(-1) !== killed);
      await until(async () => (await download()).status === 200);
      const again = await download(token);
      assert.equal(again.status, 403);
      assert.equal(again.code(), 'token_used');
      assert.notEqual(await cut, await hashOf(fs.createReadStream(path.join(target.files, 'tree', 'huge.bin'))));
    });

    it('answers 502 or 503 while no program is there', async () => {
      const launcher = Number(fs.readFileSync(path.join(run, 'get-token.launcher'), 'utf8'));
      process.kill(launcher, 'SIGTERM');
      await until(() => isGone(launcher));
      const response = await target.request('main', { path: '/v1/api/get-token?for=/downloads/hello.txt', user: 'demo' });
      assert.ok([502, 503].includes(response.status), String(response.status));
    });
  });
}

describe('restart/grace', { concurrency: 1 }, () => {
  let dir;
  before(() => { dir = makeSites(); });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  it('breaks off what is left when the grace is over, says so and exits 0', async () => {
    const home = fs.mkdtempSync(path.join(dir, 'grace-'));
    const config = path.join(home, 'claimcheck.toml');
    fs.mkdirSync(path.join(home, 'state'), { mode: 0o700 });
    fs.writeFileSync(config, `keys = "${dir}/sites/main/secret"\nstate = "${home}/state"\naudit = "${home}/audit"\nshutdown_grace = "300ms"\n[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n`);
    spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, home]);
    const socket = path.join(home, 'socket');
    const child = spawn('spawn-fcgi', ['-n', '-s', socket, '--', path.join(dir, 'lib', 'download.fcgi'), '--config', config], { stdio: 'ignore', ...user });
    await until(() => fs.existsSync(socket));
    const peer = new Peer(socket).write(request(cgiVariables({ path: `/downloads/large.bin?token=${mint()}` })));
    await peer.until(() => peer.records.length > 0);
    peer.socket.pause();
    await sleep(50);
    child.kill('SIGTERM');
    const [status] = await once(child, 'exit');
    assert.equal(status, 0);
    const [line] = fs.readFileSync(path.join(home, 'audit'), 'utf8').trim().split('\n').map((each) => JSON.parse(each));
    assert.equal(line.end, 'cut');
    peer.destroy();
  });

  const activate = '/usr/bin/systemd-socket-activate';
  it('takes the socket that systemd passes', { skip: fs.existsSync(activate) ? false : 'systemd-socket-activate is not installed' }, async () => {
    const home = fs.mkdtempSync(path.join(dir, 'activated-'));
    fs.chownSync(home, user.uid, user.gid);
    const socket = path.join(home, 'socket');
    fs.mkdirSync(path.join(home, 'state'), { mode: 0o700 });
    fs.chownSync(path.join(home, 'state'), user.uid, user.gid);
    const variables = { CLAIMCHECK_ROOT: `${dir}/files/tree`, CLAIMCHECK_STATE: `${home}/state`, JWT_SECRET: secret };
    const passed = Object.entries(variables).flatMap(([name, value]) => ['-E', `${name}=${value}`]);
    const child = spawn(activate, ['-l', socket, ...passed, path.join(dir, 'lib', 'download.fcgi')], { stdio: ['ignore', 'ignore', 'inherit'], ...user });
    await until(() => fs.existsSync(socket));
    const peer = new Peer(socket).write(request(cgiVariables({ path: `/downloads/hello.txt?token=${mint()}` })));
    assert.equal(parseCgi(await peer.take()).status, 200);
    peer.destroy();
    child.kill('SIGTERM');
    const [status] = await once(child, 'exit');
    assert.equal(status, 0);
  });
});
