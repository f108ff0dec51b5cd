// The demo's page breaks a download off and resumes it.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {describe} from 'node:test';

import {logLine, row, verdict} from './demo_page.mjs';
import {closeBrowser, files, scenario} from './site.mjs';

const FILE = (url) => url.pathname === files.large.url;

const sha256OfFile = async () => {
  const file = path.join(process.env.CLAIMCHECK_DOCS, files.large.original);
  return createHash('sha256').update(await readFile(file)).digest('hex');
};

const withoutSubtle = (context) => context.addInitScript(() => {
  Object.defineProperty(Crypto.prototype, 'subtle', {get: () => undefined});
});

// The file in one go, the last of four requests, is another.
const otherFileAtLast = async (page) => {
  let asked = 0;
  await page.route(FILE, (route) => {
    asked += 1;
    return asked === 4 ?
        route.fulfill({status: 200, body: 'another file'}) : route.continue();
  });
};

const bytes = (words) => Number(/(\d+\.\d) MiB/.exec(words)[1]);

describe('the demo\'s page breaks a download off', () => {
  closeBrowser();

  scenario('and has the whole file of its two parts', async ({page, context}) => {
    const rests = [];
    context.on('response', (response) => {
      if (response.status() === 206 && FILE(new URL(response.url()))) rests.push(response);
    });
    await page.click('#resume-make');
    const words = await verdict(page);
    assert.match(words, /^The two parts joined are the whole file/);
    assert.ok(words.includes(await sha256OfFile()), words);
    const [begun, part] = await row(page, 'resume-begun');
    assert.equal(begun, '200');
    assert.match(part, /^Broke off at 1\d\.\d MiB of 24\.0 MiB\.$/);
    assert.equal((await row(page, 'resume-late'))[0], '403 token_used');
    const [resumed, rest] = await row(page, 'resume-rest');
    assert.equal(resumed, '206');
    assert.ok(Math.abs(bytes(part) + bytes(rest) - 24) < 0.15, `${part} ${rest}`);
    assert.deepEqual(await row(page, 'resume-whole'), ['200', 'The file, 24.0 MiB.']);
    assert.equal(rests.length, 1);
    const {range, 'if-range': validator} = await rests[0].request().allHeaders();
    assert.match(range, /^bytes=1\d{7}-$/);
    assert.equal(validator, (await rests[0].allHeaders()).etag);
    assert.equal(await page.innerText('#resume-error'), '');
  });

  scenario('and the log has each of its requests under one handle', async ({page, context}) => {
    const cookies = [];
    context.on('response', (response) => {
      if (response.status() === 206) cookies.push(response.headerValue('set-cookie'));
    });
    await page.click('#resume-make');
    await verdict(page);
    const all = (await Promise.all(cookies)).filter(Boolean).join('\n');
    const [, handle] = /claimcheck_started_([0-9a-f]{8})=/.exec(all);
    for (const event of ['issued', 'redeemed', 'refused', 'resumed']) {
      const line = await logLine(page, handle, event);
      assert.match(await line.innerText(), /demo|refused: the token was used already/);
    }
    // A browser that is slow to leave, on a busy machine, finds all of it in the
    // buffers on its way: the program has given it away.
    assert.match(await (await logLine(page, handle, 'redeemed')).innerText(), /then the visitor left|24\.0 MiB, to the end/);
    assert.match(await (await logLine(page, handle, 'resumed')).innerText(), /MiB, to the end/);
  });

  scenario('and compares bytes where the browser has no crypto.subtle', async ({page}) => {
    await page.click('#resume-make');
    assert.equal(await verdict(page), 'The two parts joined are the whole file, byte by byte.');
  }, {prepare: withoutSubtle});

  scenario('and says so when its parts are not the file', async ({page}) => {
    await otherFileAtLast(page);
    await page.click('#resume-make');
    assert.match(await verdict(page), /^The two parts joined differ: SHA-256 \w{64}, of the whole file \w{64}\.$/);
  });

  scenario('and tells why when it could not go on', async ({page}) => {
    await page.route(FILE, (route) => route.request().headers().range ?
        route.fulfill({status: 503, body: ''}) : route.continue());
    await page.click('#resume-make');
    const failure = page.locator('#resume-error').filter({hasText: /\w/});
    await failure.waitFor();
    assert.equal(await failure.innerText(), 'That failed: 206 was expected, the answer was 503');
    assert.ok(await page.isEnabled('#resume-make'));
  });
});
