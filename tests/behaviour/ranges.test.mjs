// Ranges and conditions (RFC 9110 sections 13 and 14), for the bare programs
// and for every way that a server runs them. The site "open" has reuse = "window",
// "never" has reuse = "never"; what a lease makes of them is in contract.test.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import jsonwebtoken from 'jsonwebtoken';

import { isRoot, secret, user } from '../servers/sites.mjs';
import { runs, startTarget, until } from '../servers/target.mjs';

let serial = 0;
const mint = () => jsonwebtoken.sign({ jti: `ranges-${process.pid}-${serial++}` }, secret, { expiresIn: 10 });
const far = 5_000_000_000;
const hasCurl = spawnSync('curl', ['--version']).status === 0;

// partsOf takes a multipart/byteranges body apart (RFC 9110 section 14.6), with
// nothing before, between and behind the parts.
function partsOf(response) {
  const boundary = /^multipart\/byteranges; boundary=([\w-]{22})$/.exec(response.header('content-type'))[1];
  const text = response.body.toString('latin1');
  const pieces = `\r\n${text}`.split(`\r\n--${boundary}`);
  assert.equal(pieces.shift(), '');
  assert.equal(pieces.pop(), '--\r\n');
  return pieces.map((piece) => {
    const end = piece.indexOf('\r\n\r\n');
    const headers = Object.fromEntries(piece.slice(2, end).split('\r\n').map((line) => line.split(': ')));
    return { headers, body: Buffer.from(piece.slice(end + 4), 'latin1') };
  });
}

