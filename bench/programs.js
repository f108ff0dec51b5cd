// What the benches at FastCGI's level share: the programs under test, each on a
// socket of its own, as nobody, in a folder in memory that goes at the end; and
// the peer that asks them.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const { isRoot, memoryFolder, user } = require('./measure.js');

const SECRET = 'the secret of the benches, which is long enough';

// Programs of the folder `build`, which have `files`, name by size, to offer.
class Programs {
  running = [];

  constructor(build, files) {
    this.peerProgram = path.join(build, 'bench', 'peer');
    this.folder = fs.mkdtempSync(path.join(memoryFolder, 'claimcheck-bench-'));
    process.on('exit', () => {
      this.running.forEach((child) => child.kill('SIGKILL'));
      fs.rmSync(this.folder, { recursive: true, force: true });
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
    fs.chmodSync(this.folder, 0o755);
    this.#give(this.folder);
    fs.writeFileSync(this.at('secret'), `${SECRET}\n`, { mode: 0o600 });
    this.#give(this.at('secret'));
    fs.mkdirSync(this.at('files'));
    for (const [name, size] of Object.entries(files)) fs.writeFileSync(this.at('files', name), Buffer.alloc(size, 'claimcheck'));
  }

  at(...parts) {
    return path.join(this.folder, ...parts);
  }

  #give(name) {
    if (isRoot) fs.chownSync(name, user.uid, user.gid);
  }

  // configure returns a configuration with the lines of `text`; its state is a
  // spool, unless one is named there.
  configure(name, text = '') {
    const state = this.at(`${name}.state`);
    fs.mkdirSync(state, { mode: 0o700 });
    this.#give(state);
    const lines = [
      `keys = "${this.at('secret')}"`, ...(/^state = /m.test(text) ? [] : [`state = "${state}"`]), `audit = "${this.at(`${name}.audit`)}"`, 'access = "anonymous"', text,
      '[[download]]', 'path = "/downloads/"', `root = "${this.at('files')}"`,
    ];
    fs.writeFileSync(this.at(`${name}.toml`), `${lines.join('\n')}\n`);
    return this.at(`${name}.toml`);
  }

  // forget empties the spool and the audit log of a configuration whose program
  // is at rest, so that those of a whole run need not fit into memory.
  forget(name) {
    fs.rmSync(this.at(`${name}.audit`), { force: true });
    const spool = this.at(`${name}.state`, 'spool');
    if (!fs.existsSync(spool)) return;
    for (const bucket of fs.readdirSync(spool)) fs.rmSync(path.join(spool, bucket), { recursive: true, force: true, maxRetries: 20 });
  }

  // start runs a command on a socket of its own, by way of `through`, a command
  // that runs another.
  async start(name, [program, ...args], { through = [], env = {} } = {}) {
    // Where nobody may reach it.
    const copy = this.at(path.basename(program));
    if (!fs.existsSync(copy)) fs.copyFileSync(program, copy);
    const socket = this.at(`${name}.sock`);
    fs.rmSync(socket, { force: true });
    const child = spawn('spawn-fcgi', ['-n', '-s', socket, '-b', '4096', '--', ...through, copy, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env.PATH, ...env }, ...user });
    this.running.push(child);
    for (let i = 0; !fs.existsSync(socket) && i < 200; i += 1) await sleep(10);
    return { name, socket, child };
  }

  // stop ends what was started, as a server does.
  async stop({ child }) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  // peer runs bench/peer and returns what it says.
  peer(...args) {
    const { status, stdout, stderr } = spawnSync(this.peerProgram, args.map(String), { encoding: 'utf8', env: { SECRET } });
    if (status !== 0) throw new Error(`peer ${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout);
  }

  startPeer(...args) {
    return spawn(this.peerProgram, args.map(String), { stdio: ['pipe', 'pipe', 'inherit'], env: { SECRET } });
  }
}

module.exports = { Programs };
