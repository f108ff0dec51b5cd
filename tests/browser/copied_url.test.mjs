import assert from 'node:assert/strict';
import {describe} from 'node:test';

import {untilExpired} from '../servers/target.mjs';
import * as claimcheck from './site.mjs';

const {files, scenario} = claimcheck;

const call = (page, url) =>
    page.evaluate((address) => downloadFile(address), url);

// A navigation that becomes a download "fails" for the one who navigates.
const open = (page, url) => page.goto(url).catch((error) => {
  assert.match(error.message, /Download is starting|ERR_ABORTED/);
});

const usedUrl = async (page, context) => {
  const urls = claimcheck.watchRequests(context);
  const download = await claimcheck.downloadDuring(
      page, () => call(page, files.small.url));
  await claimcheck.assertSaved(download, files.small);
  const url = urls.find((each) => each.includes('token='));
  assert.ok(url, 'no request with a token was seen');
  return url;
};

describe('a copied URL', () => {
  claimcheck.closeBrowser();

  scenario('is refused, as a page in words, in another browser',
      async ({page, context}) => {
        const url = await usedUrl(page, context);
        const other = await claimcheck.newVisitor();
        try {
          const tab = await other.newPage();
          const response = await tab.goto(url);
          assert.equal(response.status(), 403);
          await claimcheck.assertRefusalPage(tab, /^token_/);
        } finally {
          await other.close();
        }
      });

  scenario('is refused, as a page in words, in the browser that used it',
      async ({page, context}) => {
        const url = await usedUrl(page, context);
        await untilExpired(new URL(url).searchParams.get('token'));
        const tab = await context.newPage();
        const response = await tab.goto(url);
        assert.equal(response.status(), 403);
        await claimcheck.assertRefusalPage(tab, /^token_used$/);
      });

  // From any other page of the site, the address would go along.
  scenario('is told to no page that its refusal leads to',
      async ({page, context}) => {
        const url = await usedUrl(page, context);
        await untilExpired(new URL(url).searchParams.get('token'));
        const tab = await context.newPage();
        await tab.goto(url);
        const [next] = await Promise.all([
          tab.waitForRequest((request) => request.isNavigationRequest()),
          tab.click('a[href]'),
        ]);
        assert.equal((await next.allHeaders()).referer, undefined);
        await tab.waitForURL((address) => address.pathname === '/');
        assert.equal(await tab.evaluate(() => document.referrer), '');
      });

  scenario('is for the browser that used it alone while its time is not over',
      async ({page}) => {
        const url = `${files.small.url}?token=${claimcheck.longToken()}`;
        for (let i = 0; i < 2; i += 1) {
          const download =
              await claimcheck.downloadDuring(page, () => open(page, url));
          await claimcheck.assertSaved(download, files.small);
        }
        const other = await claimcheck.newVisitor();
        try {
          const tab = await other.newPage();
          const response = await tab.goto(url);
          assert.equal(response.status(), 403);
          await claimcheck.assertRefusalPage(tab, /^token_used$/);
        } finally {
          await other.close();
        }
      });
});

describe('without script', () => {
  claimcheck.closeBrowser();

  scenario('the plain link leads to a page that helps, and back',
      async ({page}) => {
        const [response] = await Promise.all([
          page.waitForResponse(
              (each) => each.url().endsWith(files.small.url)),
          page.click(`a[href="${files.small.url}"]`),
        ]);
        assert.equal(response.status(), 400);
        await claimcheck.assertRefusalPage(page, /^token_missing$/);
        await page.click('a[href]');
        await page.waitForURL((url) => url.pathname === '/');
      },
      {javaScriptEnabled: false});
});
