// A site that sends what is no file to one script, as most systems in PHP have it,
// in .htaccess or in the virtual host: our URLs, which are no files either, are
// not the script's.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { project } from '../servers/sites.mjs';
import { modes, startTarget } from '../servers/target.mjs';

const front = 'RewriteEngine On\nRewriteBase /\n';
const controllers = {
  wordpress: `${front}RewriteRule ^front\\.html$ - [L]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule . /front.html [L]\n`,
  symfony: `${front}RewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^ - [L]\nRewriteRule ^ /front.html [L]\n`,
};
// As in the README.
const ours = 'RewriteRule ^/(claimcheck/|v1/api/(jwt/)?get-token$|downloads/) - [L]';
const virtualHost = `RewriteEngine On\n${ours}\nRewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f\nRewriteRule ^ /front.html [L]\n`;
const sites = [...Object.keys(controllers), 'virtual_host'];
const anonymous = { settings: 'access = "anonymous"\n', auth: false };

function addControllers(dir) {
  for (const name of sites) {
    const site = path.join(dir, 'sites', name);
    const htdocs = path.join(site, 'htdocs');
    const rules = controllers[name];
    if (rules) fs.writeFileSync(path.join(htdocs, '.htaccess'), rules);
    fs.writeFileSync(path.join(htdocs, 'front.html'), 'the front controller');
    fs.appendFileSync(path.join(site, 'site.conf'), rules ? `<Directory "${htdocs}">\n  AllowOverride All\n</Directory>\n` : virtualHost);
  }
}

it('of a virtual host has its exception in the README', () => {
  assert.ok(fs.readFileSync(path.join(project, 'README.md'), 'utf8').includes(ours));
});

for (const mode of modes.filter((each) => ['proxy_fcgi', 'fcgid', 'cgid'].includes(each))) {
  describe(`front controller/${mode}`, { concurrency: 1 }, () => {
    let target;
    before(async () => { target = await startTarget(mode, { sites: Object.fromEntries(sites.map((site) => [site, anonymous])), alter: addControllers }); });
    after(() => target.stop());

    for (const site of sites) {
      it(`of ${site} has the site's own URLs`, async () => {
        for (const url of ['/2026/a-post/', '/v1/api/another', '/download']) {
          assert.equal((await target.request(site, { path: url })).body.toString(), 'the front controller', url);
        }
      });

      it(`of ${site} has neither get-token nor downloads`, async () => {
        for (const url of ['/v1/api/get-token', '/v1/api/jwt/get-token']) {
          const issued = await target.request(site, { path: url });
          assert.equal(issued.status, 200, issued.body.toString());
          const { token } = JSON.parse(issued.body);
          const file = await target.request(site, { path: `/downloads/hello.txt?token=${token}` });
          assert.equal(file.status, 200);
          assert.equal(file.body.toString(), fs.readFileSync(path.join(target.files, 'tree', 'hello.txt'), 'utf8'));
        }
      });

      it(`of ${site} has not the browser script`, async () => {
        const script = await target.request(site, { path: '/claimcheck/download.js' });
        assert.equal(script.status, 200);
        assert.match(script.header('content-type'), /javascript/);
      });
    }
  });
}
