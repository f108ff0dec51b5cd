// MIGRATING.md: its blocks, as they stand, on a machine of their own. The old
// way runs first where there is software for it, then ours after the steps, and
// the links that were out get what the guide says.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import jsonwebtoken from 'jsonwebtoken';
import { chromium } from 'playwright-core';

import { claimcheck } from '../servers/claimcheck.mjs';
import { startCutter } from '../servers/cutter.mjs';
import { checkLighttpd, makeMachine, startApache, startLighttpd, startNginx, startNode } from '../servers/machine.mjs';
import { isRoot, project } from '../servers/sites.mjs';
import { collect, untilExpired } from '../servers/target.mjs';

const guide = fs.readFileSync(path.join(project, 'MIGRATING.md'), 'utf8');
const blocks = new Map([...guide.matchAll(/^```\w+ (\S+)\n([^]*?)^```$/gm)].map(([, name, text]) => [name, text]));
const used = new Set();

function block(name) {
  assert.ok(blocks.has(name), `MIGRATING.md has no block ${name}`);
  used.add(name);
  return blocks.get(name);
}

const names = { plain: 'report.pdf', odd: 'größe €?&.txt' };
const bytes = (name) => `the bytes of ${name}\n`;
const config = '/etc/claimcheck/claimcheck.toml';
const now = () => Math.floor(Date.now() / 1000);
const encodePath = (name) => name.split('/').map(encodeURIComponent).join('/');

// The site's own login, which the guide leaves to it.
const login = `<?php
session_start();
$_SESSION['user'] = 'alice';
echo 'welcome';
`;

function machineWithFiles() {
  const machine = makeMachine();
  for (const name of [...Object.values(names), 'folder/nested.txt']) machine.write(`srv/files/${name}`, bytes(name));
  machine.write('srv/exports/alex.csv', 'name,score\nalex,42\n');
  machine.write('var/www/html/login.php', login);
  return machine;
}

