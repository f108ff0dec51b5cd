// The sites that the behaviours are tested on: a temporary folder with the
// programs, the shipped configurations, files to download and, for each site,
// claimcheck.toml and what its virtual host needs.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { basicAuth, behindProxy } from './site_parts.mjs';
import { commandDownloads, makeCommands, runPrefix } from './commands.mjs';

export const project = fileURLToPath(new URL('../..', import.meta.url));
export const isRoot = process.getuid() === 0;
// nobody and nogroup: servers and programs under test never run as root.
export const user = isRoot ? { uid: 65534, gid: 65534 } : { uid: process.getuid(), gid: process.getgid() };

export const secret = 'a secret of the tests, forty characters.';
export const otherSecret = 'another secret, which the site knows not';
// What another server vouches with, and what the site demands of it.
export const bearerSecret = 'a secret of the server that vouches for us';
export const bearer = { issuer: 'https://www.example.org', audience: 'claimcheck', cookie: '__Host-bearer' };

// Of each download, the folder of its files, and how they are sent.
const downloads = (files, deliver) => `
[[download]]
path = "/authorized/"
root = "${files}/tree"
${deliver('tree')}
[[download]]
path = "/downloads/private/"
root = "${files}/private"
${deliver('private')}
users = ["alice"]
[[download]]
path = "/downloads/bound/"
root = "${files}/tree"
${deliver('tree')}
bind = "required"
[[download]]
path = "/downloads/gone/"
root = "${files}/no such folder"
[[download]]
path = "/downloads/export"
file = "${files}/exports/{name}.csv"
${deliver('exports')}
params = { name = "[a-z]{1,32}", part = "[0-9]" }
filename = "report-{name}.csv"
type = "text/csv"
[[download]]
path = "/downloads/"
root = "${files}/tree"
${deliver('tree')}
[[download]]
path = "/v1/api/downloadX"
file = "${files}/exports/{name}.csv"
${deliver('exports')}
params = { name = "[a-z]{1,32}" }
filename = "downloadX.csv"
`;

// nginx knows the files' folder as /protected/.
const delivering = (delivery) => (folder) => (delivery ? `deliver = "${delivery}"` : '')
  + (delivery === 'x-accel-redirect' ? `\ninternal = "/protected/${folder}/"` : '');

// The site's origin where the proxy has another name than its server.
export const outside = 'https://www.example.org';

const bearerSettings = `access = "bearer"
bearer_keys = "SITE/bearer"
bearer_issuer = "${bearer.issuer}"
bearer_audience = "${bearer.audience}"
bearer_cookie = "${bearer.cookie}"
`;

// Each site: its settings, in which SITE is its folder and DIR the one of all,
// and what its virtual host adds; also how the server is handed the files, where
// that is this site's own, and `files`: texts behind those of its files.
export const definitions = {
  main: { settings: '', auth: true },
  never: { settings: 'reuse = "never"\n', auth: true },
  // All defaults but that everybody may ask: browsers and programs that sign in
  // nowhere.
  anonymous: { settings: 'access = "anonymous"\n', auth: false },
  noauth: { settings: '', auth: false },
  broken: { settings: 'token_lifetime = "2 seconds"\ncolour = "red"\n', auth: false },
  nostate: { settings: '', auth: true, state: 'missing' },
  open: { settings: 'access = "anonymous"\nreuse = "window"\nclient = "off"\n', auth: false },
  // Its keys file is the tests' to change.
  keys: { settings: 'access = "anonymous"\nreuse = "window"\n', auth: false },
  // Its file bearer, with the keys of another server, is the tests' to change.
  bearer: { settings: bearerSettings, auth: false },
  // What a TLS proxy in front of its server makes of it.
  proxied: { settings: `access = "anonymous"\nhttps = "always"\norigins = ["${outside}"]\nclient_fallback = "address"\n`, auth: false },
  commands: { settings: 'access = "anonymous"\nreuse = "never"\nclient = "off"\n', auth: false },
  strict: { settings: 'access = "anonymous"\nxsrf = "required"\nclient = "required"\n', auth: false },
};
export const siteNames = Object.keys(definitions);

export const names = {
  plain: 'hello.txt',
  utf8: 'größe € 名.txt',
  quoted: 'a "quoted"; b.txt',
  percent: '100%.txt',
  bidi: 'invoice\u202Etxt.exe',
};

const megabyte = Buffer.alloc(1 << 20, 'claimcheck');

