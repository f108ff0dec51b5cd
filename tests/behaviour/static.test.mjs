// Programs without shared libraries, as `make bundle` and `./configure
// --enable-static` link them: in a chroot that holds nothing but a site, and what
// they open of a host.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { give, openToAll } from '../servers/bundle.mjs';
import { isRoot, project, unpackBundle, user } from '../servers/sites.mjs';
import { cgiVariables, parseCgi } from '../servers/target.mjs';

const noRoot = isRoot ? false : 'a chroot wants root';
// Executes PROGRAM, named as seen from FOLDER, in the chroot ROOT, as suEXEC does.
const within = `import os, sys
root, uid, gid, folder, program = sys.argv[1:6]
os.chroot(root)
os.chdir(folder)
os.setgroups([])
os.setgid(int(gid))
os.setuid(int(uid))
os.execve(program, sys.argv[5:], os.environ)`;

describe('static', { concurrency: 1 }, () => {
  let dir;
  let root;
  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-static-'));
    fs.chmodSync(dir, 0o755);
    root = path.join(dir, 'root');
    unpackBundle(root);
    openToAll(root);
    give(root);
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  const run = (folder, program, args = [], { env = {}, input } = {}) => {
    const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', within, root, String(user.uid), String(user.gid), folder, program, ...args], { env, input });
    assert.equal(String(stderr), '');
    assert.equal(status, 0, String(stdout));
    return stdout;
  };
  const ask = (folder, program, uri) => parseCgi({
    out: run(folder, program, [], { env: { GATEWAY_INTERFACE: 'CGI/1.1', DOCUMENT_ROOT: '/public_html', ...cgiVariables({ path: uri }) } }),
  });
  const command = (...args) => run('/', '/bin/claimcheck', args).toString();

  it('is what configure makes of --enable-static, and only then', () => {
    for (const [option, flag] of [['--enable-static', '-static'], ['--disable-static', '']]) {
      const { status, stderr } = spawnSync(path.join(project, 'configure'), ['--quiet', option], { cwd: dir, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.match(fs.readFileSync(path.join(dir, 'config.mk'), 'utf8'), new RegExp(`^STATIC_LDFLAGS = ${flag}$`, 'm'));
    }
  });

  it('stands alone: no library, no /etc, no /proc and no /dev', { skip: noRoot }, () => {
    assert.deepEqual(fs.readdirSync(root).sort(), ['GUIDE.html', 'LICENSE', 'NEWS', 'README.md', 'all-settings.toml', 'bin', 'claimcheck', 'downloads', 'public_html']);
  });

  it('issues a token and gives the file for it, by whatever name it is executed', { skip: noRoot }, () => {
    for (const [folder, prefix] of [['/', '/public_html/claimcheck/'], ['/public_html/claimcheck', ''], ['/public_html', './claimcheck/'], ['/downloads', '../public_html/claimcheck/']]) {
      const issued = ask(folder, `${prefix}get-token.cgi`, '/v1/api/get-token?for=/downloads/example.txt');
      assert.equal(issued.status, 200, issued.body.toString());
      const file = ask(folder, `${prefix}download.cgi`, `/downloads/example.txt?token=${issued.json().token}`);
      assert.equal(file.status, 200, file.body.toString());
      assert.deepEqual(file.body, fs.readFileSync(path.join(root, 'downloads', 'example.txt')));
    }
  });

  it('checks the site, with the number of its user alone', { skip: noRoot }, () => {
    const out = command('check', '--docroot', '/public_html');
    assert.match(out, new RegExp(`^as uid ${user.uid}\nconfiguration: /claimcheck/claimcheck.toml, found above /bin/claimcheck\n`));
    assert.match(out, /\nroot = "\/downloads" +# \/claimcheck\/claimcheck.toml:\d+\n/);
    assert.match(out, /\nnote: the secret that made itself is \/claimcheck\/state\/secret\n/);
    assert.match(out, /\nno findings\n$/);
  });

  it('makes keys of each kind, signs and verifies', { skip: noRoot }, () => {
    for (const alg of ['HS256', 'ES256', 'EdDSA', 'RS256']) {
      const file = path.join(root, 'claimcheck', 'key.jwk');
      fs.writeFileSync(file, command('keygen', '--alg', alg), { mode: 0o600 });
      fs.chownSync(file, user.uid, user.gid);
      const token = command('sign', '--key', '/claimcheck/key.jwk').trim();
      assert.equal(command('verify', '--key', '/claimcheck/key.jwk', token), 'ok\n', alg);
    }
  });

  // Another libc than ours may lie there, and what openssl.cnf names.
  it('opens no module and no settings of the host', () => {
    const trace = path.join(dir, 'trace');
    for (const args of [['check'], ['keygen', '--alg', 'RS256']]) {
      execFileSync('strace', ['-f', '-o', trace, '-e', 'trace=open,openat,connect,execve', path.join(root, 'bin', 'claimcheck'), ...args]);
      const calls = fs.readFileSync(trace, 'utf8');
      assert.doesNotMatch(calls, /connect\(/, args[0]);
      assert.equal(calls.match(/execve\(/g).length, 1, args[0]);
      const opened = [...calls.matchAll(/open(?:at)?\(.*?"(.*?)"/g)].map(([, name]) => name);
      assert.deepEqual(opened.filter((name) => !name.startsWith(root) && !path.resolve(root).startsWith(name) && name !== '.' && name !== 'spool'), [], args[0]);
    }
  });
});
