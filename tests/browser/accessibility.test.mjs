// axe-core finds nothing on our pages, in light and dark, on a phone and on a
// desktop.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {describe} from 'node:test';

import {demonstrateAll} from './demo_page.mjs';
import {assertRefusalPage, closeBrowser, scenario} from './site.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Evaluated, not added as a script: the pages' policies would refuse that.
const assertAccessible = async (page, what) => {
  await page.evaluate(axe);
  const {violations, passes} = await page.evaluate(() => window.axe.run());
  assert.deepEqual(
      violations.flatMap(({id, nodes}) => nodes.map(({html, failureSummary}) => `${id}: ${html}: ${failureSummary}`)),
      [], what);
  // Of what it did look at: colours are looked at wherever there is text.
  assert.ok(passes.some(({id}) => id === 'color-contrast'), what);
};

const WINDOWS = {
  phone: {width: 360, height: 740},
  desktop: {width: 1280, height: 900},
};

describe('axe-core', () => {
  closeBrowser();
  for (const colorScheme of ['light', 'dark']) {
    for (const [device, viewport] of Object.entries(WINDOWS)) {
      const where = `${colorScheme}, ${device}`;
      scenario(`finds nothing on the demo's page before and after its demonstrations (${where})`, async ({page}) => {
        await assertAccessible(page, 'before');
        await demonstrateAll(page);
        await assertAccessible(page, 'after');
      }, {colorScheme, viewport});
      scenario(`finds nothing on a refusal's page (${where})`, async ({page}) => {
        await page.goto('/downloads/hello.txt');
        await assertRefusalPage(page, /^token_missing$/);
        await assertAccessible(page, 'refusal');
      }, {colorScheme, viewport});
      scenario(`finds nothing on doctor.html with and without findings (${where})`, async ({page}) => {
        await page.goto('/claimcheck/doctor.html');
        await assertAccessible(page, 'before');
        await page.fill('#link', '/downloads/missing.txt');
        await page.click('text=Examine');
        await page.locator('#verdict').filter({hasText: /finding/}).waitFor();
        await assertAccessible(page, 'after');
      }, {colorScheme, viewport});
    }
  }

  scenario('would find a grey that is too light', async ({page}) => {
    await page.evaluate(() => {
      document.querySelector('.lead').style.color = '#bbb';
    });
    await assert.rejects(assertAccessible(page, 'grey'), /color-contrast/);
  });
});
