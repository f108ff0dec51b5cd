// README's pictures. CLAIMCHECK_SCREENSHOTS names the folder that they go to
// (`make screenshots`); without it they are made, looked at and removed.
import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe} from 'node:test';

import {logLine, row, verdict} from './demo_page.mjs';
import {closeBrowser, downloadDuring, files, scenario} from './site.mjs';

// As wide as README is on a forge's page.
const visitor = {viewport: {width: 1200, height: 760}, deviceScaleFactor: 0.7};
let folder = process.env.CLAIMCHECK_SCREENSHOTS;

const take = async (page, name) => {
  const file = path.join(folder, name);
  // Without the button's focus.
  await page.evaluate(() => document.activeElement.blur());
  await page.screenshot({path: file, animations: 'disabled'});
  const png = await readFile(file);
  assert.equal(png.toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n');
  const size = {width: png.readUInt32BE(16), height: png.readUInt32BE(20)};
  assert.deepEqual(size, {width: 840, height: 532});
  assert.ok(png.length <= 120 * 1024, `${name} has ${png.length} bytes`);
};

const showSection = (page, id) => page.evaluate(
    (heading) => document.getElementById(heading).closest('section').scrollIntoView(), id);

describe('README\'s pictures', () => {
  closeBrowser();
  before(async () => {
    folder ??= await mkdtemp(path.join(tmpdir(), 'claimcheck-screenshots.'));
  });
  after(async () => {
    if (!process.env.CLAIMCHECK_SCREENSHOTS) await rm(folder, {recursive: true});
  });

  scenario('show a download', async ({page}) => {
    for (const {url} of [files.small, files.large]) {
      await downloadDuring(page, () => page.click(`a[href="${url}"]`));
      await logLine(page, 'redeemed', url);
    }
    await take(page, 'download.png');
  }, visitor);

  scenario('show a copied link', async ({page}) => {
    await page.click('#copied-make');
    await row(page, 'copied-rest');
    await logLine(page, 'resumed', files.small.url);
    await showSection(page, 'copied');
    await take(page, 'copied-link.png');
  }, visitor);

  scenario('show a resume', async ({page}) => {
    await page.click('#resume-make');
    await verdict(page);
    await logLine(page, 'resumed', files.large.url);
    await showSection(page, 'resume');
    await take(page, 'resume.png');
  }, visitor);
});
