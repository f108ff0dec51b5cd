// doctor.html in a browser, on sites where nothing is wrong and on sites with
// one thing broken each.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import {project} from '../servers/sites.mjs';
import {deployments} from '../servers/broken_sites.mjs';
import {startTarget} from '../servers/target.mjs';
import {closeBrowser, newVisitor, scenario, watchRequests} from './site.mjs';

// examine asks from the page that is open, and returns the codes of what was
// found and of what was remarked, and how many questions were answered.
const examine = async (page, link) => {
  await page.fill('#link', link);
  await page.click('text=Examine');
  await page.waitForFunction(
      () => /finding|Nothing wrong|broke off/.test(document.querySelector('#verdict').textContent),
      undefined, {timeout: 60000});
  const codes = (state) => page.$$eval(`li.${state}`, (items) => items.map((item) => item.dataset.code));
  return {
    verdict: await page.textContent('#verdict'),
    found: [...new Set(await codes('found'))],
    remarks: await codes('remark'),
    unseen: await page.$$eval('li.unseen', (items) => items.map((item) => item.firstChild.nextSibling.textContent.trim())),
    asked: await page.locator('#answers li').count(),
    text: await page.textContent('#answers'),
    mended: await page.$$eval('li.found', (items) => items.every((item) => item.querySelector('pre')?.textContent)),
  };
};

const open = async (context, address) => {
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(address);
  return {page, complaints};
};

const shortly = {viewport: {width: 360, height: 740}};

