// A site made of the bundle, and a host of many that runs it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

import { isRoot, project, user } from './sites.mjs';
import { freePorts, waitForPort } from './target.mjs';

// give makes a folder and all that is in it the user's whom the tests run
// programs as.
export function give(dir) {
  if (isRoot) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, dir]);
}

// edit changes one line of a file, which has to be there.
export function edit(file, from, to) {
  const text = fs.readFileSync(file, 'utf8');
  if (text.split(`${from}\n`).length !== 2) throw new Error(`${from} is not one line of ${file}`);
  fs.writeFileSync(file, text.replace(`${from}\n`, () => `${to}\n`));
}

export const settings = (site) => path.join(site, 'claimcheck', 'claimcheck.toml');
// openToAll makes the edit that the guide asks for.
export const openToAll = (site) => edit(settings(site), 'access = "server"', 'access = "anonymous"');

export const suexec = '/usr/lib/apache2/suexec';
// whyNoHost says why tests/servers/shared_host cannot be run; false if it can.
export const whyNoHost = isRoot ? false : 'suEXEC and mounts want root';

// startHost starts tests/servers/shared_host on the sites in `dir`.
export async function startHost(mode, dir) {
  if (!fs.existsSync(suexec)) throw new Error(`${suexec} is not there (Debian: apache2-suexec-pristine)`);
  const sites = fs.readdirSync(dir).filter((name) => !name.startsWith('.')).sort();
  const port = await freePorts(sites.length);
  const child = spawn('bash', [path.join(project, 'tests', 'servers', 'shared_host'), mode, dir, String(port)], { stdio: 'inherit' });
  await waitForPort(port, child);
  return {
    origin: (site) => `http://127.0.0.1:${port + sites.indexOf(site)}`,
    log: () => fs.readFileSync(path.join(dir, '.host', 'error'), 'utf8'),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
