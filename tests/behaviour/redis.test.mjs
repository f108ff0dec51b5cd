// Several hosts on one Redis: programs that have no folder in common, and what
// they do while Redis is stopped, slow, full or not as it should be: refuse,
// or serve rightly, and never let in.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import jsonwebtoken from 'jsonwebtoken';

import { claimcheck, keygen } from '../servers/claimcheck.mjs';
import { Peer, request } from '../servers/fastcgi.mjs';
import { startProgram } from '../servers/program.mjs';
import { startRedis, whyNoRedis } from '../servers/redis.mjs';
import { makeSites, secret, user } from '../servers/sites.mjs';
import { cgiVariables, parseCgi, runCgi, until } from '../servers/target.mjs';

const skip = whyNoRedis();
const mint = (claims = {}) => jsonwebtoken.sign({ jti: String(Math.random()), ...claims }, secret, claims.exp ? {} : { expiresIn: 9 });
const headerOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));

// ask sends a request to a program over a connection of its own, on which it
// tells its log lines too.
async function ask(program, options) {
  const peer = new Peer(program.socket).write(request(cgiVariables(options), { keep: false }));
  const { out, err } = await peer.take();
  program.errors += err;
  peer.destroy();
  return parseCgi({ out });
}
const download = (program, token, more = {}) => ask(program, { path: `/downloads/hello.txt?token=${token}`, ...more });
const getToken = (program) => ask(program, { path: '/v1/api/get-token?for=/downloads/hello.txt' });

// The last decision's reason.
const assertLogged = (program, reason) => assert.match(program.audit().at(-1).detail, reason);

function assertRefuses(program, response, reason) {
  assert.equal(response.status, 503, String(response.body));
  assert.equal(response.code(), 'unavailable');
  assert.ok(Number(response.header('retry-after')) > 0);
  assertLogged(program, reason);
}

