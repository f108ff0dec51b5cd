import assert from 'node:assert/strict';
import {describe} from 'node:test';

import {untilExpired} from '../servers/target.mjs';
import * as claimcheck from './site.mjs';

const {files, scenario} = claimcheck;

const linkTo = (page, href) => page.evaluate((address) => {
  const link = document.createElement('a');
  link.id = 'ours';
  link.href = address;
  link.dataset.download = '';
  link.textContent = 'ours';
  document.querySelector('main').prepend(link);
}, href);

// Survives everything but a navigation.
const markPage = (page) => page.evaluate(() => {
  window.stillHere = true;
});

const assertStillHere = async (page) =>
    assert.equal(await page.evaluate(() => window.stillHere), true);

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

describe('a refusal', () => {
  claimcheck.closeBrowser();

  for (const [what, href, code] of [
         ['a missing file', '/downloads/missing.txt', /^not_found$/],
         ['what is no download', '/not/a/download', /^not_(allowed|found)$/],
       ]) {
    scenario(`for ${what} stays on the page, in words beside the link`,
        async ({page}) => {
          await markPage(page);
          await linkTo(page, href);
          const refused = page.evaluate(
              () => new Promise((resolve) => document.addEventListener(
                  'claimcheck:error', (event) => resolve(event.detail))));
          await page.click('#ours');
          const detail = await refused;
          assert.match(detail.code, code);
          await claimcheck.assertToldInWords(page, detail.message);
          assert.equal(
              await page.locator('#ours + [role=status]').count(), 1);
          await assertStillHere(page);
        });
  }

  scenario('of the download itself is read in the iframe and told in words',
      async ({page, context}) => {
        await markPage(page);
        await page.route(
            claimcheck.isTokenRequest,
            (route) => route.fulfill({json: {token: 'a.b.c', handle: '0'}}));
        const urls = claimcheck.watchRequests(context);
        await page.click(`a[href="${files.small.url}"]`);
        // Two requests for the file: it is tried once more.
        const status = page.locator('.claimcheck-status:not(:empty)');
        await status.waitFor();
        await claimcheck.assertToldInWords(page, await status.innerText());
        assert.equal(
            urls.filter((url) => url.includes('token=a.b.c')).length, 2);
        assert.equal(await page.locator('iframe').count(), 0);
        await assertStillHere(page);
      });

  for (const [what, answer] of Object.entries({
         'no connection': (route) => route.abort(),
         'an answer that is no JSON':
             (route) => route.fulfill({status: 200, body: '<p>Hello</p>'}),
         'an empty 502': (route) => route.fulfill({status: 502, body: ''}),
       })) {
    scenario(`is told in words when get-token gives ${what}`,
        async ({page}) => {
          await page.route(claimcheck.isTokenRequest, answer);
          const outcome = await call(page, files.small.url);
          assert.equal(outcome.code, 'unavailable');
          await claimcheck.assertToldInWords(page, outcome.message);
        });
  }

  scenario('is told in words when get-token never answers', async ({page}) => {
    await page.clock.install();
    const asked = page.waitForRequest(
        (request) => claimcheck.isTokenRequest(request.url()));
    await page.route(claimcheck.isTokenRequest, () => {});
    const outcome = call(page, files.small.url);
    await asked;
    await page.clock.fastForward(10001);
    assert.equal((await outcome).code, 'unavailable');
  });

  scenario('is told in words when a login wall answers', async ({page}) => {
    await page.route(
        claimcheck.isTokenRequest,
        (route) => route.fulfill({
          status: 401,
          contentType: 'text/html',
          body: '<p>Sign in</p>',
        }));
    const outcome = await call(page, files.small.url);
    assert.equal(outcome.code, 'not_signed_in');
    await claimcheck.assertToldInWords(page, outcome.message);
  });

  scenario('is told in words when the connection fails at the download',
      async ({page}) => {
        await markPage(page);
        await page.route(/token=/, (route) => route.abort());
        const outcome = await call(page, files.small.url);
        assert.equal(outcome.code, 'unavailable');
        await claimcheck.assertToldInWords(page, outcome.message);
        await assertStillHere(page);
      });

  scenario('admits after a minute that nothing is known of the download',
      async ({page}) => {
        await page.clock.install();
        await page.route(/token=/, () => {});
        const hangs =
            page.waitForRequest((request) => request.url().includes('token='));
        const outcome = call(page, files.small.url);
        await hangs;
        await page.clock.fastForward(61000);
        assert.equal((await outcome).code, 'unconfirmed');
        await claimcheck.assertToldInWords(page, (await outcome).message);
        // Its download may still begin.
        assert.equal(await page.locator('iframe').count(), 1);
      });

  for (const href of [
         'http://example.invalid/downloads/hello.txt',
         '//example.invalid/downloads/hello.txt',
         'javascript:void 0',
       ]) {
    scenario(`of ${href} comes without any request`,
        async ({page, context}) => {
          const urls = claimcheck.watchRequests(context);
          const outcome = await call(page, href);
          assert.equal(outcome.code, 'cross_origin');
          await claimcheck.assertToldInWords(page, outcome.message);
          assert.deepEqual(urls, []);
        });
  }

  scenario('of what is no URL at all comes in words', async ({page}) => {
    const outcome = await call(page, 'http://[');
    assert.equal(outcome.code, 'bad_url');
    await claimcheck.assertToldInWords(page, outcome.message);
  });
});

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
