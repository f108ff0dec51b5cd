// The claimcheck command: what an admin types, and what a script reads.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { after, describe, it } from 'node:test';
import { spawnSync } from 'node:child_process';

import jsonwebtoken from 'jsonwebtoken';

import { claimcheck, command, keygen, publicHalf, scratch, verdicts } from '../servers/claimcheck.mjs';

const files = scratch();
after(() => files.remove());

const ok = (args, options) => {
  const result = claimcheck(args, options);
  assert.equal(result.status, 0, result.err);
  return result.out.trim();
};
const headerOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const keysOf = (file) => JSON.parse(fs.readFileSync(file)).keys;

describe('command/keygen', () => {
  const members = {
    HS256: ['k'], HS384: ['k'], HS512: ['k'],
    ES256: ['crv', 'd', 'x', 'y'], EdDSA: ['crv', 'd', 'x'],
    RS256: ['d', 'dp', 'dq', 'e', 'n', 'p', 'q', 'qi'], PS256: ['d', 'dp', 'dq', 'e', 'n', 'p', 'q', 'qi'],
  };
  for (const [alg, expected] of Object.entries(members)) {
    it(`makes a JWK for ${alg} that node's crypto reads`, () => {
      const jwk = JSON.parse(keygen(alg, '--kid', 'a "name"'));
      assert.equal(jwk.alg, alg);
      assert.equal(jwk.kid, 'a "name"');
      assert.deepEqual(Object.keys(jwk).filter((name) => !['alg', 'kid', 'kty'].includes(name)).sort(), expected);
      if (jwk.kty === 'oct') assert.equal(Buffer.from(jwk.k, 'base64url').length, Number(alg.slice(2)) / 8);
      else crypto.createPrivateKey({ key: jwk, format: 'jwk' });
    });
  }
  it('makes HS256 where no algorithm is named, and another key each time', () => {
    const [first, second] = [ok(['keygen']), ok(['keygen'])];
    assert.equal(JSON.parse(first).alg, 'HS256');
    assert.equal(JSON.parse(first).kid, undefined);
    assert.notEqual(first, second);
  });
  it('makes the file that it is written to private, whatever the umask', () => {
    const file = files.file('by-shell.jwk');
    const { status } = spawnSync('sh', ['-c', `umask 022; "${command}" keygen > "${file}"`]);
    assert.equal(status, 0);
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  });
  it('refuses algorithms, kids and arguments that it does not know', () => {
    for (const args of [['--alg', 'none'], ['--alg', 'hs256'], ['--alg', 'ES384'], ['--alg'], ['--bits', '1'], ['more']]) {
      assert.equal(claimcheck(['keygen', ...args]).status, 2, args);
    }
    assert.equal(claimcheck(['keygen', '--kid', 'a\nb']).status, 1);
  });
  it('says when the key could not be written', () => {
    const { status, stderr } = spawnSync('sh', ['-c', `"${command}" keygen > /dev/full`], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /could not be written/);
  });
});

