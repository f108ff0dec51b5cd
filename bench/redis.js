// A Redis of the benches' own, on a Unix socket, in memory alone.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { user } = require('./measure.js');

// startRedis returns its `socket`, or `why` there is none.
function startRedis() {
  if (!/^HIREDIS_LIBS = ./m.test(fs.readFileSync(path.join(__dirname, '..', 'config.mk'), 'utf8'))) return { why: 'this was built without hiredis' };
  // Debian's redis-tools has the server by the second name.
  const server = ['redis-server', 'redis-check-rdb'].find((name) => !spawnSync(name, ['--version']).error);
  if (server === undefined) return { why: 'redis-server is not installed' };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-bench-'));
  if (user.uid) fs.chownSync(folder, user.uid, user.gid);
  const socket = path.join(folder, 'socket');
  const child = spawn(server, ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'no'], { argv0: 'redis-server', stdio: 'ignore', ...user });
  process.on('exit', () => {
    child.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  });
  for (let i = 0; !fs.existsSync(socket) && i < 200; i += 1) spawnSync('sleep', ['0.02']);
  return { socket };
}

module.exports = { startRedis };
