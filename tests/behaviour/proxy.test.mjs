// Behind a TLS proxy or a CDN: https = "always", origins, and the client's
// address as Apache's mod_remoteip, lighttpd's mod_extforward and nginx's realip
// tell it. An nginx that speaks TLS stands in front of each server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';

import jsonwebtoken from 'jsonwebtoken';

import { drain } from '../servers/http.mjs';
import { outside, secret, user } from '../servers/sites.mjs';
import { startTarget, until } from '../servers/target.mjs';
import { startTlsProxy } from '../servers/tls_proxy.mjs';

const hello = 'the bytes of hello.txt\n';
// Loopback has many addresses: two visitors, who are not the proxy.
const [visitor, stranger] = ['127.0.0.2', '127.0.0.3'];

for (const mode of ['proxy_fcgi', 'lighttpd', 'nginx']) {
  describe(`proxy/${mode}`, { concurrency: 1 }, () => {
    let target;
    let proxy;
    const tokens = [];
    before(async () => {
      target = await startTarget(mode);
      proxy = await startTlsProxy(target, 'proxied', 'anonymous');
    });
    after(async () => {
      await proxy?.stop();
      await target.stop();
    });

    const mint = () => {
      tokens.push(jsonwebtoken.sign({ jti: `proxy-${process.pid}-${tokens.length}` }, secret, { expiresIn: 10 }));
      return tokens.at(-1);
    };
    const urlOf = (name) => `/downloads/${name}?token=${mint()}`;
    const origin = (way) => `https://127.0.0.1:${proxy.portOf(way)}`;
    const ask = (way, headers = {}, url = '/downloads/hello.txt') => proxy.request(way, { path: `/v1/api/get-token?for=${encodeURIComponent(url)}`, headers });
    const codeOf = async (...args) => (await ask(...args)).code() ?? 'given';
    const lineOf = (name) => target.audit('proxied').find(({ resource }) => resource === `/downloads/${name}`);
    const hasSockets = mode !== 'lighttpd';

    // By itself, an nginx that speaks TLS says so: https = "auto".
    for (const way of hasSockets ? ['proxy', 'own'] : ['proxy']) {
      it(`sets the cookies of HTTPS, and takes them back (${way})`, async () => {
        const asked = await ask(way);
        assert.match(asked.cookies()[0], /^__Host-claimcheck=[\w-]{22}; Path=\/; SameSite=Lax; Secure; Max-Age=2592000; HttpOnly$/);
        const Cookie = asked.cookies()[0].split(';')[0];
        const { token } = (await ask(way, { Cookie })).json();
        assert.ok(jsonwebtoken.decode(token).cnf);
        const path_ = `/downloads/hello.txt?token=${token}`;
        assert.equal((await proxy.request(way, { path: path_ })).code(), 'token_other_client');
        const response = await proxy.request(way, { path: path_, headers: { Cookie } });
        assert.equal(response.body.toString(), hello);
        assert.match(response.cookies()[0], /^claimcheck_started_\w{8}=1; .*; Secure; /);
      });
    }

    it('takes its own origin as the browser sees it, and no other', async () => {
      assert.equal(await codeOf('proxy', { Origin: origin('proxy') }), 'given');
      assert.equal(await codeOf('proxy', { Origin: outside }), 'given');
      assert.equal(await codeOf('proxy', {}, `${origin('proxy')}/downloads/hello.txt`), 'given');
      for (const other of [origin('proxy').replace('https', 'http'), origin('cdn'), target.origin('proxied'), 'https://evil.example', `${outside}.evil.example`]) {
        assert.equal(await codeOf('proxy', { Origin: other }), 'xsrf', other);
      }
      assert.equal(await codeOf('proxy', {}, 'https://evil.example/downloads/hello.txt'), 'bad_url');
    });

    it('takes the origin that origins names where its server has another name', async () => {
      assert.equal(await codeOf('cdn', { Origin: outside }), 'given');
      assert.equal(await codeOf('cdn', {}, `${outside}/downloads/hello.txt`), 'given');
      assert.equal(await codeOf('cdn', { Origin: origin('cdn') }), 'xsrf');
      assert.equal(await codeOf('cdn', {}, `${origin('cdn')}/downloads/hello.txt`), 'bad_url');
    });

    it('goes by Sec-Fetch-Site all the same', async () => {
      assert.equal(await codeOf('proxy', { 'Sec-Fetch-Site': 'same-origin' }), 'given');
      for (const site of ['cross-site', 'same-site', 'none']) {
        assert.equal(await codeOf('proxy', { 'Sec-Fetch-Site': site, Origin: origin('proxy') }), 'xsrf', site);
      }
    });

    // client_fallback = "address": who has no cookie may come again from where
    // he came.
    for (const way of ['proxy', 'adding']) {
      it(`knows a client by its own address behind a proxy (${way})`, async () => {
        const path_ = urlOf('hello.txt');
        const get = (from, headers = {}) => proxy.request(way, { path: path_, from, headers });
        assert.equal((await get(visitor)).status, 200);
        assert.equal((await get(visitor)).status, 200);
        for (const headers of [{}, { 'X-Forwarded-For': visitor }, { 'X-Forwarded-For': `${visitor}, 127.0.0.1` }, { Forwarded: `for=${visitor}` }, { 'X-Real-IP': visitor }]) {
          assert.equal((await get(stranger, headers)).code(), 'token_used', JSON.stringify(headers));
        }
        // Nor does he who goes around the proxy choose his address.
        const around = (from, headers = {}) => target.request('proxied', { path: path_, from, headers });
        assert.equal((await around(stranger, { 'X-Forwarded-For': visitor })).code(), 'token_used');
        assert.equal((await around(visitor)).status, 200);
      });
    }

    it('resumes through it', async () => {
      const path_ = urlOf('large.bin');
      const first = await proxy.request('proxy', { path: path_, from: visitor });
      const large = fs.readFileSync(path.join(target.files, 'tree', 'large.bin'));
      assert.ok(first.body.equals(large));
      assert.equal(first.header('content-length'), String(large.length));
      const Range = 'bytes=5000000-';
      const rest = await proxy.request('proxy', { path: path_, from: visitor, headers: { Range, 'If-Range': first.header('etag') } });
      assert.equal(rest.status, 206);
      assert.ok(rest.body.equals(large.subarray(5_000_000)));
    });

    async function startReading(name, more = '') {
      const file = path.join(target.files, 'tree', name);
      fs.writeFileSync(file, '');
      fs.truncateSync(file, 256 << 20);
      fs.chownSync(file, user.uid, user.gid);
      const socket = tls.connect({ port: proxy.portOf('proxy'), host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', () => {});
      socket.write(`GET ${urlOf(name)} HTTP/1.1\r\nHost: x\r\n\r\n${more}`);
      await once(socket, 'readable');
      return { socket, file };
    }

    it('says that the client left', async () => {
      const { socket } = await startReading('left.bin');
      socket.destroy();
      await until(() => lineOf('left.bin'));
      assert.equal(lineOf('left.bin').end, 'client_left');
      assert.ok(lineOf('left.bin').bytes < 128 << 20);
    });

    it('breaks the connection off when the file shrinks', async () => {
      const { socket, file } = await startReading('shrinking.bin', 'GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n');
      fs.truncateSync(file, 1 << 20);
      const { received, tail } = await drain(socket);
      assert.ok(received < 256 << 20);
      assert.ok(!tail.includes('HTTP/1.1 '), 'another answer follows in the body');
    });

    it('leaves no token in a log of the proxy, also when its server has gone', async () => {
      await target.halt();
      const response = await proxy.request('proxy', { path: urlOf('hello.txt') });
      assert.equal(response.status, 502);
      if (hasSockets) assert.equal((await proxy.request('own', { path: urlOf('hello.txt') })).status, 502);
      for (const name of fs.readdirSync(proxy.logs)) {
        const text = fs.readFileSync(path.join(proxy.logs, name), 'utf8');
        for (const token of tokens) assert.ok(!text.includes(token), name);
      }
      assert.match(fs.readFileSync(path.join(proxy.logs, 'access.log'), 'utf8'), /"GET \/downloads\/hello\.txt HTTP\/1\.1" 502/);
    });
  });
}
