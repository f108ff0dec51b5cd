// The bundle's programs where system calls are missing that came after Linux
// 3.10: no openat2 and no Landlock, no getrandom, statx, faccessat2 or clone3
// (tests/old_kernel.cc). What is refused elsewhere is refused there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { give, openToAll, settings } from '../servers/bundle.mjs';
import { Peer, request } from '../servers/fastcgi.mjs';
import { startProgram, stopPrograms } from '../servers/program.mjs';
import { isRoot, project, unpackBundle, user } from '../servers/sites.mjs';
import { cgiVariables, parseCgi, runCgi, untilExpired } from '../servers/target.mjs';

const downloads = `
[[download]]
path = "/export"
command = ["./export", "{name}"]
params = { name = "[a-z]{1,8}" }
filename = "{name}.txt"
`;

describe('old_kernel', { concurrency: 1 }, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-kernel-'));
  const site = path.join(dir, 'site');
  const launcher = path.join(dir, 'old_kernel');
  const programs = path.join(site, 'public_html', 'claimcheck');

  before(() => {
    fs.chmodSync(dir, 0o755);
    fs.copyFileSync(path.join(project, 'build', 'tests', 'old_kernel'), launcher);
    unpackBundle(site);
    openToAll(site);
    fs.appendFileSync(settings(site), downloads);
    fs.writeFileSync(path.join(site, 'claimcheck', 'export'), '#!/bin/sh\necho "of $1"\n', { mode: 0o755 });
    fs.writeFileSync(path.join(site, 'outside.txt'), 'outside\n');
    fs.symlinkSync('../outside.txt', path.join(site, 'downloads', 'link'));
    fs.symlinkSync('..', path.join(site, 'downloads', 'folder'));
    fs.symlinkSync(programs, path.join(dir, 'lib'));
    give(dir);
  });
  after(async () => {
    await stopPrograms();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  it('is a kernel without them', () => {
    const source = 'import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\nfor n in (318, 332, 435, 437, 439, 444): assert libc.syscall(n, 0, 0, 0, 0) == -1 and ctypes.get_errno() == 38, n\nassert os.getpid() > 0';
    const { status, stderr } = spawnSync(launcher, ['/usr/bin/python3', '-c', source], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  it('is told by claimcheck check, without a finding', () => {
    const { status, stdout, stderr } = spawnSync(launcher, [path.join(site, 'bin', 'claimcheck'), 'check'], { encoding: 'utf8', ...user });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^note: this kernel, or what confines us, has no openat2: files are opened component by component$/m);
    assert.match(stdout, /^note: this kernel, or what confines us, has no Landlock: download does not confine itself$/m);
    assert.match(stdout, /\nno findings\n$/);
  });

  // Both ways: `ask` sends a request to one of the two programs.
  const behaves = (ask) => {
    const tokenFor = async (resource, headers) => {
      const response = await ask('get-token', { path: `/v1/api/get-token?for=${encodeURIComponent(resource)}`, headers });
      assert.equal(response.status, 200, response.body.toString());
      const cookie = response.cookies()[0]?.split(';')[0];
      return { token: response.json().token, headers: headers ?? { Cookie: cookie } };
    };
    const get = (at, token, headers) => ask('download', { path: `${at}${at.includes('?') ? '&' : '?'}token=${token}`, headers });
    const example = fs.readFileSync.bind(null, path.join(site, 'downloads', 'example.txt'));

    it('gives a file for a token, once, and resumes it for its browser', async () => {
      const { token, headers } = await tokenFor('/downloads/example.txt');
      const whole = await get('/downloads/example.txt', token, headers);
      assert.equal(whole.status, 200, whole.body.toString());
      assert.deepEqual(whole.body, example());
      await untilExpired(token);
      assert.equal((await get('/downloads/example.txt', token)).code(), 'token_used');
      const rest = await get('/downloads/example.txt', token, { ...headers, Range: 'bytes=10-', 'If-Range': whole.header('etag') });
      assert.equal(rest.status, 206);
      assert.deepEqual(rest.body, example().subarray(10));
    });

    it('follows no link and no way out', async () => {
      const { token } = (await ask('get-token', { path: '/v1/api/get-token' })).json();
      for (const at of ['/downloads/link', '/downloads/folder/outside.txt', '/downloads/folder/downloads/example.txt']) {
        for (const response of [await ask('get-token', { path: `/v1/api/get-token?for=${at}` }), await get(at, token)]) {
          assert.deepEqual([response.status, response.code()], [404, 'not_found'], at);
        }
      }
      for (const at of ['/downloads/../outside.txt', '/downloads/%2e%2e/outside.txt', '/downloads/..%2foutside.txt']) {
        const response = await get(at, token);
        assert.deepEqual([response.status, response.code()], [400, 'bad_url'], at);
      }
    });

    it('gives what a command writes', async () => {
      const { token, headers } = await tokenFor('/export?name=alex');
      const response = await get('/export?name=alex', token, headers);
      assert.deepEqual([response.status, response.body.toString()], [200, 'of alex\n']);
    });
  };

  describe('plain CGI', { concurrency: 1 }, () => {
    behaves(async (program, options) => {
      const { status, out, err } = await runCgi(launcher, { DOCUMENT_ROOT: path.join(site, 'public_html'), ...cgiVariables(options) }, [path.join(programs, `${program}.cgi`)]);
      assert.equal(status, 0, err);
      return parseCgi({ out });
    });
  });

  describe('FastCGI', { concurrency: 1 }, () => {
    const started = {};
    before(async () => {
      const state = path.join(dir, 'state');
      fs.mkdirSync(state, { mode: 0o700 });
      if (isRoot) fs.chownSync(state, user.uid, user.gid);
      const config = fs.readFileSync(settings(site), 'utf8').replace(/^(state|audit) = .*$/gm, '').replace('../downloads', path.join(site, 'downloads')).replace('./export', path.join(site, 'claimcheck', 'export'));
      for (const name of ['get-token', 'download']) {
        started[name] = await startProgram(dir, { program: `${name}.fcgi`, config, state, by: [launcher] });
      }
    });
    after(async () => {
      for (const each of Object.values(started)) assert.equal(await each.stop(), 0);
    });
    behaves(async (program, options) => {
      const peer = new Peer(started[program].socket);
      peer.write(request({ GATEWAY_INTERFACE: 'CGI/1.1', ...cgiVariables(options) }, { keep: false }));
      const { out } = await peer.take();
      peer.destroy();
      return parseCgi({ out });
    });
  });
});
