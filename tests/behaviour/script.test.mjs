// What `make` makes of the browser script: its syntax, size, integrity and
// types, and the package that npm would make of htdocs. What the script does is
// in tests/browser.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { parse } from 'acorn';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const htdocs = path.join(project, 'htdocs');
const scripts = ['download.min.js', 'download.module.min.js'];
const tsc = path.join(project, 'tests/node_modules/typescript/bin/tsc');

const read = (...parts) => fs.readFileSync(path.join(...parts), 'utf8');

describe('the browser script, built', () => {
  let dir;
  let output;
  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-script-'));
    output = execFileSync('make', ['-s', `BUILD=${dir}/one`, 'script'], { cwd: project, encoding: 'utf8' });
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  const built = (name) => path.join(dir, 'one', name);

  // What a pair of classic script and module is told to be, and is.
  for (const [where, name, sourceType, ecmaVersion] of [
    ['htdocs', 'download.js', 'script', 2017],
    ['htdocs', 'download.module.js', 'module', 2020],
    ['build', 'download.min.js', 'script', 2017],
    ['build', 'download.module.min.js', 'module', 2020],
  ]) {
    it(`${name} is a ${sourceType} of ECMAScript ${ecmaVersion}`, () => {
      const text = where === 'build' ? read(built(name)) : read(htdocs, name);
      const { body } = parse(text, { sourceType, ecmaVersion });
      assert.notEqual(body.length, 0);
      // What a strict Content-Security-Policy, or an auditor, would not have.
      assert.doesNotMatch(text, /\beval\b|new Function|innerHTML|outerHTML|document\.write|insertAdjacentHTML/);
    });
  }

  it('is no script of an older ECMAScript, as the parser tells', () => {
    assert.throws(() => parse(read(built('download.min.js')), { sourceType: 'script', ecmaVersion: 2016 }), SyntaxError);
  });

  it('is at most 6 KiB, minified', () => {
    for (const name of scripts) {
      const { size } = fs.statSync(built(name));
      assert.ok(size <= 6 * 1024 && size > 1024, `${name}: ${size} bytes`);
    }
  });

  it('says which version it is of', () => {
    const [, version] = /^AC_INIT\(\[claimcheck\], \[([^\]]+)\]/m.exec(read(project, 'configure.ac'));
    for (const name of scripts) {
      assert.ok(read(built(name)).startsWith(`/*! claimcheck ${version} */`), name);
    }
    assert.equal(JSON.parse(read(htdocs, 'package.json')).version, version);
  });

  it('is told with its size and its integrity', () => {
    const lines = output.trimEnd().split('\n');
    assert.equal(lines.length, 3);
    for (const line of lines) {
      const [, file, size, integrity] = /^(\S+): (\d+) bytes, integrity="(sha384-[A-Za-z0-9+/]{64})"$/.exec(line);
      const bytes = fs.readFileSync(path.resolve(project, file));
      assert.equal(bytes.length, Number(size));
      assert.equal(integrity, `sha384-${createHash('sha384').update(bytes).digest('base64')}`);
    }
  });

  it('is the same to the byte when it is built again', () => {
    execFileSync('make', ['-s', `BUILD=${dir}/two`, 'script'], { cwd: project });
    for (const name of scripts) {
      assert.ok(fs.readFileSync(built(name)).equals(fs.readFileSync(path.join(dir, 'two', name))), name);
    }
  });

  it('is not made where esbuild is not, and make says so', () => {
    const told = execFileSync('make', ['-s', `BUILD=${dir}/none`, 'ESBUILD=', 'script'], { cwd: project, encoding: 'utf8' });
    assert.match(told, /^download\.min\.js is not made, for want of esbuild \(Debian: esbuild\)/);
    assert.match(told, /^htdocs\/download\.js: /m);
    assert.equal(fs.existsSync(`${dir}/none/download.min.js`), false);
  });
});

describe('the package that npm makes of the browser script', () => {
  let dir;
  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-npm-'));
    const [{ filename }] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--pack-destination', dir], { cwd: htdocs, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    const home = path.join(dir, 'node_modules/claimcheck');
    fs.mkdirSync(home, { recursive: true });
    execFileSync('tar', ['-xzf', path.join(dir, filename), '-C', home, '--strip-components=1']);
    fs.writeFileSync(path.join(dir, 'package.json'), '{"type": "module"}');
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  // Compiles `text` as a user's module, with all that is strict.
  const compile = (text) => {
    fs.writeFileSync(path.join(dir, 'use.ts'), text);
    const { status, stdout } = spawnSync(
      process.execPath,
      [tsc, '--noEmit', '--strict', '--target', 'es2017', '--lib', 'es2017,dom', '--module', 'nodenext', 'use.ts'],
      { cwd: dir, encoding: 'utf8' });
    return { status, stdout };
  };

  it('has the script, the module and the types, and nothing else', () => {
    assert.deepEqual(
      fs.readdirSync(path.join(dir, 'node_modules/claimcheck')).sort(),
      ['download.d.ts', 'download.js', 'download.module.js', 'package.json']);
  });

  it('can be imported where there is no page', () => {
    const said = execFileSync(
      process.execPath, ['--input-type=module', '--eval', "import {downloadFile} from 'claimcheck'; console.log(typeof downloadFile)"],
      { cwd: dir, encoding: 'utf8' });
    assert.equal(said, 'undefined\n');
  });

  it('has types that a use of all it offers satisfies', () => {
    assert.deepEqual(compile(`
      import {downloadFile, type DownloadOutcome} from 'claimcheck';
      const link: HTMLElement = document.createElement('a');
      downloadFile.settings.login = '/login?next=';
      downloadFile.strings.not_found = 'Weg';
      downloadFile.strings.retry = 'Noch einmal';
      const outcome: Promise<DownloadOutcome> = downloadFile('/a', {link, timeout: 2000, getToken: '/t', xsrfCookie: 'c', xsrfHeader: 'h'});
      outcome.then(({ok, url, code, message, handle, filename, size, unconfirmed}) => {
        const name: string | undefined = filename || handle || message;
        const bytes: number | undefined = size;
        if (!ok && code === 'token_used') console.log(url.length, name, bytes, unconfirmed === true);
      });
      window.downloadFile(new URL('/b', location.href));
      document.addEventListener('claimcheck:error', (event) => { if (event.detail.code === 'offline') event.preventDefault(); });
      link.addEventListener('claimcheck:started', (event) => console.log(event.detail.size?.toFixed()));
    `), { status: 0, stdout: '' });
  });

  for (const [what, text] of Object.entries({
    'an option that there is not': "downloadFile('/a', {retries: 3});",
    'a code that there is not': "downloadFile('/a').then(({code}) => code === 'expired');",
    'words for a code that there is not': "downloadFile.strings.gone = '';",
  })) {
    it(`has types that refuse ${what}`, () => {
      const { status, stdout } = compile(`import {downloadFile} from 'claimcheck'; ${text}`);
      assert.notEqual(status, 0);
      assert.match(stdout, /^use\.ts\(1,\d+\): error TS/);
    });
  }
});
