// A download of 200 MiB whose connection breaks when its token has long
// expired: what browsers do then, and what the copied link is worth. The
// command-line clients are in tests/behaviour/resume.test.mjs.
//
// Chromium 156 goes on by itself, at once: GET with `Range: bytes=N-`,
// `If-Range: "the ETag"`, the cookie, `Sec-Fetch-Site: none`. Firefox 153 shows
// the download as failed and keeps the part; when the person clicks "Retry" it
// sends `Range: bytes=N-`, `If-Match: "the ETag"`, If-Unmodified-Since, the
// cookie and `Sec-Fetch-Site: none`. N is a little less than what came.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {after, before, beforeEach, describe, it} from 'node:test';

import {bigSize, digestOf, makeBigFile} from '../servers/big_file.mjs';
import {startCutter} from '../servers/cutter.mjs';
import {request} from '../servers/http.mjs';
import {startTarget, until, untilExpired} from '../servers/target.mjs';
import {skipFirefox, startFirefox} from './firefox.mjs';
import * as claimcheck from './site.mjs';

const site = 'anonymous';
const cutAt = 80 << 20;

const html = `<!doctype html>
<title>A page</title>
<script src="/claimcheck/download.js" defer></script>
<a data-download href="/downloads/big.bin">big.bin</a>
`;

