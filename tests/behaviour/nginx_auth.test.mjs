// nginx that serves the files by itself and asks claimcheck before: auth_request
// with nginx/authorize.conf and nginx/auth-request.conf. The refusals are ours.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import jsonwebtoken from 'jsonwebtoken';

import { names, secret } from '../servers/sites.mjs';
import { startTarget, until, untilExpired } from '../servers/target.mjs';

let serial = 0;
const mint = (claims = {}, options = { expiresIn: 10 }) => jsonwebtoken.sign({ jti: `auth-${process.pid}-${serial++}`, ...claims }, secret, options);
const cookieOf = (response) => response.cookies().find((each) => each.startsWith('claimcheck='))?.split(';')[0];

describe('nginx_auth', { concurrency: 1 }, () => {
  let target;
  before(async () => { target = await startTarget('nginx', { delivery: 'x-accel-redirect' }); });
  after(() => target.stop());

  const get = (name, { token = mint(), site = 'main', ...more } = {}) => target.request(site, { path: `/authorized/${name}?token=${token}`, ...more });
  const original = (name) => fs.readFileSync(path.join(target.files, 'tree', name));
  const refusals = {
    token_missing: [400, 'hello.txt', { token: '' }],
    token_invalid: [403, 'hello.txt', { token: 'a.b.c' }],
    method: [405, 'hello.txt', { method: 'POST' }],
    not_found: [404, 'none.txt'],
    bad_url: [400, 'a%2Fb'],
    prefetch: [403, 'hello.txt', { headers: { 'Sec-Purpose': 'prefetch' } }],
    precondition_failed: [412, 'hello.txt', { headers: { 'If-Match': '"other"' } }],
    range_not_satisfiable: [416, 'hello.txt', { headers: { Range: 'bytes=999-' } }],
    unavailable: [503, 'hello.txt', { site: 'nostate' }],
    config: [500, 'hello.txt', { site: 'broken' }],
  };

  it('serves the file, with the headers of the contract', async () => {
    for (const name of ['hello.txt', 'large.bin', names.utf8, names.percent, 'folder/nested.txt', 'empty']) {
      const response = await get(name.split('/').map(encodeURIComponent).join('/'));
      assert.equal(response.status, 200, name);
      assert.ok(response.body.equals(original(name)), name);
      assert.equal(response.header('content-length'), String(original(name).length));
      assert.match(response.header('etag'), target.etag);
      for (const [header, value] of Object.entries({
        'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'", 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin',
      })) assert.deepEqual(response.headers[header], [value], header);
      assert.match(response.header('content-disposition'), /^attachment; filename=/);
    }
  });

  it('serves it once to everybody, and again to its browser', async () => {
    const token = mint();
    const first = await get('hello.txt', { token });
    assert.equal(first.status, 200);
    assert.equal((await get('hello.txt', { token })).code(), 'token_used');
    const again = await get('hello.txt', { token, headers: { Cookie: cookieOf(first) } });
    assert.equal(again.status, 200);
    assert.match(again.cookies().join(), /^claimcheck_started_/);
  });

  for (const [code, [status, name, options]] of Object.entries(refusals)) {
    it(`refuses in our words: ${status} ${code}`, async () => {
      const response = await get(name, options);
      assert.equal(response.status, status);
      assert.equal(response.code(), code);
    });
  }

  it('answers 304 to who has the file, and redeems nothing by it', async () => {
    const token = mint();
    const etag = (await get('hello.txt', { token, method: 'HEAD' })).header('etag');
    assert.match(etag, target.etag);
    assert.equal((await get('hello.txt', { token, headers: { 'If-None-Match': etag } })).status, 304);
    assert.equal((await get('hello.txt', { token })).status, 200);
  });

  it('resumes when the token has expired, for its browser alone', async () => {
    const token = mint({ exp: Date.now() / 1000 + 1.5 }, {});
    const first = await get('large.bin', { token });
    const Cookie = cookieOf(first);
    await untilExpired(token);
    const from = 5_000_000;
    for (const more of [{}, { 'If-Range': first.header('etag') }, { 'If-Match': first.header('etag') }]) {
      const part = await get('large.bin', { token, headers: { Cookie, Range: `bytes=${from}-`, ...more } });
      assert.equal(part.status, 206);
      assert.ok(part.body.equals(original('large.bin').subarray(from)));
      assert.equal((await get('large.bin', { token, headers: { Range: `bytes=${from}-`, ...more } })).code(), 'token_used');
    }
    for (const headers of [{ Cookie }, { Cookie, Range: 'bytes=0-' }]) {
      assert.equal((await get('large.bin', { token, headers })).code(), 'token_used');
    }
  });

  it('lets nobody past the question', async () => {
    for (const url of ['/claimcheck-authorize', `/claimcheck-authorize?token=${mint()}`, '/protected/tree/hello.txt', '/authorized/hello.txt', '/authorized/../authorized/hello.txt']) {
      const response = await target.request('main', { path: url });
      assert.ok([400, 404].includes(response.status), `${url}: ${response.status}`);
      assert.ok(!response.body.equals(original('hello.txt')));
    }
  });

  it('waits for no body of a GET', async () => {
    const response = await get('hello.txt', { body: 'words' });
    assert.equal(response.status, 200);
  });

  it('wrote no token into any log', async () => {
    await until(() => target.audit('main').length > 0);
    const folder = path.join(target.dir, 'logs');
    for (const log of fs.readdirSync(folder)) assert.doesNotMatch(fs.readFileSync(path.join(folder, log), 'utf8'), /eyJ|token=\w/, log);
  });
});
