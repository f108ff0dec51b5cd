// Resident memory of processes that have answered a while and rest: ours, and the
// peers that have processes of their own.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const { phpFpm, modules, startExpress, startPhp } = require('./peers/start.js');

const REQUESTS = 1000;
const SECRET = 'the secret of the peers, which is long enough';

// rss is the resident memory of a process in MiB.
const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const childrenOf = (pid) => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);

// idleOurs starts a program of `programs` by its command and asks it.
async function idleOurs(programs, name, command, uri) {
  const started = await programs.start(name, command);
  programs.peer('count', started.socket, uri, REQUESTS);
  await sleep(200);
  const memory = rss(started.child.pid);
  await programs.stop(started);
  return memory;
}

const tools = async (name) => import(path.join(__dirname, '..', 'tests', 'servers', name));
let started = 0;

// idlePhp is of PHP-FPM's master and of the child that answered.
async function idlePhp(programs) {
  const { Peer, request } = await tools('fastcgi.mjs');
  const { until } = await tools('target.mjs');
  const php = await startPhp(programs.at(`php-${started += 1}`), { secret: SECRET, files: programs.at('files'), until });
  const folder = programs.at(`scripts-${started}`);
  fs.cpSync(path.join(__dirname, 'peers', 'php'), folder, { recursive: true });
  const peer = new Peer(php.socket);
  for (let i = 0; i < REQUESTS; i += 1) {
    const { out } = await peer.write(request({ REQUEST_METHOD: 'GET', REQUEST_URI: '/get-token.php', SCRIPT_FILENAME: path.join(folder, 'get-token.php') })).take();
    if (!out.includes('"token":"')) throw new Error(`PHP-FPM answered ${out}`);
  }
  await sleep(200);
  const memory = { master: rss(php.pid), child: Math.max(...childrenOf(php.pid).map(rss)) };
  peer.destroy();
  await php.stop();
  return memory;
}

async function idleExpress(programs) {
  const express = await startExpress(programs.at(`express-${started += 1}`), { secret: SECRET, files: programs.at('files'), ...await tools('target.mjs') });
  for (let i = 0; i < REQUESTS; i += 1) await (await fetch(`${express.origin}/v1/api/get-token`)).json();
  await sleep(200);
  const memory = rss(express.pid);
  await express.stop();
  return memory;
}

const hasPhp = () => phpFpm() !== '';
const hasExpress = () => fs.existsSync(path.join(modules, 'express'));

module.exports = { hasExpress, hasPhp, idleExpress, idleOurs, idlePhp, rss };
