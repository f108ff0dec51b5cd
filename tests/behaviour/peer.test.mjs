// FastCGI peers that are broken, slow or hostile, on a program with a single
// thread: whatever one of them does, the next is served.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import jsonwebtoken from 'jsonwebtoken';

import { begin, pairs, Peer, protocolStatus, record, request, type } from '../servers/fastcgi.mjs';
import { descriptorsOf, memoryOf, startProgram } from '../servers/program.mjs';
import { makeSites, secret } from '../servers/sites.mjs';
import { cgiVariables, parseCgi, until } from '../servers/target.mjs';

const mint = () => jsonwebtoken.sign({ jti: String(Math.random()) }, secret, { expiresIn: 5 });
const downloadOf = (file, more = {}) => cgiVariables({ path: `/downloads/${file}?token=${mint()}`, ...more });

describe('peer', { concurrency: 1 }, () => {
  let dir;
  let program;
  before(async () => {
    dir = makeSites();
    program = await startProgram(dir, { config: `keys = "${dir}/sites/main/secret"\nthreads = 1\n[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n` });
  });
  after(async () => {
    await program.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const connect = () => new Peer(program.socket);

  async function assertServes(given) {
    const peer = given ?? connect();
    const { out, status } = await peer.write(request(downloadOf('hello.txt'))).take();
    assert.equal(status, protocolStatus.complete);
    const response = parseCgi({ out });
    assert.equal(response.status, 200);
    assert.equal(response.body.toString(), 'the bytes of hello.txt\n');
    if (!given) peer.destroy();
  }
  const isClosed = (peer) => peer.until(() => peer.isClosed);

  it('serves request after request on a connection that is kept', async () => {
    const peer = connect();
    for (let i = 0; i < 20; i += 1) await assertServes(peer);
    peer.destroy();
  });

  it('closes after the answer where the connection is not to be kept', async () => {
    const peer = connect().write(request(downloadOf('hello.txt'), { keep: false }));
    assert.equal((await peer.take()).status, protocolStatus.complete);
    await isClosed(peer);
  });

  it('serves a large file whole, and the connection goes on', async () => {
    const peer = connect().write(request(downloadOf('large.bin')));
    const { out } = await peer.take();
    assert.ok(parseCgi({ out }).body.equals(fs.readFileSync(path.join(dir, 'files', 'tree', 'large.bin'))));
    await assertServes(peer);
    peer.destroy();
  });

  it('takes a request that comes byte by byte, and serves others meanwhile', async () => {
    const peer = connect();
    const bytes = request(downloadOf('hello.txt'), { id: 7 });
    for (let i = 0; i < bytes.length; i += 1) {
      peer.write(bytes.subarray(i, i + 1));
      if (i % 100 === 0) await sleep(1);
    }
    await assertServes();
    assert.equal(parseCgi(await peer.take(7)).status, 200);
    peer.destroy();
  });

  it('waits for nobody who sent a part of a request, or nothing', async () => {
    const silent = Array.from({ length: 50 }, () => connect());
    const partial = Array.from({ length: 50 }, () => connect().write(begin(), record(type.params, 1, pairs({ A: 'b' })).subarray(0, 9)));
    await assertServes();
    [...silent, ...partial].forEach((peer) => peer.destroy());
  });

  it('drains a body that nobody wants', async () => {
    const peer = connect().write(begin(), record(type.params, 1, pairs(downloadOf('hello.txt', { method: 'POST' }))), record(type.params, 1));
    for (let i = 0; i < 10; i += 1) peer.write(record(type.stdin, 1, Buffer.alloc(65535), { padding: 1 }));
    peer.write(record(type.stdin, 1));
    assert.equal(parseCgi(await peer.take()).status, 405);
    await assertServes(peer);
    peer.destroy();
  });

  it('refuses a body without an end, and params without an end, with 413', async () => {
    const starts = [
      [begin(), record(type.params, 1, pairs(downloadOf('hello.txt'))), record(type.params, 1)],
      [begin()],
    ];
    for (const [i, start] of starts.entries()) {
      const peer = connect().write(...start);
      const endless = record(i === 0 ? type.stdin : type.params, 1, Buffer.alloc(65535, 'a'));
      const flood = setInterval(() => peer.write(endless, endless, endless), 1);
      const { out } = await peer.take();
      clearInterval(flood);
      assert.equal(parseCgi({ out }).status, 413);
      assert.equal(parseCgi({ out }).code(), 'too_large');
      await isClosed(peer);
      await assertServes();
    }
  });

  // A length that lies ended libfcgi's processes (CVE-2025-23016).
  it('refuses params whose lengths lie, another version, requests without an id', async () => {
    const hostile = [
      [begin(), record(type.params, 1, [0xff, 0xff, 0xff, 0xf0, 0xff, 0xff, 0xff, 0xf0, 65]), record(type.params, 1), record(type.stdin, 1)],
      [begin(), record(type.params, 1, pairs({ 'REQUEST_URI\0': '/x' })), record(type.params, 1)],
      [record(type.begin, 1, [0, 1, 1, 0, 0, 0, 0, 0], { version: 2 })],
      [record(type.begin, 0, [0, 1, 1, 0, 0, 0, 0, 0])],
      [record(type.begin, 1, [0, 1])],
      [begin(), begin()],
      [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ];
    for (const parts of hostile) {
      const peer = connect().write(...parts);
      await isClosed(peer);
      assert.equal(peer.records.filter((each) => each.type === type.stdout).length, 0);
      await assertServes();
    }
    assert.match(program.errors, /a FastCGI peer sent malformed FCGI_PARAMS/);
  });

  it('refuses a second request beside the first, and answers the first', async () => {
    const variables = downloadOf('hello.txt');
    const interleaved = connect().write(
      begin(1), record(type.params, 1, pairs(variables)), request(variables, { id: 2 }),
      record(type.params, 1), record(type.stdin, 2, 'late'), record(type.stdin, 1));
    assert.equal((await interleaved.take(2)).status, protocolStatus.cantMultiplex);
    assert.equal(parseCgi(await interleaved.take(1)).status, 200);
    await assertServes(interleaved);
    interleaved.destroy();
  });

  it('answers what it is asked about itself', async () => {
    const peer = connect().write(record(type.getValues, 0, pairs({ FCGI_MPXS_CONNS: '', FCGI_MAX_CONNS: '', NO_SUCH: '' })), record(42, 0, 'x'));
    await peer.until(() => peer.records.length === 2);
    assert.equal(peer.records[0].type, type.valuesResult);
    assert.match(peer.records[0].content.toString('latin1'), /FCGI_MPXS_CONNS0/);
    assert.ok(!peer.records[0].content.includes('NO_SUCH'));
    assert.equal(peer.records[1].type, type.unknown);
    assert.equal(peer.records[1].content[0], 42);
    await assertServes(peer);
    peer.destroy();
  });

  // An authorizer's 200 would let its client in.
  it('is no authorizer and no filter, and says so in the log', async () => {
    for (const role of [2, 3, 9]) {
      const peer = connect().write(request(downloadOf('hello.txt'), { role }));
      const { out, err, status } = await peer.take();
      assert.equal(out.length, 0);
      assert.equal(status, protocolStatus.unknownRole);
      assert.match(err, /FastCGI role other than responder/);
      await isClosed(peer);
    }
  });

  it('forgets a request that is aborted, and audits an answer that is', async () => {
    const peer = connect().write(begin(), record(type.params, 1, pairs(downloadOf('hello.txt'))), record(type.abort, 1));
    assert.equal((await peer.take()).out.length, 0);
    await assertServes(peer);
    const huge = path.join(dir, 'files', 'tree', 'huge.bin');
    fs.writeFileSync(huge, '');
    fs.truncateSync(huge, 1 << 30);
    peer.socket.pause();
    peer.write(request(downloadOf('huge.bin')));
    await sleep(50);
    peer.write(record(type.abort, 1));
    const lines = () => program.audit().filter((line) => line.resource === '/downloads/huge.bin');
    await until(() => lines().length === 1);
    assert.equal(lines()[0].end, 'client_left');
    assert.ok(lines()[0].bytes < 1 << 30);
    peer.destroy();
    fs.rmSync(huge);
    await assertServes();
  });

  it('serves the next one while 200 readers have stalled, in little memory', async () => {
    const stalled = [];
    for (let i = 0; i < 200; i += 1) {
      const peer = connect().write(request(downloadOf('large.bin')));
      peer.socket.pause();
      stalled.push(peer);
    }
    await assertServes();
    await until(() => descriptorsOf(program.pid()) > 400);
    assert.ok(memoryOf(program.pid()) < 64, `${memoryOf(program.pid())} MiB`);
    await assertServes();
    stalled.forEach((peer) => peer.destroy());
    await until(() => descriptorsOf(program.pid()) < 40);
    await until(() => program.audit().filter((line) => line.end === 'client_left').length >= 200);
  });

  it('keeps neither memory nor descriptors of 10,000 connections', async () => {
    const memory = memoryOf(program.pid());
    const descriptors = descriptorsOf(program.pid());
    for (let wave = 0; wave < 20; wave += 1) {
      const peers = Array.from({ length: 500 }, (_, i) => connect().write(i % 2 ? begin() : Buffer.from([1])));
      await assertServes();
      peers.forEach((peer) => peer.destroy());
    }
    await until(() => descriptorsOf(program.pid()) <= descriptors);
    assert.ok(memoryOf(program.pid()) < memory + 8, `${memory} MiB before, ${memoryOf(program.pid())} after`);
    await assertServes();
  });

  it('answers 503 where there are no descriptors left, and serves again after', async () => {
    const small = await startProgram(dir, {
      limit: 80,
      config: `keys = "${dir}/sites/main/secret"\nthreads = 1\n[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n`,
    });
    const ask = (file) => new Peer(small.socket).write(request(downloadOf(file)));
    const stalled = Array.from({ length: 30 }, () => {
      const peer = ask('large.bin');
      peer.socket.pause();
      return peer;
    });
    let refused;
    await until(async () => {
      const peer = ask('hello.txt');
      refused = parseCgi(await peer.take());
      peer.destroy();
      return refused.status === 503;
    });
    assert.equal(refused.code(), 'unavailable');
    assert.ok(Number(refused.header('retry-after')) > 0);
    stalled.forEach((peer) => peer.destroy());
    await until(async () => {
      const peer = ask('hello.txt');
      const { status } = parseCgi(await peer.take());
      peer.destroy();
      return status === 200;
    });
    // More connections than there are descriptors at all: the next one that
    // can be served is.
    const crowd = Array.from({ length: 200 }, () => new Peer(small.socket));
    await sleep(100);
    crowd.forEach((peer) => peer.destroy());
    await until(async () => {
      const peer = ask('hello.txt');
      const { out } = await peer.take();
      peer.destroy();
      return out.length > 0 && parseCgi({ out }).status === 200;
    });
    await small.stop();
  });
});
