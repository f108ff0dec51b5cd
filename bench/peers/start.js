// Starts the peers that are servers of their own: PHP-FPM and express, as the
// user of the servers under test, in a folder that he may read. Each returns its
// pid and stop().
'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');

const { isRoot, user } = require('../measure.js');

const modules = path.join(__dirname, '..', '..', 'tests', 'node_modules');

// phpFpm is where Debian has it, whatever the version; '' if nowhere.
const phpFpm = () => {
  const found = fs.existsSync('/usr/sbin') ? fs.readdirSync('/usr/sbin').filter((name) => /^php-fpm[\d.]*$/.test(name)).sort() : [];
  return found.length ? path.join('/usr/sbin', found.pop()) : '';
};

function makeFolder(folder) {
  fs.mkdirSync(folder);
  if (isRoot) fs.chownSync(folder, user.uid, user.gid);
  return folder;
}

function start(program, args, environment, log) {
  const out = fs.openSync(log, 'a');
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', out, out], cwd: path.dirname(log), ...user });
  fs.closeSync(out);
  const stop = async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { child, stop };
}

// ready returns what has started once `condition` holds, and stops it if that
// fails.
async function ready(started, condition) {
  try {
    await condition();
  } catch (error) {
    await started.stop();
    throw error;
  }
  return { pid: started.child.pid, stop: started.stop };
}

// startPhp starts PHP-FPM on a socket in `folder`, which it makes.
async function startPhp(folder, { secret, files, until }) {
  makeFolder(folder);
  fs.copyFileSync(path.join(__dirname, 'php', 'php-fpm.conf'), path.join(folder, 'php-fpm.conf'));
  const socket = path.join(folder, 'php.sock');
  const log = path.join(folder, 'log');
  const started = start(phpFpm(), ['-y', path.join(folder, 'php-fpm.conf')], { PHP_SOCKET: socket, PHP_LOG: path.join(folder, 'error.log'), JWT_SECRET: secret, FILES: files }, log);
  return { socket, ...await ready(started, () => until(() => {
    if (started.child.exitCode !== null) throw new Error(`PHP-FPM ended: ${fs.readFileSync(log, 'utf8')}`);
    return fs.existsSync(socket);
  })) };
}

// copyPackage copies a package and what it needs: the project's own folder may
// be closed to the user of the servers.
function copyPackage(name, to) {
  if (fs.existsSync(path.join(to, name))) return;
  fs.cpSync(path.join(modules, name), path.join(to, name), { recursive: true });
  const { dependencies = {} } = JSON.parse(fs.readFileSync(path.join(to, name, 'package.json'), 'utf8'));
  Object.keys(dependencies).forEach((each) => copyPackage(each, to));
}

// startExpress starts it on a free port of loopback. NODE_ENV is what express
// itself advises for speed.
async function startExpress(folder, { secret, files, freePorts, waitForPort }) {
  makeFolder(folder);
  for (const name of ['express', 'jsonwebtoken']) copyPackage(name, path.join(folder, 'node_modules'));
  fs.copyFileSync(path.join(__dirname, 'express.js'), path.join(folder, 'express.js'));
  const port = await freePorts(1);
  const started = start(process.execPath, ['express.js'], { PORT: port, JWT_SECRET: secret, FILES: files, NODE_ENV: 'production' }, path.join(folder, 'log'));
  return { origin: `http://127.0.0.1:${port}`, ...await ready(started, () => waitForPort(port, started.child)) };
}

module.exports = { modules, phpFpm, startExpress, startPhp };
