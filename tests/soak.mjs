#!/usr/bin/env node
// soak.mjs MINUTES [BUILD]: download and get-token at full load, with peers that stay, come
// and go, stall, abort and send rubbish. Prints memory and descriptors every
// ten seconds and fails if either grows, or if an answer is wrong. With a BUILD
// folder of sanitizers, which keep what was freed, memory is not judged, but
// what they say. `make soak MINUTES=60` builds what it needs.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import jsonwebtoken from 'jsonwebtoken';

import { begin, Peer, record, request, type } from './servers/fastcgi.mjs';
import { descriptorsOf, memoryOf, startProgram } from './servers/program.mjs';
import { makeSites, project, secret } from './servers/sites.mjs';
import { cgiVariables } from './servers/target.mjs';

const minutes = Number(process.argv[2] ?? 60);
const build = process.argv[3] ?? path.join(project, 'build');
const isSanitized = process.argv[3] !== undefined;
const load = path.join(project, 'build', 'bench', 'peer');
const dir = makeSites({ build });
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
// What is redeemed is kept for an hour: on the way that keeps nothing, the load
// has no bound but the machine.
const config = `keys = "${dir}/sites/main/secret"\nthreads = 2\naccess = "anonymous"\nreuse = "window"\naudit = "/dev/null"\n[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n`;
const programs = {
  // Confined, it may not read /proc, in which LeakSanitizer finds the threads.
  // get-token runs the same gateway and looks for leaks.
  'download.fcgi': await startProgram(dir, { config, environment: { ASAN_OPTIONS: 'detect_leaks=0' } }),
  'get-token.fcgi': await startProgram(dir, { program: 'get-token.fcgi', config }),
};
const end = Date.now() + minutes * 60000;
const isOver = () => Date.now() >= end;
const { socket } = programs['download.fcgi'];
const counts = { rates: 0, aborted: 0, stalled: 0, rubbish: 0 };

const mint = () => jsonwebtoken.sign({ jti: String(Math.random()) }, secret, { expiresIn: 5 });
const downloadOf = (name) => request(cgiVariables({ path: `/downloads/${name}?token=${mint()}` }));

async function keepAsking(program, uri) {
  while (!isOver()) {
    const child = spawn(load, ['rate', programs[program].socket, uri, '8', '5', '20'], { stdio: ['ignore', 'ignore', 'inherit'], env: { SECRET: secret } });
    const status = await new Promise((resolve) => child.once('exit', resolve));
    if (status !== 0) throw new Error(`a peer of ${program} failed`);
    counts.rates += 1;
  }
}

async function abort() {
  while (!isOver()) {
    const peer = new Peer(socket).write(downloadOf('large.bin'));
    await peer.until(() => peer.records.length > 0);
    if (counts.aborted % 2) peer.write(record(type.abort, 1));
    else peer.destroy();
    await sleep(5);
    peer.destroy();
    counts.aborted += 1;
  }
}

async function stall() {
  while (!isOver()) {
    const peers = Array.from({ length: 50 }, () => new Peer(socket).write(downloadOf('large.bin')));
    peers.forEach((peer) => peer.socket.pause());
    await sleep(1000);
    peers.forEach((peer) => peer.destroy());
    counts.stalled += peers.length;
  }
}

async function sendRubbish() {
  while (!isOver()) {
    const bytes = Buffer.from(Array.from({ length: 200 }, () => Math.floor(Math.random() * 256)));
    const peers = [new Peer(socket).write(bytes), new Peer(socket).write(begin(), bytes), new Peer(socket).write(begin())];
    await sleep(20);
    peers.forEach((peer) => peer.destroy());
    counts.rubbish += peers.length;
  }
}

const samples = {};
async function watch() {
  while (!isOver()) {
    await sleep(10000);
    for (const [name, program] of Object.entries(programs)) {
      const sample = { memory: memoryOf(program.pid()), descriptors: descriptorsOf(program.pid()) };
      (samples[name] ??= []).push(sample);
      console.log(`${new Date().toISOString()} ${name.padEnd(16)} ${sample.memory.toFixed(1)} MiB, ${sample.descriptors} descriptors`);
    }
  }
}

await Promise.all([keepAsking('download.fcgi', '/downloads/hello.txt?token=TOKEN'), keepAsking('get-token.fcgi', '/v1/api/get-token'), abort(), stall(), sendRubbish(), watch()]);
await sleep(1000);
let isFlat = true;
for (const [name, program] of Object.entries(programs)) {
  // The first quarter fills what is kept for reuse.
  const memory = samples[name].map((each) => each.memory);
  const early = Math.max(...memory.slice(0, Math.ceil(memory.length / 4)));
  const late = Math.max(...memory.slice(-Math.ceil(memory.length / 4)));
  const left = descriptorsOf(program.pid());
  console.log(`${name}: ${early.toFixed(1)} MiB at most in the first quarter, ${late.toFixed(1)} in the last; ${left} descriptors when all had left`);
  isFlat = isFlat && (isSanitized || late < early + 2) && left < 30;
  const status = await program.stop();
  if (status !== 0 || /Sanitizer/.test(program.errors)) {
    console.log(program.errors);
    throw new Error(`${name} ended with ${status}`);
  }
}
console.log(`${minutes} minutes, ${counts.rates} loads of 5 s, ${counts.aborted} aborted, ${counts.stalled} stalled, ${counts.rubbish} of rubbish: ${isFlat ? 'flat' : 'NOT flat'}`);
process.exit(isFlat ? 0 : 1);