// curl downloads as a person would: cookies are kept in `jar`, redirects
// followed. Its answer is the last one; `hops` are the statuses on the way.
async function curl(machine, url, { jar, headers = [], follow = true } = {}) {
  const cookies = jar ? ['-b', machine.at(jar), '-c', machine.at(jar)] : [];
  const args = ['-sS', '-i', ...(follow ? ['-L'] : []), ...cookies, ...headers.flatMap((each) => ['-H', each]), url];
  const { status, out, err } = await collect(spawn('curl', args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  assert.equal(status, 0, err);
  let rest = out.toString();
  const hops = [];
  let head;
  while (/^HTTP\/1\.1 \d{3}/.test(rest)) {
    const end = rest.indexOf('\r\n\r\n');
    head = rest.slice(0, end);
    rest = rest.slice(end + 4);
    hops.push(Number(head.slice(9, 12)));
  }
  return { status: hops.at(-1), hops, head, body: rest, location: /^location: (.*)$/im.exec(head)?.[1], code: /"code":"(\w+)"/.exec(rest)?.[1] };
}

async function assertFile(answer, name) {
  const { status, hops, body, head } = await answer;
  assert.equal(status, 200, `${hops}: ${body}`);
  assert.equal(body, bytes(name));
  return head;
}

// What stands at the beginning of the guide, for whoever has a PHP.
async function installToken(machine) {
  await machine.sh(block('secret.sh'));
  machine.write('usr/local/lib/site/token.php', block('token.php'));
}

// Browser opens pages; a visitor of his own for each.
class Browser {
  async visit(use) {
    this.browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
    const context = await this.browser.newContext();
    context.setDefaultTimeout(20000);
    try {
      await use(await context.newPage(), context);
    } finally {
      await context.close();
    }
  }

  close() {
    return this.browser?.close();
  }
}

async function assertDownloads(page, act, name, text = bytes(name)) {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  assert.equal(await download.failure(), null);
  // Chromium saves no "?".
  assert.equal(download.suggestedFilename(), name.replace('?', '_'));
  assert.equal(fs.readFileSync(await download.path(), 'utf8'), text);
}

describe('migrating', { concurrency: 1 }, () => {
  const browser = new Browser();
  after(() => browser.close());

  describe('from mod_secdownload', () => {
    let machine;
    let server;
    const secret = 'an example, and no secret to anyone';
    before(async () => {
      machine = machineWithFiles();
      await installToken(machine);
      machine.write(config, block('secdownload/claimcheck.toml'));
      for (const name of ['secdownload/dl.php', 'download.php']) machine.write(`var/www/html/${path.basename(name)}`, block(name));
      server = await startLighttpd(machine, block('secdownload/after.conf'));
    });
    after(async () => {
      await server?.stop();
      machine.remove();
    });

    // By the wire grammar at the head of lighttpd's mod_secdownload.c.
    const formulas = {
      md5: (time, file) => crypto.createHash('md5').update(secret + file + time).digest('hex'),
      'hmac-sha1': (time, file) => crypto.createHmac('sha1', secret).update(`/${time}${file}`).digest('base64url'),
      'hmac-sha256': (time, file) => crypto.createHmac('sha256', secret).update(`/${time}${file}`).digest('base64url'),
    };
    const oldLink = (name, { algorithm = 'hmac-sha256', at = now() } = {}) => {
      const time = at.toString(16).padStart(8, '0');
      return `${server.origin}/dl/${formulas[algorithm](time, `/${name}`)}/${time}/${encodePath(name)}`;
    };

    it('lighttpd does not start with the module that is gone', async () => {
      const { status, err, out } = await checkLighttpd(machine, block('secdownload/before.conf'));
      assert.notEqual(status, 0);
      assert.match(err + out, /mod_secdownload/);
    });

    it('a link that is out gets its file, once for each time it is opened', async () => {
      for (const name of [...Object.values(names), 'folder/nested.txt']) {
        const link = oldLink(name, { at: now() - 3000 });
        for (let i = 0; i < 2; i += 1) {
          const answer = await curl(machine, link);
          assert.deepEqual(answer.hops, [302, 200], answer.body);
          await assertFile(answer, name);
        }
      }
    });

    it('a link of each algorithm does', async () => {
      for (const algorithm of Object.keys(formulas)) {
        machine.write('var/www/html/dl.php', block('secdownload/dl.php').replace("ALGORITHM = 'hmac-sha256'", `ALGORITHM = '${algorithm}'`));
        await assertFile(curl(machine, oldLink(names.plain, { algorithm })), names.plain);
      }
      machine.write('var/www/html/dl.php', block('secdownload/dl.php'));
    });

    it('one that has expired gets 410, and a forged one 403', async () => {
      assert.equal((await curl(machine, oldLink(names.plain, { at: now() - 3602 }))).status, 410);
      assert.equal((await curl(machine, oldLink(names.plain).replace('report', 'other'))).status, 403);
    });

    it('one under the new path gets 400 token_missing', async () => {
      const answer = await curl(machine, oldLink(names.plain).replace('/dl/', '/downloads/'));
      assert.equal(answer.status, 400);
      assert.equal(answer.code, 'token_missing');
    });

    it('a visitor of the session downloads from the new pages, and nobody else', async () => {
      for (const name of [...Object.values(names), 'folder/nested.txt']) {
        const url = `${server.origin}/download.php?file=${encodeURIComponent(name)}`;
        assert.deepEqual((await curl(machine, url)).hops, [403]);
        await curl(machine, `${server.origin}/login.php`, { jar: 'alice' });
        await assertFile(curl(machine, url, { jar: 'alice' }), name);
      }
    });

    it('a URL that PHP made is used up, and its token is good for one file', async () => {
      const { location } = await curl(machine, `${server.origin}/download.php?file=report.pdf`, { jar: 'alice', follow: false });
      const url = server.origin + location;
      assert.equal((await curl(machine, url.replace('report.pdf', 'folder/nested.txt'))).code, 'token_not_for_this');
      await assertFile(curl(machine, url), names.plain);
      assert.equal((await curl(machine, url)).code, 'token_used');
    });

    it('get-token stays closed, and a token without res is refused', async () => {
      assert.equal((await curl(machine, `${server.origin}/v1/api/get-token`)).code, 'not_signed_in');
      const token = jsonwebtoken.sign({ jti: 'any' }, machine.read('etc/claimcheck/secret').trim(), { expiresIn: 2 });
      assert.equal((await curl(machine, `${server.origin}/downloads/report.pdf?token=${token}`)).code, 'token_not_for_this');
    });

    it('a link without dl.php gets 404', async () => {
      fs.rmSync(machine.at('var/www/html/dl.php'));
      assert.equal((await curl(machine, oldLink(names.plain))).status, 404);
    });
  });

  describe('from secure_link', () => {
    let machine;
    let server;
    before(() => { machine = machineWithFiles(); });
    after(async () => {
      await server?.stop();
      machine.remove();
    });
    const md5 = (text, encoding) => crypto.createHash('md5').update(text).digest(encoding);
    // As nginx' documentation has them.
    const oldLink = (name, expires = now() + 600) => `${server.origin}/files/${encodePath(name)}`
      + `?md5=${md5(`${expires}/files/${name} an example, and no secret`, 'base64url')}&expires=${expires}`;
    const endlessLink = (name) => `${server.origin}/p/${md5(`${name}example`, 'hex')}/${encodePath(name)}`;
    const restart = async (text, options) => {
      await server?.stop();
      server = await startNginx(machine, text, options);
    };
    const assertOldLinks = async () => {
      for (const name of Object.values(names)) await assertFile(curl(machine, oldLink(name)), name);
      assert.equal((await curl(machine, oldLink(names.plain, now() - 1))).status, 410);
      assert.equal((await curl(machine, oldLink(names.plain).replace('report', 'other'))).status, 403);
    };

    it('its links are good before, and without parameters there is 403', async () => {
      await restart(block('secure-link/before.conf') + block('secure-link/before-secret.conf'));
      await assertOldLinks();
      await assertFile(curl(machine, endlessLink('folder/nested.txt')), 'folder/nested.txt');
      assert.equal((await curl(machine, `${server.origin}/files/report.pdf`)).status, 403);
    });

    it('they are good beside ours too', async () => {
      machine.write(config, block('secure-link/claimcheck.toml'));
      machine.write('etc/nginx/conf.d/claimcheck.conf', machine.read('usr/local/share/claimcheck/nginx/http.conf'));
      machine.write('var/www/html/page.html', block('secure-link/page.html'));
      machine.write('var/www/html/get.html', block('secure-link/get.html'));
      await restart(block('secure-link/after.conf') + block('secure-link/before-secret.conf'), { programs: true });
      await assertOldLinks();
      await assertFile(curl(machine, endlessLink(names.plain)), names.plain);
    });

    it('a link without parameters gets 400 token_missing', async () => {
      const answer = await curl(machine, `${server.origin}/files/report.pdf`);
      assert.equal(answer.status, 400);
      assert.equal(answer.code, 'token_missing');
    });

    it('the new page downloads, and the copied URL is used up', () => browser.visit(async (page, context) => {
      const urls = [];
      context.on('request', (each) => urls.push(each.url()));
      await page.goto(`${server.origin}/page.html`);
      await assertDownloads(page, () => page.click('a'), names.plain);
      const url = urls.find((each) => each.includes('token='));
      assert.equal((await curl(machine, url)).code, 'token_used');
    }));

    it('an old link without end leads to the page that a mail may link to', async () => {
      await restart(block('secure-link/after.conf') + block('secure-link/after-secret.conf'), { programs: true });
      for (const name of [...Object.values(names), 'folder/nested.txt']) {
        await browser.visit(async (page) => {
          await page.goto(endlessLink(name));
          await assertDownloads(page, () => page.click('a'), path.basename(name), bytes(name));
        });
      }
    });

    it('when the old location is gone its links get 400 token_missing', async () => {
      const text = block('secure-link/after.conf').replace(/^# The links[^]*/m, '').replace(/^ *(error_page|if).*\n/gm, '');
      assert.doesNotMatch(text, /secure_link|418/);
      await restart(text, { programs: true });
      assert.equal((await curl(machine, oldLink(names.plain))).code, 'token_missing');
    });

    it('the old location is the way back', async () => {
      await restart(block('secure-link/before.conf'), { programs: true });
      await assertOldLinks();
    });
  });

  // The module is not in Debian: its tokens are made as its source does.
  describe('from mod_authnz_jwt', () => {
    let machine;
    let server;
    before(async () => {
      machine = machineWithFiles();
      await machine.sh(block('authnz-jwt/bearer.sh'));
      machine.write(config, block('authnz-jwt/claimcheck.toml'));
      machine.write('var/www/html/page.html', `<script>${block('authnz-jwt/page.js')}</script>`);
      machine.write('var/www/html/link.html', '<script src="/claimcheck/download.js" defer></script><a data-download href="/downloads/report.pdf">Report</a>');
      server = await startApache(machine, block('authnz-jwt/after.conf'));
    });
    after(async () => {
      await server?.stop();
      machine.remove();
    });
    const directive = (name) => new RegExp(`^ *${name} (\\S+)$`, 'm').exec(block('authnz-jwt/before.conf') + block('authnz-jwt/login.conf'))[1];
    const moduleToken = (more = {}, { without = [] } = {}) => {
      const claims = {
        exp: now() + 1800, nbf: now(), iat: now(), iss: directive('AuthJWTIss'), aud: directive('AuthJWTAud'), [directive('AuthJWTAttributeUsername')]: 'alice', ...more,
      };
      without.forEach((name) => delete claims[name]);
      return jsonwebtoken.sign(claims, Buffer.from(directive('AuthJWTSignatureSharedSecret'), 'base64'), { algorithm: directive('AuthJWTSignatureAlgorithm') });
    };
    const ask = (token, header = `Authorization: Bearer ${token}`) => curl(machine, `${server.origin}/v1/api/get-token?for=/downloads/report.pdf`, { headers: [header] });

    it('the module answers its own requests before', { skip: fs.existsSync('/usr/lib/apache2/modules/mod_authnz_jwt.so') ? false : 'mod_authnz_jwt is not in Debian 12: its side of the guide is by its README and source' }, () => {
      assert.fail('mod_authnz_jwt is here: run before.conf, and take "was not run here" out of MIGRATING.md');
    });

    it('its JWT buys a token, in the header or in its cookie', async () => {
      for (const header of ['Authorization: Bearer ', 'Cookie: AuthToken=']) {
        const answer = await ask('', header + moduleToken());
        assert.equal(answer.status, 200, answer.body);
        await assertFile(curl(machine, `${server.origin}/downloads/report.pdf?token=${JSON.parse(answer.body).token}`), names.plain);
      }
    });

    it('one without sub or aud, expired or of another issuer gets 401', async () => {
      for (const token of [moduleToken({ user: 'alice' }, { without: ['sub'] }), moduleToken({}, { without: ['aud'] }), moduleToken({ exp: now() - 1, iat: now() - 9, nbf: now() - 9 }), moduleToken({ iss: 'example.net' })]) {
        const answer = await ask(token);
        assert.equal(answer.status, 401);
        assert.equal(answer.code, 'not_signed_in');
      }
    });

    it('download does not look at the header that the module wanted', async () => {
      const answer = await curl(machine, `${server.origin}/downloads/report.pdf`, { headers: [`Authorization: Bearer ${moduleToken()}`] });
      assert.equal(answer.status, 400);
      assert.equal(answer.code, 'token_missing');
    });

    it('the new function of the page downloads', () => browser.visit(async (page) => {
      await page.goto(`${server.origin}/page.html`);
      await assertDownloads(page, () => page.evaluate((jwt) => download('/downloads/report.pdf', jwt), moduleToken()), names.plain);
    }));

    it('with the cookie a link downloads without a function', () => browser.visit(async (page, context) => {
      await context.addCookies([{ name: 'AuthToken', value: moduleToken(), url: server.origin, httpOnly: true, sameSite: 'Lax' }]);
      await page.goto(`${server.origin}/link.html`);
      await assertDownloads(page, () => page.click('a'), names.plain);
    }));

    it('an ES256 key on the curve of the module\'s README is refused', async () => {
      const { publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
      machine.write('etc/claimcheck/bearer.jwk', publicKey.export({ type: 'spki', format: 'pem' }));
      const { status, err } = claimcheck(['verify', '--key', machine.at('etc/claimcheck/bearer.jwk'), 'a.b.c']);
      assert.equal(status, 2);
      assert.match(err, /another curve than P-256/);
      await machine.sh(block('authnz-jwt/bearer.sh'));
    });

    it('the module\'s secret for our tokens too is 500 config', async () => {
      await server.stop();
      machine.write(config, `keys = "/etc/claimcheck/bearer.jwk"\n${block('authnz-jwt/claimcheck.toml')}`);
      server = await startApache(machine, block('authnz-jwt/after.conf'));
      const answer = await ask(moduleToken());
      assert.equal(answer.status, 500);
      assert.equal(answer.code, 'config');
    });
  });

  describe('from readfile', () => {
    let machine;
    let server;
    before(async () => {
      machine = machineWithFiles();
      machine.write('var/www/html/download.php', block('readfile/before.php'));
    });
    after(async () => {
      await server?.stop();
      machine.remove();
    });
    const restart = async (text) => {
      await server?.stop();
      server = await startApache(machine, text);
    };
    const oldLink = (name = names.plain) => `${server.origin}/download.php?file=${encodeURIComponent(name)}`;
    const signIn = (jar) => curl(machine, `${server.origin}/login.php`, { jar });
    const assertLink = async (hops) => {
      for (const name of Object.values(names)) {
        const answer = await curl(machine, oldLink(name), { jar: 'alice' });
        assert.deepEqual(answer.hops, hops, answer.body);
        await assertFile(answer, name);
      }
      const refused = await curl(machine, oldLink());
      assert.equal(refused.status, 403);
      assert.equal(refused.body, 'Please sign in.');
    };

    it('the old script answers who signed in, whole, and of no file with an empty body', async () => {
      await restart('');
      await signIn('alice');
      await assertLink([200]);
      const part = await curl(machine, oldLink(), { jar: 'alice', headers: ['Range: bytes=4-'] });
      assert.equal(part.status, 200);
      assert.equal(part.body, bytes(names.plain));
      assert.equal((await curl(machine, oldLink('none.pdf'), { jar: 'alice' })).body, '');
    });

    it('it goes on beside ours', async () => {
      await installToken(machine);
      machine.write(config, block('readfile/claimcheck.toml'));
      await restart(block('readfile/after.conf'));
      await assertLink([200]);
    });

    it('with our script in its place the old links go on, by a redirect', async () => {
      machine.write('var/www/html/download.php', block('download.php'));
      await assertLink([302, 200]);
      assert.deepEqual((await curl(machine, oldLink('none.pdf'), { jar: 'alice' })).hops, [302, 404]);
    });

    it('a copied URL is used up, and its own browser may have a part of it', async () => {
      const { location } = await curl(machine, oldLink(), { jar: 'alice', follow: false });
      const url = server.origin + location;
      await assertFile(curl(machine, url, { jar: 'alice' }), names.plain);
      assert.equal((await curl(machine, url)).code, 'token_used');
      const part = await curl(machine, url, { jar: 'alice', headers: ['Range: bytes=4-'] });
      assert.equal(part.status, 206);
      assert.equal(part.body, bytes(names.plain).slice(4));
    });

    it('what breaks off goes on in Chromium by itself, and with curl by a new token', async () => {
      const whole = Buffer.alloc(24 << 20, 'claimcheck');
      machine.write('srv/files/large.bin', whole.toString());
      const cutter = await startCutter(server.port);
      try {
        await browser.visit(async (page) => {
          await page.goto(`${cutter.origin}/login.php`);
          const cut = cutter.cutAt(8 << 20);
          const [download] = await Promise.all([page.waitForEvent('download'), page.evaluate(() => { location.href = '/download.php?file=large.bin'; })]);
          await cut.reached;
          await untilExpired(new URL(download.url()).searchParams.get('token'));
          assert.equal(cut.now(), 1);
          assert.equal(await download.failure(), null);
          assert.ok(fs.readFileSync(await download.path()).equals(whole));
        });
        const [first, resume, ...more] = cutter.takeDownloads();
        assert.equal(more.length, 0);
        assert.equal(resume.path, first.path);
        assert.match(resume.header('range'), /^bytes=[1-9]\d*-$/);
      } finally {
        await cutter.stop();
      }
      const part = await curl(machine, oldLink(), { jar: 'alice', headers: ['Range: bytes=4-'] });
      assert.deepEqual(part.hops, [302, 206]);
      assert.equal(part.body, bytes(names.plain).slice(4));
    });

    it('with FTP alone it does the same', async () => {
      const mine = (text) => text.replaceAll(/\/(etc\/claimcheck|usr\/local\/lib\/site)/g, '/home/you/claimcheck').replace('/var/lib/claimcheck', '/home/you/claimcheck/state');
      for (const name of ['get-token.fcgi', 'download.fcgi']) machine.copy(`build/${name}`, `home/you/htdocs/claimcheck/${name}`, 0o755);
      machine.copy('htdocs/download.js', 'home/you/htdocs/claimcheck/download.js');
      machine.copy('apache/claimcheck.htaccess', 'home/you/htdocs/.htaccess');
      machine.write('home/you/htdocs/login.php', login);
      machine.write('home/you/htdocs/download.php', mine(block('download.php')));
      machine.write('home/you/claimcheck/token.php', mine(block('token.php')));
      machine.write('home/you/claimcheck/claimcheck.toml', mine(block('readfile/claimcheck.toml')));
      await machine.sh(`${mine(block('secret.sh'))}\nmkdir -m 0700 /home/you/claimcheck/state`);
      await server.stop();
      server = await startApache(machine, '', '/home/you/htdocs');
      await signIn('alice');
      await assertLink([302, 200]);
    });

    it('or the page vouches for its visitor, and the script asks', async () => {
      machine.copy('htdocs/examples/bearer.php', 'var/www/html/bearer.php');
      await machine.sh(block('secret.sh').replace('/etc/claimcheck/secret', '/var/www/bearer.secret'));
      fs.copyFileSync(machine.at('var/www/bearer.secret'), machine.at('etc/claimcheck/bearer.secret'));
      if (isRoot) fs.chownSync(machine.at('etc/claimcheck/bearer.secret'), 65534, 65534);
      machine.write(config, block('readfile/bearer.toml'));
      await restart(block('readfile/after.conf'));
      await browser.visit(async (page) => {
        await page.goto(`${server.origin}/login.php`);
        await page.goto(`${server.origin}/bearer.php`);
        await assertDownloads(page, () => page.click('a'), names.plain);
        await assertDownloads(page, () => page.evaluate((url) => { location.href = url; }, oldLink()), names.plain);
      });
      assert.equal((await curl(machine, `${server.origin}/v1/api/get-token`)).code, 'not_signed_in');
    });

    it('the old script is the way back', async () => {
      machine.write('var/www/html/download.php', block('readfile/before.php'));
      await assertLink([200]);
    });
  });

  describe('from express', () => {
    let machine;
    let express;
    let server;
    before(async () => {
      machine = machineWithFiles();
      machine.write('usr/local/lib/site/server.js', block('express/before.js'));
      machine.copy('tests/node_modules/axios/dist/axios.min.js', 'var/www/html/axios.js');
      machine.write('var/www/html/page.html', '<script src="/axios.js"></script>');
      await machine.sh(block('secret.sh'));
      express = await startNode(machine, 'usr/local/lib/site/server.js', { JWT_SECRET: secret() });
    });
    after(async () => {
      await server?.stop();
      await express?.stop();
      machine.remove();
    });
    const secret = () => machine.read('etc/claimcheck/secret').trim();
    const restart = async (text, programs) => {
      await server?.stop();
      server = await startNginx(machine, text, { programs, express: express.port });
    };
    const get = (more = '', options = {}) => curl(machine, `${server.origin}/v1/api/downloadX?name=alex${more}`, options);
    const getToken = async () => JSON.parse((await curl(machine, `${server.origin}/v1/api/jwt/get-token`)).body).token;
    const csv = () => fs.readFileSync(machine.at('srv/exports/alex.csv'), 'utf8');

    // The article's own.
    const articleDownload = async (url) => {
      const { data: { token } } = await axios.get('/v1/api/jwt/get-token');
      const link = document.createElement('a');
      document.body.appendChild(link);
      link.href = `${url}&token=${token}`;
      link.click();
    };
    const assertPage = () => browser.visit(async (page) => {
      await page.goto(`${server.origin}/page.html`);
      await assertDownloads(page, () => page.evaluate(articleDownload, '/v1/api/downloadX?name=alex'), 'downloadX.csv', csv());
    });
    const assertWords = async () => {
      const missing = await get();
      assert.equal(missing.status, 400);
      assert.equal(JSON.parse(missing.body).message, 'Valid tokens not present ');
      for (const token of [jsonwebtoken.sign({ exp: now() - 1 }, secret()), jsonwebtoken.sign({}, 'another', { expiresIn: 2 })]) {
        const refused = await get(`&token=${token}`);
        assert.equal(refused.status, 403);
        assert.equal(JSON.parse(refused.body).message, 'Download token expired');
      }
    };

    it('express answers the page before, any number of times', async () => {
      await restart(block('express/before.conf'));
      await assertPage();
      await assertWords();
      const token = await getToken();
      for (let i = 0; i < 2; i += 1) assert.equal((await get(`&token=${token}`)).body, csv());
    });

    it('claimcheck checks the tokens that express makes, in the same words', async () => {
      machine.write(config, block('express/claimcheck.toml'));
      machine.write('etc/nginx/conf.d/claimcheck.conf', machine.read('usr/local/share/claimcheck/nginx/http.conf'));
      await restart(block('express/download.conf'), true);
      await assertPage();
      await assertWords();
    });

    it('a token with jti is used up for everybody, one without for each cookie', async () => {
      const minted = jsonwebtoken.sign({}, secret(), { expiresIn: 3, jwtid: crypto.randomUUID() });
      assert.equal((await get(`&token=${minted}`)).body, csv());
      assert.equal((await get(`&token=${minted}`)).code, 'token_used');
      const shared = jsonwebtoken.sign({}, secret(), { expiresIn: 3 });
      for (const client of ['a', 'b']) {
        const Cookie = `Cookie: claimcheck=${crypto.createHash('md5').update(client).digest('base64url')}`;
        assert.equal((await get(`&token=${shared}`, { headers: [Cookie] })).body, csv(), client);
      }
    });

    it('claimcheck makes the tokens too, and express is not asked', async () => {
      await restart(block('express/get-token.conf') + block('express/download.conf'), true);
      await express.stop();
      await assertPage();
      await assertWords();
      const token = await getToken();
      for (let i = 0; i < 2; i += 1) assert.equal((await get(`&token=${token}`, { jar: 'browser' })).body, csv());
      assert.equal((await get(`&token=${token}`)).code, 'token_used');
      assert.equal((await curl(machine, `${server.origin}/v1/api/downloadX?name=Alex`)).code, 'bad_url');
      const bound = JSON.parse((await curl(machine, `${server.origin}/v1/api/get-token?for=${encodeURIComponent('/v1/api/downloadX?name=alex')}`)).body).token;
      assert.equal((await curl(machine, `${server.origin}/v1/api/downloadX?name=bob&token=${bound}`)).code, 'token_not_for_this');
    });

    it('a refusal is a page in words to who opens it', () => browser.visit(async (page) => {
      const response = await page.goto(`${server.origin}/v1/api/downloadX?name=alex`);
      assert.equal(response.status(), 400);
      assert.equal(await page.getAttribute('body', 'data-code'), 'token_missing');
    }));

    it('the old configuration is the way back', async () => {
      express = await startNode(machine, 'usr/local/lib/site/server.js', { JWT_SECRET: secret() });
      await restart(block('express/before.conf'));
      await assertPage();
    });
  });

  it('`claimcheck check` finds nothing in its configurations', async () => {
    const machine = machineWithFiles();
    try {
      machine.copy('build/claimcheck', 'usr/local/bin/claimcheck', 0o755);
      for (const text of [block('secret.sh'), block('secret.sh').replace('secret', 'bearer.secret'), block('authnz-jwt/bearer.sh')]) await machine.sh(text);
      const configurations = [...blocks.keys()].filter((name) => name.endsWith('.toml'));
      assert.equal(configurations.length, 6);
      for (const name of configurations) {
        machine.write(config, block(name));
        await machine.sh(`/usr/local/bin/claimcheck check --config ${config} --docroot /var/www/html`);
      }
    } finally {
      machine.remove();
    }
  });

  it('leads to headings that are there', () => {
    const readme = fs.readFileSync(path.join(project, 'README.md'), 'utf8');
    const anchors = (text) => [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'));
    const links = [...guide.matchAll(/\]\((README\.md)?(?:#([\w-]+))?\)/g)];
    assert.ok(links.length > 8);
    for (const [link, file, anchor] of links) assert.ok(!anchor || anchors(file ? readme : guide).includes(anchor), link);
  });

  it('tries each block of the guide', () => {
    assert.deepEqual([...blocks.keys()].filter((name) => !used.has(name)), []);
    assert.ok(blocks.size > 20);
  });
});
