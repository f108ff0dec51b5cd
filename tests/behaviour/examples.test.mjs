// The examples of htdocs/examples as they stand, on another server than
// claimcheck's Apache: a PHP site whose session page vouches for its visitor by
// a cookie, and programs that vouch in Authorization.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { request } from '../servers/http.mjs';
import { bearer, bearerSecret, isRoot, otherSecret, project, user } from '../servers/sites.mjs';
import { collect, freePorts, startTarget, until, waitForPort } from '../servers/target.mjs';

const examples = path.join(project, 'htdocs', 'examples');

// The site's own login, which the example leaves to it.
const login = `<?php
session_start();
if (($_GET['password'] ?? '') !== 'demo') { http_response_code(403); exit('no'); }
$_SESSION['user'] = $_GET['user'];
header('Location: bearer.php');
`;

// A folder with the site's pages and, out of their reach, its secret. The
// project's own folder may be closed to the user of the servers.
function makePhpSite() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-php-'));
  for (const folder of ['htdocs', 'sessions']) fs.mkdirSync(path.join(dir, folder));
  for (const name of fs.readdirSync(examples)) fs.copyFileSync(path.join(examples, name), path.join(dir, name));
  fs.renameSync(path.join(dir, 'bearer.php'), path.join(dir, 'htdocs', 'bearer.php'));
  fs.writeFileSync(path.join(dir, 'htdocs', 'login.php'), login);
  fs.writeFileSync(path.join(dir, 'bearer.secret'), `${bearerSecret}\n`, { mode: 0o600 });
  fs.writeFileSync(path.join(dir, 'other.secret'), `${otherSecret}\n`, { mode: 0o600 });
  if (isRoot) for (const each of ['', ...fs.readdirSync(dir)]) fs.chownSync(path.join(dir, each), user.uid, user.gid);
  return dir;
}

