// access = "bearer": another server vouches for the caller of get-token, for
// the bare programs and for every way that a server runs them. The keys are other
// libraries', and so are the tokens.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';

import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';

import { skipOf } from '../servers/exceptions.mjs';
import { bearer, bearerSecret, secret, user } from '../servers/sites.mjs';
import { modes, startTarget, until } from '../servers/target.mjs';

const claims = { iss: bearer.issuer, aud: bearer.audience, sub: 'alice' };
const now = () => Math.floor(Date.now() / 1000);
// mint signs what is good but for `change`: undefined takes a claim away.
const mint = (change = {}, { key = Buffer.from(bearerSecret), alg = 'HS256', typ = 'JWT' } = {}) => {
  const header = { alg, typ };
  const payload = { ...claims, iat: now(), exp: now() + 3600, ...change };
  return new jose.SignJWT(JSON.parse(JSON.stringify(payload))).setProtectedHeader(header).sign(key);
};
const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');

const pairs = {
  ES256: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: crypto.generateKeyPairSync('ed25519'),
  RS256: crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const publicPem = (alg) => pairs[alg].publicKey.export({ type: 'spki', format: 'pem' });

const byHeader = (token) => ({ Authorization: `Bearer ${token}` });
const byCookie = (token) => ({ Cookie: `a=b; ${bearer.cookie}=${token}` });
const challenge = 'Bearer realm="get-token"';
const refusal = `${challenge}, error="invalid_token"`;

for (const mode of modes) {
  describe(`bearer/${mode}`, { concurrency: 1 }, () => {
    let target;
    let file;
    before(async () => {
      target = await startTarget(mode);
      file = path.join(target.dir, 'sites', 'bearer', 'bearer');
    });
    after(() => target.stop());
    beforeEach(() => replace(`${bearerSecret}\n`));

    function replace(text, fileMode = 0o600) {
      fs.writeFileSync(`${file}.new`, text, { mode: fileMode });
      fs.chmodSync(`${file}.new`, fileMode);
      fs.chownSync(`${file}.new`, user.uid, user.gid);
      fs.renameSync(`${file}.new`, file);
    }

    const get = (url, headers = {}, more = {}) => target.request('bearer', { path: url, headers, ...more });
    // alice's, and nobody else's.
    const ask = (headers, more) => get('/v1/api/get-token?for=/downloads/private/plan.txt', headers, more);

    async function assertVouched(headers) {
      const asked = await ask(headers);
      assert.equal(asked.status, 200, asked.body.toString());
      const { token } = asked.json();
      assert.equal(jsonwebtoken.verify(token, secret).sub, 'alice');
      assert.equal(asked.header('www-authenticate'), undefined);
      const response = await get(`/downloads/private/plan.txt?token=${token}`);
      assert.equal(response.status, 200);
      assert.equal(response.body.toString(), 'for alice\n');
    }

    async function assertNotSignedIn(headers, detail, header = refusal) {
      const before_ = target.audit('bearer').length;
      const response = await ask(headers);
      assert.equal(response.status, 401, response.body.toString());
      assert.deepEqual(response.json(), { message: 'You are not signed in', code: 'not_signed_in' });
      assert.deepEqual(response.headers['www-authenticate'], [header]);
      // The line follows the answer.
      await until(() => target.audit('bearer').slice(before_).some((line) => line.code === 'not_signed_in' && detail.test(line.detail) && line.user === undefined));
    }

    it('takes HS256 in Authorization and in the cookie', async () => {
      await assertVouched(byHeader(await mint()));
      await assertVouched(byCookie(await mint()));
      await assertVouched({ Authorization: `bEARER ${await mint()}` });
    });

    for (const alg of Object.keys(pairs)) {
      it(`takes ${alg} with a public key alone, from the next request on`, async () => {
        replace(publicPem(alg), 0o644);
        const token = await mint({}, { alg, key: pairs[alg].privateKey });
        await assertVouched(byHeader(token));
        await assertVouched(byCookie(token));
        await assertNotSignedIn(byHeader(await mint()), /no key that may verify is for the token's alg/);
      });
    }

    it('takes one audience of several, and tokens of jsonwebtoken', async () => {
      await assertVouched(byHeader(await mint({ aud: ['other', bearer.audience] })));
      await assertVouched(byHeader(jsonwebtoken.sign(claims, bearerSecret, { expiresIn: '30d' })));
    });

    it('refuses whom nobody vouches for, without an error in the challenge', async () => {
      await assertNotSignedIn({}, /no bearer token came/, challenge);
      await assertNotSignedIn({ Authorization: 'Basic YWxpY2U6ZGVtbw==' }, /no bearer token came/, challenge);
      await assertNotSignedIn({ Cookie: `${bearer.cookie}=` }, /no bearer token came/, challenge);
    });

    const wrong = {
      'another issuer': [{ iss: 'https://evil.example' }, {}, /iss is not the configured issuer/],
      'no issuer': [{ iss: undefined }, {}, /iss is not the configured issuer/],
      'another audience': [{ aud: 'other' }, {}, /aud does not name/],
      'no audience': [{ aud: undefined }, {}, /aud does not name/],
      'no subject': [{ sub: undefined }, {}, /no sub/],
      'no exp': [{ exp: undefined }, {}, /no exp/],
      'an exp in the past': [{ iat: now() - 20, exp: now() - 10 }, {}, /expired \d+ ms ago/],
      'a start in the future': [{ nbf: now() + 3000 }, {}, /nbf is in the future/],
      'another key': [{}, { key: Buffer.from('a secret that no server of the site has') }, /signature/],
      'another alg': [{}, { alg: 'HS512', key: Buffer.alloc(64, bearerSecret) }, /no key that may verify/],
      'the type of a download token': [{}, { typ: 'download+jwt' }, /another kind of token/],
    };
    for (const [what, [change, options, detail]] of Object.entries(wrong)) {
      it(`refuses ${what}, in the header and in the cookie`, async () => {
        const token = await mint(change, options);
        await assertNotSignedIn(byHeader(token), new RegExp(`\\(Authorization\\): .*${detail.source}`));
        await assertNotSignedIn(byCookie(token), new RegExp(`\\(the cookie __Host-bearer\\): .*${detail.source}`));
      });
    }

    it('refuses alg none, with and without a signature', async () => {
      const unsigned = `${part({ alg: 'none' })}.${part({ ...claims, exp: now() + 60 })}.`;
      for (const token of [unsigned, `${unsigned}${(await mint()).split('.')[2]}`]) {
        await assertNotSignedIn(byHeader(token), /no key that may verify/);
      }
    });

    it('refuses a secret that is the text of the public key', async () => {
      replace(publicPem('RS256'), 0o644);
      for (const text of [publicPem('RS256'), publicPem('RS256').trim()]) {
        await assertNotSignedIn(byHeader(await mint({}, { key: Buffer.from(text) })), /no key that may verify/);
      }
    });

    it('lets a bearer header decide over the cookie, and leaves other schemes to whom they belong', async () => {
      const good = await mint();
      const bad = await mint({ iss: 'https://evil.example' });
      await assertVouched({ ...byHeader(good), ...byCookie(bad) });
      await assertNotSignedIn({ ...byHeader(bad), ...byCookie(good) }, /\(Authorization\): iss/);
      await assertNotSignedIn({ Authorization: 'Bearer', ...byCookie(good) }, /\(Authorization\)/);
      await assertVouched({ Authorization: 'Basic YWxpY2U6ZGVtbw==', ...byCookie(good) });
    });

    it('refuses two tokens of one kind', async () => {
      const good = await mint();
      const twice = await ask({ Authorization: [`Bearer ${good}`, `Bearer ${good}`] });
      // A server may refuse them before we do.
      assert.equal(twice.status, target.isServer && twice.code() === undefined ? 400 : 401);
      await assertNotSignedIn({ Cookie: `${bearer.cookie}=${good}; ${bearer.cookie}=${good}` }, /came twice/);
    });

    it('refuses a header of 5000 bytes and one of dots', async () => {
      await assertNotSignedIn(byHeader('a'.repeat(5000)), /longer than 4096 bytes/);
      await assertNotSignedIn(byHeader('.'.repeat(1000)), /three parts/);
    });

    it('takes no download token for a bearer token, nor the other way round', async () => {
      const { token } = (await ask(byHeader(await mint()))).json();
      await assertNotSignedIn(byHeader(token), /another kind of token/);
      await assertNotSignedIn(byHeader(jsonwebtoken.sign(claims, secret, { expiresIn: 2 })), /signature/);
      const short = jsonwebtoken.sign(claims, bearerSecret, { expiresIn: 2 });
      for (const each of [short, await mint()]) {
        const response = await get(`/downloads/hello.txt?token=${each}`);
        assert.equal(response.status, 403);
        assert.equal(response.code(), 'token_invalid');
      }
    });

    it('refuses every request while a key is in keys too, and says so', async () => {
      replace(`${secret}\n`);
      for (const headers of [{}, byHeader(await mint()), byHeader(await mint({}, { key: Buffer.from(secret) }))]) {
        const response = await ask(headers);
        assert.equal(response.status, 500);
        assert.equal(response.code(), 'config');
      }
      await until(() => target.audit('bearer').some((line) => /bearer_keys: .*keys too/.test(line.detail)));
    });

    it('tells the method and another site before it looks at a token', async () => {
      const cookie = byCookie(await mint());
      const put = await ask(cookie, { method: 'PUT' });
      assert.equal(put.status, 405);
      for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }]) {
        for (const vouched of [cookie, byCookie('x'), byHeader(await mint())]) {
          const response = await ask({ ...headers, ...vouched });
          assert.equal(response.code(), 'xsrf');
        }
      }
      const paired = { Cookie: `XSRF-TOKEN=abc; ${cookie.Cookie}` };
      assert.equal((await ask(paired)).code(), 'xsrf');
      assert.equal((await ask({ ...paired, 'X-XSRF-TOKEN': 'abc' })).status, 200);
    });

    it('knows whom it refuses by the token', async () => {
      const response = await ask(byHeader(await mint({ sub: 'bob' })));
      assert.equal(response.code(), 'not_allowed');
      await until(() => target.audit('bearer').some((line) => line.code === 'not_allowed' && line.user === 'bob'));
    });

    const keeps = 'keeps the old keys while the new file is broken';
    it(keeps, { skip: skipOf(mode, keeps) }, async () => {
      await assertVouched(byHeader(await mint()));
      replace('short');
      await assertVouched(byHeader(await mint()));
      const logs = () => ['error', 'fastcgi'].map((name) => path.join(target.dir, 'logs', name))
        .filter((each) => fs.existsSync(each)).map((each) => fs.readFileSync(each, 'utf8')).join('');
      await until(() => /bearer_keys: .*bearer: the HS256 secret has 5 bytes.*the keys of before stay in force/.test(logs()));
    });

    it('wrote no token into any log', () => {
      const logs = ['access', 'error', 'fastcgi'].map((name) => path.join(target.dir, 'logs', name))
        .concat(path.join(target.dir, 'sites', 'bearer', 'audit.log')).filter((each) => fs.existsSync(each));
      assert.ok(logs.length > 0);
      for (const each of logs) assert.doesNotMatch(fs.readFileSync(each, 'utf8'), /eyJ|a secret/, each);
    });
  });
}
