// Keys that change while the programs run, behind real servers: a rotation
// that no download notices, a file that is broken and mended.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';

import jsonwebtoken from 'jsonwebtoken';

import { claimcheck, command, keygen, publicHalf } from '../servers/claimcheck.mjs';
import { skipOf } from '../servers/exceptions.mjs';
import { user } from '../servers/sites.mjs';
import { startTarget, until } from '../servers/target.mjs';

const run = promisify(execFile);
const headerOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));

for (const mode of ['proxy_fcgi', 'fcgid', 'cgid', 'lighttpd', 'nginx']) {
  describe(`keys/${mode}`, { concurrency: 1 }, () => {
    let target;
    let file;
    before(async () => {
      target = await startTarget(mode);
      file = path.join(target.dir, 'sites', 'keys', 'secret');
    });
    after(() => target.stop());
    beforeEach(() => replace(keygen('HS256', '--kid', 'first')));

    // A new file takes the old one's place, as an editor or a script does it.
    function replace(text, fileMode = 0o600) {
      fs.writeFileSync(`${file}.new`, text, { mode: fileMode });
      fs.chmodSync(`${file}.new`, fileMode);
      fs.chownSync(`${file}.new`, user.uid, user.gid);
      fs.renameSync(`${file}.new`, file);
    }

    const ask = () => target.request('keys', { path: '/v1/api/get-token?for=/downloads/hello.txt' });
    async function token() {
      const response = await ask();
      assert.equal(response.status, 200, response.text);
      return response.json().token;
    }
    const download = (given) => target.request('keys', { path: `/downloads/hello.txt?token=${given}` });
    const rotate = (...args) => run(command, ['rotate', '--keys', file, ...args], user);

    it('takes a rotated set at once, for both programs', async () => {
      const old = await token();
      assert.equal(headerOf(old).kid, 'first');
      await rotate();
      const fresh = await token();
      assert.notEqual(headerOf(fresh).kid, 'first');
      assert.equal((await download(fresh)).status, 200);
      assert.equal((await download(old)).status, 200);
    });

    it('refuses the tokens of a retired key', async () => {
      const old = await token();
      await rotate('--retire-after', '0s');
      const response = await download(old);
      assert.equal(response.status, 403);
      assert.equal(response.code(), 'token_invalid');
    });

    it('drops no request while keys rotate under load', async () => {
      let done = false;
      const codes = new Set();
      const visitors = Array.from({ length: 8 }, async () => {
        while (!done) {
          const asked = await ask();
          codes.add(asked.status);
          if (asked.status === 200) codes.add((await download(asked.json().token)).status);
        }
      });
      for (let i = 0; i < 10; i += 1) await rotate('--alg', i % 2 ? 'HS256' : 'EdDSA');
      done = true;
      await Promise.all(visitors);
      assert.deepEqual([...codes], [200]);
    });

    for (const alg of ['HS512', 'ES256', 'EdDSA', 'RS256', 'PS256']) {
      it(`signs and verifies with ${alg}`, async () => {
        replace(keygen(alg));
        const made = await token();
        assert.equal(headerOf(made).alg, alg);
        assert.equal((await download(made)).status, 200);
      });
    }

    it('verifies with a public key alone, and says why it cannot sign', async () => {
      const jwk = keygen('ES256');
      fs.writeFileSync(path.join(target.dir, 'signer.jwk'), jwk, { mode: 0o600 });
      replace(publicHalf(jwk), 0o644);
      const made = claimcheck(['sign', '--key', path.join(target.dir, 'signer.jwk')]).out.trim();
      assert.equal((await download(made)).status, 200);
      const response = await ask();
      assert.equal(response.status, 500);
      assert.equal(response.code(), 'config');
      await until(() => /none of the keys may sign/.test(logs()));
    });

    const logs = () => fs.readdirSync(path.join(target.dir, 'logs'))
      .filter((name) => ['error', 'fastcgi'].includes(name))
      .map((name) => fs.readFileSync(path.join(target.dir, 'logs', name), 'utf8')).join('');

    const keeps = 'keeps the old keys while the new file is broken, says so, and takes a mended one';
    it(keeps, { skip: skipOf(mode, keeps) }, async () => {
      const old = await token();
      assert.equal((await download(old)).status, 200);
      replace('{"keys":[{"kty":"oct","kid":"x","k":"c2VjcmV0LXRoYXQtaXMtdG9vLXNob3J0"}]}');
      assert.equal(headerOf(await token()).kid, 'first');
      assert.equal((await download(await token())).status, 200);
      await until(() => /keys: .*secret: key 1 \(kid .*x.*\): the HS256 secret has 24 bytes.*the keys of before stay in force/.test(logs()));
      assert.ok(!logs().includes('c2VjcmV0'));
      replace(keygen('HS256', '--kid', 'mended'));
      assert.equal(headerOf(await token()).kid, 'mended');
    });

    it('refuses a token that another key of the same name signed', async () => {
      const forged = jsonwebtoken.sign({ jti: 'f' }, 'x'.repeat(32), { expiresIn: 2, keyid: 'first' });
      assert.equal((await download(forged)).code(), 'token_invalid');
    });
  });
}
