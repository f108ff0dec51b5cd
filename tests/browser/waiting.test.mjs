// What download.js does within the minute that it waits, on a clock that runs
// ahead, which Chromium alone has.

import assert from 'node:assert/strict';
import {describe} from 'node:test';

import * as claimcheck from './site.mjs';

const {files, scenario} = claimcheck;

const call = (page, url) =>
    page.evaluate((address) => downloadFile(address), url);

const frames = (page) => page.locator('iframe').count();

describe('download.js, waiting', () => {
  claimcheck.closeBrowser();

  scenario('leaves neither its cookie nor, after a minute, its iframe',
      async ({page}) => {
        await page.clock.install();
        const download = await claimcheck.downloadDuring(
            page, () => call(page, files.small.url));
        await claimcheck.assertSaved(download, files.small);
        assert.doesNotMatch(
            await page.evaluate(() => document.cookie), /claimcheck_started_/);
        assert.equal(await frames(page), 1);
        await page.clock.fastForward(61000);
        assert.equal(await frames(page), 0);
      });

  scenario('gives a token ten seconds', async ({page}) => {
    await page.clock.install();
    const asked = page.waitForRequest(
        (request) => claimcheck.isTokenRequest(request.url()));
    await page.route(claimcheck.isTokenRequest, () => {});
    const outcome = call(page, files.small.url);
    await asked;
    await page.clock.fastForward(10001);
    assert.equal((await outcome).code, 'timeout');
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
        const {code, message} = await outcome;
        assert.equal(code, 'unconfirmed');
        await claimcheck.assertToldInWords(page, message);
        await page.getByRole('button', {name: 'Try again'}).waitFor();
        // Its download may still begin.
        assert.equal(await frames(page), 1);
        assert.doesNotMatch(
            await page.evaluate(() => document.cookie), /claimcheck_started_/);
      });
});
