// The bundle for hosts with FTP and .htaccess alone: uploaded and edited as its
// guide says, never from build/, on a host whose programs run as the site's owner
// with next to nothing in their environment; asked by curl.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { edit, give, openToAll, settings, startHost, whyNoHost } from '../servers/bundle.mjs';
import { bundleFile, project, unpackBundle, user } from '../servers/sites.mjs';

const large = Buffer.concat(Array.from({ length: 40000 }, (_, i) => Buffer.from(`${i} and so on, up to some megabytes, no two lines alike\n`)));
const example = 'This file was downloaded with a token of claimcheck.\n';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-bundle-'));
fs.chmodSync(scratch, 0o755);
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

// curl returns the answer's status, headers and body.
function curl(url, ...args) {
  const { stdout, status, stderr } = spawnSync('curl', ['-q', '-s', '-S', '-i', '--path-as-is', ...args, url], { maxBuffer: 1 << 26 });
  assert.equal(status, 0, `${url}: ${stderr}`);
  const end = stdout.indexOf('\r\n\r\n');
  const head = stdout.subarray(0, end).toString('latin1');
  const body = stdout.subarray(end + 4);
  return {
    head,
    status: Number(head.split(' ')[1]),
    header: (name) => new RegExp(`^${name}: (.*?)\r?$`, 'im').exec(head)?.[1],
    body,
    json: () => JSON.parse(body),
    code: () => /"code":"(\w+)"/.exec(body)?.[1],
  };
}

// A browser keeps cookies: a jar of its own for each.
let jars = 0;
function browser() {
  const jar = path.join(scratch, `jar-${jars += 1}`);
  return (url, ...args) => curl(url, '-b', jar, '-c', jar, ...args);
}

// makeSite uploads the bundle and makes the one edit.
function makeSite(dir, { access = true } = {}) {
  unpackBundle(dir);
  if (access) openToAll(dir);
}

function makeSites(dir) {
  fs.mkdirSync(dir);
  for (const name of ['one', 'two', 'shop', 'lost', 'wide', 'strict', 'edited']) makeSite(path.join(dir, name));
  makeSite(path.join(dir, 'closed'), { access: false });
  fs.writeFileSync(path.join(dir, 'one', 'downloads', 'large.bin'), large);
  fs.writeFileSync(path.join(dir, 'one', 'public_html', 'claimcheck', 'notes.txt'), 'of nobody else\n');
  inFolder(path.join(dir, 'shop'));
  loseModes(path.join(dir, 'lost'));
  fs.chmodSync(path.join(dir, 'wide', 'public_html', 'claimcheck'), 0o775);
  askForPassword(path.join(dir, 'closed'));
  give(dir);
}

// The site is a folder of a larger one.
function inFolder(site) {
  const root = path.join(site, 'public_html');
  fs.renameSync(root, path.join(site, 'shop'));
  fs.mkdirSync(root);
  fs.renameSync(path.join(site, 'shop'), path.join(root, 'shop'));
  edit(settings(site), 'path = "/downloads/"', 'path = "/shop/downloads/"');
}

function loseModes(site) {
  const folder = path.join(site, 'public_html', 'claimcheck');
  for (const name of fs.readdirSync(folder)) fs.chmodSync(path.join(folder, name), 0o644);
}