async function startPhp(dir) {
  const port = await freePorts(1);
  const child = spawn('php', ['-n', '-d', `session.save_path=${dir}/sessions`, '-S', `127.0.0.1:${port}`, '-t', path.join(dir, 'htdocs')], {
    env: { PATH: process.env.PATH }, stdio: 'ignore', ...user,
  });
  await once(child, 'spawn');
  await waitForPort(port, child);
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

// What a browser keeps of cookies: by host, for all of its ports (RFC 6265
// section 8.5). Secure is not looked at, since the servers speak plain HTTP.
class Jar {
  cookies = new Map();

  async get(port, path_) {
    const Cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await request(port, { path: path_, headers: Cookie ? { Cookie } : {} });
    for (const each of response.cookies()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(each);
      this.cookies.set(name, decodeURIComponent(value));
    }
    return response;
  }
}

describe('examples', { concurrency: 1 }, () => {
  let target;
  let dir;
  let php;
  let apache;
  before(async () => {
    target = await startTarget('proxy_fcgi');
    apache = Number(new URL(target.origin('bearer')).port);
    dir = makePhpSite();
    php = await startPhp(dir);
  });
  after(async () => {
    await php?.stop();
    await target.stop();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const getToken = '/v1/api/get-token?for=/downloads/private/plan.txt';
  // The audit line follows the answer.
  const wasRefused = (name) => target.audit('bearer').some(({ code, user: who }) => code === 'not_allowed' && who === name);
  const signIn = async (name) => {
    const jar = new Jar();
    const response = await jar.get(php.port, `/login.php?user=${encodeURIComponent(name)}&password=demo`);
    assert.equal(response.header('location'), 'bearer.php');
    return jar;
  };

  describe('a PHP page on one server, get-token on another', () => {
    it('lets the visitor of a session download, and nobody else', async () => {
      const browser = await signIn('alice');
      const page = await browser.get(php.port, '/bearer.php');
      assert.equal(page.status, 200);
      assert.match(page.body.toString(), /data-download/);
      const asked = await browser.get(apache, getToken);
      assert.equal(asked.status, 200, asked.body.toString());
      const url = `/downloads/private/plan.txt?token=${asked.json().token}`;
      assert.equal((await browser.get(apache, url)).body.toString(), 'for alice\n');
      // In its lifetime its own browser may ask again, and nobody else.
      assert.equal((await browser.get(apache, url)).body.toString(), 'for alice\n');
      assert.equal((await new Jar().get(apache, url)).code(), 'token_used');
    });

    it('sets a cookie that no script reads and no other host sets', async () => {
      const browser = await signIn('alice');
      const page = await browser.get(php.port, '/bearer.php');
      const cookie = page.cookies().find((each) => each.startsWith(`${bearer.cookie}=`));
      const attributes = cookie.split('; ').slice(1).map((each) => each.toLowerCase()).sort();
      assert.deepEqual(attributes, ['httponly', 'path=/', 'samesite=lax', 'secure']);
    });

    it('vouches for nobody who has not signed in', async () => {
      const browser = new Jar();
      const page = await browser.get(php.port, '/bearer.php');
      assert.equal(page.header('location'), 'login.php');
      assert.equal(page.body.length, 0);
      assert.ok(!browser.cookies.has(bearer.cookie));
      assert.equal((await browser.get(php.port, '/login.php?user=alice&password=x')).status, 403);
      assert.equal((await browser.get(apache, getToken)).code(), 'not_signed_in');
    });

    for (const name of ['bob', 'größe "€" \\ 名']) {
      it(`names ${name}, who may not have it, to get-token`, async () => {
        const browser = await signIn(name);
        await browser.get(php.port, '/bearer.php');
        assert.equal((await browser.get(apache, getToken)).code(), 'not_allowed');
        await until(() => wasRefused(name));
      });
    }
  });

  const run = (interpreter, script, ...args) => collect(spawn(interpreter, [path.join(dir, script), ...args], {
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }, stdio: ['ignore', 'pipe', 'pipe'], ...user,
  }));

  // Debian's own python3: another may come first in PATH.
  for (const [script, interpreter] of [['bearer.pl', 'perl'], ['bearer.py', '/usr/bin/python3']]) {
    describe(`${script}, on another server`, () => {
      const vouch = (name, url, secret = 'bearer.secret') => run(interpreter, script, path.join(dir, secret), name, `${target.origin('bearer')}${url}`);

      for (const [url, body] of [
        ['/downloads/private/plan.txt', 'for alice\n'],
        ['/downloads/gr%C3%B6%C3%9Fe%20%E2%82%AC%20%E5%90%8D.txt', 'the bytes of größe € 名.txt\n'],
        ['/v1/api/downloadX?name=alex', 'name,score\nalex,42\n'],
      ]) {
        it(`prints a link to ${url} that downloads it once`, async () => {
          const { status, out, err } = await vouch('alice', url);
          assert.equal(status, 0, err);
          const link = new URL(out.toString().trim());
          assert.ok(link.href.startsWith(`${target.origin('bearer')}${url}${url.includes('?') ? '&' : '?'}token=`));
          const given = await request(apache, { path: link.pathname + link.search });
          assert.equal(given.status, 200);
          assert.equal(given.body.toString(), body);
          assert.equal((await request(apache, { path: link.pathname + link.search })).code(), 'token_used');
        });
      }

      it('names any user, in UTF-8', async () => {
        const name = `größe "€" \\ 名 of ${script}`;
        const { status } = await vouch(name, '/downloads/private/plan.txt');
        assert.notEqual(status, 0);
        await until(() => wasRefused(name));
      });

      it('gets nothing with another secret, and prints no link', async () => {
        const { status, out, err } = await vouch('alice', '/downloads/private/plan.txt', 'other.secret');
        assert.notEqual(status, 0);
        assert.equal(out.length, 0);
        assert.match(err, /401/);
        assert.ok(!err.includes(otherSecret) && !err.includes('eyJ'), err);
      });
    });
  }
});
