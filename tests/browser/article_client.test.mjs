// Pages that were written before claimcheck, with axios and an anchor, must
// go on working as they are.

import {createRequire} from 'node:module';
import path from 'node:path';
import {describe} from 'node:test';

import * as claimcheck from './site.mjs';

const {files, scenario} = claimcheck;

const require = createRequire(import.meta.url);
const axiosFolder = path.dirname(require.resolve('axios/package.json'));
const axiosFile = path.join(axiosFolder, 'dist/axios.min.js');

// From a URL of the site: the strict policy of the page forbids inline script.
const addAxios = async (page) => {
  await page.route('/axios.min.js', (route) => route.fulfill({path: axiosFile}));
  await page.addScriptTag({url: '/axios.min.js'});
};

const articleDownload = async (url) => {
  const response = await axios.get('/v1/api/jwt/get-token');
  const separator = url.includes('?') ? '&' : '?';
  const link = document.createElement('a');
  link.href = `${url}${separator}token=${response.data.token}`;
  link.setAttribute('download', '');
  document.body.appendChild(link);
  link.click();
  document.body.removeChild(link);
};

describe('the article\'s own client code', () => {
  claimcheck.closeBrowser();

  for (const [kind, file] of [
         ['without a query', files.small],
         ['with a UTF-8 name', files.utf8],
         ['with a query', files.endpoint],
       ]) {
    scenario(`works unchanged for a URL ${kind}`, async ({page}) => {
      await addAxios(page);
      const download = await claimcheck.downloadDuring(
          page, () => page.evaluate(articleDownload, file.url));
      await claimcheck.assertSaved(download, file);
    });
  }

  scenario('works twice in one visit, also with the XSRF cookie of Laravel',
      async ({page}) => {
        await addAxios(page);
        await page.evaluate(() => {
          document.cookie = 'XSRF-TOKEN=eyJpdiI6Ij0%3D; path=/';
        });
        for (const file of [files.small, files.endpoint]) {
          const download = await claimcheck.downloadDuring(
              page, () => page.evaluate(articleDownload, file.url));
          await claimcheck.assertSaved(download, file);
        }
      });
});
