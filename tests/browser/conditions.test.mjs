// Under which conditions it works, in each browser: slow lines, strict policies,
// no cookies, no script.

import assert from 'node:assert/strict';

import {
  assertSaved, assertSaves, assertTold, call, files, inEachBrowser, recordEvents,
  recorded,
} from './stage.mjs';

inEachBrowser('download.js, at work', (scenario) => {
  scenario('waits for a slow token', async ({visitor, meddler}) => {
    meddler.meddle = (asked) => asked.passAfter(asked.isToken ? 3000 : 0);
    await assertSaves(visitor, files.small, '#small');
    assert.deepEqual(meddler.order(), ['token', 'file']);
  });

  scenario('starts on a slow line, and the page knows before the end',
      async ({visitor, meddler}) => {
        await recordEvents(visitor);
        let isWhole = false;
        meddler.meddle = (asked) => {
          asked.response.on('finish', () => { isWhole ||= Boolean(asked.token); });
          return asked.pass(asked.token ? {bytesPerSecond: 8 << 20} : {});
        };
        await visitor.click('#large');
        const [, started] = await recorded(visitor, 2);
        assert.equal(started.name, 'started');
        assert.equal(isWhole, false);
        await assertSaved(visitor, files.large);
      });

  scenario('offers a fresh click when the browser no longer counts the first',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) => asked.passAfter(
            asked.isToken && meddler.count('token') === 1 ? 5500 : 0);
        await visitor.click('#small');
        await assertTold(visitor, /^That took too long.*Click to download$/, 'small');
        assert.equal(meddler.count('file'), 0);
        await visitor.clickOn('button', 'Click to download');
        await assertSaved(visitor, files.small);
        assert.deepEqual(meddler.order(), ['token', 'token', 'file']);
      },
      {needsActivation: true});

  scenario('binds the token to the path and query, and keeps the rest',
      async ({visitor, meddler}) => {
        await call(
            visitor,
            '/v1/api/downloadX?token=old&utm_source=a+b%20c&name=alex' +
                '&%74oken=older#part');
        await assertSaved(visitor, files.endpoint);
        const [token, file] =
            meddler.calls.filter((asked) => asked.isToken || asked.token);
        assert.equal(
            token.url.searchParams.get('for'),
            '/v1/api/downloadX?utm_source=a+b%20c&name=alex');
        assert.match(
            file.request.url,
            /^\/v1\/api\/downloadX\?utm_source=a\+b%20c&name=alex&token=[\w.-]+$/);
        assert.match(
            await visitor.run(() => document.querySelector('iframe').src),
            /#part$/);
      });

  scenario('sends the XSRF cookie back in the header, decoded',
      async ({visitor, meddler}) => {
        await visitor.run(() => {
          document.cookie = 'XSRF-TOKEN=a%3Db%2Fc; path=/';
        });
        await assertSaves(visitor, files.small, '#small');
        const {headers} = meddler.calls.find(({isToken}) => isToken);
        assert.equal(headers['x-xsrf-token'], 'a=b/c');
      });

  scenario('takes its endpoint and names from its own tag',
      async ({visitor, meddler}) => {
        await visitor.run(() => {
          document.cookie = 'csrftoken=abc; path=/';
        });
        await assertSaves(visitor, files.small, '#small');
        const {headers, url} = meddler.calls.find(({isToken}) => isToken);
        assert.equal(url.pathname, '/v1/api/jwt/get-token');
        assert.equal(url.searchParams.get('via'), 'page');
        assert.equal(url.searchParams.get('for'), files.small.url);
        assert.equal(headers['x-csrftoken'], 'abc');
      },
      {
        tag: 'data-get-token="/v1/api/jwt/get-token?via=page" ' +
            'data-xsrf-cookie="csrftoken" data-xsrf-header="X-CSRFToken"',
      });

  scenario('takes them from the call, and its element for the words',
      async ({visitor, meddler}) => {
        await visitor.run(() => downloadFile('/downloads/missing.txt', {
          getToken: '/v1/api/jwt/get-token',
          link: document.querySelector('p'),
        }));
        assert.equal(
            await visitor.run(() => document.querySelector('p').nextElementSibling.className),
            'claimcheck-status');
        assert.equal(
            meddler.calls.find(({isToken}) => isToken).url.pathname,
            '/v1/api/jwt/get-token');
      });

  scenario('knows no start of a token that was minted elsewhere, and says so',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) => asked.pass();
        const token = await visitor.run(async (file) => {
          const answer = await fetch(`/v1/api/get-token?for=${file}`);
          return (await answer.json()).token;
        }, files.small.url);
        meddler.meddle = (asked) =>
            (asked.isToken ? asked.answer(200, {token}) : asked.pass());
        const outcome = await call(visitor, files.small.url);
        assert.deepEqual(
            outcome, {ok: true, url: files.small.url, unconfirmed: true});
        await assertSaved(visitor, files.small);
      });

  scenario('breaks no rule of the strictest policy that it can live with',
      async ({visitor, meddler}) => {
        await visitor.run(() => {
          window.violations = [];
          document.addEventListener('securitypolicyviolation', (event) => {
            window.violations.push(event.effectiveDirective);
          });
        });
        await assertSaves(visitor, files.small, '#small');
        await visitor.click('#missing');
        await assertTold(visitor, /does not exist/, 'missing');
        meddler.meddle = (asked) => asked.breakOff();
        await visitor.click('#small');
        await visitor.eventually(
            () => document.querySelector('#small + .claimcheck-status button'));
        await assertTold(visitor, /not available now.*Try again$/, 'small');
        // A watcher that sees nothing would fail here.
        await visitor.run(() => {
          const script = document.createElement('script');
          script.textContent = 'window.inline = true';
          document.body.append(script);
        });
        assert.deepEqual(
            await visitor.eventually(
                () => window.violations.length > 0 && window.violations),
            ['script-src-elem']);
      });
});

inEachBrowser('without cookies', (scenario) => {
  scenario('a download starts, though nothing tells the page',
      async ({visitor, meddler}) => {
        assert.equal(await visitor.run(() => {
          document.cookie = 'any=1';
          return document.cookie;
        }), '');
        await recordEvents(visitor);
        await assertSaves(visitor, files.small, '#small');
        const [, {name, detail}] = await recorded(visitor, 2);
        assert.equal(name, 'started');
        assert.equal(detail.unconfirmed, true);
        assert.equal(
            meddler.calls.some(({headers}) => headers.cookie), false);
      });

  scenario('a refusal is told all the same', async ({visitor}) => {
    await visitor.click('#missing');
    await assertTold(visitor, /does not exist/, 'missing');
  });
}, {cookies: false});

inEachBrowser('without script', (scenario) => {
  scenario('a link leads to a page that helps, and back',
      async ({visitor, meddler}) => {
        // By the keyboard alone: remote controls click by script.
        const follow = async (path) => {
          await visitor.press('Tab');
          await Promise.all([
            visitor.page.waitForNavigation(),
            visitor.press('Enter'),
          ]);
          assert.equal(visitor.page.url(), `${meddler.origin}${path}`);
        };
        await follow(files.small.url);
        const {status, headers} = meddler.calls.find(
            ({url}) => url.pathname === files.small.url);
        assert.equal(status, 400);
        assert.match(headers.accept, /^text\/html/);
        await follow('/');
        assert.equal(meddler.count('token'), 0);
      });
}, {script: false});
