// The demonstrations of the demo's page, as a visitor starts and reads them.

/** The two cells of a row, once it has its words. */
export const row = async (page, id) => {
  const cells = page.locator(`#${id} td`);
  await cells.nth(1).filter({hasText: /\w/}).waitFor();
  return cells.allInnerTexts();
};

/** What the page concludes of the download that it broke off. */
export const verdict = async (page) => {
  const words = page.locator('#resume-verdict');
  await words.filter({hasText: /\w/}).waitFor();
  return words.innerText();
};

/** A line of the log that says `words`, once it is there. */
export const logLine = async (page, ...words) => {
  let line = page.locator('#audit-lines li');
  for (const hasText of words) line = line.filter({hasText});
  await line.first().waitFor();
  return line;
};

/** All that the page can show, to the end. */
export const demonstrateAll = async (page) => {
  await page.click('a[href="/downloads/missing.txt"]');
  await page.locator('.claimcheck-status:not(:empty)').waitFor();
  await page.click('#copied-make');
  await page.click('#resume-make');
  await row(page, 'copied-rest');
  await verdict(page);
  await logLine(page, 'resumed', '/downloads/large.bin');
};

/** The page's width and its window's, in pixels. */
export const widths = (page) => page.evaluate(
    () => [document.documentElement.scrollWidth, innerWidth]);
