// claimcheck doctor on deployments of each server: nothing is found where
// nothing is wrong, and each mistake is called by its name and no other.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { deployments } from '../servers/broken_sites.mjs';
import { command } from '../servers/claimcheck.mjs';
import { collect, startTarget } from '../servers/target.mjs';

const tokens = /eyJ[\w-]{20,}\.[\w-]{20,}/;

// doctor runs the command; what it prints never holds a token.
async function doctor(args, { input = '', environment = {} } = {}) {
  const child = spawn(command, ['doctor', ...args], { env: { PATH: process.env.PATH, ...environment } });
  child.stdin.end(input);
  const { status, out, err } = await collect(child);
  const text = out.toString();
  assert.doesNotMatch(text + err, tokens);
  return { status, out: text, err, codes: [...new Set([...text.matchAll(/^FOUND {5}(\w+): /gm)].map(([, code]) => code))] };
}

for (const [server, { mode, sites }] of Object.entries(deployments)) {
  describe(`doctor, ${server}`, { concurrency: 8 }, () => {
    let target;
    before(async () => {
      target = await startTarget(mode, {
        sites,
        // A folder of files whose name is the URL's, too.
        alter: (dir) => fs.symlinkSync('tree', path.join(dir, 'files', 'downloads')),
      });
    });
    after(() => target.stop());

    const ask = (name) => {
      const { auth, code, log = 'access', login = 'demo:demo', path: url = '/downloads/hello.txt' } = sites[name];
      const user = auth || code ? ['--user', '-'] : [];
      return doctor([...user, '--log', path.join(target.dir, 'logs', log), target.origin(name) + url], { input: `${login}\n` });
    };

    for (const [name, { code }] of Object.entries(sites)) {
      it(code ? `says ${code} of the site ${name}, and no more` : `finds nothing at the site ${name}`, async () => {
        const { status, out, err, codes } = await ask(name);
        assert.deepEqual([codes, status, err], [code ? [code] : [], code ? 1 : 0, ''], out);
        assert.match(out, code ? /\n\d+ findings?(; not seen: \d+)?\n$/ : /\nno findings(; not seen: \d+)?\n$/);
      });
    }
  });
}
