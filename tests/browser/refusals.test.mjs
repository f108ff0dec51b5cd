// What a person is told, and can do about it, in each browser: the page stays
// where it is.

import assert from 'node:assert/strict';

import {
  assertSaved, assertSaves, assertTold, call, expiredToken, files, inEachBrowser,
  recordEvents, recorded,
} from './stage.mjs';

inEachBrowser('a refusal', (scenario) => {
  scenario('of a file that does not exist is told beside its link',
      async ({visitor, meddler}) => {
        await recordEvents(visitor);
        await visitor.click('#missing');
        assert.equal(await assertTold(visitor, /^This file does not exist/, 'missing'), 0);
        const [, {name, on, detail}] = await recorded(visitor, 2);
        assert.deepEqual([name, on, detail.code], ['error', 'missing', 'not_found']);
        assert.equal(await visitor.words(), detail.message);
        assert.deepEqual(meddler.order(), ['token']);
      });

  scenario('is told at the end of the page where there is no link, and on' +
          ' the document',
      async ({visitor}) => {
        await recordEvents(visitor);
        const outcome = await call(visitor, '/downloads/missing.txt');
        assert.deepEqual(
            [outcome.ok, outcome.code], [false, 'not_found']);
        await assertTold(visitor, /^This file does not exist/);
        const [, error] = await recorded(visitor, 2);
        assert.equal(error.on, '#document');
      });

  scenario('leaves the words of another link where they are',
      async ({visitor}) => {
        await visitor.click('#missing');
        await visitor.words();
        await assertSaves(visitor, files.small, '#small');
        await assertTold(visitor, /^This file does not exist/, 'missing');
      });

  scenario('of an expired token is mended by a fresh one',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) =>
            (asked.isToken && meddler.count('token') === 1 ?
                asked.answer(200, expiredToken()) :
                asked.pass());
        await assertSaves(visitor, files.small, '#small');
        assert.deepEqual(meddler.order(), ['token', 'file', 'token', 'file']);
      });

  scenario('of each token is tried twice, and then told in words of download',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) =>
            (asked.isToken ? asked.answer(200, expiredToken()) : asked.pass());
        await visitor.click('#small');
        const frames = await assertTold(visitor, /^This link has expired\. /, 'small');
        assert.equal(frames, 0);
        assert.deepEqual(meddler.order(), ['token', 'file', 'token', 'file']);
      });

  for (const [what, meddle, words] of [
         ['says 500', (asked) => asked.answer(500, 'broken'), /not available now/],
         ['says 500 in our words',
           (asked) => asked.answer(500, {message: 'x', code: 'config'}), /not set up correctly/],
         ['says 502 and nothing else', (asked) => asked.answer(502), /not available now/],
         ['says 503', (asked) => asked.answer(503, {message: 'x', code: 'unavailable'}), /not available now/],
         ['is not there', (asked) => asked.answer(404, 'no'), /not set up correctly/],
         ['is forbidden', (asked) => asked.answer(403, 'no'), /^You may not download this/],
         ['answers a page', (asked) => asked.answer(200, '<p>Hello</p>'), /not available now/],
         ['answers a number', (asked) => asked.answer(200, 7), /not available now/],
         ['breaks off', (asked) => asked.breakOff(), /not available now/],
         ['never answers', (asked) => asked.ignore(), /took too long/],
         ['never ends its answer',
           (asked) => { asked.response.writeHead(200); asked.response.write('{'); }, /took too long/],
         ['is cross about where the request is from',
           (asked) => asked.answer(403, {message: 'x', code: 'xsrf'}), /reload/],
       ]) {
    scenario(`is told when get-token ${what}`,
        async ({visitor, meddler}) => {
          meddler.meddle = (asked) => (asked.isToken ? meddle(asked) : asked.pass());
          await visitor.click('#small');
          assert.equal(await assertTold(visitor, words, 'small'), 0);
          assert.equal(meddler.count('file'), 0);
        },
        {tag: what.startsWith('never') ? 'data-timeout="700"' : ''});
  }

  scenario('is told, with a way to try again, when the server is away',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) => asked.breakOff();
        await visitor.click('#small');
        await assertTold(visitor, /not available now.*Try again$/, 'small');
        meddler.meddle = (asked) => asked.pass();
        await visitor.clickOn('button', 'Try again');
        await assertSaved(visitor, files.small);
        await visitor.eventually(
            () => !document.querySelector('.claimcheck-status button'));
        // The keyboard goes on where it was.
        assert.equal(await visitor.run(() => document.activeElement.id), 'small');
      });

  scenario('says that the person is offline, where they are',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) => asked.breakOff();
        await visitor.run(() => Object.defineProperty(
            navigator, 'onLine', {get: () => false}));
        await visitor.click('#small');
        await assertTold(visitor, /^You are offline\. +Try again$/, 'small');
      });

  scenario('is told when the download breaks off before it began',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) => (asked.token ? asked.breakOff() : asked.pass());
        await visitor.click('#small');
        assert.equal(await assertTold(visitor, /not available now/, 'small'), 0);
      });

  scenario('is told by the page itself, where it cancels the event',
      async ({visitor}) => {
        await visitor.run(() => document.addEventListener(
            'claimcheck:error', (event) => event.preventDefault()));
        const outcome = await call(visitor, '/downloads/missing.txt');
        assert.match(outcome.message, /^This file does not exist/);
        await visitor.click('#missing');
        await visitor.eventually(() => document.querySelector('#missing + span') &&
            !document.querySelector('[aria-busy]'));
        assert.equal(await visitor.run(() => [
          ...document.querySelectorAll('[role=status]')].every(
            (each) => each.textContent === '')), true);
      });

  scenario('speaks the language that the page has given it',
      async ({visitor, meddler}) => {
        await visitor.run(() => Object.assign(downloadFile.strings, {
          not_found: 'Diese Datei gibt es nicht.',
          unavailable: 'Gerade nicht.',
          retry: 'Noch einmal',
          token_expired: 'Zu spät.',
        }));
        await visitor.click('#missing');
        await assertTold(visitor, /^Diese Datei gibt es nicht\.$/, 'missing');
        meddler.meddle = (asked) => asked.breakOff();
        await visitor.click('#missing');
        await visitor.clickOn('button', 'Noch einmal');
        meddler.meddle = (asked) =>
            (asked.isToken ? asked.answer(200, expiredToken()) : asked.pass());
        await visitor.eventually(() => !document.querySelector('[aria-busy]'));
        await visitor.click('#missing');
        await assertTold(visitor, /^Zu spät\.$/, 'missing');
      });

  for (const url of [
         'http://example.invalid/downloads/hello.txt',
         '//example.invalid/downloads/hello.txt',
         'javascript:void 0',
         'data:text/plain,hello',
       ]) {
    scenario(`of ${url} comes without any request`,
        async ({visitor, meddler}) => {
          const {length} = meddler.calls;
          const outcome = await call(visitor, url);
          assert.equal(outcome.code, 'cross_origin');
          await assertTold(visitor, /^This link leads to another site/);
          assert.equal(meddler.calls.length, length);
        });
  }

  scenario('of what is no URL at all comes in words', async ({visitor}) => {
    const outcome = await call(visitor, 'http://[');
    assert.equal(outcome.code, 'bad_url');
    await assertTold(visitor, /^This link is broken/);
  });
});

