// What a click does, in each browser: files compared on disk.

import assert from 'node:assert/strict';

import {
  assertSaved, assertSaves, assertTold, call, files, inEachBrowser, recordEvents,
  recorded,
} from './stage.mjs';

const busyLinks = (visitor) => visitor.run(
    () => [...document.querySelectorAll('[aria-busy]')].map(({id}) => id));

inEachBrowser('download.js, clicked', (scenario) => {
  for (const [id, file] of Object.entries(files)) {
    scenario(`saves ${file.name} whole when its link is clicked`,
        ({visitor}) => assertSaves(visitor, file, `#${id}`));
  }

  scenario('saves a file whole when downloadFile is called',
      async ({visitor}) => {
        const outcome = await call(visitor, files.endpoint.url);
        await assertSaved(visitor, files.endpoint);
        const {handle, size, ...rest} = outcome;
        assert.match(handle, /^[0-9a-f]{8}$/);
        assert.ok(size > 0);
        assert.deepEqual(
            rest,
            {ok: true, url: files.endpoint.url, filename: files.endpoint.name});
      });

  scenario('works from the keyboard', async ({visitor}) => {
    await visitor.run(() => document.getElementById('small').focus());
    await visitor.press('Enter');
    await assertSaved(visitor, files.small);
  });

  scenario('works for a link that was added later', async ({visitor}) => {
    await visitor.run((href) => {
      const link = document.createElement('a');
      Object.assign(link, {id: 'later', href});
      link.dataset.download = '';
      const words = document.createElement('b');
      words.textContent = 'later';
      link.append(words);
      document.body.append(link);
    }, files.small.url);
    await assertSaves(visitor, files.small, '#later b');
  });

  scenario('downloads once when it is clicked twice',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) => asked.passAfter(asked.isToken ? 500 : 0);
        await visitor.click('#small', {count: 2});
        assert.deepEqual(await busyLinks(visitor), ['small']);
        await assertSaved(visitor, files.small);
        await visitor.eventually(() => !document.querySelector('[aria-busy]'));
        // A second download of it would come before the next link's.
        await assertSaves(visitor, files.endpoint, '#endpoint');
        assert.deepEqual(meddler.order(), ['token', 'file', 'token', 'file']);
        await assertSaves(visitor, files.small, '#small');
        assert.equal(meddler.count('file'), 3);
      });

  scenario('starts several downloads one after the other',
      async ({visitor, meddler}) => {
        let allClicked;
        const gate = new Promise((open) => { allClicked = open; });
        meddler.meddle = async (asked) => {
          await gate;
          await asked.pass();
        };
        await recordEvents(visitor);
        for (const id of ['small', 'utf8', 'missing', 'endpoint']) {
          await visitor.click(`#${id}`);
        }
        assert.deepEqual(
            await busyLinks(visitor), ['small', 'utf8', 'endpoint', 'missing']);
        assert.deepEqual(meddler.order(), ['token']);
        allClicked();
        for (const id of ['small', 'utf8', 'endpoint']) {
          await assertSaved(visitor, files[id]);
        }
        assert.deepEqual(
            meddler.order(),
            ['token', 'file', 'token', 'file', 'token', 'token', 'file']);
        const events = await recorded(visitor, 8);
        assert.deepEqual(events.map(({name, on}) => `${name} ${on}`), [
          'start small',
          'start utf8',
          'start missing',
          'start endpoint',
          'started small',
          'started utf8',
          'error missing',
          'started endpoint',
        ]);
        await assertTold(visitor, /does not exist/, 'missing');
      });

  scenario('lets one that gives no sign hold up the others no longer than' +
          ' its limit',
      async ({visitor, meddler}) => {
        meddler.meddle = (asked) =>
            (asked.token && asked.url.pathname === files.small.url ?
                asked.ignore() :
                asked.pass());
        await visitor.click('#small');
        await assertSaves(visitor, files.endpoint, '#endpoint');
        await visitor.eventually(
            () => document.querySelectorAll('[aria-busy]').length === 1);
        assert.deepEqual(await busyLinks(visitor), ['small']);
      },
      {tag: 'data-timeout="2000"'});

  scenario('tells of the start, and that the download has begun',
      async ({visitor}) => {
        await recordEvents(visitor);
        await visitor.click('#small');
        const [start, started] = await recorded(visitor, 2);
        assert.deepEqual(start, {
          name: 'start',
          detail: {url: files.small.url},
          on: 'small',
        });
        assert.equal(started.name, 'started');
        assert.equal(started.on, 'small');
        assert.match(started.detail.handle, /^[0-9a-f]{8}$/);
        assert.equal(started.detail.filename, files.small.name);
        assert.ok(started.detail.size > 0);
        assert.doesNotMatch(
            await visitor.run(() => document.cookie), /claimcheck_started_/);
      });

  for (const [how, options] of Object.entries({
         'a middle click': {button: 'middle'},
         'a click with Control': {keys: ['Control']},
       })) {
    scenario(`leaves ${how} to the browser, which shows a page that helps`,
        async ({visitor, meddler, browser}) => {
          const tab = await browser.tabAfter(
              () => visitor.click('#small', options));
          const code = await tab.eventually(
              () => document.body && document.body.dataset.code);
          assert.equal(code, 'token_missing');
          assert.deepEqual(meddler.order(), []);
        });
  }

  // Browsers differ: a window, a saved page, the link in this tab, nothing.
  for (const key of ['Shift', 'Alt', 'Meta']) {
    scenario(`leaves a click with ${key} to the browser`,
        async ({visitor, meddler, address}) => {
          await visitor.click('#small', {keys: [key]});
          // Whatever became of it, a token would have been asked for by now.
          await visitor.open(address);
          await assertSaves(visitor, files.endpoint, '#endpoint');
          assert.deepEqual(meddler.order(), ['token', 'file']);
        });
  }

  scenario('leaves a click alone that the page has handled itself',
      async ({visitor, meddler}) => {
        await recordEvents(visitor);
        await visitor.run(() => {
          document.getElementById('small').addEventListener(
              'click', (event) => event.preventDefault());
        });
        await visitor.click('#small');
        await assertSaves(visitor, files.endpoint, '#endpoint');
        assert.deepEqual(meddler.order(), ['token', 'file']);
        const events = await recorded(visitor, 2);
        assert.ok(events.every(({on}) => on === 'endpoint'));
      });

  scenario('works from its minified build, and as a module',
      async ({visitor, meddler}) => {
        for (const tag of [
               'src="/claimcheck/download.min.js" defer',
               'src="/claimcheck/download.module.min.js" type="module"',
               'src="/claimcheck/download.module.js" type="module"',
             ]) {
          meddler.serve('/built', {
            html: `<!doctype html><script ${tag}></script>
                <a id="it" data-download href="${files.small.url}">it</a>`,
          });
          await visitor.open(`${meddler.origin}/built`);
          await visitor.eventually(() => typeof downloadFile === 'function');
          await assertSaves(visitor, files.small, '#it');
        }
      });
});
