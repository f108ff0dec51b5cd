// The manual pages: well-formed, and complete. What the programs know by name
// has to be in the page that is about it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

import { project } from '../servers/sites.mjs';

const read = (...parts) => fs.readFileSync(path.join(project, ...parts), 'utf8');
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
const hasMandoc = spawnSync('mandoc', ['-V']).error === undefined;

function assertNamed(page, names) {
  assert.ok(names.length > 4);
  for (const name of new Set(names)) assert.match(page, new RegExp(`\\b${name}\\b`), name);
}

describe('the manual', () => {
  for (const page of fs.readdirSync(path.join(project, 'man'))) {
    it(`${page} is clean to mandoc`, { skip: hasMandoc ? false : 'mandoc is not installed' }, () => {
      const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'style', path.join(project, 'man', page)], { encoding: 'utf8' });
      // Until they are installed it finds none of our own pages.
      assert.deepEqual(stdout.split('\n').filter((line) => line && !line.includes('referenced manual not found')), []);
    });
  }

  it('has each key of the configuration', () => {
    const page = read('man', 'claimcheck.toml.5');
    const [, settings] = /kSettings = \{([^]*?)\n\};/.exec(read('src', 'edge', 'setting.cc'));
    assertNamed(page, all(settings, />\(\s*"(\w+)"/g));
    const [, keys] = /kKeys = \{([^}]*)\}/.exec(read('src', 'edge', 'download_table.cc'));
    assertNamed(page, [...all(keys, /"(\w+)"/g), 'params']);
  });

  it('has each verb and each option of the command', () => {
    const page = read('man', 'claimcheck.1');
    const verbs = read('src', 'cli', 'main.cc');
    assertNamed(page, all(verbs, /^ {4}\{"(\w+)"/gm));
    assertNamed(page, all(verbs, /--([\w-]+)/g));
  });

  it('has each code of the doctor', () => {
    assertNamed(read('man', 'claimcheck.1'), all(read('src', 'doctor', 'advice.cc'), /^ {4}\{"(\w+)",/gm));
  });

  it('has each code of a refusal', () => {
    assertNamed(read('man', 'download.8'), all(read('src', 'policy', 'http.cc'), /return \{\d{3}, "(\w+)"/g));
  });
});