function makeFiles(files) {
  for (const folder of ['tree/folder', 'private', 'exports', 'outside']) {
    fs.mkdirSync(path.join(files, folder), { recursive: true });
  }
  const tree = path.join(files, 'tree');
  for (const name of Object.values(names)) {
    fs.writeFileSync(path.join(tree, name), `the bytes of ${name}\n`);
  }
  fs.writeFileSync(path.join(tree, 'empty'), '');
  fs.writeFileSync(path.join(tree, 'folder', 'nested.txt'), 'nested\n');
  fs.writeFileSync(path.join(tree, '.htpasswd'), 'hidden\n');
  fs.writeFileSync(path.join(tree, 'unreadable'), 'unreadable\n', { mode: 0 });
  fs.writeFileSync(path.join(tree, 'large.bin'), Buffer.concat(Array(8).fill(megabyte)));
  fs.writeFileSync(path.join(files, 'outside', 'secret.txt'), 'outside the root\n');
  fs.symlinkSync('../outside/secret.txt', path.join(tree, 'link'));
  fs.symlinkSync('../outside', path.join(tree, 'linked'));
  execFileSync('mkfifo', [path.join(tree, 'fifo')]);
  fs.writeFileSync(path.join(files, 'private', 'plan.txt'), 'for alice\n');
  fs.writeFileSync(path.join(files, 'exports', 'alex.csv'), 'name,score\nalex,42\n');
  makeCommands(path.join(files, 'commands'));
}

function makeSite(dir, name, definition, delivery) {
  const files = path.join(dir, 'files');
  const site = path.join(dir, 'sites', name);
  const { settings, auth, state = 'state', deliver = delivery, files: more = {} } = definition;
  fs.mkdirSync(path.join(site, 'htdocs'), { recursive: true });
  if (state === 'state') fs.mkdirSync(path.join(site, state), { mode: 0o700 });
  fs.writeFileSync(path.join(site, 'secret'), `${secret}\n`, { mode: 0o600 });
  fs.writeFileSync(path.join(site, 'bearer'), `${bearerSecret}\n`, { mode: 0o600 });
  fs.writeFileSync(path.join(site, 'claimcheck.toml'), [
    `keys = "${site}/secret"`,
    `state = "${site}/${state}"`,
    `audit = "${site}/audit.log"`,
    settings.replaceAll('SITE', site),
    name === 'commands' ? commandDownloads(path.join(files, 'commands'), runPrefix) : '',
    downloads(files, delivering(deliver)),
  ].join('\n'));
  const parts = name === 'proxied' ? behindProxy : auth ? basicAuth(path.join(dir, 'passwords')) : {};
  for (const file of ['site.conf', 'site.htaccess', 'site.lighttpd.conf', 'site.nginx.conf', 'server.nginx.conf']) {
    fs.writeFileSync(path.join(site, file), parts[file] ?? '');
  }
  for (const [file, text] of Object.entries(more)) {
    fs.mkdirSync(path.dirname(path.join(site, file)), { recursive: true });
    fs.appendFileSync(path.join(site, file), text.replaceAll('SITE', site).replaceAll('DIR', dir));
  }
}

// bundleFile is the tarball that `make bundle` made.
export function bundleFile() {
  const build = path.join(project, 'build');
  const found = fs.readdirSync(build).filter((name) => /^claimcheck-.*-bundle\.tar\.gz$/.test(name));
  if (found.length !== 1) throw new Error(`build/ holds ${found.length} bundles: run make bundle`);
  return path.join(build, found[0]);
}

// unpackBundle unpacks it into a new folder, without the name of its own.
export function unpackBundle(dir) {
  fs.mkdirSync(dir);
  execFileSync('tar', ['-xpzf', bundleFile(), '-C', dir, '--strip-components=1', '--no-same-owner']);
}

// makeSites returns the folder; it belongs to the user of the servers. `alter`
// is given it first, to change what is in it. `isBundled`: with the bundle.
export function makeSites({ build = path.join(project, 'build'), delivery, isBundled = false, alter = () => {}, sites = definitions } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-test-'));
  fs.mkdirSync(path.join(dir, 'lib'));
  for (const program of ['get-token.fcgi', 'download.fcgi']) {
    fs.copyFileSync(path.join(build, program), path.join(dir, 'lib', program));
  }
  for (const server of ['apache', 'lighttpd', 'nginx']) {
    fs.cpSync(path.join(project, server), path.join(dir, server), { recursive: true });
  }
  fs.mkdirSync(path.join(dir, 'htdocs'));
  const browserSide = fs.readdirSync(path.join(project, 'htdocs')).filter((name) => /^(download|doctor)\./.test(name));
  for (const name of browserSide) fs.copyFileSync(path.join(project, 'htdocs', name), path.join(dir, 'htdocs', name));
  // htpasswd's {SHA}: "demo" for both.
  fs.writeFileSync(path.join(dir, 'passwords'),
    ['demo', 'alice'].map((each) => `${each}:{SHA}ieSV55Qc+eQOaYDRSha/AjzNTJE=\n`).join(''));
  makeFiles(path.join(dir, 'files'));
  if (isBundled) unpackBundle(path.join(dir, 'bundle'));
  for (const [name, definition] of Object.entries(sites)) makeSite(dir, name, definition, delivery);
  alter(dir);
  if (isRoot) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, dir]);
  return dir;
}
