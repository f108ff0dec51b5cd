// The claimcheck command, as a script would call it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { project } from './sites.mjs';

export const command = path.join(project, 'build', 'claimcheck');

// claimcheck runs the command to its end: its status, what it printed, and
// its complaints.
export function claimcheck(args, { input = '', ...options } = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8', ...options });
  return { status, out: stdout, err: stderr };
}

export function keygen(alg, ...more) {
  const { status, out, err } = claimcheck(['keygen', '--alg', alg, ...more]);
  if (status !== 0) throw new Error(err);
  return out;
}

// publicHalf is the JWK without what only its owner may know.
export function publicHalf(jwk) {
  const { d, p, q, dp, dq, qi, ...rest } = JSON.parse(jwk);
  return JSON.stringify(rest);
}

// verdicts verifies tokens, a line each.
export function verdicts(file, tokens, ...args) {
  const { out } = claimcheck(['verify', '--key', file, ...args, '-'], { input: tokens.map((each) => `${each}\n`).join('') });
  return out.split('\n').slice(0, -1);
}

// A folder for the files of a suite; remove() takes it away.
export function scratch() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-keys-'));
  return {
    write(name, text, mode = 0o600) {
      const file = path.join(dir, name);
      fs.writeFileSync(file, text, { mode });
      fs.chmodSync(file, mode);
      return file;
    },
    file: (name) => path.join(dir, name),
    remove: () => fs.rmSync(dir, { recursive: true, force: true }),
  };
}
