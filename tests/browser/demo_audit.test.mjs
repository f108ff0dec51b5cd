// The demo's page tells its audit log.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {describe, it} from 'node:test';

import {logLine} from './demo_page.mjs';
import {closeBrowser, files, isPoll, scenario} from './site.mjs';

const refuse = (page, name) => page.evaluate(
    (url) => fetch(url).then(({status}) => status), `/downloads/${encodeURIComponent(name)}`);

const watchPolls = (context) => {
  const polls = [];
  context.on('response', (response) => {
    if (isPoll(response.url())) polls.push(response);
  });
  return polls;
};

const hide = (context) => context.addInitScript(() => {
  window.seen = 'hidden';
  Object.defineProperty(document, 'visibilityState', {get: () => window.seen});
});

describe('the demo\'s page', () => {
  closeBrowser();

  scenario('tells each line of the log as it comes, the newest first', async ({page}) => {
    const names = [randomUUID(), randomUUID()];
    for (const name of names) {
      assert.equal(await refuse(page, name), 400);
      const line = await logLine(page, name);
      assert.match(
          await line.innerText(),
          /^\d\d:\d\d:\d\d\s+refused\s+token_missing\s+\/downloads\/\S+ is refused: the URL has no token\.$/);
    }
    const told = await page.innerText('#audit-lines');
    assert.ok(told.indexOf(names[1]) < told.indexOf(names[0]), told);
    assert.equal(told.split(names[0]).length, 2, 'told once');
  });

  scenario('tells who downloaded what, and to which end', async ({page, context}) => {
    const answered = context.waitForEvent(
        'response', (response) => response.url().includes('token='));
    await page.evaluate(async (url) => {
      const {token} = await (await fetch('/v1/api/get-token')).json();
      await (await fetch(`${url}?token=${token}`)).blob();
    }, files.small.url);
    const cookie = await (await answered).headerValue('set-cookie');
    const [, handle] = /claimcheck_started_(\w{8})=/.exec(cookie);
    const line = await logLine(page, 'redeemed', handle);
    assert.match(await line.innerText(), /demo uses it for \/downloads\/hello\.txt: 38 bytes, to the end\.$/);
  });

  scenario('takes a name out of the log for nothing but text', async ({page}) => {
    const name = `${randomUUID()}<img src=x onerror="document.title='run'"><b>`;
    await refuse(page, name);
    await logLine(page, name);
    assert.equal(await page.locator('#audit-lines :is(img, b)').count(), 0);
    assert.doesNotMatch(await page.title(), /run/);
  });

  scenario('asks for what is new alone, and keeps a bounded count', async ({page, context}) => {
    await logLine(page, /\w/);
    const polls = watchPolls(context);
    const names = Array.from({length: 130}, () => randomUUID());
    for (const name of names) await refuse(page, name);
    await logLine(page, names.at(-1));
    assert.equal(await page.locator('#audit-lines li').count(), 100);
    assert.ok(polls.length > 0);
    for (const poll of polls) {
      const {range} = await poll.request().allHeaders();
      assert.match(range, /^bytes=\d+-$/);
      assert.equal(poll.status(), 206);
      const [, begin] = /^bytes (\d+)-/.exec(await poll.headerValue('content-range'));
      assert.equal(`bytes=${begin}-`, range);
      assert.equal(await poll.headerValue('cache-control'), 'no-store');
    }
  });

  scenario('asks nothing while nobody sees it', async ({page, context}) => {
    const polls = watchPolls(context);
    await page.clock.runFor(10000);
    assert.equal(polls.length, 0);
    const answered = page.waitForResponse((response) => isPoll(response.url()));
    await page.evaluate(() => {
      window.seen = 'visible';
    });
    await page.clock.runFor(1000);
    await answered;
  }, {
    prepare: async (context) => {
      await hide(context);
      await context.clock.install();
    },
  });

  scenario('says so when the log cannot be read', async ({page}) => {
    await page.route(isPoll, (route) => route.fulfill({status: 500}));
    const words = page.locator('#audit-words').filter({hasText: /\w/});
    await words.waitFor();
    assert.equal(await words.innerText(), 'The log cannot be read now: /audit.log: 500');
    await page.unroute(isPoll);
    await words.waitFor({state: 'detached'});
  });

  it('gives its log to nobody who has not signed in',
      {skip: !process.env.CLAIMCHECK_SITE && 'CLAIMCHECK_SITE is not set'}, async () => {
        const {status} = await fetch(`${process.env.CLAIMCHECK_SITE}/audit.log`);
        assert.equal(status, 401);
      });
});
