// What is measured on a web server: a site of ours, with the shipped
// configuration, and beside it, in its own ways, PHP and nginx's secure_link; and
// the same once more with another program in the place of ours. Each target is
// one of tests/servers/target.mjs.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { LIFETIME, mint, redeemed } = require('./load.js');

const SITE = 'bench';
const peers = path.join(__dirname, 'peers');
const built = path.join(__dirname, '..', 'build', 'bench');
const KIB = 1 << 10;
const LARGE = '100m.bin';
const sizes = { '1k.bin': KIB, '64k.bin': 64 << 10, '1m.bin': 1 << 20, '16m.bin': 16 << 20, '100m.bin': 100 << 20 };

// Servers keep up to two connections for each of the load's, and a connection is
// a thread's; mod_fcgid has a process for each request.
const poolOf = (mode) => (mode === 'fcgid' ? 1 : 64);

// makeFiles writes the files of all sites.
function makeFiles(folder) {
  fs.mkdirSync(folder);
  for (const [name, size] of Object.entries(sizes)) fs.writeFileSync(path.join(folder, name), Buffer.alloc(size, 'claimcheck'));
  fs.linkSync(path.join(folder, '1k.bin'), path.join(folder, 'alex.csv'));
}

function linkFiles(files, folder) {
  fs.mkdirSync(folder, { recursive: true });
  for (const name of Object.keys(sizes)) fs.linkSync(path.join(files, name), path.join(folder, name));
}

// alterOurs: everybody's, with the defaults but for LIFETIME; its files are there
// as the server's own, streamed and handed over. `php` is PHP-FPM's socket.
const alterOurs = ({ files, handover, php, secret }) => (dir) => {
  const site = path.join(dir, 'sites', SITE);
  const root = path.join(dir, 'files', 'bench');
  [root, path.join(site, 'htdocs'), path.join(site, 'htdocs', 'linked')].forEach((folder) => linkFiles(files, folder));
  const internal = handover?.internal ? `internal = "${handover.internal}"\n` : '';
  const handed = handover ? `[[download]]\npath = "/downloads/handed/"\nroot = "${root}"\ndeliver = "${handover.deliver}"\n${internal}` : '';
  fs.writeFileSync(path.join(site, 'claimcheck.toml'), `keys = "${site}/secret"\nstate = "${site}/state"\naudit = "${site}/audit.log"\naccess = "anonymous"\nmax_lifetime = "${LIFETIME}s"\n${handed}[[download]]\npath = "/downloads/streamed/"\nroot = "${root}"\n`);
  const add = (to, from, name, value) => fs.appendFileSync(path.join(site, to), fs.readFileSync(path.join(peers, from), 'utf8').replace(name, value));
  add('server.nginx.conf', 'secure_link.nginx.conf', 'SECRET', secret);
  if (!php) return;
  fs.cpSync(path.join(peers, 'php'), path.join(site, 'htdocs', 'php'), { recursive: true });
  for (const [to, from] of [['site.conf', 'php.apache.conf'], ['site.lighttpd.conf', 'php.lighttpd.conf'], ['server.nginx.conf', 'php.nginx.conf']]) add(to, from, 'PHP_SOCKET', php);
};

// alterStandIn puts a program of the benches into the place of both of ours.
const alterStandIn = (program, ...args) => (dir) => {
  fs.copyFileSync(path.join(built, program), path.join(dir, 'lib', program));
  for (const name of ['get-token.fcgi', 'download.fcgi']) {
    fs.writeFileSync(path.join(dir, 'lib', name), `#!/bin/sh\nexec "${dir}/lib/${program}" ${args.join(' ')}\n`);
  }
};

// As many threads as ours have.
const alterNoop = () => alterStandIn('noop', os.cpus().length);

// alterConstant puts a program into the place of ours that answers as ours did
// once, `answers` by the program's name; or hands LARGE over.
const alterConstant = ({ files, handover }, answers) => (dir) => {
  alterStandIn('noop', os.cpus().length, '"$0.answer"', ...(handover ? ['"$0.handed"'] : []))(dir);
  const root = path.join(dir, 'files', 'bench');
  linkFiles(files, root);
  for (const [name, answer] of Object.entries(answers)) {
    fs.writeFileSync(path.join(dir, 'lib', `${name}.answer`), answer);
    if (handover) fs.writeFileSync(path.join(dir, 'lib', `${name}.handed`), `Content-Type: application/octet-stream\n${handover.deliver}: ${handover.internal ?? `${root}/`}${LARGE}\n\n`);
  }
};

// What the servers add, or take for themselves.
const NOT_OURS = /^(connection|date|keep-alive|server|transfer-encoding)$/;

