// A site whose .htaccess sends what is no file to one script, as most systems in
// PHP have it: our URLs, which are no files either, are not the script's.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { modes, startTarget } from '../servers/target.mjs';

const front = 'RewriteEngine On\nRewriteBase /\n';
const controllers = {
  wordpress: `${front}RewriteRule ^front\\.html$ - [L]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule . /front.html [L]\n`,
  symfony: `${front}RewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^ - [L]\nRewriteRule ^ /front.html [L]\n`,
};
const anonymous = { settings: 'access = "anonymous"\n', auth: false };

function addControllers(dir) {
  for (const [name, rules] of Object.entries(controllers)) {
    const site = path.join(dir, 'sites', name);
    const htdocs = path.join(site, 'htdocs');
    fs.writeFileSync(path.join(htdocs, '.htaccess'), rules);
    fs.writeFileSync(path.join(htdocs, 'front.html'), 'the front controller');
    fs.appendFileSync(path.join(site, 'site.conf'), `<Directory "${htdocs}">\n  AllowOverride All\n</Directory>\n`);
  }
}

for (const mode of modes.filter((each) => ['proxy_fcgi', 'fcgid', 'cgid'].includes(each))) {
  describe(`front controller/${mode}`, { concurrency: 1 }, () => {
    let target;
    before(async () => { target = await startTarget(mode, { sites: { wordpress: anonymous, symfony: anonymous }, alter: addControllers }); });
    after(() => target.stop());

    for (const site of Object.keys(controllers)) {
      it(`of ${site} has the site's pages`, async () => {
        for (const url of ['/2026/a-post/', '/v1/api/another', '/download']) {
          assert.equal((await target.request(site, { path: url })).body.toString(), 'the front controller', url);
        }
      });

      it(`of ${site} has neither get-token nor downloads`, async () => {
        const issued = await target.request(site, { path: '/v1/api/get-token' });
        assert.equal(issued.status, 200, issued.body.toString());
        const { token } = JSON.parse(issued.body);
        const file = await target.request(site, { path: `/downloads/hello.txt?token=${token}` });
        assert.equal(file.status, 200);
        assert.equal(file.body.toString(), fs.readFileSync(path.join(target.files, 'tree', 'hello.txt'), 'utf8'));
      });
    }
  });
}
