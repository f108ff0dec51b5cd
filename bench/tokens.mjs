// tokens.mjs [ROUNDS]: what node's libraries take for the token of tokens.cc;
// a JSON line a case, as stopwatch.h has it. Every verifier looks at the
// signature and at exp.
import { createHmac, createSecretKey } from 'node:crypto';
import { createRequire } from 'node:module';

const SECRET = 'q7Zp0sVd3XbYtK1mR9cLwE5uHfJ2nGaQ8oTiPxN4vBk';
const TURN_NS = 25e6;

const require = createRequire(new URL('../tests/package.json', import.meta.url));
const rounds = Number(process.argv[2] ?? 5);
const key = createSecretKey(Buffer.from(SECRET));
const now = Date.now() / 1000;
const header = { alg: 'HS256', typ: 'download+jwt' };
const claimsAt = (iat) => ({ iat, exp: iat + 3600, jti: 'Zm9vYmFyYmF6cXV4cXV1eA', res: '/downloads/report.csv' });
const claims = claimsAt(Math.round(now * 1000) / 1000);

// signed and tokenOf make a token with none of the libraries.
const signed = (text) => `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
const tokenOf = (claims) =>
  signed([header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.'));
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

// casesOf are a package's; one that is not there is left out, in words.
function casesOf(name, make) {
  try {
    require.resolve(name);
  } catch {
    console.error(`left out: ${name} is not installed (cd tests && npm ci)`);
    return {};
  }
  return make(require(name));
}

// The article gives jsonwebtoken its secret as a string; a key object spares it
// the search for a public key in that string at each call.
function jsonwebtokenCases(jwt) {
  return {
    jsonwebtoken_verify: (token) => jwt.verify(token, SECRET),
    jsonwebtoken_keyobject_verify: (token) => jwt.verify(token, key),
    jsonwebtoken_sign: () => jwt.sign(claims, SECRET, { header }),
    jsonwebtoken_keyobject_sign: () => jwt.sign(claims, key, { header }),
  };
}

// Without its cache, which would look the same token up.
function fastJwtCases({ createSigner, createVerifier }) {
  const verify = createVerifier({ key: SECRET, cache: false });
  const sign = createSigner({ key: SECRET, algorithm: 'HS256', header });
  // It signs whole seconds alone.
  const whole = claimsAt(Math.floor(now));
  return { fast_jwt_verify: (token) => verify(token), fast_jwt_sign: () => sign(whole) };
}

function joseCases({ SignJWT, jwtVerify }) {
  return {
    jose_verify: async (token) => (await jwtVerify(token, key)).payload,
    jose_sign: () => new SignJWT(claims).setProtectedHeader(header).sign(key),
  };
}

// The CPU's time, of all of node's threads, as in stopwatch.cc.
const cpuNs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

// A promise is awaited where there is one and nowhere else: an await costs.
async function time(work, token, times) {
  const start = cpuNs();
  for (let i = 0; i < times; ++i) {
    const made = work(token);
    if (made instanceof Promise) {
      await made;
    }
  }
  return cpuNs() - start;
}

const percentile = (sorted, p) => {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
};

function print(name, ns) {
  const sorted = [...ns].sort((a, b) => a - b);
  const median = percentile(sorted, 0.5);
  const spread = (percentile(sorted, 0.9) - percentile(sorted, 0.1)) / median;
  console.log(JSON.stringify({ name, ns: +median.toFixed(1), spread: +spread.toFixed(3) }));
}

// check refuses to time a verifier that lets an expired or a changed token
// pass, and a signer that makes another token.
async function check(name, work) {
  const passes = async (token) => work(token);
  if (name.endsWith('_sign')) {
    const made = await work();
    const isSigned = made === signed(made.slice(0, made.lastIndexOf('.')));
    if (!isSigned || Math.floor(claimsOf(made).exp) !== Math.floor(claims.exp)) {
      throw new Error(`${name} made another token`);
    }
    return;
  }
  if ((await passes(good)).res !== claims.res) {
    throw new Error(`${name} read other claims`);
  }
  for (const bad of [expired, changed]) {
    if (await passes(bad).then(() => true, () => false)) {
      throw new Error(`${name} let a bad token pass`);
    }
  }
}

const good = tokenOf(claims);
const expired = tokenOf(claimsAt(claims.iat - 7200));
const changed = good.slice(0, good.lastIndexOf('.')) + expired.slice(expired.lastIndexOf('.'));

const cases = Object.entries({
  ...casesOf('jsonwebtoken', jsonwebtokenCases),
  ...casesOf('fast-jwt', fastJwtCases),
  ...casesOf('jose', joseCases),
}).map(([name, work]) => ({ name, work, times: 1, ns: [] }));

// Long enough for the compiler of JavaScript to have come.
for (const each of cases) {
  await check(each.name, each.work);
  let took = 0;
  while ((took = await time(each.work, good, each.times)) < 4 * TURN_NS) {
    each.times *= 2;
  }
  each.times = Math.ceil((each.times * TURN_NS) / took);
}
for (let round = 0; round < rounds; ++round) {
  for (const each of cases) {
    each.ns.push((await time(each.work, good, each.times)) / each.times);
  }
}
for (const { name, ns } of cases) {
  print(name, ns);
}