// answersOf asks ours once for each of its answers.
async function answersOf(target, secret) {
  const answers = {};
  for (const [name, uri] of [['get-token.fcgi', '/v1/api/get-token'], ['download.fcgi', `/downloads/streamed/1k.bin?token=${mint(secret, 1)[0]}`]]) {
    const answer = await fetch(`${target.origin(SITE)}${uri}`, { headers: { Connection: 'close', 'Accept-Encoding': 'identity' } });
    const body = Buffer.from(await answer.arrayBuffer());
    const headers = new Map([...answer.headers].filter(([header]) => !NOT_OURS.test(header) && header !== 'set-cookie'));
    headers.set('content-length', body.length);
    const lines = [...headers, ...answer.headers.getSetCookie().map((value) => ['set-cookie', value])].map(([header, value]) => `${header}: ${value}\n`);
    answers[name] = Buffer.concat([Buffer.from(`${lines.join('')}\n`), body]);
  }
  return answers;
}
const alterLibfcgi = (mode) => alterStandIn('libfcgi', poolOf(mode), '/dev/null');

// What is loaded, as load.js takes it. Besides: `file` is what it answers,
// `isToken` that it is a token, and `forged` a URI that it must refuse.
const at = (target, uri, more) => ({ origin: target.origin(SITE), uri, bytes: KIB, ...more });
const siteOf = (target) => path.join(target.dir, 'sites', SITE);
const staticOf = (target, file = '1k.bin') => at(target, `/${file}`, { bytes: sizes[file], file });
const getToken = (target) => at(target, '/v1/api/get-token', { bytes: 100, isToken: true, site: siteOf(target), logged: /"event":"issued"/g });
const download = (target, way, file = '1k.bin') => at(target, `/downloads/${way}/${file}`, {
  bytes: sizes[file], file, hasTokens: true, site: siteOf(target), logged: redeemed(way === 'handed' ? '"-"' : sizes[file]), forged: `/downloads/${way}/${file}?token=forged`,
});
// The requests are the same; the answer is two bytes.
const standInGetToken = (target) => at(target, '/v1/api/get-token', { bytes: 2 });
const standInDownload = (target) => at(target, '/downloads/streamed/1k.bin', { bytes: 2, hasTokens: true });

const constantGetToken = (target) => at(target, '/v1/api/get-token', { bytes: 100, isToken: true });
const constantHanded = (target) => at(target, `/downloads/handed/${LARGE}`, { bytes: sizes[LARGE], file: LARGE });
const constantDownload = (target) => at(target, '/downloads/streamed/1k.bin', { hasTokens: true, file: '1k.bin' });

// The peers without a state have one token for all requests.
const HOUR = 3600;
const phpGetToken = (target) => at(target, '/php/get-token.php', { bytes: 100, isToken: true });
const phpDownload = (target, secret) => at(target, `/php/download.php?file=1k.bin&token=${mint(secret, 1, HOUR)[0]}`, { file: '1k.bin', forged: '/php/download.php?file=1k.bin&token=a.b.c' });
const expressGetToken = ({ origin }) => ({ origin, uri: '/v1/api/get-token', bytes: 100, isToken: true });
const expressDownload = ({ origin }, secret) => ({ origin, uri: `/v1/api/downloadX?name=alex&token=${mint(secret, 1, HOUR)[0]}`, bytes: KIB, file: '1k.bin', forged: '/v1/api/downloadX?name=alex&token=a.b.c' });
function secureLink(target, secret) {
  const expires = Math.floor(Date.now() / 1000) + HOUR;
  const uri = '/linked/1k.bin';
  const md5 = crypto.createHash('md5').update(`${expires}${uri} ${secret}`).digest('base64url');
  return at(target, `${uri}?md5=${md5}&expires=${expires}`, { file: '1k.bin', forged: `${uri}?md5=${md5}&expires=${expires + 1}` });
}

// prove asks once, before anything is measured: what is served is right, and what
// is forged is not served.
async function prove(what, files, secret) {
  const ask = (uri) => fetch(`${what.origin}${uri}`, { headers: { Connection: 'close' }, redirect: 'manual' });
  const answer = await ask(what.hasTokens ? `${what.uri}?token=${mint(secret, 1)[0]}` : what.uri);
  const body = Buffer.from(await answer.arrayBuffer());
  const isRight = (!what.file || body.equals(fs.readFileSync(path.join(files, what.file)))) && (!what.isToken || JSON.parse(body).token.split('.').length === 3);
  if (answer.status !== 200 || !isRight) throw new Error(`${what.origin}${what.uri}: ${answer.status}, ${body.length} bytes, which are wrong`);
  if (!what.forged) return;
  const refusal = await ask(what.forged);
  await refusal.arrayBuffer();
  if (![400, 403].includes(refusal.status)) throw new Error(`${what.origin}${what.forged}: ${refusal.status}, and should be refused`);
}

module.exports = {
  SITE, alterConstant, alterLibfcgi, alterNoop, alterOurs, LARGE, answersOf, built, constantDownload, constantHanded, constantGetToken, download, expressDownload, expressGetToken, getToken, makeFiles, phpDownload, phpGetToken,
  poolOf, prove, secureLink, sizes, standInDownload, standInGetToken, staticOf,
};
