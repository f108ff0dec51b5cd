import assert from 'node:assert/strict';
import {describe} from 'node:test';

import {row, verdict, widths} from './demo_page.mjs';
import * as claimcheck from './site.mjs';

const {files, scenario} = claimcheck;

const articleButton = (file) => `button[data-article="${file.url}"]`;

// Whatever the page's policy refuses is told in the console.
const isViolation = (message) =>
    /content security policy/i.test(message.text());

const watchViolations = (context) => {
  const violations = [];
  context.on('console', (message) => {
    if (isViolation(message)) violations.push(message.text());
  });
  context.on('weberror', (error) => violations.push(String(error.error())));
  return violations;
};

describe('the demo\'s page', () => {
  claimcheck.closeBrowser();

  scenario('shows what a copied link gets', async ({page}) => {
    await page.click('#copied-make');
    assert.match((await row(page, 'copied-first'))[0], /^200/);
    const [other, words] = await row(page, 'copied-other');
    assert.match(other, /^403 token_(used|expired)$/);
    assert.ok(words.length > 10, words);
    assert.match((await row(page, 'copied-none'))[0], /^400 token_missing$/);
    assert.match((await row(page, 'copied-altered'))[0], /^403 token_invalid$/);
    assert.equal((await row(page, 'copied-late'))[0], '403 token_used');
    assert.match((await row(page, 'copied-rest'))[0], /^206/);
    assert.equal(await page.innerText('#copied-left'), 'Its time is over');
    assert.equal(await page.innerText('.over #copied-seconds'), '0.0');
    // From now on its tokens are bound to the browser.
    await page.click('#copied-make');
    assert.match((await row(page, 'copied-first'))[0], /^200/);
    assert.match(
        (await row(page, 'copied-other'))[0], /^403 token_(other_client|expired)$/);
    assert.equal(await page.innerText('#copied-error'), '');
  });

  scenario('opens the link that it made in a new tab, refused in words',
      async ({page, context}) => {
        await page.click('#copied-make');
        await row(page, 'copied-late');
        const [tab] = await Promise.all([
          context.waitForEvent('page'),
          page.click('#copied-link'),
        ]);
        await claimcheck.assertRefusalPage(tab, /^token_used$/);
      });

  for (const file of [files.small, files.endpoint]) {
    scenario(`saves ${file.name} with the article's function`,
        async ({page}) => {
          const download = await claimcheck.downloadDuring(
              page, () => page.click(articleButton(file)));
          await claimcheck.assertSaved(download, file);
        });
  }

  scenario('does all it does under a strict content security policy',
      async ({page, context}) => {
        const violations = watchViolations(context);
        const response = await page.reload();
        const policy = response.headers()['content-security-policy'];
        assert.match(policy, /default-src 'none'/);
        assert.doesNotMatch(policy, /unsafe/);
        await claimcheck.downloadDuring(
            page, () => page.click(`a[href="${files.small.url}"]`));
        await claimcheck.downloadDuring(
            page, () => page.click(articleButton(files.endpoint)));
        await page.click('a[href="/downloads/missing.txt"]');
        await page.locator('.claimcheck-status:not(:empty)').waitFor();
        await page.click('#copied-make');
        await row(page, 'copied-rest');
        await page.click('#resume-make');
        await verdict(page);
        // One of our own comes last: what was refused before it has been
        // seen by then, and a watcher that sees nothing fails.
        await Promise.all([
          context.waitForEvent('console', isViolation),
          page.evaluate(() => {
            const script = document.createElement('script');
            script.textContent = 'window.inline = true';
            document.body.append(script);
          }),
        ]);
        assert.equal(await page.evaluate(() => window.inline), undefined);
        assert.equal(violations.length, 1, violations.join('\n'));
        assert.match(violations[0], /script-src/);
      });

  scenario('fits a phone without scrolling sideways', async ({page}) => {
    await page.setViewportSize({width: 320, height: 640});
    await page.click('#copied-make');
    await page.click('#resume-make');
    await row(page, 'copied-altered');
    await verdict(page);
    const pages = [await widths(page)];
    for (const other of ['/downloads/hello.txt', '/claimcheck/doctor.html']) {
      await page.goto(other);
      pages.push(await widths(page));
    }
    for (const [content, window] of pages) {
      assert.ok(content <= window, `${content} px on ${window} px`);
    }
  });

  scenario('can be read without scripts, up to a refusal and back',
      async ({page}) => {
        assert.equal(await page.locator('button:visible').count(), 0);
        const needs = page.locator('.needs:visible');
        assert.equal(await needs.count(), 5);
        for (const words of await needs.allInnerTexts()) {
          assert.match(words, /need(s|) scripts/);
        }
        await page.click('text=what a link without a token gets');
        await claimcheck.assertRefusalPage(page, /^token_missing$/);
        await page.click('text=Back to the site');
        await page.waitForURL('/');
        assert.match(await page.innerText('h1'), /Two seconds/);
      }, {javaScriptEnabled: false});
});