for (const { mode, delivery, title } of runs) {
  describe(`ranges/${title}`, { concurrency: 1 }, () => {
    let target;
    let large;
    before(async () => {
      target = await startTarget(mode, { delivery });
      const tree = path.join(target.files, 'tree');
      large = Buffer.alloc(300_000);
      for (let i = 0; i < large.length; i += 1) large[i] = (i * 7 + (i >> 8)) & 255;
      fs.writeFileSync(path.join(tree, 'numbers.bin'), large);
      const sparse = fs.openSync(path.join(tree, 'sparse.bin'), 'w');
      fs.writeSync(sparse, 'begin', 0);
      fs.writeSync(sparse, 'amid', 4_294_967_294);
      fs.writeSync(sparse, 'the end', far - 7);
      fs.closeSync(sparse);
      for (const name of ['numbers.bin', 'sparse.bin']) {
        fs.utimesSync(path.join(tree, name), 1_600_000_000, 1_600_000_000);
        if (isRoot) fs.chownSync(path.join(tree, name), user.uid, user.gid);
      }
    });
    after(() => target.stop());

    const of = (name) => `/downloads/${name}?token=${mint()}`;
    const get = (headers = {}, { site = 'open', name = 'numbers.bin', ...rest } = {}) => target.request(site, { path: of(name), headers, ...rest });
    const modified = 'Sun, 13 Sep 2020 12:26:40 GMT';
    const etag = async (options) => (await get({}, { ...options, method: 'HEAD' })).header('etag');

    function assertRange(response, first, last, size = large.length) {
      assert.equal(response.status, 206);
      assert.deepEqual(response.headers['content-range'], [`bytes ${first}-${last}/${size}`]);
      assert.deepEqual(response.headers['content-length'], [String(last - first + 1)]);
      assert.deepEqual(response.headers['accept-ranges'], ['bytes']);
      assert.equal(response.header('content-type'), 'application/octet-stream');
      assert.match(response.header('content-disposition'), /^attachment; /);
    }

    function assertWhole(response) {
      assert.equal(response.status, 200);
      assert.equal(response.header('content-range'), undefined);
      assert.equal(response.header('content-length'), String(large.length));
      assert.ok(response.body.equals(large));
    }

    const singles = [
      ['bytes=0-0', 0, 0], ['bytes=0-499', 0, 499], ['bytes=100-', 100, 299_999], ['bytes=-500', 299_500, 299_999],
      ['bytes=0-', 0, 299_999], ['bytes=299999-', 299_999, 299_999], ['bytes=65530-165530', 65_530, 165_530],
      ['bytes=-999999999999999999999999', 0, 299_999], ['bytes=1-99999999999999999999999', 1, 299_999],
      ['BYTES=5-9', 5, 9], ['bytes=0-4,5-9', 0, 9], ['bytes=5-9, 400000-', 5, 9],
    ];
    for (const [range, first, last] of singles) {
      it(`answers ${range} with these bytes alone`, async () => {
        const response = await get({ Range: range });
        assertRange(response, first, last);
        assert.ok(response.body.equals(large.subarray(first, last + 1)));
      });
    }

    // As proxies ask that speak no other; lighttpd makes no ranges for them.
    it('answers a range of HTTP/1.0', async () => {
      const response = await get({ Range: 'bytes=5-9' }, { version: '1.0' });
      assertRange(response, 5, 9);
      assert.ok(response.body.equals(large.subarray(5, 10)));
    });

    for (const range of ['bytes=0-0,-1', 'bytes=250000-260000, 0-99, 100000-199999', 'bytes=10-19,20000-20009,5-12,299999-']) {
      it(`answers ${range} with a part for each`, async () => {
        const response = await get({ Range: range });
        assert.equal(response.status, 206);
        assert.equal(response.header('content-range'), undefined);
        assert.deepEqual(response.headers['content-length'], [String(response.body.length)]);
        const parts = partsOf(response);
        const wanted = {
          'bytes=0-0,-1': [[0, 0], [299_999, 299_999]],
          'bytes=250000-260000, 0-99, 100000-199999': [[250_000, 260_000], [0, 99], [100_000, 199_999]],
          'bytes=10-19,20000-20009,5-12,299999-': [[5, 19], [20_000, 20_009], [299_999, 299_999]],
        }[range];
        assert.equal(parts.length, wanted.length);
        wanted.forEach(([first, last], i) => {
          assert.deepEqual(parts[i].headers, {
            'Content-Type': 'application/octet-stream', 'Content-Range': `bytes ${first}-${last}/300000`,
          });
          assert.ok(parts[i].body.equals(large.subarray(first, last + 1)));
        });
      });
    }

    // Apache would take some of these, and slice a small body that it has whole.
    const ignored = ['bytes=', 'bytes=5-4', 'bytes=0-1,x', 'bytes=a-b', 'items=0-1', 'bytes=1 - 2', 'bytes= 0-1',
      `bytes=${Array(33).fill('0-1').join()}`, `bytes=${Array.from({ length: 33 }, (_, i) => `${i}-${i}`).join()}`];
    for (const range of ignored) {
      it(`answers ${range.slice(0, 20)} with the whole`, async () => {
        assertWhole(await get({ Range: range }));
        const small = await get({ Range: range }, { name: 'hello.txt' });
        assert.equal(small.status, 200);
        assert.equal(small.body.toString(), 'the bytes of hello.txt\n');
      });
    }

    it('reads beyond 4 GiB', async () => {
      const rows = [['bytes=-7', far - 7, far - 1, 'the end'], ['bytes=4294967294-4294967297', 4_294_967_294, 4_294_967_297, 'amid'],
        [`bytes=${far - 3}-`, far - 3, far - 1, 'end']];
      for (const [range, first, last, text] of rows) {
        const response = await get({ Range: range }, { name: 'sparse.bin' });
        assertRange(response, first, last, far);
        assert.equal(response.body.toString(), text);
      }
      const parts = partsOf(await get({ Range: 'bytes=-7,0-4,4294967295-4294967296' }, { name: 'sparse.bin' }));
      assert.deepEqual(parts.map(({ body }) => body.toString()), ['the end', 'begin', 'mi']);
    });

    it('answers 416 with the size, and to a page in words', async () => {
      for (const range of ['bytes=300000-', 'bytes=300000-300001,400000-', 'bytes=-0', 'bytes=99999999999999999999-']) {
        const response = await get({ Range: range });
        assert.equal(response.status, 416);
        assert.equal(response.header('content-range'), 'bytes */300000');
        assert.equal(response.code(), 'range_not_satisfiable');
      }
      const page = await get({ Range: 'bytes=300000-', Accept: 'text/html' });
      assert.equal(page.status, 416);
      assert.match(page.body.toString(), /data-code="range_not_satisfiable"/);
      for (const range of ['bytes=0-', 'bytes=-5']) {
        const response = await get({ Range: range }, { name: 'empty' });
        assert.equal(response.status, 416);
        assert.equal(response.header('content-range'), 'bytes */0');
      }
    });

    it('takes If-Range of this version, and sends the whole of another', async () => {
      const tag = await etag();
      for (const good of [tag, modified, 'Sunday, 13-Sep-20 12:26:40 GMT']) {
        assertRange(await get({ Range: 'bytes=1-2', 'If-Range': good }), 1, 2);
      }
      for (const bad of [`W/${tag}`, '"other"', 'Sun, 13 Sep 2020 12:26:41 GMT', '*']) {
        assertWhole(await get({ Range: 'bytes=1-2', 'If-Range': bad }));
      }
    });

    it('answers 304 to who has the file, without a body', async () => {
      const tag = await etag();
      for (const headers of [{ 'If-None-Match': tag }, { 'If-None-Match': `"x", W/${tag}` }, { 'If-None-Match': '*' }, { 'If-Modified-Since': modified },
        { 'If-None-Match': tag, Range: 'bytes=0-1' }]) {
        for (const method of ['GET', 'HEAD']) {
          const response = await get(headers, { method });
          assert.equal(response.status, 304);
          assert.equal(response.body.length, 0);
          assert.equal(response.header('etag'), tag);
          assert.equal(response.header('cache-control'), 'private, no-store');
          assert.equal(response.header('content-range'), undefined);
          // Apache keeps Last-Modified to itself.
          if (!target.isServer) assert.equal(response.header('last-modified'), modified);
          if (!target.isServer) assert.equal(response.header('content-length'), undefined);
        }
      }
      for (const headers of [{ 'If-None-Match': '"x"' }, { 'If-None-Match': tag.slice(1) }, { 'If-Modified-Since': 'Sun, 13 Sep 2020 12:26:39 GMT' },
        { 'If-None-Match': '"x"', 'If-Modified-Since': modified }]) {
        assertWhole(await get(headers));
      }
    });

    it('answers 412 where it is not the version that was asked for', async () => {
      const tag = await etag();
      for (const headers of [{ 'If-Match': '"x"' }, { 'If-Match': `W/${tag}` }, { 'If-Unmodified-Since': 'Sun, 13 Sep 2020 12:26:39 GMT' },
        { 'If-Match': '"x"', 'If-None-Match': tag, Range: 'bytes=0-1' }]) {
        const response = await get(headers);
        assert.equal(response.status, 412);
        assert.equal(response.code(), 'precondition_failed');
        assert.equal((await get(headers, { method: 'HEAD' })).status, 412);
      }
      assertRange(await get({ 'If-Match': tag, 'If-Unmodified-Since': 'Sun, 13 Sep 2020 12:26:39 GMT', Range: 'bytes=3-4' }), 3, 4);
    });

    it('answers HEAD as a GET without Range', async () => {
      for (const range of ['bytes=0-1', 'bytes=300000-', 'bytes=0-0,-1']) {
        const response = await get({ Range: range }, { method: 'HEAD' });
        assert.equal(response.status, 200);
        assert.equal(response.header('accept-ranges'), 'bytes');
        assert.equal(response.header('content-length'), String(large.length));
        assert.equal(response.header('content-range'), undefined);
        assert.equal(response.body.length, 0);
      }
    });

    it('ignores ranges where reuse = "never", and so does the server', async () => {
      const hello = fs.readFileSync(path.join(target.files, 'tree', 'hello.txt'));
      for (const [name, bytes] of [['hello.txt', hello], ['numbers.bin', large]]) {
        for (const range of ['bytes=0-3', 'bytes=-2', 'bytes=99999999-', 'bytes=0-0,-1']) {
          const response = await get({ Range: range }, { site: 'never', name });
          assert.equal(response.status, 200, `${range} of ${name}`);
          assert.deepEqual(response.headers['accept-ranges'], ['none']);
          assert.ok(response.body.equals(bytes));
        }
      }
    });

    it('redeems nothing by 304 and 412', async () => {
      const url = of('hello.txt');
      const status = async (headers) => (await target.request('main', { path: url, headers })).status;
      assert.equal(await status({ 'If-None-Match': '*' }), 304);
      assert.equal(await status({ 'If-Match': '"x"' }), 412);
      assert.equal(await status({}), 200);
      assert.equal(await status({ 'If-None-Match': '*' }), 403);
    });

    it('leaves a line for a range, and for a 304', async () => {
      const count = target.audit('open').length;
      await get({ Range: 'bytes=0-9' });
      await get({ 'If-None-Match': '*' });
      await until(() => target.audit('open').length === count + 2);
      const lines = target.audit('open').slice(count);
      assert.deepEqual(lines.map(({ event, bytes, end }) => [event, bytes, end]), [['redeemed', target.sent(10), 'complete'], ['checked', 0, 'complete']]);
    });

    const underServers = mode === 'bare' ? { skip: 'no server' } : { skip: hasCurl ? false : 'curl is not installed' };
    it('lets curl resume and pick', underServers, () => {
      const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-ranges-'));
      const file = path.join(dir, 'got');
      const curl = (...args) => {
        const { status, stderr } = spawnSync('curl', ['-sS', '--fail', '-o', file, ...args, `${target.origin('open')}${of('numbers.bin')}`], { encoding: 'utf8' });
        assert.equal(status, 0, stderr);
        return fs.readFileSync(file);
      };
      fs.writeFileSync(file, large.subarray(0, 123_456));
      assert.ok(curl('-C', '-').equals(large));
      assert.ok(curl('-r', '1000-1999').equals(large.subarray(1000, 2000)));
      assert.ok(curl('-r', '-1000').equals(large.subarray(-1000)));
      fs.rmSync(dir, { recursive: true });
    });
  });
}
