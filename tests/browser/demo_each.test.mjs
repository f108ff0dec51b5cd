// The demo's page, in each browser: what its two buttons show.

import assert from 'node:assert/strict';

import {assertSaves, files, inEachBrowser} from './stage.mjs';

const words = (visitor, id) => visitor.eventually((name) => {
  const [, , last] = document.getElementById(name).children;
  return (last || document.getElementById(name)).textContent.trim();
}, id);

const answer = (visitor, id) => visitor.run(
    (name) => document.getElementById(name).children[1].textContent.trim(), id);

inEachBrowser('the demo\'s page', (scenario) => {
  const onDemo = (title, run) => scenario(title, async (stage) => {
    await stage.visitor.open(`${stage.meddler.origin}/`);
    await run(stage);
  });

  onDemo('shows what becomes of a copied link', async ({visitor}) => {
    await visitor.click('#copied-make');
    await words(visitor, 'copied-rest');
    assert.equal(await answer(visitor, 'copied-first'), '200');
    assert.match(await answer(visitor, 'copied-other'), /^403 token_/);
    assert.equal(await answer(visitor, 'copied-none'), '400 token_missing');
    assert.equal(await answer(visitor, 'copied-altered'), '403 token_invalid');
    assert.equal(await answer(visitor, 'copied-late'), '403 token_used');
    assert.equal(await answer(visitor, 'copied-rest'), '206');
  });

  onDemo('breaks a download off half way, and has it whole', async ({visitor}) => {
    await visitor.click('#resume-make');
    assert.match(
        await words(visitor, 'resume-verdict'),
        /^The two parts joined are the whole file/);
    assert.equal(
        await words(visitor, 'resume-begun'), 'Broke off at 12.0 MiB of 24.0 MiB.');
    assert.equal(await answer(visitor, 'resume-late'), '403 token_used');
    assert.equal(await answer(visitor, 'resume-rest'), '206');
    assert.equal(await words(visitor, 'resume-rest'), 'The rest, 12.0 MiB.');
  });

  onDemo('saves a file whole that is clicked', ({visitor}) =>
    assertSaves(visitor, files.small, `a[href="${files.small.url}"]`));
});