describe('redis/state', { concurrency: 1, skip }, () => {
  let dir;
  let redis;
  let one;
  let other;
  let issuer;
  const started = [];
  const start = async (state, more = {}) => {
    const program = await startProgram(dir, {
      state,
      config: `keys = "${dir}/sites/main/secret"\naccess = "anonymous"\nthreads = 4\n[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n`,
      ...more,
    });
    started.push(program);
    return program;
  };
  before(async () => {
    dir = makeSites();
    redis = await startRedis(dir);
    // By its name, which download looks up again in its confinement.
    one = await start(`redis://localhost:${redis.port}`);
    other = await start(`unix://${redis.socket}`);
    issuer = await start(`unix://${redis.socket}`, { program: 'get-token.fcgi' });
  });
  after(async () => {
    await Promise.all(started.map((each) => each.stop()));
    await redis.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  // After a failure nobody asks for a second.
  async function recover() {
    for (const each of [one, other]) await until(async () => (await download(each, mint())).status === 200);
    await until(async () => (await getToken(issuer)).status === 200);
  }

  it('redeems a token once for all hosts', async () => {
    const { token } = (await getToken(issuer)).json();
    const both = await Promise.all([download(one, token), download(other, token)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 403]);
    assert.equal(both.find(({ status }) => status === 403).code(), 'token_used');
    const { handle } = one.audit().concat(other.audit()).find(({ event }) => event === 'redeemed');
    assert.equal(redis.cli(['EXISTS', `claimcheck:${handle}`]), '1');
  });

  it('resumes on another host than the one that began, for its client alone', async () => {
    const exp = Date.now() / 1000 + 1;
    const token = mint({ exp });
    const first = await download(one, token);
    assert.equal(first.status, 200);
    const [cookie] = first.header('set-cookie').split(';');
    assert.match(cookie, /^claimcheck=/);
    await until(() => Date.now() / 1000 > exp);
    const part = { Range: 'bytes=5-' };
    const rest = await download(other, token, { headers: { ...part, Cookie: cookie } });
    assert.equal(rest.status, 206);
    assert.deepEqual(rest.body, first.body.subarray(5));
    const stolen = await download(other, token, { headers: part });
    assert.equal(stolen.code(), 'token_used');
  });

  it('serves as plain CGI', async () => {
    const variables = {
      CLAIMCHECK_STATE: `unix://${redis.socket}`, CLAIMCHECK_ROOT: `${dir}/files/tree`, CLAIMCHECK_ACCESS: 'anonymous', JWT_SECRET: secret,
    };
    const run = async (program, options) => parseCgi(await runCgi(path.join(dir, 'lib', program), { ...variables, ...cgiVariables(options) }));
    const issued = await run('get-token.fcgi', { path: '/v1/api/get-token?for=/downloads/hello.txt' });
    const wanted = { path: `/downloads/hello.txt?token=${issued.json().token}` };
    assert.equal((await run('download.fcgi', wanted)).status, 200);
    assert.equal((await run('download.fcgi', wanted)).code(), 'token_used');
    assert.equal((await download(one, issued.json().token)).code(), 'token_used');
  });

  // A token that was made before may have been used and forgotten.
  for (const forgets of [false, true]) {
    it(`refuses while Redis is stopped, and lets nobody in twice when it is back ${forgets ? 'and has lost all' : 'with all that it had'}`, async () => {
      const used = mint();
      const unused = mint();
      const first = await download(one, used);
      assert.equal(first.status, 200);
      const cookie = { Cookie: first.header('set-cookie').split(';')[0] };
      await redis.stop();
      if (forgets) redis.forget();
      assertRefuses(one, await download(one, unused), new RegExp(`Redis at localhost:${redis.port}: connecting: Connection refused: see that it runs`));
      assertRefuses(other, await download(other, used), /socket: connecting: .*: see that it runs, that state names its socket/);
      assertRefuses(issuer, await getToken(issuer), /Redis at .*: see that it runs/);
      await redis.start();
      await until(async () => (await download(one, used, { headers: cookie })) && /was started again/.test(one.audit().at(-1).detail));
      for (const program of [one, other]) {
        for (const token of [used, unused]) assert.notEqual((await download(program, token, { headers: cookie })).status, 200);
      }
      await recover();
      const { token } = (await getToken(issuer)).json();
      assert.equal((await download(other, token)).status, 200);
      assert.equal((await download(one, token)).code(), 'token_used');
    });
  }

  it('refuses while Redis hangs, and cuts no download that is on its way', async () => {
    const large = new Peer(one.socket).write(request(cgiVariables({ path: `/downloads/large.bin?token=${mint()}` }), { keep: false }));
    await large.until(() => large.records.length > 0);
    large.socket.pause();
    redis.signal('SIGSTOP');
    try {
      const crowd = await Promise.all(Array.from({ length: 12 }, () => download(one, mint())));
      for (const response of crowd) assertRefuses(one, response, /it does not answer in time: see whether it runs/);
      assertRefuses(issuer, await getToken(issuer), /it does not answer in time/);
      large.socket.resume();
      const { body } = parseCgi(await large.take());
      assert.ok(body.equals(fs.readFileSync(path.join(dir, 'files', 'tree', 'large.bin'))));
    } finally {
      redis.signal('SIGCONT');
      large.destroy();
    }
    await recover();
  });

  it('refuses while Redis is full, and still tells what was used', async () => {
    const used = mint();
    const unused = mint();
    assert.equal((await download(one, used)).status, 200);
    redis.cli(['CONFIG', 'SET', 'maxmemory', '1']);
    try {
      assertRefuses(one, await download(one, unused), /it refuses: "OOM .*": it is full: raise its maxmemory/);
      assertRefuses(issuer, await getToken(issuer), /OOM/);
      assert.equal((await download(other, used, { method: 'HEAD' })).status, 403);
      assert.equal((await download(other, used)).status, 503);
    } finally {
      redis.cli(['CONFIG', 'SET', 'maxmemory', '0']);
    }
    assert.equal((await download(one, unused)).status, 200);
    assert.equal((await download(other, unused)).code(), 'token_used');
  });

  it('refuses a Redis that may forget used tokens, from the next connection on', async () => {
    redis.cli(['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']);
    try {
      redis.cli(['CLIENT', 'KILL', 'TYPE', 'normal']);
      assertRefuses(one, await download(one, mint()), /its maxmemory-policy is "allkeys-lru".*set `maxmemory-policy noeviction`/);
      assertRefuses(issuer, await getToken(issuer), /maxmemory-policy/);
    } finally {
      redis.cli(['CONFIG', 'SET', 'maxmemory-policy', 'noeviction']);
    }
    await recover();
  });

  it('asks as the user that README tells to make, and logs no password', async () => {
    const password = 'XSECRETX/y';
    redis.cli(['ACL', 'SETUSER', 'claimcheck', 'on', `>${password}`, '~claimcheck:*', '+eval', '+get', '+set', '+time', '+info', '+select']);
    const url = (given) => `unix://claimcheck:${encodeURIComponent(given)}@${redis.socket}`;
    const right = await start(url(password));
    assert.equal((await download(right, mint())).status, 200);
    const wrong = await start(url(`${password}2`));
    assertRefuses(wrong, await download(wrong, mint()), /it does not take the user and the password that state holds/);
    for (const { errors } of [right, wrong]) assert.doesNotMatch(errors, /XSECRETX/);
  });

  it('says that hosts need keys in common', async () => {
    const lonely = await start(`unix://${redis.socket}`, { config: `[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n` });
    assert.equal((await download(lonely, mint())).code(), 'config');
    assert.match(lonely.errors, /claimcheck\.toml:1: keys: is missing, and the hosts that share a Redis need the same/);
  });
});

describe('redis/keys', { concurrency: 1, skip }, () => {
  const name = 'claimcheck:keys';
  let dir;
  let redis;
  let issuers;
  let verifiers;
  before(async () => {
    dir = makeSites();
    redis = await startRedis(dir);
    const start = (program) => startProgram(dir, {
      program,
      state: `redis://127.0.0.1:${redis.port}/1`,
      config: `keys = "redis:${name}"\naccess = "anonymous"\nreuse = "never"\nthreads = 2\n[[download]]\npath = "/downloads/"\nroot = "${dir}/files/tree"\n`,
    });
    issuers = [await start('get-token.fcgi'), await start('get-token.fcgi')];
    verifiers = [await start('download.fcgi'), await start('download.fcgi')];
  });
  after(async () => {
    await Promise.all([...issuers, ...verifiers].map((each) => each.stop()));
    await redis.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const set = (text) => redis.cli(['-n', '1', '-x', 'SET', name], text);
  // rotate does what README says.
  function rotate(...args) {
    const file = path.join(dir, 'keys.jwk');
    fs.writeFileSync(file, redis.cli(['-n', '1', 'GET', name]), { mode: 0o600 });
    fs.chownSync(file, user.uid, user.gid);
    const { status, err } = claimcheck(['rotate', '--keys', file, ...args], user);
    assert.equal(status, 0, err);
    set(fs.readFileSync(file));
  }

  it('says how to make keys where there are none, and has them at the next request', async () => {
    const response = await getToken(issuers[0]);
    assert.equal(response.status, 500);
    assert.equal(response.code(), 'config');
    assertLogged(issuers[0], /keys: redis:claimcheck:keys: holds nothing: run `claimcheck keygen \| redis-cli -x SET claimcheck:keys`/);
    assert.equal((await download(verifiers[0], mint())).code(), 'config');
    set(keygen('HS256', '--kid', 'first'));
    const { token } = (await getToken(issuers[0])).json();
    assert.equal(headerOf(token).kid, 'first');
    assert.equal((await download(verifiers[1], token)).status, 200);
  });

  it('takes a rotated set at once, on every host', async () => {
    const old = (await getToken(issuers[0])).json().token;
    rotate();
    const fresh = await Promise.all(issuers.map(async (each) => (await getToken(each)).json().token));
    assert.equal(headerOf(fresh[0]).kid, headerOf(fresh[1]).kid);
    assert.notEqual(headerOf(fresh[0]).kid, 'first');
    for (const token of [old, ...fresh]) assert.equal((await download(verifiers[1], token)).status, 200);
  });

  it('refuses no token while keys rotate under load', async () => {
    let done = false;
    const codes = {};
    let answers = 0;
    const count = ({ status }) => {
      codes[status] = (codes[status] ?? 0) + 1;
      answers += 1;
    };
    const visitors = Array.from({ length: 4 }, async (_, i) => {
      while (!done) {
        const asked = await getToken(issuers[i % 2]);
        count(asked);
        if (asked.status === 200) count(await download(verifiers[i < 2 ? 0 : 1], asked.json().token));
      }
    });
    try {
      for (let i = 0; i < 10; i += 1) {
        const before = answers;
        await until(() => answers > before + 4);
        rotate('--alg', i % 2 ? 'HS256' : 'EdDSA');
      }
    } finally {
      done = true;
      await Promise.all(visitors);
    }
    assert.deepEqual(Object.keys(codes), ['200'], JSON.stringify(codes));
  });

  it('keeps the old keys while the new text is broken, and says so', async () => {
    set(keygen('HS256', '--kid', 'good'));
    assert.equal(headerOf((await getToken(issuers[0])).json().token).kid, 'good');
    set('{"keys":[{"kty":"oct","kid":"x","k":"c2VjcmV0LXRoYXQtaXMtdG9vLXNob3J0"}]}');
    const { token } = (await getToken(issuers[0])).json();
    assert.equal(headerOf(token).kid, 'good');
    assert.match(issuers[0].errors, /keys: redis:claimcheck:keys: key 1 .*24 bytes.*the keys of before stay in force/);
    assert.ok(!issuers[0].errors.includes('c2VjcmV0'));
    set(keygen('HS256', '--kid', 'mended'));
    assert.equal(headerOf((await getToken(issuers[0])).json().token).kid, 'mended');
  });

  it('signs nothing while Redis is stopped', async () => {
    await redis.stop();
    assertRefuses(issuers[0], await getToken(issuers[0]), /Redis at 127\.0\.0\.1:\d+: connecting: Connection refused/);
    await redis.start();
    await until(async () => (await getToken(issuers[0])).status === 200);
  });
});
