// Sites as there are: what their servers and pages do to download.js, in each
// browser.

import assert from 'node:assert/strict';

import {
  assertSaved, assertSaves, files, inEachBrowser, recordEvents, recorded,
} from './stage.mjs';

const visibleWords = (visitor) => visitor.run(
    () => [...document.querySelectorAll('.claimcheck-status')]
        .filter((each) => each.getClientRects().length > 0)
        .map((each) => each.textContent.trim()).filter(Boolean));

inEachBrowser('a site', (scenario) => {
  // A line of many a hardening guide.
  scenario('that makes all cookies HttpOnly still knows of the start',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) => asked.pass({
          edit: (headers) => headers.map((each, at) =>
            (headers[at - 1]?.toLowerCase() === 'set-cookie' && at % 2 === 1 ?
                `${each}; HttpOnly` : each)),
        });
        await recordEvents(visitor);
        await assertSaves(visitor, files.small, '#small');
        const [, {name, detail}] = await recorded(visitor, 2);
        assert.equal(name, 'started');
        assert.equal(detail.unconfirmed, undefined);
      });

  for (const value of ['false', 'true']) {
    scenario(`whose page says aria-busy="${value}" of a link has it downloaded`,
        async ({visitor}) => {
          await visitor.run((busy) => document.getElementById('small')
              .setAttribute('aria-busy', busy), value);
          await assertSaves(visitor, files.small, '#small');
        });
  }

  scenario('that hides a link when it is clicked has the words where they show',
      async ({visitor}) => {
        await recordEvents(visitor);
        await visitor.run(() => {
          const link = document.getElementById('missing');
          link.addEventListener('click', () => { link.parentNode.hidden = true; });
        });
        await visitor.click('#missing');
        const [, error] = await recorded(visitor, 2);
        assert.equal(error.on, 'missing');
        await visitor.words();
        assert.deepEqual(
            await visibleWords(visitor), ['This file does not exist any more.']);
      });

  scenario('that calls for several files is told of each',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) => asked.breakOff();
        await visitor.run((urls) => Promise.all(urls.map((url) => downloadFile(url))),
            [files.small.url, files.endpoint.url]);
        assert.equal((await visibleWords(visitor)).length, 2);
        meddler.meddle = (asked) => asked.pass();
        await visitor.run((url) => downloadFile(url), files.small.url);
        await assertSaved(visitor, files.small);
        const left = await visibleWords(visitor);
        assert.equal(left.length, 1);
        await visitor.clickOn('button', 'Try again');
        await assertSaved(visitor, files.endpoint);
        // The keyboard stays near, where there is no link to go back to.
        assert.equal(
            await visitor.run(() => document.activeElement.className),
            'claimcheck-status');
      });

  scenario('that loads the script late offers the download after the login',
      async ({visitor, meddler}) => {
        const page = `<!doctype html><title>late</title>
            <script src="/claimcheck/download.js" async
                    data-login="/login?next="></script>
            <a id="small" data-download href="${files.small.url}">small</a>
            <img alt="" src="/slow.png">`;
        meddler.serve('/late', {
          html: page,
          headers: {'Content-Security-Policy': "script-src 'self'"},
        });
        meddler.serve('/login', {html: '<title>Login</title>'});
        let isSignedIn = false;
        meddler.meddle = (asked) => {
          if (asked.isToken && !isSignedIn) return asked.answer(401);
          // Behind the document, and before the slow picture.
          const isScript = asked.url.pathname === '/claimcheck/download.js';
          if (asked.url.pathname === '/slow.png') {
            return setTimeout(() => asked.answer(404), 900);
          }
          return isScript ?
              setTimeout(() => asked.pass({
                edit: (headers) => [...headers, 'Cache-Control', 'no-store'],
              }), 400) :
              asked.pass();
        };
        await visitor.open(`${meddler.origin}/late`);
        await visitor.click('#small');
        await visitor.clickOn('a', 'Sign in');
        await visitor.eventually(() => document.title === 'Login');
        isSignedIn = true;
        await visitor.open(`${meddler.origin}/late`);
        await visitor.clickOn('button', 'Click to download');
        await assertSaved(visitor, files.small);
      });

  scenario('whose visitor has a browser without AbortController leaves them' +
          ' the link',
      async ({visitor, meddler}) => {
        meddler.serve('/old', {
          html: `<!doctype html><script src="/old.js"></script>
              <script src="/claimcheck/download.js"></script>
              <a id="small" data-download href="${files.small.url}">small</a>`,
        });
        meddler.meddle = (asked) => (asked.url.pathname === '/old.js' ?
            asked.answer(200, 'delete window.AbortController',
                {'Content-Type': 'text/javascript'}) :
            asked.pass());
        await visitor.open(`${meddler.origin}/old`);
        await visitor.click('#small');
        assert.equal(
            await visitor.eventually(() => document.body && document.body.dataset.code),
            'token_missing');
        assert.equal(meddler.count('token'), 0);
      });
});
