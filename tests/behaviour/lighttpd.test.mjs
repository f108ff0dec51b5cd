// lighttpd, which starts FastCGI programs itself (bin-path).
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import jsonwebtoken from 'jsonwebtoken';

import { request } from '../servers/http.mjs';
import { makeSites, secret, user } from '../servers/sites.mjs';
import { freePorts, waitForPort } from '../servers/target.mjs';

const environment = { PATH: `${process.env.PATH}:/usr/sbin` };
const hasLighttpd = spawnSync('lighttpd', ['-v'], { env: environment }).status === 0;

describe('lighttpd', { concurrency: 1, skip: hasLighttpd ? false : 'lighttpd is not installed' }, () => {
  let dir;
  let port;
  let child;
  before(async () => {
    dir = makeSites();
    port = await freePorts(1);
    const site = path.join(dir, 'sites', 'main');
    fs.writeFileSync(path.join(dir, 'lighttpd.conf'), `
server.port = ${port}
server.bind = "127.0.0.1"
server.document-root = "${site}/htdocs"
server.errorlog = "${dir}/lighttpd.log"
server.modules = ("mod_fastcgi")
fastcgi.server = ("/downloads/" => ((
  "bin-path" => "${dir}/lib/download.fcgi --config ${site}/claimcheck.toml",
  "socket" => "${dir}/lighttpd.sock",
  "max-procs" => 1, "check-local" => "disable")))
`);
    child = spawn('lighttpd', ['-D', '-f', path.join(dir, 'lighttpd.conf')], { env: environment, stdio: 'inherit', ...user });
    await waitForPort(port, child);
  });
  after(async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const mint = () => jsonwebtoken.sign({ jti: String(Math.random()) }, secret, { expiresIn: 5 });
  const download = (file, token = mint()) => request(port, { path: `/downloads/${file}?token=${token}` });
  const original = (file) => fs.readFileSync(path.join(dir, 'files', 'tree', file));

  it('serves small and large files, once', async () => {
    for (const file of ['hello.txt', 'large.bin', 'empty']) {
      const token = mint();
      const response = await download(file, token);
      assert.equal(response.status, 200);
      assert.ok(response.body.equals(original(file)));
      assert.equal((await download(file, token)).code(), 'token_used');
    }
  });

  it('serves many at once', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => download('hello.txt')));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  });
});
