// A Redis for a suite, on a Unix socket and a port of loopback, as the user of
// the tests. It appends what it keeps to a file, so that it has it again when
// it was stopped.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

import { project, user } from './sites.mjs';
import { freePorts, until } from './target.mjs';

const find = (name) => process.env.PATH.split(':').map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
// Debian's redis-tools has the server by the second name.
const server = find('redis-server') ?? find('redis-check-rdb');
const hasHiredis = () => /^HIREDIS_LIBS = ./m.test(fs.readFileSync(path.join(project, 'config.mk'), 'utf8'));

// whyNoRedis is false where there is one to test with.
export const whyNoRedis = () => (!server && 'no redis-server is installed') || (!hasHiredis() && 'this was built without hiredis');

export async function startRedis(dir, ...options) {
  const home = fs.mkdtempSync(path.join(dir, 'redis-'));
  fs.chownSync(home, user.uid, user.gid);
  const socket = path.join(home, 'socket');
  const port = await freePorts(1);
  let child;
  const cli = (args, input = '') => execFileSync('redis-cli', ['-s', socket, '-e', ...args], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }).trimEnd();
  const redis = {
    port,
    socket,
    cli,
    set: (name, text) => cli(['-x', 'SET', name], text),
    signal: (name) => child.kill(name),
    async start() {
      child = spawn(server, ['--port', port, '--bind', '127.0.0.1', '--unixsocket', socket, '--dir', home, '--save', '', '--appendonly', 'yes', ...options].map(String),
        { argv0: 'redis-server', stdio: 'ignore', ...user });
      await until(() => {
        try {
          return cli(['PING']) === 'PONG';
        } catch {
          return false;
        }
      });
    },
    // forget: when it is started again it has nothing.
    forget: () => fs.rmSync(path.join(home, 'appendonlydir'), { recursive: true }),
    async stop() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
  await redis.start();
  return redis;
}