// The lines of the .htaccess that wait there as comments. On the host the site
// lies in /var/www.
function askForPassword(site) {
  const file = path.join(site, 'public_html', '.htaccess');
  const text = fs.readFileSync(file, 'utf8').replace(/^ {2}# {3}(Auth|Require)/gm, '  $1')
    .replace('/home/you/', `/var/www/${path.basename(site)}/`);
  assert.match(text, /^ {2}Require valid-user$/m);
  fs.writeFileSync(file, text);
  fs.writeFileSync(path.join(site, 'claimcheck', 'passwords'), 'demo:{SHA}ieSV55Qc+eQOaYDRSha/AjzNTJE=\n');
}

for (const [mode, way] of [['htaccess', 'fcgid'], ['htaccess_cgi', 'cgid']]) {
  describe(`bundle/${mode}`, { concurrency: 1, skip: whyNoHost }, () => {
    const dir = path.join(scratch, mode);
    let host;
    before(async () => {
      makeSites(dir);
      host = await startHost(way, dir);
    });
    after(() => host.stop());

    const url = (site, at) => `${host.origin(site)}${at}`;
    const ask = (get, site, file, prefix = '') => get(url(site, `${prefix}/v1/api/get-token?for=${encodeURIComponent(`${prefix}/downloads/${file}`)}`));
    const link = (site, file, token, prefix = '') => url(site, `${prefix}/downloads/${file}?token=${token}`);
    const secretOf = (site) => path.join(dir, site, 'claimcheck', 'state', 'secret');

    it('gives a token, and the file for it, and a secret makes itself', () => {
      assert.ok(!fs.existsSync(secretOf('one')));
      const get = browser();
      const issued = ask(get, 'one', 'example.txt');
      assert.equal(issued.status, 200, issued.body.toString());
      assert.deepEqual([issued.json().filename, issued.json().size], ['example.txt', example.length]);
      const file = get(link('one', 'example.txt', issued.json().token));
      assert.equal(file.status, 200);
      assert.equal(file.body.toString(), example);
      assert.match(file.header('content-disposition'), /^attachment; filename="example\.txt"/);
      assert.equal(file.header('content-length'), String(example.length));
      const { mode: bits, uid } = fs.statSync(secretOf('one'));
      assert.deepEqual([bits & 0o7777, uid], [0o600, user.uid]);
      assert.equal(fs.statSync(path.dirname(secretOf('one'))).mode & 0o7777, 0o700);
    });

    it('answers a link without a token as the article does', () => {
      const response = curl(url('one', '/downloads/example.txt'));
      assert.equal(response.status, 400);
      assert.equal(response.body.toString(), '{"message":"Valid tokens not present ","code":"token_missing"}');
    });

    it('keeps the secret, whichever process asks next', () => {
      const before = fs.readFileSync(secretOf('one'));
      for (let i = 0; i < 3; i += 1) assert.equal(ask(browser(), 'one', 'example.txt').status, 200);
      assert.deepEqual(fs.readFileSync(secretOf('one')), before);
    });

    it('refuses a copied link', () => {
      const get = browser();
      const copied = link('one', 'example.txt', ask(get, 'one', 'example.txt').json().token);
      assert.equal(get(copied).status, 200);
      const response = browser()(copied);
      assert.deepEqual([response.status, response.code()], [403, 'token_used']);
    });

    it('resumes an interrupted download in the browser that began it, and in no other', async () => {
      const get = browser();
      const { token } = ask(get, 'one', 'large.bin').json();
      const from = link('one', 'large.bin', token);
      const jar = path.join(scratch, `jar-${jars}`);
      const part = path.join(scratch, `${mode}-part`);
      execFileSync('bash', ['-c', 'curl -q -s -b "$1" "$2" | head -c 100000 >"$3"', 'bash', jar, from, part]);
      assert.equal(fs.statSync(part).size, 100000);
      await sleep(2100);
      const stranger = browser()(from, '-r', '100000-');
      assert.deepEqual([stranger.status, stranger.code()], [403, 'token_used']);
      execFileSync('curl', ['-q', '-s', '-S', '-f', '-b', jar, '-C', '-', '-o', part, from]);
      assert.ok(fs.readFileSync(part).equals(large), 'the bytes differ');
    });

    it('hands out the script and the pages that it brings', () => {
      const pages = fs.readdirSync(path.join(dir, 'one', 'public_html', 'claimcheck')).filter((name) => /\.(js|html)$/.test(name));
      assert.ok(pages.includes('download.js'));
      for (const page of pages) {
        const response = curl(url('one', `/claimcheck/${page}`));
        assert.equal(response.status, 200, page);
        const from = page.includes('.min.') ? 'build/static' : 'htdocs';
        assert.deepEqual(response.body, fs.readFileSync(path.join(project, from, page)), page);
      }
    });

    it('hands out nothing else: no settings, no state, no secret, no program', () => {
      const secret = fs.readFileSync(secretOf('one'), 'utf8').trim();
      const closed = [
        '/.htaccess', '/claimcheck/', '/claimcheck/.htaccess', '/claimcheck/notes.txt', '/claimcheck/claimcheck.toml', '/claimcheck/state/', '/claimcheck/state/secret', '/claimcheck/audit.log',
        '/../claimcheck/claimcheck.toml', '/..%2fclaimcheck/claimcheck.toml', '/downloads/../../claimcheck/state/secret', '/downloads/..%2f..%2fclaimcheck/claimcheck.toml',
        '/bin/claimcheck', '/downloads/', '/downloads/example.txt', '/downloads/%65xample.txt', '/claimcheck/download.fcgi/downloads/example.txt', '/claimcheck/download.cgi/downloads/example.txt',
      ];
      for (const at of closed) {
        const response = curl(url('one', at));
        assert.ok(response.status >= 400 && response.status < 500, `${at}: ${response.status}`);
        assert.ok(!response.body.includes(secret) && !response.body.includes('downloaded with a token') && !response.body.includes('[[download]]'), at);
      }
      for (const program of ['get-token.cgi', 'get-token.fcgi', 'download.cgi', 'download.fcgi']) {
        const response = curl(url('one', `/claimcheck/${program}`));
        assert.ok(!response.body.includes('ELF'), program);
        assert.ok([400, 403, 404].includes(response.status) || response.json().token, `${program}: ${response.status}`);
      }
    });

    it('keeps two sites of one owner apart', () => {
      const token = ask(browser(), 'one', 'example.txt').json().token;
      const response = curl(link('two', 'example.txt', token));
      assert.deepEqual([response.status, response.code()], [403, 'token_invalid']);
      const get = browser();
      assert.equal(get(link('two', 'example.txt', ask(get, 'two', 'example.txt').json().token)).status, 200);
      assert.notDeepEqual(fs.readFileSync(secretOf('one')), fs.readFileSync(secretOf('two')));
    });

    it('leaves the document root as it is, which cannot be written here', () => {
      const packed = path.join(scratch, `${mode}-packed`);
      unpackBundle(packed);
      const { status, stdout } = spawnSync('diff', ['-r', path.join(packed, 'public_html'), path.join(dir, 'two', 'public_html')], { encoding: 'utf8' });
      assert.equal(status, 0, stdout);
      assert.match(execFileSync('find', [path.join(dir, 'two', 'claimcheck'), '-name', 'secret'], { encoding: 'utf8' }), /secret/);
    });

    it('works in a folder of a larger site', () => {
      const get = browser();
      const issued = ask(get, 'shop', 'example.txt', '/shop');
      assert.equal(issued.status, 200, issued.body.toString());
      const file = get(link('shop', 'example.txt', issued.json().token, '/shop'));
      assert.deepEqual([file.status, file.body.toString()], [200, example]);
    });

    it('asks for a password where the lines for it are no comments, and only then gives tokens', () => {
      assert.equal(ask(browser(), 'closed', 'example.txt').status, 401);
      const get = browser();
      const issued = ask((at) => get(at, '-u', 'demo:demo'), 'closed', 'example.txt');
      assert.equal(issued.status, 200, issued.body.toString());
      assert.equal(get(link('closed', 'example.txt', issued.json().token)).status, 200);
    });

    // What the guide says of a page of the server's own.
    const assertNotRun = (response) => {
      assert.equal(response.header('content-type').split(';')[0], 'text/html');
      assert.equal(response.status, 500, response.body.toString());
    };

    it('is answered 500, or by mod_fcgid 503, by the server itself where FTP lost the modes of the programs', () => {
      const response = ask(browser(), 'lost', 'example.txt');
      // mod_fcgid tries for a while to start it, now and then.
      if (way === 'fcgid' && response.status === 503) assert.match(response.body.toString(), /<title>503 /);
      else assertNotRun(response);
    });

    if (way === 'cgid') {
      it('is answered 500 by suEXEC where others may write to the folder of the programs', () => {
        assertNotRun(ask(browser(), 'wide', 'example.txt'));
      });
    }

    it('works without the line about options where a host refuses it', () => {
      assertNotRun(curl(url('strict', '/')));
      edit(path.join(dir, 'strict', 'public_html', '.htaccess'), 'Options +ExecCGI', '');
      assert.equal(ask(browser(), 'strict', 'example.txt').status, 200);
    });

    // By FTP nobody restarts a program. A request that reaches mod_fcgid while its
    // program ends may be answered 5xx by the server itself.
    it('counts an edit of the settings within seconds, and takes a mistake back', async () => {
      const file = settings(path.join(dir, 'edited'));
      const said = () => {
        const response = ask(browser(), 'edited', 'example.txt');
        return response.status >= 500 && !response.code() ? 'none of ours' : response.code() ?? response.status;
      };
      const turns = async (expected) => {
        const from = said();
        for (let tries = 0, now = from; now !== expected; tries += 1, now = said()) {
          assert.ok(tries < 60 && [from, 'none of ours'].includes(now), `${now} in place of ${expected}`);
          await sleep(200);
        }
      };
      assert.equal(said(), 200);
      edit(file, 'access = "anonymous"', 'access = "server"');
      await turns('not_signed_in');
      edit(file, 'access = "server"', 'access = "anonymous');
      await turns('config');
      // Where the host's log is nobody's to read.
      const mistakes = path.join(path.dirname(file), 'mistakes.txt');
      const line = fs.readFileSync(file, 'utf8').split('\n').indexOf('access = "anonymous') + 1;
      assert.match(fs.readFileSync(mistakes, 'utf8'), new RegExp(`claimcheck\\.toml:${line}: `));
      assert.equal(fs.statSync(mistakes).mode & 0o7777, 0o600);
      edit(file, 'access = "anonymous', 'access = "anonymous"');
      await turns(200);
      assert.ok(!fs.existsSync(mistakes));
      const text = fs.readFileSync(file, 'utf8');
      fs.unlinkSync(file);
      await turns('config');
      fs.writeFileSync(file, text);
      if (user.uid !== process.getuid()) fs.chownSync(file, user.uid, user.gid);
      await turns(200);
      assert.equal(browser()(url('edited', '/downloads/example.txt')).status, 400);
    });

    it('leaves a line for each in the audit log beside the settings, without a token', () => {
      const lines = fs.readFileSync(path.join(dir, 'one', 'claimcheck', 'audit.log'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
      for (const event of ['issued', 'redeemed', 'resumed', 'refused']) assert.ok(lines.some((line) => line.event === event), event);
      assert.ok(!JSON.stringify(lines).includes('eyJ'));
    });
  });
}

describe('bundle/tarball', () => {
  it('is the same for the same programs, whatever the umask and the times of files', () => {
    const bytes = (umask) => {
      const dir = path.join(scratch, `pack-${umask}`);
      const file = path.join(dir, path.basename(bundleFile()));
      execFileSync('cp', ['-r', path.join(project, 'build', 'static'), dir]);
      execFileSync('bash', ['-c', `umask ${umask}; "$@"`, 'bash', path.join(project, 'apache', 'bundle', 'pack'), dir, file], { env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' } });
      return fs.readFileSync(file);
    };
    assert.ok(bytes('022').equals(bytes('077')));
  });

  it('holds no name of a user and nothing that others may write', () => {
    const lines = execFileSync('tar', ['-tvzf', bundleFile()], { encoding: 'utf8' }).trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--) 0\/0 /);
  });

  it('is guided by a page whose lines and files are there', () => {
    const site = path.join(scratch, 'guide');
    unpackBundle(site);
    const guide = fs.readFileSync(path.join(site, 'GUIDE.html'), 'utf8').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
    const [listing] = /(?<=<pre>\n)claimcheck\/[^]*?(?=<\/pre>)/.exec(guide);
    for (const line of listing.trimEnd().split('\n')) assert.ok(fs.existsSync(path.join(site, line.split(' ')[0])), line);
    const htaccess = fs.readFileSync(path.join(site, 'public_html', '.htaccess'), 'utf8');
    for (const line of ['Options +ExecCGI', 'CGIPassAuth On']) assert.ok(guide.includes(line) && htaccess.includes(line), line);
    assert.equal(fs.readFileSync(settings(site), 'utf8').split('\n').filter((line) => line === 'access = "server"').length, 1);
    assert.ok(guide.includes('<pre>access = "server"</pre>'));
  });
});
