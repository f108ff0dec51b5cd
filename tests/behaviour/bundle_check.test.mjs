// What goes wrong with an uploaded bundle, and what its bin/claimcheck says of
// it: sites with one thing broken each, asked as plain CGI too.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';

import { edit, give, openToAll, settings } from '../servers/bundle.mjs';
import { isRoot, unpackBundle, user } from '../servers/sites.mjs';
import { cgiVariables, parseCgi, runCgi } from '../servers/target.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-deployed-'));
fs.chmodSync(dir, 0o755);
after(() => fs.rmSync(dir, { recursive: true, force: true }));

let count = 0;
// makeSite uploads the bundle, lets `spoil` change it and gives it to its owner.
function makeSite(spoil = () => {}) {
  const home = path.join(dir, `site-${count += 1}`);
  const site = {
    home,
    file: (name) => path.join(home, name),
    settings: settings(home),
    line: (begin) => fs.readFileSync(settings(home), 'utf8').split('\n').findIndex((line) => line.startsWith(begin)) + 1,
    place: (begin) => `${settings(home)}:${site.line(begin)}`,
    check: (...args) => spawnSync(path.join(home, 'bin', 'claimcheck'), ['check', '--docroot', path.join(home, 'public_html'), ...args], { encoding: 'utf8', ...user }),
    async getToken() {
      return parseCgi(await runCgi(path.join(home, 'public_html', 'claimcheck', 'get-token.cgi'),
        { DOCUMENT_ROOT: path.join(home, 'public_html'), ...cgiVariables({ path: '/v1/api/get-token?for=/downloads/example.txt' }) }));
    },
  };
  unpackBundle(home);
  openToAll(home);
  give(home);
  spoil(site);
  return site;
}

const literally = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const own = (file) => { if (isRoot) fs.chownSync(file, user.uid, user.gid); };

function makeFolder(name, mode) {
  fs.mkdirSync(name);
  fs.chmodSync(name, mode);
  own(name);
}

// Of each: what is done to the site, what its finding is (its place, its key, its
// words), what get-token answers, status and code; and what is told to check, how
// many findings it may have and its exit status, where that is not nothing, one
// and 1.
const broken = {
  'settings in the document root': [
    (site) => fs.renameSync(site.settings, site.file('public_html/claimcheck/claimcheck.toml')),
    (site) => [site.file('public_html/claimcheck/claimcheck.toml'), '', `lies in the document root ${site.file('public_html')}`],
    [500, 'config'],
    { args: (site) => ['--config', site.file('public_html/claimcheck/claimcheck.toml')], most: 4 },
  ],
  'settings that others may write': [
    (site) => fs.chmodSync(site.settings, 0o664),
    (site) => [site.settings, '', 'that nobody else may write: chown and chmod 0644 it'],
    [500, 'config'],
    { exit: 2 },
  ],
  'a key that is misspelt': [
    (site) => edit(site.settings, 'audit = "audit.log"', 'audits = "audit.log"'),
    (site) => [site.place('audits'), 'audits', 'is not a known key'],
    [500, 'config'],
  ],
  'a state that others may write': [
    (site) => makeFolder(site.file('claimcheck/state'), 0o777),
    (site) => [site.place('state'), 'state', `run \`chmod 0700 ${site.file('claimcheck/state')}\``],
    [503, 'unavailable'],
  ],
  'a state that cannot be made': [
    (site) => fs.chmodSync(site.file('claimcheck'), 0o555),
    (site) => [site.place('state'), 'state', site.file('claimcheck/state')],
    [503, 'unavailable'],
    { most: 2 },
  ],
  'files in the document root': [
    (site) => {
      fs.renameSync(site.file('downloads'), site.file('public_html/files'));
      edit(site.settings, 'root = "../downloads"', 'root = "../public_html/files"');
    },
    (site) => [site.place('root'), 'root', `${site.file('public_html/files')} lies in the document root`],
    [200],
  ],
  'no folder of downloads': [
    (site) => fs.rmSync(site.file('downloads'), { recursive: true }),
    (site) => [site.place('root'), 'root', `the folder ${site.file('downloads')}: No such file or directory: mount it, or correct root`],
    [503, 'unavailable'],
  ],
  'a file of keys as FTP leaves it': [
    (site) => {
      edit(site.settings, 'state = "state"', 'state = "state"\nkeys = "./key.txt"');
      fs.writeFileSync(site.file('claimcheck/key.txt'), 'a secret that FTP has left open to others\n', { mode: 0o644 });
      own(site.file('claimcheck/key.txt'));
    },
    (site) => [site.place('keys'), 'keys', `${site.file('claimcheck/key.txt')}: others may read the secret`],
    [500, 'config'],
  ],
  'a download that holds the settings': [
    (site) => edit(site.settings, 'root = "../downloads"', 'root = ".."'),
    (site) => [site.place('root'), 'root', `holds the configuration ${site.settings}`],
    [404, 'not_found'],
    { most: 2 },
  ],
};

describe('bundle_check', { concurrency: 1 }, () => {
  it('finds nothing in a bundle that was uploaded as its guide says', async () => {
    const site = makeSite();
    const { status, stdout, stderr } = site.check();
    assert.deepEqual([status, stderr], [0, ''], stdout);
    assert.match(stdout, new RegExp(`\nconfiguration: ${literally(site.settings)}, found above ${literally(site.file('bin/claimcheck'))}\n`));
    for (const [key, value] of [['state', 'claimcheck/state'], ['audit', 'claimcheck/audit.log'], ['root', 'downloads']]) {
      assert.match(stdout, new RegExp(`\n${key} = "${literally(site.file(value))}" +# ${literally(site.place(key))}\n`));
    }
    assert.match(stdout, new RegExp(`\nnote: the first request makes the state directory ${literally(site.file('claimcheck/state'))}\n`));
    assert.match(stdout, /\nno findings\n$/);
    assert.equal((await site.getToken()).status, 200);
    assert.equal(site.check().status, 0);
  });

  for (const [what, [spoil, finding, [answer, code], { args = () => [], most = 1, exit = 1 } = {}]] of Object.entries(broken)) {
    it(`names ${what}`, async () => {
      const site = makeSite(spoil);
      const { status, stdout, stderr } = site.check(...args(site));
      assert.equal(status, exit, stdout + stderr);
      const [place, key, words] = finding(site);
      const findings = Number(/\n(\d+) findings?\n$/.exec(stdout)?.[1]);
      assert.ok(findings >= 1 && findings <= most, stdout);
      assert.ok(stdout.split('\n').some((line) => line.startsWith(`${place}: ${key ? `${key}: ` : ''}`) && line.includes(words)), stdout);
      const response = await site.getToken();
      assert.deepEqual([response.status, response.code()], [answer, code], response.body.toString());
    });
  }
});
