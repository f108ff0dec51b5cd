// A FastCGI program of ours on a socket, without a web server: started as a
// service manager would, as the user of the tests, in an environment of its
// own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

import { user } from './sites.mjs';
import { copyServer, until } from './target.mjs';

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1][0] !== 'Z';
  } catch {
    return false;
  }
};

// memoryOf is the resident set of a process, in MiB; descriptorsOf how many
// descriptors it has open.
export const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
export const descriptorsOf = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;

const running = new Set();

// stopPrograms ends those that a failed test left behind: node would wait for
// them.
export async function stopPrograms() {
  await Promise.all([...running].map((child) => {
    child.kill('SIGTERM');
    return once(child, 'exit');
  }));
}

// startProgram starts download.fcgi or get-token.fcgi of the folder `dir` with
// the configuration text `config` on a socket. `limit` is of open files; the
// state is a folder of its own unless it is given; `by` is a command that
// executes the program.
export async function startProgram(dir, { program = 'download.fcgi', config, limit, state: given, by = [], environment = {} } = {}) {
  const home = fs.mkdtempSync(path.join(dir, 'program-'));
  const file = path.join(home, 'claimcheck.toml');
  const state = path.join(home, 'state');
  fs.mkdirSync(state, { mode: 0o700 });
  fs.writeFileSync(file, `state = "${given ?? state}"\n${config}`, { mode: 0o600 });
  for (const each of [home, file, state]) fs.chownSync(each, user.uid, user.gid);
  const launcher = copyServer(dir, 'listener');
  const socket = path.join(home, 'socket');
  const command = [launcher, socket, ...by, path.join(dir, 'lib', program), '--config', file];
  const limited = limit ? ['prlimit', `--nofile=${limit}`, ...command] : command;
  const child = spawn(limited[0], limited.slice(1), { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], ...user });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const started = { socket, home, errors: '', pids: [] };
  child.stdout.on('data', (chunk) => started.pids.push(...String(chunk).split('\n').filter(Boolean).map(Number)));
  child.stderr.on('data', (chunk) => { started.errors += chunk; });
  await until(() => started.pids.length === 1 && fs.existsSync(socket));
  const next = async (signal) => {
    const before = started.pids.length;
    child.kill(signal);
    await until(() => started.pids.length > before);
    return started.pids.at(-1);
  };
  return Object.assign(started, {
    pid: () => started.pids.at(-1),
    isAlive: alive,
    // restart: another one on the same socket, the old one is told to stop.
    restart: () => next('SIGHUP'),
    // start: another one, whatever became of the old.
    start: () => next('SIGUSR2'),
    audit: () => started.errors.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
    // stop returns the worst exit status of those that were started.
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      return child.exitCode;
    },
  });
}
