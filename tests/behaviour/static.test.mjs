// Programs without shared libraries, as `./configure --enable-static` links
// them: in a chroot that holds nothing else.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { isRoot, project, secret, user } from '../servers/sites.mjs';
import { parseCgi } from '../servers/target.mjs';

describe('static', { concurrency: 1 }, () => {
  let dir;
  before(() => { dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-static-')); });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  it('is what configure makes of --enable-static, and only then', () => {
    for (const [option, flag] of [['--enable-static', '-static'], ['--disable-static', '']]) {
      const { status, stderr } = spawnSync(path.join(project, 'configure'), ['--quiet', option], { cwd: dir, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.match(fs.readFileSync(path.join(dir, 'config.mk'), 'utf8'), new RegExp(`^STATIC_LDFLAGS = ${flag}$`, 'm'));
    }
  });

  it('issues a token where there is no library, no /etc and no /proc', { skip: isRoot ? false : 'a chroot wants root' }, () => {
    const program = 'build/bench/get-token';
    execFileSync('make', ['-s', '-C', project, program], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, MAKEFLAGS: '' } });
    const root = path.join(dir, 'root');
    for (const folder of ['', 'state', 'files']) fs.mkdirSync(path.join(root, folder), { mode: 0o755 });
    fs.chmodSync(path.join(root, 'state'), 0o700);
    fs.chownSync(path.join(root, 'state'), user.uid, user.gid);
    fs.copyFileSync(path.join(project, program), path.join(root, 'get-token'));
    fs.writeFileSync(path.join(root, 'files', 'a.txt'), 'a\n');
    const { status, stdout, stderr } = spawnSync('chroot', [`--userspec=${user.uid}:${user.gid}`, root, '/get-token'], {
      env: {
        PATH: process.env.PATH, REQUEST_METHOD: 'GET', REQUEST_URI: '/v1/api/get-token?for=/downloads/a.txt', HTTP_HOST: 'localhost',
        JWT_SECRET: secret, CLAIMCHECK_ROOT: '/files', CLAIMCHECK_STATE: '/state', CLAIMCHECK_ACCESS: 'anonymous',
      },
    });
    assert.equal(status, 0, String(stderr));
    const response = parseCgi({ out: stdout });
    assert.equal(response.status, 200);
    assert.equal(response.json().filename, 'a.txt');
  });
});