describe('doctor.html on the demo', {concurrency: 4}, () => {
  closeBrowser();
  for (const link of ['/downloads/hello.txt', '/downloads/large.bin', '/v1/api/downloadX?name=alex']) {
    scenario(`finds nothing wrong with ${link}`, async ({context}) => {
      const {page, complaints} = await open(context, '/claimcheck/doctor.html');
      const {verdict, found, remarks, asked, text} = await examine(page, link);
      assert.deepEqual([verdict, found, remarks], ['Nothing wrong was found.', [], []], text);
      assert.ok(asked >= 20, `${asked} questions`);
      assert.deepEqual(complaints, []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(wide, false);
    }, shortly);
  }
  scenario('has words for each of its codes, which are those of claimcheck doctor', async ({context}) => {
    const {page} = await open(context, '/claimcheck/doctor.html');
    const all = await page.evaluate(async () => {
      const {codes, wordsFor} = await import('/claimcheck/doctor.words.js');
      return codes.flatMap((code) => ['Apache', 'lighttpd', 'nginx', ''].map((server) => ({code, ...wordsFor(code, server)})));
    });
    const manual = fs.readFileSync(path.join(project, 'man', 'claimcheck.1'), 'utf8');
    for (const {code, what, why, mend} of all) {
      assert.ok(what && why && mend, code);
      // A page cannot tell this one from a deliberate choice.
      if (code !== 'window') assert.match(manual, new RegExp(`\\b${code}\\b`), code);
    }
    const used = ['around', 'questions', 'trouble'].map((part) => fs.readFileSync(path.join(project, 'htdocs', `doctor.${part}.js`), 'utf8')).join('');
    for (const {code} of all) assert.match(used, new RegExp(`'${code}'`), code);
  });
  scenario('says what is the matter with a link that is no download', async ({context}) => {
    const {page} = await open(context, '/claimcheck/doctor.html');
    const {found} = await examine(page, '/downloads/missing.txt');
    assert.deepEqual(found, ['url_refused']);
  });
  scenario('asks nothing before it is told what to ask for', async ({context}) => {
    const {page} = await open(context, '/claimcheck/doctor.html');
    const asked = watchRequests(context);
    await page.click('text=Examine');
    assert.equal(await page.locator('#link:invalid').count(), 1);
    assert.deepEqual([asked, await page.textContent('#verdict')], [[], '']);
  });
  scenario('waits for a password as long as its visitor takes to type it', async ({context}) => {
    const {page} = await open(context, '/claimcheck/doctor.html');
    await page.clock.install();
    let isFirst = true;
    await page.route(/get-token/, async (route) => {
      if (isFirst) {
        isFirst = false;
        await page.clock.fastForward('01:00');
      }
      await route.continue();
    });
    const {found, text} = await examine(page, '/downloads/hello.txt');
    assert.deepEqual(found, [], text);
  });
});

const prepend = (file, text) => fs.writeFileSync(file, `${text}\n${fs.readFileSync(file, 'utf8')}`);

const replace = (file, from, to) => {
  const text = fs.readFileSync(file, 'utf8');
  assert.ok(text.includes(from), `${from} is not in ${file}`);
  fs.writeFileSync(file, text.replace(from, to));
};

// What an admin did to each site.
function breakSites(dir) {
  const site = (name, file) => path.join(dir, 'sites', name, file);
  const files = path.join(dir, 'files');
  prepend(site('keys', 'site.conf'), `Alias "/files/" "${files}/tree/"\n<Directory "${files}/tree">\nRequire all granted\n</Directory>`);
  prepend(site('commands', 'site.conf'), 'Header always set Cache-Control "public, max-age=3600"');
  prepend(site('proxied', 'site.conf'), 'RequestHeader unset Cookie');
  prepend(site('bearer', 'site.conf'), `Alias "/claimcheck.toml" "${dir}/sites/bearer/claimcheck.toml"\n<Directory "${dir}/sites/bearer">\nRequire all granted\n</Directory>`);
  replace(site('proxied', 'claimcheck.toml'), 'client_fallback = "address"', '');
  replace(site('anonymous', 'claimcheck.toml'), 'path = "/downloads/"\n', 'path = "/downloads/"\ndeliver = "x-accel-redirect"\ninternal = "/protected/"\n');
}

const cases = {
  main: {title: 'a site with a password', found: []},
  never: {title: 'a site with reuse = "never"', found: []},
  open: {title: 'a site for everybody with reuse = "window"', found: [], remarks: ['get_token_open', 'window']},
  strict: {title: 'a site that wants the XSRF pair and the cookie', found: [], unseen: ['get-token asks who it is']},
  noauth: {title: 'a site where nobody asks for the password', found: ['signed_in_refused']},
  broken: {title: 'a broken configuration', found: ['config_broken']},
  nostate: {title: 'a state directory that is not there', found: ['state_unavailable']},
  keys: {title: 'an alias that leads to the files', found: ['reachable_elsewhere'], remarks: ['get_token_open']},
  commands: {title: 'a Cache-Control for everything', found: ['cached'], remarks: ['get_token_open']},
  proxied: {title: 'a server that drops cookies', found: ['cookie_lost'], remarks: ['get_token_open', 'xsrf_header_lost']},
  bearer: {title: 'a configuration that can be downloaded', found: ['signed_in_refused', 'private_shown']},
  anonymous: {title: 'a hand-over that the server does not know', found: ['handover_shown'], remarks: ['get_token_open']},
};

// examineSite finds what is wrong with a site, which has a remedy and no token
// in its words.
async function examineSite(target, name, options) {
  const context = await newVisitor(options);
  try {
    const {page, complaints} = await open(context, `${target.origin(name)}/claimcheck/doctor.html`);
    const result = await examine(page, '/downloads/hello.txt');
    assert.ok(result.mended);
    assert.doesNotMatch(result.text, /[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/);
    assert.deepEqual(complaints, []);
    return result;
  } finally {
    await context.close();
  }
}

describe('doctor.html on broken sites', {concurrency: 4}, () => {
  closeBrowser();
  let target;
  before(async () => { target = await startTarget('fcgid', {alter: breakSites}); });
  after(() => target.stop());

  for (const [name, {title, found, remarks, unseen}] of Object.entries(cases)) {
    it(`finds ${found.join(' and ') || 'nothing'} on ${title}`, async () => {
      const result = await examineSite(target, name);
      assert.deepEqual(result.found, found, result.text);
      if (remarks) assert.deepEqual(result.remarks, remarks);
      if (unseen) assert.deepEqual(result.unseen, unseen);
    });
  }
  // Playwright answers the question that comes after a wrong password by cancelling it.
  it('has words for a password that its visitor did not know', async () => {
    const {found, text} = await examineSite(target, 'main', {httpCredentials: {username: 'demo', password: 'wrong'}});
    assert.deepEqual(found, ['signed_in_refused'], text);
    assert.match(text, /password was cancelled/);
  });
});

const FRONT_CONTROLLER = 'RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^ index.html [END]';

// loseModes uploads the programs of a name anew, with the mode of a text.
const loseModes = (root, names) => {
  for (const name of names) {
    const file = path.join(root, 'claimcheck', name);
    const bytes = fs.readFileSync(file);
    fs.rmSync(file);  // it is a link to that of the other sites
    fs.writeFileSync(file, bytes, {mode: 0o644});
  }
};

const takeOver = (root) => {
  fs.writeFileSync(path.join(root, 'index.html'), '<!doctype html>\n<title>The site</title>\n');
  prepend(path.join(root, '.htaccess'), FRONT_CONTROLLER);
};

// What the site's rule has as a file comes before ours.
const showFiles = (root) => {
  takeOver(root);
  fs.mkdirSync(path.join(root, 'downloads'));
  fs.writeFileSync(path.join(root, 'downloads', 'hello.txt'), 'the bytes of hello.txt\n');
  replace(path.join(root, '.htaccess'), 'RewriteRule ^downloads/', '#');
};

// What happens to a bundle on its way: `spoil` does it to the document root.
const uploads = {
  fine: {title: 'all is there', found: []},
  mistake: {title: 'the settings have a mistake', settings: 'token_lifetime = "2 seconds"\n', found: ['config_broken'],
    words: /mistakes\.txt.*bin\/claimcheck check/s},
  modes: {title: 'the programs lost their mode', spoil: (root) => loseModes(root, ['get-token.cgi', 'download.cgi']),
    found: ['program_down'], words: /status 500.*0755.*nobody else.*binary/s},
  mode: {title: 'download lost its mode', spoil: (root) => loseModes(root, ['download.cgi']), found: ['program_down']},
  forbidden: {title: 'programs are not allowed', spoil: (root) => fs.appendFileSync(path.join(root, '.htaccess'), 'Options -ExecCGI\n'),
    found: ['program_down'], words: /status 403.*Options \+?ExecCGI/s},
  alone: {title: '.htaccess is not there', spoil: (root) => fs.rmSync(path.join(root, '.htaccess')),
    found: ['get_token_missing', 'not_ours', 'program_shown'], words: /upload it/},
  front: {title: 'a rule in front takes every address', spoil: takeOver,
    found: ['get_token_missing', 'not_ours'], words: /site's own page.*RewriteRule/s},
  shown: {title: 'the files lie in the document root', spoil: showFiles, found: ['get_token_missing', 'file_without_token']},
};

describe('doctor.html where .htaccess is all', {concurrency: 4}, () => {
  closeBrowser();
  let target;
  before(async () => {
    const sites = Object.entries(uploads).map(([name, {settings = ''}]) => [name, {settings: `access = "anonymous"\n${settings}`, auth: false}]);
    target = await startTarget('htaccess_cgi', {sites: Object.fromEntries(sites)});
    for (const [name, {spoil = () => {}}] of Object.entries(uploads)) spoil(path.join(target.dir, 'sites', name, 'htdocs'));
  });
  after(() => target.stop());

  for (const [name, {title, found, words = /./}] of Object.entries(uploads)) {
    it(`finds ${found.join(' and ') || 'nothing'} where ${title}`, async () => {
      const result = await examineSite(target, name);
      assert.deepEqual(result.found, found, result.text);
      assert.match(result.text, words);
    });
  }
});

// A cache hands a used link out again. Without ranges and without a lease that is
// not seen by a resume.
describe('doctor.html behind a cache', {concurrency: 4}, () => {
  closeBrowser();
  const cached = deployments.nginx.sites.cachedfile;
  const sites = {resume: cached, never: {...cached, settings: 'reuse = "never"\n'}};
  let target;
  before(async () => { target = await startTarget('nginx', {sites}); });
  after(() => target.stop());

  for (const name of Object.keys(sites)) {
    it(`finds that copied links are served under reuse = "${name}"`, async () => {
      const context = await newVisitor();
      try {
        const {page} = await open(context, `${target.origin(name)}/claimcheck/doctor.html`);
        const {found, remarks, text} = await examine(page, '/downloads/hello.txt');
        assert.deepEqual([found, remarks], [['used_taken'], []], text);
      } finally {
        await context.close();
      }
    });
  }
});