inEachBrowser('a login', (scenario) => {
  const wall = (meddler, answer) => {
    let isSignedIn = false;
    meddler.serve('/login', {html: '<title>Login</title><p>Sign in here'});
    meddler.meddle = (asked) =>
        (asked.isToken && !isSignedIn ? answer(asked) : asked.pass());
    return () => { isSignedIn = true; };
  };

  for (const [what, answer] of Object.entries({
         'says 401': (asked) => asked.answer(401, '<p>Who are you?'),
         'says 401 in words of its own':
             (asked) => asked.answer(401, {code: 'LOGIN', message: 'x'}),
         'leads elsewhere':
             (asked) => asked.answer(302, '', {Location: '/login?next=/v1/api/get-token'}),
         'leads to another site':
             (asked) => asked.answer(302, '', {Location: 'http://sso.example.invalid/'}),
       })) {
    scenario(`that ${what} is a click away, and the download goes on behind it`,
        async ({visitor, meddler, address}) => {
          const signIn = wall(meddler, answer);
          await visitor.click('#small');
          await assertTold(visitor, /^Please sign in.*Sign in$/, 'small');
          await visitor.clickOn('a', 'Sign in');
          await visitor.eventually(() => document.title === 'Login');
          const login = new URL(await visitor.run(() => location.href));
          assert.equal(login.pathname, '/login');
          assert.equal(login.searchParams.get('next'), '/page?a=1&b=%C3%A9#here');
          signIn();
          await visitor.open(
              `${meddler.origin}${login.searchParams.get('next')}`);
          await visitor.clickOn('button', 'Click to download');
          await assertSaved(visitor, files.small);
          // Once, and only where it was asked for.
          await visitor.open(address);
          await visitor.open(`${meddler.origin}/page`);
          assert.equal(await visitor.run(
              () => document.querySelectorAll('button').length), 0);
        },
        {tag: 'data-login="/login?next="', query: '?a=1&b=%C3%A9#here'});
  }

  scenario('of another site gets the whole address, and no token is kept',
      async ({visitor, meddler}) => {
        wall(meddler, (asked) => asked.answer(401));
        await visitor.click('#small');
        await assertTold(visitor, /^Please sign in/, 'small');
        const href = await visitor.run(
            () => document.querySelector('.claimcheck-status a').href);
        assert.equal(
            href,
            `http://sso.example.invalid/?to=${encodeURIComponent(`${meddler.origin}/page`)}`);
        await visitor.run(() => {
          const link = document.querySelector('.claimcheck-status a');
          link.addEventListener('click', (event) => event.preventDefault());
        });
        await visitor.clickOn('a', 'Sign in');
        const kept = await visitor.run(() => JSON.stringify(sessionStorage));
        assert.equal(
            kept, JSON.stringify({'claimcheck_after_login /page': files.small.url}));
      },
      {tag: 'data-login="http://sso.example.invalid/?to="'});

  scenario('that the page does not name is told in words alone',
      async ({visitor, meddler}) => {
        wall(meddler, (asked) => asked.answer(401));
        await visitor.click('#small');
        await assertTold(visitor, /^Please sign in, then try again\.$/, 'small');
      });
});
