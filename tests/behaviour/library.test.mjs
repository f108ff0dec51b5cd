// The library as another program uses it: README's example, compiled against
// what `make install` put down and nothing else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { project } from '../servers/sites.mjs';

describe('library', { concurrency: 1 }, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-library-'));
  const prefix = path.join(dir, 'prefix');
  const environment = { ...process.env, MAKEFLAGS: '', PKG_CONFIG_PATH: path.join(prefix, 'lib', 'pkgconfig') };
  const make = (target) => execFileSync('make', ['-s', '-C', project, target, `prefix=${prefix}`, `sysconfdir=${prefix}/etc`], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  before(() => make('install'));
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  it("compiles README's example with pkg-config's flags, and it does what it says", () => {
    const readme = fs.readFileSync(path.join(project, 'README.md'), 'utf8');
    const [, source, , output] = /```cpp\n([^]*?)```\n([^]*?)```\n([^]*?)```/.exec(readme);
    fs.writeFileSync(path.join(dir, 'example.cc'), source);
    const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'claimcheck'], { env: environment, encoding: 'utf8' }).trim().split(/\s+/);
    execFileSync('c++', ['-std=c++20', '-Wall', '-Wextra', '-Werror', 'example.cc', ...flags, '-o', 'example'], { cwd: dir });
    assert.equal(execFileSync(path.join(dir, 'example'), { encoding: 'utf8' }), output);
  });

  it('compiles each installed header by itself', () => {
    const headers = fs.readdirSync(path.join(prefix, 'include', 'claimcheck'));
    assert.ok(headers.includes('jwt.h') && !headers.includes('json.h'));
    for (const header of headers) {
      execFileSync('c++', ['-std=c++20', '-fsyntax-only', '-x', 'c++', '-I', path.join(prefix, 'include'), '-include', `claimcheck/${header}`, '/dev/null']);
    }
  });

  it('names its version to pkg-config', () => {
    const version = execFileSync('pkg-config', ['--modversion', 'claimcheck'], { env: environment, encoding: 'utf8' });
    assert.match(fs.readFileSync(path.join(project, 'configure.ac'), 'utf8'), new RegExp(`AC_INIT\\(\\[claimcheck\\], \\[${version.trim()}\\]`));
  });

  it('runs as the installed command, and goes away whole', () => {
    assert.match(execFileSync(path.join(prefix, 'bin', 'claimcheck'), ['--version'], { encoding: 'utf8' }), /^claimcheck /);
    make('uninstall');
    const left = fs.readdirSync(prefix, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).map(({ name }) => name);
    assert.deepEqual(left, ['claimcheck.toml']);
  });
});