describe('a download that breaks off', {concurrency: 1}, () => {
  let target;
  let cutter;
  let digest;
  before(async () => {
    target = await startTarget('proxy_fcgi');
    replaceFile();
    fs.writeFileSync(
        path.join(target.dir, 'sites', site, 'htdocs', 'index.html'), html);
    cutter = await startCutter(Number(new URL(target.origin(site)).port));
  });
  beforeEach(() => {
    cutter.takeDownloads();
  });
  after(async () => {
    await cutter?.stop();
    await target?.stop();
  });
  claimcheck.closeBrowser();

  // Another version takes the place of the one that is on its way.
  const replaceFile = () => {
    const file = path.join(target.files, 'tree', 'big.bin');
    digest = makeBigFile(`${file}.new`);
    fs.renameSync(`${file}.new`, file);
  };

  const tokenOf = (url) => new URL(url).searchParams.get('token');
  const linesSince = (count) =>
      target.audit(site).slice(count).map(({event, code}) => code ?? event);

  // Somebody who came by the link: a scanner, or another person.
  const assertRefusedToOthers = async (url) => {
    const {pathname, search} = new URL(url);
    const port = Number(new URL(target.origin(site)).port);
    for (const range of [undefined, 'bytes=0-', 'bytes=1-', 'bytes=-1']) {
      const headers = {
        'User-Agent': 'Mozilla/5.0 (compatible; LinkScanner/1.0)',
        ...(range && {Range: range}),
      };
      const refused = await request(port, {path: pathname + search, headers});
      assert.equal(refused.status, 403);
      assert.equal(refused.code(), 'token_used');
    }
  };

  // Its neighbour claimcheck_started_… is the page's, and may have gone.
  const clientOf = (asked) =>
      /\bclaimcheck=[\w-]{22}(?=;|$)/.exec(asked.header('cookie'))?.[0];

  const assertResume = ([first, resume, ...more], validator) => {
    assert.equal(more.length, 0);
    assert.equal(first.header('range'), undefined);
    const [, from] = /^bytes=(\d+)-$/.exec(resume.header('range'));
    assert.ok(from > 0 && from <= cutAt, from);
    assert.match(resume.header(validator), /^"[\w-]{22}"$/);
    assert.ok(clientOf(first), first.header('cookie'));
    assert.equal(clientOf(resume), clientOf(first));
    assert.notEqual(resume.header('sec-fetch-site'), 'same-origin');
  };

  describe('in Chromium', () => {
    // Clicks the link and cuts the line when the token has expired.
    const interrupt = async (page, meanwhile = () => {}) => {
      await page.goto('/');
      const cut = cutter.cutAt(cutAt);
      const download = await claimcheck.downloadDuring(
          page, () => page.click('a[data-download]'));
      await cut.reached;
      await meanwhile(download.url());
      await untilExpired(tokenOf(download.url()));
      assert.equal(cut.now(), 1);
      return download;
    };

    const withVisitor = async (run) => {
      const context =
          await claimcheck.newVisitor({baseURL: cutter.origin});
      try {
        await run(await context.newPage(), context);
      } finally {
        await context.close();
      }
    };

    it('goes on by itself, and the copied link is worth nothing',
        {timeout: 60000},
        () => withVisitor(async (page, context) => {
          const count = target.audit(site).length;
          const download = await interrupt(page, assertRefusedToOthers);
          assert.equal(await download.failure(), null);
          assert.equal(await digestOf(await download.path()), digest);
          assertResume(cutter.takeDownloads(), 'if-range');
          await until(() => linesSince(count).includes('resumed'));
          const lines = linesSince(count);
          assert.deepEqual(
              lines.filter((line) => line !== 'token_used').sort(),
              ['issued', 'redeemed', 'resumed']);

          const tab = await context.newPage();
          const opened = await tab.goto(download.url());
          assert.equal(opened.status(), 403);
          await claimcheck.assertRefusalPage(tab, /^token_used$/);
          await assertRefusedToOthers(download.url());
          await withVisitor(async (stranger) => {
            await stranger.goto('/');
            const statuses = await stranger.evaluate(
                async (url) => {
                  const ranges = ['bytes=0-', 'bytes=1-', 'bytes=-1'];
                  const answers = ranges.map(
                      (Range) => fetch(url, {headers: {Range}}));
                  return (await Promise.all(answers)).map((x) => x.status);
                },
                download.url());
            assert.deepEqual(statuses, [403, 403, 403]);
          });
        }));

    it('fails, and saves no mixture, when the file has changed meanwhile',
        {timeout: 60000},
        () => withVisitor(async (page) => {
          const count = target.audit(site).length;
          const download = await interrupt(page, replaceFile);
          assert.equal(await download.failure(), 'canceled');
          assertResume(cutter.takeDownloads(), 'if-range');
          await until(() => linesSince(count).length === 3);
          assert.equal(linesSince(count).at(-1), 'precondition_failed');
        }));

    it('gets the file twice at once in the two seconds', {timeout: 60000},
        () => withVisitor(async (page) => {
          await page.goto('/');
          const sizes = await page.evaluate(async () => {
            const file = '/downloads/hello.txt';
            const asked = await fetch(`/v1/api/get-token?for=${file}`);
            const {token} = await asked.json();
            const get = async () => {
              const response = await fetch(`${file}?token=${token}`);
              return response.ok && (await response.blob()).size;
            };
            return Promise.all([get(), get()]);
          });
          const {size} =
              fs.statSync(path.join(target.files, 'tree', 'hello.txt'));
          assert.deepEqual(sizes, [size, size]);
        }));
  });

  describe('in Firefox', {skip: skipFirefox}, () => {
    let dir;
    let firefox;
    before(async () => {
      dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-firefox-'));
      firefox = await startFirefox(dir);
    });
    after(async () => {
      await firefox?.stop();
      fs.rmSync(dir, {recursive: true, force: true});
    });

    const stopped = async () => {
      await until(async () => (await firefox.downloads())[0]?.stopped);
      return (await firefox.downloads())[0];
    };

    // As above; then the download has failed and waits for its "Retry".
    const interrupt = async (meanwhile = () => {}) => {
      await firefox.open(cutter.origin);
      const cut = cutter.cutAt(cutAt);
      await firefox.inPage(
          'document.querySelector("a[data-download]").click();');
      await cut.reached;
      const {url} = (await firefox.downloads())[0];
      await meanwhile(url);
      await untilExpired(tokenOf(url));
      assert.equal(cut.now(), 1);
      assert.equal((await stopped()).succeeded, false);
      return url;
    };

    it('goes on at "Retry", and the copied link is worth nothing',
        {timeout: 60000}, async () => {
          const count = target.audit(site).length;
          const url = await interrupt(assertRefusedToOthers);
          await firefox.retry();
          const download = await stopped();
          assert.equal(download.succeeded, true);
          assert.equal(fs.statSync(download.path).size, bigSize);
          assert.equal(await digestOf(download.path), digest);
          assertResume(cutter.takeDownloads(), 'if-match');
          await until(() => linesSince(count).includes('resumed'));

          await firefox.open(url);
          assert.equal(
              await firefox.inPage('return document.body.dataset.code;'),
              'token_used');
          await assertRefusedToOthers(url);
        });

    it('fails at "Retry", and saves no mixture, when the file has changed',
        {timeout: 60000}, async () => {
          const count = target.audit(site).length;
          await interrupt(replaceFile);
          await firefox.retry();
          const download = await stopped();
          assert.equal(download.succeeded, false);
          assert.equal(fs.existsSync(download.path), false);
          assertResume(cutter.takeDownloads(), 'if-match');
          await until(() => linesSince(count).length === 3);
          assert.equal(linesSince(count).at(-1), 'precondition_failed');
        });
  });
});
