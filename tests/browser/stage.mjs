// A scenario for each browser: the same page, the same server behind the same
// meddler, the same assertions.

import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';

import jwt from 'jsonwebtoken';

import {names, skipOf, startBrowser} from './drivers.mjs';
import {startMeddler} from './meddler.mjs';
import {files} from './site.mjs';

export {files};

const site = process.env.CLAIMCHECK_SITE;

/** A page with the links that the tests click; `tag` goes into the script's. */
const pageWith = ({tag = ''} = {}) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A page of the site</title>
<script src="/claimcheck/download.js" defer ${tag}></script>
<p><a id="small" data-download href="${files.small.url}">small</a></p>
<p><a id="utf8" data-download href="${files.utf8.url}">utf8</a></p>
<p><a id="large" data-download href="${files.large.url}">large</a></p>
<p><a id="endpoint" data-download href="${files.endpoint.url}">endpoint</a></p>
<p><a id="missing" data-download href="/downloads/missing.txt">missing</a></p>
</html>`;

export const expiredToken = () => {
  const now = Math.floor(Date.now() / 1000);
  return {
    handle: '00000000',
    token: jwt.sign(
        {iat: now - 10, exp: now - 8}, process.env.JWT_SECRET,
        {jwtid: randomUUID()}),
  };
};

const original = (file) =>
    fs.readFileSync(path.join(process.env.CLAIMCHECK_DOCS, file.original));

/** The file is on disk, to the byte, and its words say nothing. */
export const assertSaved = async (visitor, file) => {
  const saved = await visitor.saved(file.name);
  assert.ok(saved.equals(original(file)), `${file.name} differs`);
};

/** Clicks, and the browser saves the file. */
export const assertSaves = async (visitor, file, selector, how) => {
  await visitor.click(selector, how);
  await assertSaved(visitor, file);
};

// As JSON, since a browser's remote control keeps what is undefined, or not.
export const call = async (visitor, url) => JSON.parse(await visitor.run(
    async (address) => JSON.stringify(await downloadFile(address)), url));

/** The page stands where it stood, and says `words` beside `id`. */
export const assertTold = async (visitor, words, id) => {
  assert.match(await visitor.words(), words);
  await visitor.eventually(() => !document.querySelector('[aria-busy]'));
  const said = await visitor.run((name) => {
    const status = document.querySelector('.claimcheck-status:not(:empty)');
    const link = name && document.getElementById(name);
    return {
      role: status.getAttribute('role'),
      isBeside: link ? link.nextElementSibling === status : undefined,
      path: location.pathname,
      frames: document.querySelectorAll('iframe').length,
    };
  }, id);
  const isBeside = id ? true : undefined;
  const {frames, ...rest} = said;
  assert.deepEqual(rest, {role: 'status', isBeside, path: '/page'});
  return frames;
};

/** What claimcheck:… events there are from now on. */
export const recordEvents = (visitor) => visitor.run(() => {
  window.recorded = [];
  for (const name of ['start', 'started', 'error']) {
    document.addEventListener(`claimcheck:${name}`, (event) => {
      const {detail, target} = event;
      window.recorded.push({name, detail, on: target.id || target.nodeName});
    });
  }
});

/** The first `count` events, once there are so many. */
export const recorded = (visitor, count) => visitor.eventually(
    (wanted) => window.recorded.length >= wanted && window.recorded, count);

const suite = (name, tests, options) => {
  const skip = skipOf(name) ||
      (site ? false : 'CLAIMCHECK_SITE is not set: there is no running site');
  describe(`in ${name}`, {concurrency: 1, skip}, () => {
    let dir;
    let browser;
    let meddler;
    before(async () => {
      dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-browser-'));
      meddler = await startMeddler(site);
      browser = await startBrowser(name, dir, options);
    });
    after(async () => {
      await browser?.stop();
      await meddler?.stop();
      fs.rmSync(dir, {recursive: true, force: true, maxRetries: 5});
    });
    tests((words, run, page) => it(words, {timeout: 60000}, async () => {
      meddler.reset();
      meddler.serve('/page', {html: pageWith(page)});
      const visitor = await browser.visit(page);
      const address = `${meddler.origin}/page${page?.query || ''}`;
      await visitor.open(address);
      await run({visitor, meddler, browser, address});
    }));
  });
};

/**
 * A suite for each browser, side by side, with `options` of startBrowser.
 * `tests(scenario)` declares them: scenario(name, run, page) opens the page for
 * a new visitor, with {tag, query, needsActivation} of its own.
 */
export const inEachBrowser = (title, tests, options) =>
    describe(title, {concurrency: names.length}, () => {
      for (const name of names) suite(name, tests, options);
    });