describe('command/rotate', () => {
  const kids = (file) => keysOf(file).map(({ kid }) => kid);

  it('puts a new key in front, which signs, and retires the old ones in an hour', () => {
    const file = files.write('rotate.jwk', keygen('HS256', '--kid', 'old'));
    const old = ok(['sign', '--key', file]);
    ok(['rotate', '--keys', file]);
    const keys = keysOf(file);
    assert.equal(keys.length, 2);
    assert.equal(keys[0].exp, undefined);
    assert.equal(keys[1].kid, 'old');
    assert.ok(Math.abs(keys[1].exp - Date.now() / 1000 - 3600) < 60);
    assert.equal(headerOf(ok(['sign', '--key', file])).kid, keys[0].kid);
    assert.deepEqual(verdicts(file, [old]), ['ok']);
  });
  it('keeps an earlier retirement, and leaves retired keys out', () => {
    const file = files.write('twice.jwk', keygen('EdDSA', '--kid', 'one'));
    ok(['rotate', '--keys', file, '--retire-after', '30m']);
    const soon = keysOf(file)[1].exp;
    ok(['rotate', '--keys', file, '--retire-after', '24h']);
    assert.equal(keysOf(file)[2].exp, soon);
    ok(['rotate', '--keys', file, '--retire-after', '0s']);
    ok(['rotate', '--keys', file]);
    assert.equal(keysOf(file).length, 2);
    assert.ok(!kids(file).includes('one'));
  });
  it('takes a raw secret and PEM, and the old tokens stay good', () => {
    const pem = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    for (const [name, text] of [['raw', 'a raw secret of more than 32 bytes, a line\n'], ['pem', pem]]) {
      const file = files.write(name, text);
      const old = ok(['sign', '--key', file]);
      ok(['rotate', '--keys', file]);
      assert.deepEqual(verdicts(file, [old, ok(['sign', '--key', file])]), ['ok', 'ok'], name);
    }
  });
  it('changes the algorithm where it is told, and keeps it where it is not', () => {
    const file = files.write('alg.jwk', keygen('HS512'));
    ok(['rotate', '--keys', file]);
    assert.equal(keysOf(file)[0].alg, 'HS512');
    ok(['rotate', '--keys', file, '--alg', 'ES256']);
    ok(['rotate', '--keys', file]);
    assert.deepEqual(keysOf(file).map(({ alg }) => alg), ['ES256', 'ES256', 'HS512', 'HS512']);
  });
  it('keeps members that it does not know, mode and owner, and a link a link', () => {
    const jwk = { ...JSON.parse(keygen('HS256', '--kid', 'k')), note: { by: ['ops', 1.5, null, true] } };
    const file = files.write('kept.jwk', JSON.stringify(jwk), 0o640);
    if (process.getuid() === 0) fs.chownSync(file, 0, 65534);
    fs.symlinkSync('kept.jwk', files.file('link.jwk'));
    ok(['rotate', '--keys', files.file('link.jwk')]);
    assert.ok(fs.lstatSync(files.file('link.jwk')).isSymbolicLink());
    assert.deepEqual(keysOf(file)[1].note, jwk.note);
    assert.equal(fs.statSync(file).mode & 0o777, 0o640);
    if (process.getuid() === 0) assert.equal(fs.statSync(file).gid, 65534);
  });
  it('loses no key when many rotate at once', async () => {
    const file = files.write('race.jwk', keygen('HS256', '--kid', 'first'));
    spawnSync('sh', ['-c', `for i in 1 2 3 4 5 6 7 8; do "${command}" rotate --keys "${file}" & done; wait`]);
    assert.equal(new Set(kids(file)).size, 9);
  });
  it('refuses public keys, broken ones and a file that is not there, and changes nothing', () => {
    const pub = publicHalf(keygen('ES256'));
    for (const text of [pub, '{"kty":"oct"}', 'short']) {
      const file = files.write('bad.jwk', text);
      const { status, err } = claimcheck(['rotate', '--keys', file]);
      assert.equal(status, 1);
      assert.match(err, /bad\.jwk: /);
      assert.equal(fs.readFileSync(file, 'utf8'), text);
    }
    const { status, err } = claimcheck(['rotate', '--keys', files.file('none')]);
    assert.equal(status, 1);
    assert.match(err, /claimcheck keygen/);
  });
});

describe('command/sign', () => {
  const key = files.write('sign.jwk', keygen('HS256', '--kid', 'here'));

  it('makes the token of get-token: times in milliseconds, a jti, the resource', () => {
    const token = ok(['sign', '--key', key, '--for', '/downloads/a b.csv', '--lifetime', '1500ms']);
    assert.deepEqual(headerOf(token), { alg: 'HS256', typ: 'download+jwt', kid: 'here' });
    const claims = claimsOf(token);
    assert.ok(Math.abs(claims.exp - claims.iat - 1.5) < 1e-6);
    assert.equal(Buffer.from(claims.jti, 'base64url').length, 16);
    assert.equal(claims.res, '/downloads/a b.csv');
  });
  it('adds claims as JSON, in the place of its own', () => {
    const claims = claimsOf(ok(['sign', '--key', key, '--claim', 'sub="alice"', '--claim', 'aud=["a","b"]', '--claim', 'exp=1', '--claim', 'x="y=z"']));
    assert.equal(claims.sub, 'alice');
    assert.deepEqual(claims.aud, ['a', 'b']);
    assert.equal(claims.exp, 1);
    assert.equal(claims.x, 'y=z');
  });
  it('refuses a claim that is no JSON, that comes twice or smuggles another', () => {
    const { status, err } = claimcheck(['sign', '--key', key, '--claim', 'sub=alice']);
    assert.equal(status, 2);
    assert.match(err, /'sub="alice"'/);
    for (const claim of ['sub=1,"admin":true', 'sub={', 'sub=', '=1', 'sub']) {
      assert.equal(claimcheck(['sign', '--key', key, '--claim', claim]).status, 2, claim);
    }
    assert.equal(claimcheck(['sign', '--key', key, '--claim', 'a=1', '--claim', 'a=2']).status, 1);
  });
  it('does not sign with a public or retired key', () => {
    for (const text of [publicHalf(keygen('EdDSA')), JSON.stringify({ ...JSON.parse(keygen('HS256')), exp: 1 })]) {
      const { status, out, err } = claimcheck(['sign', '--key', files.write('cannot.jwk', text)]);
      assert.equal(status, 1);
      assert.equal(out, '');
      assert.match(err, /no key of the file may sign/);
    }
  });
  it('complains of a private key that others can read, and of no public one', () => {
    const readable = files.write('readable.jwk', keygen('HS256'), 0o644);
    assert.match(claimcheck(['sign', '--key', readable]).err, /others can read .*chmod 0600/);
    const pub = files.write('pub.jwk', publicHalf(keygen('ES256')), 0o644);
    assert.equal(claimcheck(['verify', '--key', pub, '-'], { input: '' }).err, '');
  });
});

