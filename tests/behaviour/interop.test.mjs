// Tokens pass between us and the libraries that sites use, both ways, for each
// algorithm that both have: jsonwebtoken, jose and fast-jwt in node, PyJWT in
// Python.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import fastJwt from 'fast-jwt';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';

import { claimcheck, keygen, publicHalf, scratch, verdicts } from '../servers/claimcheck.mjs';

const algorithms = ['HS256', 'HS384', 'HS512', 'ES256', 'EdDSA', 'RS256', 'PS256'];

// Debian's own: another python3 may come first in PATH.
const python = '/usr/bin/python3';
const hasPyJwt = spawnSync(python, ['-c', 'import jwt, cryptography']).status === 0;

function runPython(script, input) {
  const { status, stdout, stderr } = spawnSync(python, ['-c', script], { input: JSON.stringify(input), encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

const pySign = `
import json, sys, jwt
a = json.load(sys.stdin)
key = jwt.api_jwk.PyJWK.from_dict(a["jwk"], a["alg"]).key
print(jwt.encode(a["claims"], key, algorithm=a["alg"]))`;
// Its clock is in whole seconds, so that our iat of this very second lies
// ahead: a leeway of one.
const pyVerify = `
import json, sys, jwt
a = json.load(sys.stdin)
key = jwt.api_jwk.PyJWK.from_dict(a["jwk"], a["alg"]).key
print(json.dumps(jwt.decode(a["token"], key, algorithms=[a["alg"]], leeway=1)))`;

const secretOf = (jwk) => Buffer.from(jwk.k, 'base64url');
const isHmac = (alg) => alg.startsWith('HS');
const signingKey = (jwk, alg) => (isHmac(alg) ? crypto.createSecretKey(secretOf(jwk)) : crypto.createPrivateKey({ key: jwk, format: 'jwk' }));
const verifyingKey = (jwk, alg) => (isHmac(alg) ? signingKey(jwk, alg) : crypto.createPublicKey({ key: JSON.parse(publicHalf(JSON.stringify(jwk))), format: 'jwk' }));
// fast-jwt takes text: PEM, or a secret.
const text = (key, type) => (key.type === 'secret' ? key.export() : key.export({ type, format: 'pem' }));

const libraries = {
  jsonwebtoken: {
    algorithms: algorithms.filter((alg) => alg !== 'EdDSA'),
    sign: (claims, jwk, alg) => jsonwebtoken.sign(claims, signingKey(jwk, alg), { algorithm: alg }),
    verify: (token, jwk, alg) => jsonwebtoken.verify(token, verifyingKey(jwk, alg), { algorithms: [alg] }),
  },
  jose: {
    algorithms,
    sign: (claims, jwk, alg) => new jose.SignJWT(claims).setProtectedHeader({ alg }).sign(signingKey(jwk, alg)),
    verify: async (token, jwk, alg) => (await jose.jwtVerify(token, verifyingKey(jwk, alg), { algorithms: [alg] })).payload,
  },
  'fast-jwt': {
    algorithms,
    sign: (claims, jwk, alg) => fastJwt.createSigner({ key: text(signingKey(jwk, alg), 'pkcs8'), algorithm: alg })(claims),
    verify: (token, jwk, alg) => fastJwt.createVerifier({ key: text(verifyingKey(jwk, alg), 'spki'), algorithms: [alg], cache: false })(token),
  },
  PyJWT: {
    algorithms,
    skip: hasPyJwt ? false : 'python3-jwt and python3-cryptography are not installed',
    sign: (claims, jwk, alg) => runPython(pySign, { claims, jwk, alg }),
    verify: (token, jwk, alg) => JSON.parse(runPython(pyVerify, { token, jwk: isHmac(alg) ? jwk : JSON.parse(publicHalf(JSON.stringify(jwk))), alg })),
  },
};

describe('interop', { concurrency: 1 }, () => {
  const files = scratch();
  const keys = {};
  before(() => {
    for (const alg of algorithms) {
      const jwk = keygen(alg);
      keys[alg] = { jwk: JSON.parse(jwk), file: files.write(`${alg}.jwk`, jwk), public: files.write(`${alg}.public`, isHmac(alg) ? jwk : publicHalf(jwk)) };
    }
  });
  after(() => files.remove());

  const claims = () => {
    const iat = Math.floor(Date.now() / 1000);
    return { iat, exp: iat + 5, jti: crypto.randomUUID(), res: '/downloads/größe.csv', sub: 'alice' };
  };

  for (const [name, library] of Object.entries(libraries)) {
    for (const alg of library.algorithms) {
      it(`takes ${alg} tokens of ${name}, and no other key's`, { skip: library.skip }, async () => {
        const token = await library.sign(claims(), keys[alg].jwk, alg);
        assert.deepEqual(verdicts(keys[alg].public, [token]), ['ok']);
        const stranger = files.write('stranger', isHmac(alg) ? keygen(alg) : publicHalf(keygen(alg)));
        assert.deepEqual(verdicts(stranger, [token]), ['refused token_invalid']);
      });
      it(`makes ${alg} tokens that ${name} takes`, { skip: library.skip }, async () => {
        const { status, out, err } = claimcheck(['sign', '--key', keys[alg].file, '--for', '/downloads/größe.csv', '--lifetime', '9s', '--claim', 'sub="alice"']);
        assert.equal(status, 0, err);
        const payload = await library.verify(out.trim(), keys[alg].jwk, alg);
        assert.equal(payload.res, '/downloads/größe.csv');
        assert.equal(payload.sub, 'alice');
        assert.ok(payload.exp - payload.iat > 8.9 && payload.exp - payload.iat < 9.1);
        const forged = out.trim().replace(/^[^.]*/, Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url'));
        await assert.rejects(async () => library.verify(forged, keys[alg].jwk, alg));
      });
    }
  }

  it('takes what node and Python sign with the text of a raw secret', () => {
    const secret = 'a raw secret as the article has it, in text';
    const file = files.write('raw', `${secret}\n`);
    const tokens = [jsonwebtoken.sign({}, secret, { expiresIn: 2 }), jsonwebtoken.sign({ jti: 'a' }, secret, { expiresIn: '2s', keyid: 'any' })];
    assert.deepEqual(verdicts(file, tokens), ['ok', 'ok']);
  });
});
