// The HTTP contract, once, for the bare programs and for every way that a server
// runs them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';

import { skipOf } from '../servers/exceptions.mjs';
import { names, otherSecret, secret } from '../servers/sites.mjs';
import { runs, startTarget, until, untilExpired } from '../servers/target.mjs';

const encode = (name) => encodeURIComponent(name);
const withToken = (url, token) => `${url}${url.includes('?') ? '&' : '?'}token=${token}`;
const mint = (claims = {}, options = { expiresIn: 10 }, key = secret) => jsonwebtoken.sign(claims, key, options);
let serial = 0;
// A token of its own for each call: without jti, two in one second are equal.
const mintOnce = (claims = {}, ...rest) => mint({ jti: `test-${process.pid}-${serial++}`, ...claims }, ...rest);
const cookieOf = (response) => response.cookies().find((each) => each.startsWith('claimcheck='))?.split(';')[0];
const expired = () => {
  const now = Math.floor(Date.now() / 1000);
  return mintOnce({ iat: now - 10, exp: now - 8 }, {});
};

const noToken = '{"message":"Valid tokens not present ","code":"token_missing"}';
const refusedToken = (code) => `{"message":"Download token expired","code":"${code}"}`;

for (const { mode, delivery, title } of runs) {
  describe(`contract/${title}`, { concurrency: 1 }, () => {
    let target;
    before(async () => { target = await startTarget(mode, { delivery }); });
    after(() => target.stop());

    const get = (url, options = {}) => target.request('main', { path: url, ...options });
    const ask = (url, options = {}) => get(
      `/v1/api/get-token${url ? `?for=${encode(url)}` : ''}`, { user: 'demo', ...options });
    const original = (name) => fs.readFileSync(path.join(target.files, 'tree', name));

    // What the web server itself refuses never reaches us; then its status has
    // to be one of these, and the body is not ours.
    function assertRefused(response, status, code, byServer = []) {
      if (target.isServer && response.code() === undefined) {
        assert.ok(byServer.includes(response.status), `the server answered ${response.status}`);
        return;
      }
      assert.equal(response.code(), code);
      assert.equal(response.status, status);
    }

    describe('get-token', () => {
      it('answers the token, its handle, its lifetime, the name and the size', async () => {
        const response = await ask('/downloads/hello.txt');
        assert.equal(response.status, 200);
        const { token, handle, ...rest } = response.json();
        assert.deepEqual(rest, { expires_in: 2, filename: 'hello.txt', size: original('hello.txt').length });
        assert.match(handle, /^[0-9a-f]{8}$/);
        assert.equal(token.split('.').length, 3);
        assert.equal(response.header('cache-control'), 'no-store');
        assert.equal(response.header('x-content-type-options'), 'nosniff');
        assert.equal(response.header('access-control-allow-origin'), undefined);
      });

      it('is at the two addresses of the article and takes POST', async () => {
        for (const url of ['/v1/api/get-token', '/v1/api/jwt/get-token']) {
          for (const method of ['GET', 'POST']) {
            const response = await get(url, { method, user: 'demo' });
            assert.equal(response.status, 200, `${method} ${url}`);
            assert.deepEqual(Object.keys(response.json()), ['token', 'handle', 'expires_in']);
          }
        }
      });

      it('makes tokens of two seconds that jsonwebtoken and jose verify', async () => {
        const { token } = (await ask('/downloads/hello.txt')).json();
        const claims = jsonwebtoken.verify(token, secret);
        assert.equal(Math.round((claims.exp - claims.iat) * 1000), 2000);
        assert.equal(claims.res, '/downloads/hello.txt');
        assert.equal(claims.sub, 'demo');
        assert.equal(Buffer.from(claims.jti, 'base64url').length, 16);
        const { protectedHeader } = await jose.jwtVerify(token, Buffer.from(secret));
        assert.deepEqual(protectedHeader, { alg: 'HS256', typ: 'download+jwt' });
      });

      it('names the browser by a cookie, and binds to it once it came back', async () => {
        const first = await ask('/downloads/hello.txt');
        const cookie = first.cookies()[0];
        assert.match(cookie, /^claimcheck=[\w-]{22}; Path=\/; SameSite=Lax; Max-Age=2592000; HttpOnly$/);
        assert.equal(jsonwebtoken.decode(first.json().token).cnf, undefined);
        const second = await ask('/downloads/hello.txt', { headers: { Cookie: cookieOf(first) } });
        assert.deepEqual(second.cookies(), []);
        assert.ok(jsonwebtoken.decode(second.json().token).cnf['cookie#S256']);
      });

      it('refuses a method, and names those that it takes', async () => {
        const response = await ask('', { method: 'PUT' });
        assertRefused(response, 405, 'method');
        assert.equal(response.header('allow'), 'GET, POST');
      });

      it('refuses whom the server does not know', async () => {
        const response = await target.request('noauth', { path: '/v1/api/get-token' });
        assertRefused(response, 401, 'not_signed_in');
      });

      const strangers = {
        'another site': { 'Sec-Fetch-Site': 'cross-site' },
        'a sibling host': { 'Sec-Fetch-Site': 'same-site' },
        'a typed address': { 'Sec-Fetch-Site': 'none' },
        'another origin': { Origin: 'https://evil.example' },
        'a sandbox': { Origin: 'null' },
        'a cookie that no header repeats': { Cookie: 'XSRF-TOKEN=abc' },
        'a header that differs from the cookie': { Cookie: 'XSRF-TOKEN=abc', 'X-XSRF-TOKEN': 'abd' },
        'an empty header': { Cookie: 'XSRF-TOKEN=abc', 'X-XSRF-TOKEN': '', 'Sec-Fetch-Site': 'same-origin' },
      };
      for (const [who, headers] of Object.entries(strangers)) {
        const name = `refuses a request from ${who}`;
        it(name, { skip: skipOf(title, name) }, async () => {
          assertRefused(await ask('', { headers }), 403, 'xsrf');
        });
      }

      it('takes a request that repeats the cookie, percent-decoded as axios sends it', async () => {
        const headers = { Cookie: 'a=b; XSRF-TOKEN=ab%3Dc', 'X-XSRF-TOKEN': 'ab=c', Origin: target.origin('main') };
        assert.equal((await ask('', { headers })).status, 200);
      });

      it('wants the pair where xsrf = "required"', async () => {
        const path_ = '/v1/api/get-token';
        const bare = await target.request('strict', { path: path_, headers: { 'Sec-Fetch-Site': 'same-origin' } });
        assertRefused(bare, 403, 'xsrf');
        const headers = { Cookie: 'XSRF-TOKEN=abc', 'X-XSRF-TOKEN': 'abc' };
        const paired = await target.request('strict', { path: path_, headers });
        // client = "required": the first visit gets its cookie, the second a token.
        assertRefused(paired, 403, 'not_allowed');
        headers.Cookie += `; ${cookieOf(paired)}`;
        assert.equal((await target.request('strict', { path: path_, headers })).status, 200);
      });

      const refusals = [
        ['a dot segment', '/downloads/../x', 400, 'bad_url'],
        ['an encoded slash', '/downloads/a%2Fb', 400, 'bad_url'],
        ['another origin', 'https://evil.example/downloads/hello.txt', 400, 'bad_url'],
        ['a network path', '//evil.example/downloads/hello.txt', 400, 'bad_url'],
        ['a relative name', 'hello.txt', 400, 'bad_url'],
        ['no download', '/elsewhere/hello.txt', 404, 'not_found'],
        ['no file', '/downloads/none.txt', 404, 'not_found'],
        ['a folder', '/downloads/folder', 404, 'not_found'],
        ['a dotfile', '/downloads/.htpasswd', 404, 'not_found'],
        ['a symbolic link', '/downloads/link', 404, 'not_found'],
        ["another user's file", '/downloads/private/plan.txt', 403, 'not_allowed'],
        ['a root that is not mounted', '/downloads/gone/a', 503, 'unavailable'],
      ];
      for (const [what, url, status, code] of refusals) {
        it(`refuses to issue for ${what}`, async () => {
          assertRefused(await ask(url), status, code);
        });
      }

      it('refuses a for given twice', async () => {
        const response = await get('/v1/api/get-token?for=/downloads/a&for=/downloads/b', { user: 'demo' });
        assertRefused(response, 400, 'bad_url');
      });

      it('takes the URL of this origin in full, with its fragment', async () => {
        const response = await ask(`${target.origin('main')}/downloads/hello.txt?utm_source=x#top`);
        assert.equal(response.json().filename, 'hello.txt');
      });

      it('answers 503 while the state directory is missing', async () => {
        const response = await target.request('nostate', { path: '/v1/api/get-token', user: 'demo' });
        assertRefused(response, 503, 'unavailable');
        assert.ok(Number(response.header('retry-after')) > 0);
        await until(() => target.audit('nostate').length > 0);
        const [line] = target.audit('nostate').slice(-1);
        assert.match(line.detail, /state directory .*missing.*install -d -m 0700/);
      });
    });

    describe('download', () => {
      const headersOf = (handle) => ({
        'content-type': 'application/octet-stream',
        'content-length': String(original('hello.txt').length),
        'content-disposition': 'attachment; filename="hello.txt"; filename*=UTF-8\'\'hello.txt',
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'set-cookie': `claimcheck_started_${handle}=1; Path=/; SameSite=Lax; Max-Age=60`,
      });
      // The browser is one that has its client cookie.
      async function giveFrom(site, acceptRanges) {
        const path_ = '/v1/api/get-token?for=/downloads/hello.txt';
        const headers = { Cookie: cookieOf(await target.request(site, { path: path_, user: 'demo' })) };
        const { token, handle } = (await target.request(site, { path: path_, user: 'demo', headers })).json();
        const request = { path: withToken('/downloads/hello.txt', token), headers };
        const response = await target.request(site, request);
        assert.equal(response.status, 200);
        assert.deepEqual(response.body, original('hello.txt'));
        for (const [name, value] of Object.entries({ ...headersOf(handle), 'accept-ranges': acceptRanges })) {
          assert.deepEqual(response.headers[name], [value], name);
        }
        assert.match(response.header('etag'), target.etag);
        const mtime = fs.statSync(path.join(target.files, 'tree', 'hello.txt')).mtime;
        assert.equal(response.header('last-modified'), mtime.toUTCString());
        return { request, handle };
      }
      // A line is written when its answer has gone out.
      async function linesOf(site, handle, count) {
        const written = () => target.audit(site).filter((line) => line.handle?.startsWith(handle));
        await until(() => written().length === count);
        return written().sort((a, b) => a.event < b.event ? -1 : 1);
      }

      it('gives the file, with the headers of the contract, and leaves a line', async () => {
        const { handle } = await giveFrom('main', 'bytes');
        const lines = await linesOf('main', handle, 2);
        assert.deepEqual(lines.map((line) => [line.event, line.code, line.end]), [['issued', undefined, 'complete'], ['redeemed', undefined, 'complete']]);
        assert.equal(lines[1].bytes, target.sent(original('hello.txt').length));
        assert.equal(lines[1].user, 'demo');
        assert.equal(lines[1].resource, '/downloads/hello.txt');
      });

      it('gives it once where reuse = "never", also to the same browser, and no part of it', async () => {
        const { request, handle } = await giveFrom('never', 'none');
        for (const more of [{}, { Range: 'bytes=5-' }]) {
          const again = await target.request('never', { ...request, headers: { ...request.headers, ...more } });
          assert.equal(again.status, 403);
          assert.equal(again.body.toString(), refusedToken('token_used'));
        }
        const lines = await linesOf('never', handle, 4);
        assert.deepEqual(lines.map((line) => [line.event, line.code, line.end]), [['issued', undefined, 'complete'], ['redeemed', undefined, 'complete'],
          ['refused', 'token_used', 'complete'], ['refused', 'token_used', 'complete']]);
      });

      it('answers the article word for word without a token', async () => {
        for (const url of ['/downloads/hello.txt', '/downloads/hello.txt?token=', '/downloads/hello.txt?x=1']) {
          const response = await get(url);
          assert.equal(response.status, 400);
          assert.equal(response.body.toString(), noToken);
          assert.equal(response.header('cache-control'), 'no-store');
          assert.match(response.header('content-security-policy'), /^default-src 'none'; style-src 'sha256-.*'; frame-ancestors 'self'$/);
        }
      });

      it('answers the article word for word to an expired token', async () => {
        const response = await get(withToken('/downloads/hello.txt', expired()));
        assert.equal(response.status, 403);
        assert.equal(response.body.toString(), refusedToken('token_expired'));
      });

      it('refuses the token of another secret, expired or not', async () => {
        for (const claims of [{}, { iat: 1000, exp: 2000 }]) {
          const token = mintOnce(claims, claims.exp ? {} : { expiresIn: 10 }, otherSecret);
          const response = await get(withToken('/downloads/hello.txt', token));
          assert.equal(response.status, 403);
          assert.equal(response.body.toString(), refusedToken('token_invalid'));
        }
      });

      it('refuses a token of no algorithm and one of another', async () => {
        for (const algorithm of ['none', 'HS384', 'HS512']) {
          const token = mintOnce({}, { expiresIn: 10, algorithm }, algorithm === 'none' ? '' : secret);
          assertRefused(await get(withToken('/downloads/hello.txt', token)), 403, 'token_invalid');
        }
      });

      it('refuses a token of one file for another', async () => {
        const { token } = (await ask('/downloads/hello.txt')).json();
        const url = withToken(`/downloads/${encode(names.percent)}`, token);
        const response = await get(url);
        assert.equal(response.body.toString(), refusedToken('token_not_for_this'));
        // The refusal redeemed nothing.
        assert.equal((await get(withToken('/downloads/hello.txt', token))).status, 200);
      });

      it("refuses another client's token, and takes it from its own", async () => {
        const cookie = cookieOf(await ask(''));
        const { token } = (await ask('/downloads/hello.txt', { headers: { Cookie: cookie } })).json();
        const url = withToken('/downloads/hello.txt', token);
        const stranger = `claimcheck=${Buffer.alloc(16, 7).toString('base64url')}`;
        for (const headers of [{}, { Cookie: stranger }]) {
          const response = await get(url, { headers });
          assert.equal(response.body.toString(), refusedToken('token_other_client'));
        }
        assert.equal((await get(url, { headers: { Cookie: cookie } })).status, 200);
      });

      it('takes the token that node mints with nothing but a lifetime', async () => {
        const token = mint();
        const url = withToken('/v1/api/downloadX?name=alex', token);
        const response = await get(url);
        assert.equal(response.status, 200);
        assert.equal(response.body.toString(), 'name,score\nalex,42\n');
        assert.match(response.header('content-disposition'), /filename="downloadX.csv"/);
        assertRefused(await get(url), 403, 'token_used');
      });

      it('takes no unbound token where bind or users ask for a bound one', async () => {
        for (const url of ['/downloads/bound/hello.txt', '/downloads/private/plan.txt']) {
          assertRefused(await get(withToken(url, mintOnce())), 403, 'token_not_for_this');
        }
        const { token } = (await ask('/downloads/bound/hello.txt')).json();
        assert.equal((await get(withToken('/downloads/bound/hello.txt', token))).status, 200);
      });

      it('gives a private file to its user alone', async () => {
        const url = '/downloads/private/plan.txt';
        const { token } = (await ask(url, { user: 'alice' })).json();
        assert.equal((await get(withToken(url, token))).body.toString(), 'for alice\n');
        const forged = mintOnce({ res: url, sub: 'demo' });
        assert.equal((await get(withToken(url, forged))).body.toString(), refusedToken('not_allowed'));
      });

      it('fills a file name from declared parameters, in any order, and ignores the others', async () => {
        const asked = await ask('/downloads/export?utm_source=mail&part=1&name=alex');
        assert.equal(asked.json().filename, 'report-alex.csv');
        const url = withToken('/downloads/export?name=alex&part=1', asked.json().token);
        const response = await get(url);
        assert.equal(response.status, 200);
        assert.equal(response.header('content-type'), 'text/csv');
        const other = (await ask('/downloads/export?name=alex&part=1')).json().token;
        assertRefused(await get(withToken('/downloads/export?name=alex&part=2', other)), 403, 'token_not_for_this');
      });

      it('checks HEAD as GET and redeems nothing', async () => {
        const { token } = (await ask('/downloads/hello.txt')).json();
        const url = withToken('/downloads/hello.txt', token);
        const head = await get(url, { method: 'HEAD' });
        assert.equal(head.status, 200);
        assert.equal(head.body.length, 0);
        assert.match(head.header('content-disposition'), /hello.txt/);
        assert.equal((await get(url)).status, 200);
        assert.equal((await get(url, { method: 'HEAD' })).status, 403);
      });

      it('refuses a prefetch without redeeming', async () => {
        const { token } = (await ask('/downloads/hello.txt')).json();
        const url = withToken('/downloads/hello.txt', token);
        assertRefused(await get(url, { headers: { 'Sec-Purpose': 'prefetch;prerender' } }), 403, 'prefetch');
        assert.equal((await get(url)).status, 200);
      });

      it('refuses a method, and names those that it takes', async () => {
        const response = await get('/downloads/hello.txt', { method: 'DELETE' });
        assertRefused(response, 405, 'method');
        assert.equal(response.header('allow'), 'GET, HEAD');
      });

      it('tells a person in words, and reflects nothing of the request', async () => {
        const token = `${expired()}<script>`;
        const url = withToken('/downloads/hello.txt', encode(token));
        const response = await get(url, { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
        assert.equal(response.status, 403);
        assert.equal(response.header('content-type'), 'text/html; charset=utf-8');
        const html = response.body.toString();
        assert.match(html, /<body data-code="token_invalid">.*<a href="\/">/s);
        assert.doesNotMatch(html, /script|hello|eyJ/);
      });

      for (const [what, name] of Object.entries(names)) {
        it(`serves a ${what} name and keeps it in one header`, async () => {
          const url = `/downloads/${encode(name)}`;
          const asked = await ask(url);
          assert.equal(asked.status, 200, asked.body.toString());
          const response = await get(withToken(url, asked.json().token));
          assert.deepEqual(response.body, original(name));
          const safe = name.replace('\u202E', '_');
          const ascii = safe.replace(/["%]|[^\x20-\x7e]/gu, '_');
          const star = encode(safe).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
          assert.equal(response.header('content-disposition'), `attachment; filename="${ascii}"; filename*=UTF-8''${star}`);
        });
      }

      it('serves an empty and a large file whole', async () => {
        for (const name of ['empty', 'large.bin', 'folder/nested.txt']) {
          const { token } = (await ask(`/downloads/${name}`)).json();
          const response = await get(withToken(`/downloads/${name}`, token));
          assert.equal(response.status, 200, name);
          assert.ok(response.body.equals(original(name)), name);
          assert.equal(response.header('content-length'), String(original(name).length), name);
        }
      });

      it('gives one token to one of 200 clients at once', async () => {
        const url = withToken('/downloads/hello.txt', mintOnce());
        const responses = await Promise.all(Array.from({ length: 200 }, (_, i) => get(url, {
          headers: { Cookie: `claimcheck=${Buffer.alloc(16, i).toString('base64url')}` },
        })));
        const served = responses.filter((response) => response.status === 200);
        assert.equal(served.length, 1);
        assert.deepEqual(served[0].body, original('hello.txt'));
        for (const response of responses) {
          if (response !== served[0]) assertRefused(response, 403, 'token_used');
        }
      });

      it('serves any number of times where reuse = "window", and keeps no state', async () => {
        const token = mintOnce();
        for (let i = 0; i < 3; i += 1) {
          const response = await target.request('open', { path: withToken('/downloads/hello.txt', token) });
          assert.equal(response.status, 200);
        }
        assert.deepEqual(fs.readdirSync(path.join(target.dir, 'sites', 'open', 'state')), []);
      });
    });

    describe('the lease', () => {
      const url = '/downloads/large.bin';
      const whole = 8 << 20;
      const from = 5_000_000;
      const ofOther = (headers = {}) => ({ headers: { Cookie: `claimcheck=${Buffer.alloc(16, 7).toString('base64url')}`, ...headers } });
      // A browser with its cookie: get() is its request for `url` with a token
      // from get-token. One that is not `bound` to the cookie came with it.
      async function newBrowser({ bound = true } = {}) {
        const first = await ask(url);
        const cookie = cookieOf(first);
        const { token, handle } = (bound ? await ask(url, { headers: { Cookie: cookie } }) : first).json();
        const tokened = withToken(url, token);
        return {
          token, handle, url: tokened, get: (headers = {}, method = 'GET') => get(tokened, { method, headers: { Cookie: cookie, ...headers } }),
        };
      }

      function assertPart(response, first = from) {
        assert.equal(response.status, 206);
        assert.equal(response.header('content-range'), `bytes ${first}-${whole - 1}/${whole}`);
        assert.equal(response.header('accept-ranges'), 'bytes');
        assert.ok(response.body.equals(original('large.bin').subarray(first)));
      }
      function assertWhole(response) {
        assert.equal(response.status, 200);
        assert.equal(response.header('accept-ranges'), 'bytes');
        assert.ok(response.body.equals(original('large.bin')));
      }

      describe("in the token's lifetime", () => {
        for (const bound of [true, false]) {
          it(`lets its browser repeat, and nobody else, with a token that is ${bound ? '' : 'not '}bound to it`, async () => {
            const browser = await newBrowser({ bound });
            const first = await browser.get();
            assertWhole(first);
            assert.deepEqual(first.cookies().map((each) => each.split('=')[0]), [`claimcheck_started_${browser.handle}`]);
            const code = bound ? 'token_other_client' : 'token_used';
            for (const other of [{}, ofOther(), ofOther({ Range: `bytes=${from}-` }), ofOther({ Range: 'bytes=0-', 'If-Range': first.header('etag') })]) {
              assertRefused(await get(browser.url, other), 403, code);
            }
            assert.equal((await get(browser.url, { method: 'HEAD' })).status, 403);
            assertRefused(await browser.get({ 'Sec-Purpose': 'prefetch' }), 403, 'prefetch');
            assertWhole(await browser.get());
            assertPart(await browser.get({ Range: `bytes=${from}-` }));
            assert.equal((await browser.get({}, 'HEAD')).header('content-length'), String(whole));
          });
        }

        it('serves two GETs of its browser at once', async () => {
          const browser = await newBrowser();
          (await Promise.all([browser.get(), browser.get()])).forEach(assertWhole);
          const events = () => target.audit('main').filter(({ handle }) => handle?.startsWith(browser.handle)).map(({ event }) => event).sort();
          await until(() => events().length === 3);
          assert.deepEqual(events(), ['issued', 'redeemed', 'repeated']);
        });

        it('brings the cookie that it goes by where none came, once', async () => {
          const tokened = withToken(url, mintOnce());
          const head = await get(tokened, { method: 'HEAD' });
          assert.equal(head.header('accept-ranges'), 'bytes');
          assert.deepEqual(head.cookies(), []);
          const first = await get(tokened);
          assertWhole(first);
          assert.match(first.cookies().find((each) => each.startsWith('claimcheck=')), /^claimcheck=[\w-]{22}; Path=\/; SameSite=Lax; Max-Age=2592000; HttpOnly$/);
          assert.equal(first.cookies().length, 2);
          assertRefused(await get(tokened), 403, 'token_used');
          const again = await get(tokened, { headers: { Cookie: cookieOf(first) } });
          assertWhole(again);
          assert.equal(cookieOf(again), undefined);
        });

        it('is not to be had without jti and cookie', async () => {
          const tokened = withToken(url, mint({ not: 'unique' }));
          const first = await get(tokened, { headers: { Range: `bytes=${from}-` } });
          assert.equal(first.status, 200);
          assert.equal(first.header('accept-ranges'), 'none');
          assert.equal(first.header('content-length'), String(whole));
          assert.equal(cookieOf(first), undefined);
          assertRefused(await get(tokened), 403, 'token_used');
        });
      });

      describe('when the token has expired', () => {
        const browsers = {};
        let etag;
        let unused;
        let brought;
        before(async () => {
          for (const [name, bound] of [['bound', true], ['unbound', false]]) {
            browsers[name] = await newBrowser({ bound });
            const first = await browsers[name].get();
            assertWhole(first);
            etag = first.header('etag');
          }
          browsers.bound.repeated = await browsers.bound.get();
          const token = mintOnce({ exp: Date.now() / 1000 + 2 }, {});
          brought = { url: withToken(url, token), cookie: cookieOf(await get(withToken(url, token))) };
          unused = await newBrowser();
          await untilExpired(unused.token);
        });

        for (const name of ['bound', 'unbound']) {
          it(`lets its browser resume, and nobody else, with a token that was ${name}`, async () => {
            const browser = browsers[name];
            const code = name === 'bound' ? 'token_expired' : 'token_used';
            const resumes = [{ Range: `bytes=${from}-` }, { Range: `bytes=${from}-`, 'If-Range': etag }, { Range: `bytes=${from}-`, 'If-Match': etag }];
            for (const headers of resumes) {
              assertPart(await browser.get(headers));
              for (const other of [{ headers }, ofOther(headers)]) assertRefused(await get(browser.url, other), 403, code);
            }
            for (const validator of ['If-Range', 'If-Match']) {
              assertPart(await browser.get({ Range: 'bytes=0-', [validator]: etag }), 0);
            }
          });
        }

        it('refuses its browser what a copied link asks', async () => {
          for (const headers of [{}, { Range: 'bytes=0-' }, { Range: 'bytes=-99999999' }, { Range: 'bytes=0-', 'If-Match': '*' }, { 'If-Range': etag }, { Range: 'bytes=x' }]) {
            assertRefused(await browsers.bound.get(headers), 403, 'token_used');
          }
          const page = await browsers.bound.get({ Accept: 'text/html' });
          assert.match(page.body.toString(), /<body data-code="token_used">/);
        });

        it('never gives the whole for another version', async () => {
          for (const headers of [{ 'If-Range': '"other"' }, { 'If-Match': '"other"' }]) {
            assertRefused(await browsers.bound.get({ Range: `bytes=${from}-`, ...headers }), 412, 'precondition_failed');
          }
          assert.equal((await browsers.bound.get({ Range: 'bytes=99999999-' })).header('content-range'), `bytes */${whole}`);
        });

        it('checks HEAD as the GET, and refuses a prefetch', async () => {
          const head = await browsers.bound.get({ Range: `bytes=${from}-` }, 'HEAD');
          assert.equal(head.status, 200);
          assert.equal(head.body.length, 0);
          assert.equal((await browsers.bound.get({}, 'HEAD')).status, 403);
          assertRefused(await browsers.bound.get({ Range: `bytes=${from}-`, 'Sec-Purpose': 'prefetch' }), 403, 'prefetch');
        });

        it('goes by the cookie that came with the body', async () => {
          const resume = (headers) => get(brought.url, { headers: { Range: `bytes=${from}-`, ...headers } });
          assertPart(await resume({ Cookie: brought.cookie }));
          assertRefused(await resume({}), 403, 'token_used');
          assertRefused(await get(brought.url, ofOther({ Range: `bytes=${from}-` })), 403, 'token_used');
        });

        it('is not there for a token that was never used', async () => {
          for (const headers of [{}, { Range: `bytes=${from}-` }, { Range: 'bytes=0-', 'If-Range': etag }]) {
            assertRefused(await unused.get(headers), 403, 'token_expired');
          }
        });

        it('leaves a line for each: redeemed, repeated, resumed, refused', async () => {
          const lines = () => target.audit('main').filter(({ handle }) => handle?.startsWith(browsers.bound.handle));
          const of = (event) => lines().filter((line) => line.event === event).map(({ bytes, end }) => [bytes, end]);
          assertWhole(browsers.bound.repeated);
          await until(() => of('resumed').length === 5);
          assert.deepEqual(of('redeemed'), [[target.sent(whole), 'complete']]);
          assert.deepEqual(of('repeated'), [[target.sent(whole), 'complete']]);
          assert.deepEqual(of('resumed').sort(([a], [b]) => a - b), [...Array(3).fill([target.sent(whole - from), 'complete']), ...Array(2).fill([target.sent(whole), 'complete'])]);
          assert.ok(lines().some(({ event, code }) => event === 'refused' && code === 'token_used'));
          for (const { user, resource } of lines()) assert.deepEqual([user, resource], ['demo', url]);
        });
      });
    });

    describe('hostile URLs', () => {
      const itself = { dots: [400, 403, 404], slash: [404], text: [400], size: [400, 414, 431] };
      const cases = [
        ['a dot segment', '/downloads/../outside/secret.txt', 400, 'bad_url', itself.dots],
        ['an encoded dot segment', '/downloads/%2e%2e/outside/secret.txt', 400, 'bad_url', itself.dots],
        ['a half encoded dot segment', '/downloads/.%2E/outside/secret.txt', 400, 'bad_url', itself.dots],
        ['an encoded slash', '/downloads/..%2foutside%2fsecret.txt', 400, 'bad_url', itself.slash],
        ['an encoded backslash', '/downloads/..%5coutside', 400, 'bad_url', itself.slash],
        ['a doubly encoded dot segment', '/downloads/%252e%252e/secret.txt', 404, 'not_found', []],
        ['a doubly encoded slash', '/downloads/..%252foutside', 404, 'not_found', []],
        ['a NUL', '/downloads/hello.txt%00.png', 400, 'bad_url', [400, 404]],
        ['a line end', '/downloads/a%0d%0aSet-Cookie:%20x=1', 400, 'bad_url', [400, 403]],
        ['an escape that is none', '/downloads/%zz', 400, 'bad_url', [400]],
        ['overlong UTF-8', '/downloads/%c0%ae%c0%ae/secret.txt', 400, 'bad_url', itself.text],
        ['an empty segment', '/downloads//etc/passwd', 400, 'bad_url', []],
        ['an absolute name', '/downloads//etc/passwd', 400, 'bad_url', []],
        ['a symbolic link', '/downloads/link', 404, 'not_found', []],
        ['a linked folder', '/downloads/linked/secret.txt', 404, 'not_found', []],
        ['a FIFO', '/downloads/fifo', 404, 'not_found', []],
        ['a folder', '/downloads/folder', 404, 'not_found', []],
        ['a folder with its slash', '/downloads/folder/', 404, 'not_found', []],
        ['the tree itself', '/downloads/', 404, 'not_found', []],
        ['a dotfile', '/downloads/.htpasswd', 404, 'not_found', []],
        ['a file that we may not read', '/downloads/unreadable', 404, 'not_found', []],
        ['a parameter with a slash', '/v1/api/downloadX?name=..%2f..%2fetc%2fpasswd', 400, 'bad_url', []],
        ['a parameter beside its pattern', '/v1/api/downloadX?name=alex%0a', 400, 'bad_url', itself.text],
        ['a parameter twice', '/v1/api/downloadX?name=alex&name=bob', 400, 'bad_url', []],
        ['a parameter that is missing', '/v1/api/downloadX', 400, 'bad_url', []],
      ];
      for (const [what, url, status, code, byServer] of cases) {
        it(`refuses ${what}`, async () => {
          const response = await get(withToken(url, mintOnce()));
          assertRefused(response, status, code, byServer);
          assert.doesNotMatch(response.body.toString(), /outside the root|root:|hidden/);
        });
      }

      it('refuses a query of 64 KiB', async () => {
        assertRefused(await get(`/downloads/hello.txt?${'a'.repeat(65536)}`), 400, 'bad_url', itself.size);
      });

      it('refuses a token that is too long, of a mebibyte, or of dots', async () => {
        assertRefused(await get(withToken('/downloads/hello.txt', 'a'.repeat(5000))), 403, 'token_invalid');
        assertRefused(await get(withToken('/downloads/hello.txt', '.'.repeat(1000))), 403, 'token_invalid');
        // The environment of a process has no room for a mebibyte.
        const size = target.isServer ? 1 << 20 : 100000;
        assertRefused(await get(withToken('/downloads/hello.txt', 'a'.repeat(size))), 400, 'bad_url', itself.size);
      });

      it('refuses two tokens, whatever they are', async () => {
        const token = mintOnce();
        for (const query of [`token=${token}&token=${token}`, `token=&token=${token}`, `token=${token}&%74oken=x`]) {
          assertRefused(await get(`/downloads/hello.txt?${query}`), 403, 'token_invalid');
        }
        assert.equal((await get(withToken('/downloads/hello.txt', token))).status, 200);
      });
    });

    describe('a broken configuration', () => {
      it('answers 500 to every request', async () => {
        for (const url of ['/v1/api/get-token', '/downloads/hello.txt']) {
          const response = await target.request('broken', { path: url });
          assertRefused(response, 500, 'config');
        }
      });
    });

    const itUnderServers = mode === 'bare' ? () => {} : it;
    itUnderServers('gives the browser script to everybody', async () => {
      const response = await target.request('main', { path: '/claimcheck/download.js' });
      assert.equal(response.status, 200);
      assert.match(response.body.toString(), /downloadFile/);
    });

    it('wrote no token into any log', async () => {
      const logs = ['access', 'error', 'fastcgi'].map((name) => path.join(target.dir, 'logs', name))
        .concat(fs.readdirSync(path.join(target.dir, 'sites')).map((site) => path.join(target.dir, 'sites', site, 'audit.log')))
        .filter((file) => fs.existsSync(file));
      assert.ok(logs.length > 0);
      for (const file of logs) {
        assert.doesNotMatch(fs.readFileSync(file, 'utf8'), /eyJ|token=\w/, file);
      }
    });
  });
}