describe('command/verify', () => {
  const jwk = keygen('HS256', '--kid', 'v');
  const key = files.write('verify.jwk', jwk);
  const sign = (...args) => ok(['sign', '--key', key, ...args]);

  it('says ok or refused and why, a line a token, with the status of the worst', () => {
    const good = sign('--for', '/a');
    const lines = [good, sign('--claim', 'exp=1', '--claim', 'iat=0'), 'x', '', `${good}x`, 'A'.repeat(100000)];
    const { status, out } = claimcheck(['verify', '--key', key, '-'], { input: lines.join('\n') });
    assert.equal(status, 1);
    assert.deepEqual(out.split('\n'), ['ok', 'refused token_expired', 'refused token_invalid', 'refused token_missing', 'refused token_invalid', 'refused token_invalid', '']);
    assert.equal(claimcheck(['verify', '--key', key], { input: `${good}\n` }).status, 0);
  });
  it('takes one token as an argument, and says why it refuses it', () => {
    assert.deepEqual(claimcheck(['verify', '--key', key, sign()]), { status: 0, out: 'ok\n', err: '' });
    const { status, out, err } = claimcheck(['verify', '--key', key, 'a.b.c']);
    assert.deepEqual([status, out], [1, 'refused token_invalid\n']);
    assert.match(err, /^claimcheck: /);
  });
  it('compares the resource', () => {
    assert.equal(ok(['verify', '--key', key, '--for', '/a', sign('--for', '/a')]), 'ok');
    assert.equal(ok(['verify', '--key', key, '--for', '/a', sign()]), 'ok');
    assert.equal(claimcheck(['verify', '--key', key, '--for', '/b', sign('--for', '/a')]).out, 'refused token_not_for_this\n');
  });
  it('judges at a given time, to the millisecond', () => {
    const token = sign('--claim', 'iat=1000000000', '--claim', 'exp=1000000002.5');
    const at = (time) => claimcheck(['verify', '--key', key, '--at', time, token]).out.trim();
    assert.equal(at('1000000000'), 'ok');
    assert.equal(at('2001-09-09T01:46:42Z'), 'ok');
    assert.equal(at('1000000002.499'), 'ok');
    assert.equal(at('1000000002.5'), 'refused token_expired');
    assert.equal(at('999999998.999'), 'refused token_invalid');
    assert.equal(at('999999999'), 'ok');
    for (const bad of ['now', '', '1e300', '2001-09-09', '2001-09-09T01:46:42Zx']) {
      assert.equal(claimcheck(['verify', '--key', key, '--at', bad, token]).status, 2, bad);
    }
  });
  it('looks at the signature alone with --jws', () => {
    const other = jsonwebtoken.sign('any text', Buffer.from(JSON.parse(jwk).k, 'base64url'), { header: { typ: 'JOSE' } });
    assert.equal(ok(['verify', '--jws', '--key', key, other]), 'ok');
    assert.equal(claimcheck(['verify', '--key', key, other]).out, 'refused token_invalid\n');
  });
  it('ends with 2 for keys that are none, and for arguments that it does not know', () => {
    for (const args of [[], ['--key'], ['--key', files.file('none'), 'a'], ['--key', key, 'a', 'b'], ['--key', key, '--nope', 'a'],
      ['--key', files.write('short', 'short'), 'a']]) {
      const { status, out, err } = claimcheck(['verify', ...args]);
      assert.equal(status, 2, args.join(' '));
      assert.equal(out, '');
      assert.notEqual(err, '');
    }
  });
});

