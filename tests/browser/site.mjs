// What every browser test needs: a Chromium, the site under test, a scenario.
//
// CLAIMCHECK_SITE   base URL of a running demo, e.g. http://127.0.0.1:8080
// CLAIMCHECK_DOCS   the folder on disk that holds what the demo serves
// JWT_SECRET        the demo's HS256 secret
// CHROMIUM          the browser, /usr/bin/chromium unless set

import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {after, it} from 'node:test';

import jwt from 'jsonwebtoken';
import {chromium} from 'playwright-core';

const site = process.env.CLAIMCHECK_SITE;
const skip = site ?
    false :
    'CLAIMCHECK_SITE is not set: there is no running site to test';

// A half-configured run must fail, not skip.
const setting = (name) => {
  assert.ok(process.env[name], `${name} must be set beside CLAIMCHECK_SITE`);
  return process.env[name];
};

// What the demo offers: URL as the page has it, name it is saved as, original.
export const files = {
  small: {
    url: '/downloads/hello.txt',
    name: 'hello.txt',
    original: 'downloads/hello.txt',
  },
  utf8: {
    url: `/downloads/${encodeURIComponent('gr\u00f6\u00dfe \u20ac.txt')}`,
    name: 'gr\u00f6\u00dfe \u20ac.txt',
    original: 'downloads/gr\u00f6\u00dfe \u20ac.txt',
  },
  large: {
    url: '/downloads/large.bin',
    name: 'large.bin',
    original: 'downloads/large.bin',
  },
  endpoint: {
    url: '/v1/api/downloadX?name=alex',
    name: 'downloadX.csv',
    original: 'exports/alex.csv',
  },
};

// A promise: visitors may come at once.
let browser;

const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

/** To be called once in each suite: the browser ends with it. */
export const closeBrowser = () => after(async () => {
  await (await browser)?.close();
  browser = undefined;
});

/** A new visitor, signed in, without any cookie. */
export const newVisitor = async (options = {}) => {
  browser ??= launch();
  const context = await (await browser).newContext({
    baseURL: site,
    httpCredentials: {username: 'demo', password: 'demo'},
    ...options,
  });
  context.setDefaultTimeout(20000);
  return context;
};

/**
 * One test with a visitor of its own, who stands on the demo's page:
 * `run({page, context})`. `prepare(context)` comes before the page is opened.
 */
export const scenario = (name, run, {prepare, ...options} = {}) =>
    it(name, {skip, timeout: 60000}, async () => {
      const context = await newVisitor(options);
      try {
        await prepare?.(context);
        const page = await context.newPage();
        await page.goto('/');
        await run({page, context});
      } finally {
        await context.close();
      }
    });

/** What downloads while `act` runs. */
export const downloadDuring = async (page, act) => {
  const [download] =
      await Promise.all([page.waitForEvent('download'), act()]);
  return download;
};

export const assertSaved = async (download, {name, original}) => {
  assert.equal(await download.failure(), null);
  assert.equal(download.suggestedFilename(), name);
  const saved = await readFile(await download.path());
  const expected =
      await readFile(path.join(setting('CLAIMCHECK_DOCS'), original));
  assert.ok(expected.length > 0, `${original} is empty`);
  assert.ok(saved.equals(expected), `${name} differs from ${original}`);
};

/** What the demo's page asks for by itself, each second. */
export const isPoll = (url) => new URL(url).pathname === '/audit.log';

/**
 * The URLs that the visitor's pages have requested since, in order, without
 * the demo's look into its log.
 */
export const watchRequests = (context) => {
  const urls = [];
  context.on('request', (request) => {
    if (!isPoll(request.url())) urls.push(request.url());
  });
  return urls;
};

export const isTokenRequest = (url) =>
    /^\/v1\/api\/(jwt\/)?get-token$/.test(new URL(url).pathname);

const sign = (claims, options) =>
    jwt.sign(claims, setting('JWT_SECRET'), {jwtid: randomUUID(), ...options});

/** Good for eight seconds: for what must not depend on two. */
export const longToken = () => sign({}, {expiresIn: 8});

/** Asserts that `page` stands where it stood, and tells `code` in words. */
export const assertToldInWords = async (page, words) => {
  const status = page.locator('.claimcheck-status');
  await status.filter({hasText: words}).waitFor();
  assert.equal(await status.getAttribute('role'), 'status');
  assert.equal(await status.count(), 1);
  assert.equal(new URL(page.url()).pathname, '/');
};

/** A refusal as a page of its own: its code, and that it can be read. */
export const assertRefusalPage = async (page, code) => {
  const body = page.locator('body[data-code]');
  await body.waitFor();
  assert.match(await body.getAttribute('data-code'), code);
  const words = await body.innerText();
  assert.ok(words.trim().split(/\s+/).length >= 5, `too few words: ${words}`);
  assert.doesNotMatch(words, /[{}]/);
};
