import assert from 'node:assert/strict';
import {describe} from 'node:test';

import * as claimcheck from './site.mjs';

const {files, scenario} = claimcheck;

// Stands in for get-token: `answer(n)` is the n-th answer's body, or nothing
// to let the server answer itself.
const interceptTokens = async (page, answer) => {
  const calls = [];
  await page.route(claimcheck.isTokenRequest, async (route) => {
    calls.push(route.request().url());
    const json = await answer(calls.length);
    await (json ? route.fulfill({json}) : route.continue());
  });
  return calls;
};

const recordEvents = (page) => page.evaluate(() => {
  window.recorded = [];
  for (const name of ['start', 'started', 'error']) {
    document.addEventListener(`claimcheck:${name}`, (event) => {
      window.recorded.push({
        name,
        detail: event.detail,
        on: event.target.nodeName,
      });
    });
  }
});

const recorded = (page) => page.evaluate(() => window.recorded);

const call = (page, url) =>
    page.evaluate((address) => downloadFile(address), url);

describe('download.js', () => {
  claimcheck.closeBrowser();

  for (const file of Object.values(files)) {
    scenario(`saves ${file.name} whole when its link is clicked`,
        async ({page}) => {
          const download = await claimcheck.downloadDuring(
              page, () => page.click(`a[data-download][href="${file.url}"]`));
          await claimcheck.assertSaved(download, file);
        });

    scenario(`saves ${file.name} whole when downloadFile is called`,
        async ({page}) => {
          let outcome;
          const download = await claimcheck.downloadDuring(page, async () => {
            outcome = await call(page, file.url);
          });
          await claimcheck.assertSaved(download, file);
          assert.equal(outcome.ok, true);
          assert.equal(outcome.filename, file.name);
        });
  }

  scenario('works from the keyboard', async ({page}) => {
    await page.focus(`a[href="${files.small.url}"]`);
    const download = await claimcheck.downloadDuring(
        page, () => page.keyboard.press('Enter'));
    await claimcheck.assertSaved(download, files.small);
  });

  scenario('binds the token to the path and query of the link',
      async ({page, context}) => {
        const urls = claimcheck.watchRequests(context);
        await call(page, files.endpoint.url);
        const asked = new URL(urls.find(claimcheck.isTokenRequest));
        assert.equal(asked.searchParams.get('for'), files.endpoint.url);
      });

  scenario('leaves neither its cookie nor, after a minute, its iframe',
      async ({page}) => {
        await page.clock.install();
        const download = await claimcheck.downloadDuring(
            page, () => call(page, files.small.url));
        await claimcheck.assertSaved(download, files.small);
        assert.doesNotMatch(
            await page.evaluate(() => document.cookie), /claimcheck_started_/);
        assert.equal(await page.locator('iframe').count(), 1);
        await page.clock.fastForward(61000);
        assert.equal(await page.locator('iframe').count(), 0);
      });

  scenario('tells of the start, and that the download has begun',
      async ({page}) => {
        await recordEvents(page);
        await claimcheck.downloadDuring(
            page, () => page.click(`a[href="${files.small.url}"]`));
        await page.waitForFunction(() => window.recorded.length === 2);
        const [start, started] = await recorded(page);
        assert.deepEqual(
            start, {name: 'start', detail: {url: files.small.url}, on: 'A'});
        assert.equal(started.name, 'started');
        assert.equal(started.on, 'A');
        assert.match(started.detail.handle, /^[0-9a-f]{8}$/);
        assert.equal(started.detail.filename, 'hello.txt');
        assert.ok(started.detail.size > 0);
      });

  scenario('tells of an error on the document when there is no link',
      async ({page}) => {
        await recordEvents(page);
        await call(page, '/downloads/missing.txt');
        const [start, error] = await recorded(page);
        assert.equal(start.name, 'start');
        assert.equal(error.name, 'error');
        assert.equal(error.on, '#document');
        assert.equal(error.detail.code, 'not_found');
        assert.ok(error.detail.message);
      });

  scenario('keeps the fragment and the other parameters, and replaces a token',
      async ({page, context}) => {
        const urls = claimcheck.watchRequests(context);
        const download = await claimcheck.downloadDuring(
            page,
            () => call(
                page,
                '/v1/api/downloadX?token=old&utm_source=a+b%20c&name=alex' +
                    '&%74oken=older#part'));
        await claimcheck.assertSaved(download, files.endpoint);
        const asked = new URL(urls.find(claimcheck.isTokenRequest));
        assert.equal(
            asked.searchParams.get('for'),
            '/v1/api/downloadX?utm_source=a+b%20c&name=alex');
        // The browser's own log of requests has no fragments.
        const frame = await page.getAttribute('iframe', 'src');
        assert.match(
            frame,
            /\/downloadX\?utm_source=a\+b%20c&name=alex&token=[\w.-]+#part$/);
      });

  scenario('sends the XSRF cookie back in the header, decoded',
      async ({page, context}) => {
        await page.evaluate(() => {
          document.cookie = 'XSRF-TOKEN=a%3Db%2Fc; path=/';
        });
        const asked = context.waitForEvent('request', {
          predicate: (request) => claimcheck.isTokenRequest(request.url()),
        });
        const download = await claimcheck.downloadDuring(
            page, () => call(page, files.small.url));
        await claimcheck.assertSaved(download, files.small);
        const headers = await (await asked).allHeaders();
        assert.equal(headers['x-xsrf-token'], 'a=b/c');
      });

  scenario('takes its endpoint and names from its own tag',
      async ({page, context}) => {
        await page.evaluate(() => {
          document.cookie = 'csrftoken=abc; path=/';
        });
        const asked = context.waitForEvent('request', {
          predicate: (request) => claimcheck.isTokenRequest(request.url()),
        });
        await page.evaluate(() => new Promise((loaded) => {
          const script = document.createElement('script');
          script.src = '/claimcheck/download.js';
          script.dataset.getToken = '/v1/api/jwt/get-token?via=page';
          script.dataset.xsrfCookie = 'csrftoken';
          script.dataset.xsrfHeader = 'X-CSRFToken';
          script.onload = loaded;
          document.head.append(script);
        }));
        const download = await claimcheck.downloadDuring(
            page, () => call(page, files.small.url));
        await claimcheck.assertSaved(download, files.small);
        const request = await asked;
        const url = new URL(request.url());
        assert.equal(url.pathname, '/v1/api/jwt/get-token');
        assert.equal(url.searchParams.get('via'), 'page');
        assert.equal(url.searchParams.get('for'), files.small.url);
        assert.equal((await request.allHeaders())['x-csrftoken'], 'abc');
      });

  scenario('tries once more, with a fresh token, when the first has expired',
      async ({page}) => {
        const calls = await interceptTokens(
            page,
            (n) => n === 1 &&
                {token: claimcheck.expiredToken(), handle: '00000000'});
        const download = await claimcheck.downloadDuring(
            page, () => page.click(`a[href="${files.small.url}"]`));
        await claimcheck.assertSaved(download, files.small);
        assert.equal(calls.length, 2);
      });

  scenario('tries once more only, then says in words what download said',
      async ({page}) => {
        const calls = await interceptTokens(
            page,
            () => ({token: claimcheck.expiredToken(), handle: '00000000'}));
        const outcome = await call(page, files.small.url);
        assert.equal(outcome.ok, false);
        assert.equal(outcome.code, 'token_expired');
        assert.equal(calls.length, 2);
        await claimcheck.assertToldInWords(page, outcome.message);
        assert.equal(await page.locator('iframe').count(), 0);
      });

  scenario('does not try again what a fresh token cannot mend',
      async ({page}) => {
        const urls = claimcheck.watchRequests(page.context());
        const outcome = await call(page, '/downloads/missing.txt');
        assert.equal(outcome.code, 'not_found');
        assert.equal(urls.filter(claimcheck.isTokenRequest).length, 1);
      });

  scenario('offers a fresh click when the user activation was lost',
      async ({page}) => {
        // Active for the click, and no more once get-token has answered.
        const calls = await interceptTokens(page, async () => {
          await page.evaluate(() => {
            window.active = false;
          });
        });
        const urls = claimcheck.watchRequests(page.context());
        await page.click(`a[href="${files.small.url}"]`);
        const button = page.getByRole('button', {name: 'Click to download'});
        await button.waitFor();
        await claimcheck.assertToldInWords(page, 'Click to download');
        assert.equal(urls.some((url) => url.includes('token=')), false);
        const download = await claimcheck.downloadDuring(
            page, () => button.click());
        await claimcheck.assertSaved(download, files.small);
        assert.equal(calls.length, 2);
        await button.waitFor({state: 'detached'});
      },
      {
        prepare: (context) => context.addInitScript(() => {
          window.active = true;
          Object.defineProperty(Navigator.prototype, 'userActivation', {
            get: () => ({isActive: window.active}),
          });
        }),
      });

  for (const [how, options] of Object.entries({
         'a middle click': {button: 'middle'},
         'a click with Control': {modifiers: ['Control']},
       })) {
    scenario(`leaves ${how} to the browser`, async ({page, context}) => {
      const urls = claimcheck.watchRequests(context);
      const [tab] = await Promise.all([
        context.waitForEvent('page'),
        page.click(`a[href="${files.small.url}"]`, options),
      ]);
      await claimcheck.assertRefusalPage(tab, /^token_missing$/);
      assert.equal(urls.some(claimcheck.isTokenRequest), false);
    });
  }

  scenario('leaves a click alone that the page has handled itself',
      async ({page, context}) => {
        const urls = claimcheck.watchRequests(context);
        await recordEvents(page);
        await page.evaluate((href) => {
          document.querySelector(`a[href="${href}"]`)
              .addEventListener('click', (event) => event.preventDefault());
        }, files.small.url);
        await page.click(`a[href="${files.small.url}"]`);
        assert.deepEqual(await recorded(page), []);
        assert.equal(urls.some(claimcheck.isTokenRequest), false);
      });
});