describe('command/explain', () => {
  const jwk = keygen('HS256', '--kid', 'e');
  const key = files.write('explain.jwk', jwk);
  const sign = (...args) => ok(['sign', '--key', key, ...args]);
  const explain = (...args) => claimcheck(['explain', ...args]);

  it('says what a good token says, how long it lives, and its handle', () => {
    const { status, out } = explain('--key', key, '--for', 'https://www.example.org/v1/export?utm_source=x&name=alex', sign('--for', '/v1/export?name=alex', '--claim', 'sub="alice"'));
    assert.equal(status, 0);
    for (const part of [/alg: "HS256"/, /kid: "e"/, /exp: 20.*Z \(in [12]\.\d s\)/, /res: "\/v1\/export\?name=alex"/, /sub: "alice"/, /^ok/m, /handle: [0-9a-f]{64}/]) assert.match(out, part);
  });
  const cases = {
    'an expired token': [sign('--claim', 'iat=1000000000', '--claim', 'exp=1000000002'), /token_expired[^]*expired \d+ ms ago[^]*copied/],
    'milliseconds given for seconds': [sign('--claim', `exp=${Date.now()}`), /token_invalid[^]*milliseconds/],
    'a clock that is ahead': [sign('--claim', `iat=${Date.now() / 1000 + 60}`, '--claim', `exp=${Date.now() / 1000 + 62}`), /in the future[^]*clock/],
    'a login token': [sign('--lifetime', '1h'), /longer than max_lifetime[^]*login token/],
    'a token with aud': [sign('--claim', 'aud="x"'), /set audience/],
    'a token without exp': [jsonwebtoken.sign({ noTimestamp: 1 }, Buffer.from(JSON.parse(jwk).k, 'base64url'), { noTimestamp: true }), /no exp[^]*expiresIn/],
    'another algorithm': [jsonwebtoken.sign({ jti: '1' }, 'x'.repeat(64), { algorithm: 'HS512', expiresIn: 2 }), /no key[^]*alg/],
    'alg none': [`${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`, /alg none/],
    'a URL': ['https://www.example.org/a?token=a.b.c', /follows token=/],
    'what is no token': ['hello', /not a token/],
  };
  for (const [what, [token, expected]] of Object.entries(cases)) {
    it(`says what is wrong with ${what}`, () => {
      const { status, out } = explain('--key', key, token);
      assert.equal(status, 1);
      assert.match(out, expected);
    });
  }
  it('tells another resource from this one', () => {
    const token = sign('--for', '/a.csv');
    const { status, out } = explain('--key', key, '--for', '/b.csv', token);
    assert.equal(status, 1);
    assert.match(out, /token_not_for_this[^]*"\/a\.csv"[^]*"\/b\.csv"/);
  });
  it('names single use per client for a token without jti', () => {
    const token = jsonwebtoken.sign({}, Buffer.from(JSON.parse(jwk).k, 'base64url'), { expiresIn: 5 });
    assert.match(explain('--key', key, token).out, /no jti/);
  });
  it('says that nothing is verified without a key', () => {
    const { status, out } = explain(sign());
    assert.equal(status, 0);
    assert.match(out, /not verified/);
    assert.doesNotMatch(out, /^ok/m);
  });
  it('shows controls and reversed text escaped', () => {
    const { out } = explain('--key', key, sign('--claim', 'x="\\u001b[31m\\u202e"'));
    assert.match(out, /x: "\\u001b\[31m\\u202e"/);
  });
  it('tells the keys of the file, and when they retire', () => {
    const set = JSON.stringify({ keys: [JSON.parse(jwk), { ...JSON.parse(keygen('ES256', '--kid', 'old')), exp: 1000 }] });
    const { out } = explain('--key', files.write('set.jwk', set), sign());
    assert.match(out, /ES256, kid "old", retired 1970-01-01T00:16:40/);
  });
});

// Starting OpenSSL's providers is most of what a plain CGI process would spend
// on starting.
describe('command/start', () => {
  const conf = files.write('openssl.cnf', 'openssl_conf = a\n[a]\nproviders = b\n[b]\nnull = c\n[c]\nactivate = 1\n');
  const without = { env: { ...process.env, OPENSSL_CONF: conf } };

  it('starts nothing of OpenSSL for an HMAC key: it signs where OpenSSL has no algorithms', () => {
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const key = files.write(`start-${alg}`, keygen(alg));
      const token = ok(['sign', '--key', key], without);
      assert.equal(ok(['verify', '--key', key, token], without), 'ok');
    }
  });
  it('says so where a key pair has no algorithms', () => {
    const { status, err } = claimcheck(['sign', '--key', files.write('start-pair', keygen('ES256'))], without);
    assert.equal(status, 1);
    assert.match(err, /start-pair: /);
  });
});

describe('command', () => {
  it('lists its verbs, tells its version and refuses others', () => {
    assert.equal(claimcheck(['--help']).status, 0);
    for (const verb of ['keygen', 'rotate', 'sign', 'verify', 'explain', 'check']) assert.match(claimcheck(['--help']).out, new RegExp(`claimcheck ${verb} `));
    assert.match(claimcheck(['--version']).out, /^claimcheck \d+\.\d+\.\d+\n$/);
    assert.equal(claimcheck([]).status, 2);
    assert.equal(claimcheck(['decode']).status, 2);
  });
});
