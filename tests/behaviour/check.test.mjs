// claimcheck check: what an admin runs before the first request. A site where
// nothing is wrong, and sites with one thing broken each: check names it, and
// get-token meets it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { claimcheck, command, keygen } from '../servers/claimcheck.mjs';
import { startRedis, whyNoRedis } from '../servers/redis.mjs';
import { bearer, bearerSecret, isRoot, makeSites, otherSecret, secret, user } from '../servers/sites.mjs';
import { parseCgi } from '../servers/target.mjs';

const dir = makeSites();
const files = path.join(dir, 'files');
after(() => fs.rmSync(dir, { recursive: true, force: true }));
const give = (name, { uid, gid } = user) => fs.chownSync(name, uid, gid);
const root = { uid: 0, gid: 0 };
const password = 'hunter2hunter2';
const hasSystemFile = fs.existsSync('/etc/claimcheck/claimcheck.toml') && 'this host has /etc/claimcheck/claimcheck.toml';
const hasSystemState = fs.existsSync('/var/lib/claimcheck') && 'this host has /var/lib/claimcheck';

// makeSite is sites/main again, in a folder of its own.
let count = 0;
function makeSite() {
  const main = path.join(dir, 'sites', 'main');
  const home = path.join(dir, `site-${count += 1}`);
  const site = {
    home,
    file: (name) => path.join(home, name),
    toml: path.join(home, 'claimcheck.toml'),
    environment: {},
    args: [],
    write(name, text, mode = 0o600) {
      fs.writeFileSync(site.file(name), text, { mode });
      fs.chmodSync(site.file(name), mode);
      give(site.file(name));
      return site.file(name);
    },
    folder(name, mode = 0o755) {
      fs.mkdirSync(site.file(name));
      fs.chmodSync(site.file(name), mode);
      give(site.file(name));
      return site.file(name);
    },
    text: () => fs.readFileSync(site.toml, 'utf8'),
    replace(from, to) {
      assert.ok(site.text().includes(from), `${from} is not in the configuration`);
      site.write('claimcheck.toml', site.text().replace(from, to), 0o644);
    },
    // A line in front, where flat keys stand.
    add: (line) => site.write('claimcheck.toml', `${line}\n${site.text()}`, 0o644),
    download: (text) => site.write('claimcheck.toml', `${site.text()}\n[[download]]\n${text}\n`, 0o644),
    // place of the last line that begins so: "FILE:LINE".
    place(begin) {
      const line = site.text().split('\n').findLastIndex((each) => each.startsWith(begin)) + 1;
      assert.ok(line > 0, `no line begins with ${begin}`);
      return `${site.toml}:${line}`;
    },
    check: (...more) => claimcheck(['check', '--config', site.toml, ...site.args, ...more], { env: { PATH: process.env.PATH, ...site.environment } }),
    // What get-token answers, as plain CGI.
    getToken() {
      const { stdout } = spawnSync(path.join(dir, 'lib', 'get-token.fcgi'), [], {
        env: {
          PATH: process.env.PATH, GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', REQUEST_URI: '/v1/api/get-token?for=/downloads/hello.txt',
          HTTP_HOST: 'localhost', REMOTE_USER: 'demo', CLAIMCHECK_CONFIG: site.toml, ...site.environment,
        },
        ...user,
      });
      return parseCgi({ out: stdout });
    },
  };
  fs.mkdirSync(home);
  give(home);
  site.folder('state', 0o700);
  site.write('secret', `${secret}\n`);
  site.write('bearer', `${bearerSecret}\n`);
  site.write('claimcheck.toml', fs.readFileSync(path.join(main, 'claimcheck.toml'), 'utf8').replaceAll(main, home).replaceAll('/no such folder', '/outside'), 0o644);
  return site;
}

const secrets = [secret, otherSecret, bearerSecret, password];
function assertNoSecret(text) {
  for (const each of secrets) assert.ok(!text.includes(each), `${each} is in ${text}`);
}
const literally = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const findingsOf = (out) => out.trimEnd().split('\n').slice(out.trimEnd().split('\n').findLastIndex((line) => line === '' || line.startsWith('note: ')) + 1, -1);

// assertFound: exactly this finding, at this place and key, with what is wrong
// and what to do.
function assertFound({ status, out, err }, place, key, ...parts) {
  assertNoSecret(out + err);
  assert.equal(status, 1, out + err);
  const findings = findingsOf(out);
  assert.equal(findings.length, 1, out);
  assert.match(out, /\n1 finding\n$/);
  assert.ok(findings[0].startsWith(`${place}: ${key ? `${key}: ` : ''}`), `${place}: ${key}: is not in front of ${findings[0]}`);
  for (const part of parts) assert.match(findings[0], typeof part === 'string' ? new RegExp(literally(part)) : part);
}

describe('check/healthy', () => {
  it('prints what counts, where it comes from, and no findings', () => {
    const site = makeSite();
    const { status, out, err } = site.check('--docroot', path.join(dir, 'htdocs'));
    assert.deepEqual([status, err], [0, ''], out);
    assert.match(out, isRoot ? new RegExp(`^as nobody \\(uid 65534\\), to whom ${site.file('state')} belongs\n`) : /^as .*\(uid \d+\)\n/);
    assert.match(out, new RegExp(`\nconfiguration: ${literally(site.toml)}, which --config names\n`));
    assert.match(out, new RegExp(`\nkeys = "${literally(site.file('secret'))}" +# ${literally(site.place('keys'))}\n`));
    assert.match(out, /\nreuse = "resume" +# default\n/);
    assert.match(out, /\n# issuer is not set\n/);
    assert.match(out, new RegExp(`\nparams = \\{ name = "\\[a-z\\]\\{1,32\\}", part = "\\[0-9\\]" \\} +# ${site.toml}:\\d+\n`));
    assert.equal(out.match(/^\[\[download\]\] +# /gm).length, site.text().match(/^\[\[download\]\]/gm).length);
    assert.match(out, /\nno findings\n$/);
    assertNoSecret(out);
    assert.equal(site.getToken().status, 200);
  });
  it('leaves no trace, and makes no state directory', { skip: hasSystemState }, () => {
    const site = makeSite();
    const listing = () => execFileSync('find', [site.home, '-printf', '%p %u %m %s %T@\n'], { encoding: 'utf8' });
    site.replace(`keys = "${site.file('secret')}"\n`, '');
    site.replace(`state = "${site.file('state')}"\n`, '');
    fs.rmdirSync(site.file('state'));
    const before = listing();
    const { out } = site.check();
    assert.equal(listing(), before);
    assert.match(out, new RegExp(`note: the first request makes the state directory ${site.file('state')}`));
  });
  it('counts the environment above the file, and says so', () => {
    const site = makeSite();
    Object.assign(site.environment, { CLAIMCHECK_HOME: '/start', CLAIMCHECK_ORIGINS: 'https://a.example https://b.example' });
    const { out } = site.check();
    assert.match(out, /\nhome = "\/start" +# environment: CLAIMCHECK_HOME\n/);
    assert.match(out, /\norigins = \["https:\/\/a.example", "https:\/\/b.example"\] +# environment: CLAIMCHECK_ORIGINS\n/);
  });
  it('finds the file beside the document root as the programs there do', () => {
    const site = makeSite();
    site.folder('htdocs');
    site.folder('claimcheck');
    const found = site.write('claimcheck/claimcheck.toml', site.text(), 0o644);
    const copy = site.file('htdocs/claimcheck');
    fs.copyFileSync(command, copy);
    const check = (docroot) => spawnSync(copy, ['check', '--docroot', docroot], { env: { PATH: process.env.PATH }, encoding: 'utf8' });
    const { status, stdout } = check(site.file('htdocs'));
    assert.equal(status, 0, stdout);
    assert.ok(stdout.includes(`\nconfiguration: ${found}, found above ${copy}\n`), stdout);
    assert.match(check(site.home).stdout, new RegExp(`\n${literally(found)}: .* lies in the document root .* move it out of there; until then every answer is 500\n`));
  });
  it('takes a site without a file, and masks its secret', { skip: hasSystemFile }, () => {
    const site = makeSite();
    const { status, out } = claimcheck(['check'], {
      env: { PATH: process.env.PATH, CLAIMCHECK_ROOT: path.join(files, 'tree'), CLAIMCHECK_STATE: site.file('state'), JWT_SECRET: secret },
    });
    assert.equal(status, 0, out);
    assert.match(out, /\nconfiguration: no file: /);
    assert.match(out, /\n# JWT_SECRET is set, and not shown +# environment: JWT_SECRET\n/);
    assertNoSecret(out);
  });
});

// Each breaks a site and returns where, at which key, and the parts that the
// finding has to have; `meets` is what get-token then answers.
const cases = {
  'keys that are not there': {
    meets: 500,
    break(site) {
      fs.unlinkSync(site.file('secret'));
      return [site.place('keys'), 'keys', site.file('secret'), 'No such file', '`claimcheck keygen`'];
    },
  },
  'keys that others may read': {
    meets: 500,
    break(site) {
      fs.chmodSync(site.file('secret'), 0o644);
      return [site.place('keys'), 'keys', 'others may read the secret', 'chmod 0600'];
    },
  },
  'a secret that is too short': {
    meets: 500,
    break(site) {
      site.write('secret', `${password}\n`);
      return [site.place('keys'), 'keys', 'has 14 bytes', 'claimcheck keygen'];
    },
  },
  'keys that are all retired': {
    meets: 500,
    break(site) {
      site.write('secret', JSON.stringify({ ...JSON.parse(keygen('HS256')), exp: 1000 }));
      return [site.place('keys'), 'keys', 'retired', 'claimcheck rotate'];
    },
  },
  'JWT_SECRET beside keys': {
    meets: 200,
    break(site) {
      site.environment.JWT_SECRET = otherSecret;
      return ['environment: JWT_SECRET', '', `beside keys (${site.place('keys')})`, 'unset it'];
    },
  },
  'bearer keys that are the keys': {
    break(site) {
      site.add(`access = "bearer"\nbearer_keys = "${site.file('bearer')}"\nbearer_issuer = "${bearer.issuer}"\nbearer_audience = "${bearer.audience}"`);
      site.write('bearer', `${secret}\n`);
      return [site.place('bearer_keys'), 'bearer_keys', 'one of the keys is in keys too', 'keys of their own'];
    },
    meets: 500,
  },
  'a state directory that is not there': {
    meets: 503,
    break(site) {
      fs.rmdirSync(site.file('state'));
      return [site.place('state'), 'state', 'No such file', `install -d -m 0700 -o ${user.uid} ${site.file('state')}`];
    },
  },
  'a state directory that others may write': {
    meets: 503,
    break(site) {
      fs.chmodSync(site.file('state'), 0o777);
      return [site.place('state'), 'state', 'may be written by others', `chmod 0700 ${site.file('state')}`];
    },
  },
  "a state directory of root's": {
    root: true,
    meets: 503,
    break(site) {
      fs.chmodSync(site.file('state'), 0o755);
      give(site.file('state'), root);
      return [site.place('state'), 'state', `belongs to uid 0 and we run as uid ${user.uid}`, `chown -R ${user.uid} ${site.file('state')}`];
    },
  },
  'a spool that root has made': {
    root: true,
    break(site) {
      give(site.folder('state/spool', 0o700), root);
      return [site.place('state'), 'state', `${site.file('state/spool')} belongs to uid 0`, `chown -R ${user.uid} ${site.file('state')}`];
    },
  },
  'a root that is not there': {
    break(site) {
      site.download('path = "/more/"\nroot = "/srv/no such folder"');
      return [site.place('root'), 'root', 'the folder /srv/no such folder: No such file', 'mount it, or correct root'];
    },
  },
  'a folder on the way that cannot be searched': {
    root: true,
    break(site) {
      site.folder('closed', 0o700);
      site.folder('closed/files');
      give(site.file('closed'), root);
      site.download(`path = "/more/"\nroot = "${site.file('closed/files')}"`);
      return [site.place('root'), 'root', `may not search the folder ${site.file('closed')}: run \`chmod o+x ${site.file('closed')}`];
    },
  },
  'a file that is not there': {
    break(site) {
      site.download(`path = "/more"\nfile = "${files}/exports/none.csv"`);
      return [site.place('file'), 'file', 'No such file', 'put it there'];
    },
  },
  'a root that holds the keys': {
    break(site) {
      site.folder('private');
      site.write('private/key', `${secret}\n`);
      site.replace(`keys = "${site.file('secret')}"`, `keys = "${site.file('private/key')}"`);
      site.download(`path = "/more/"\nroot = "${site.file('private')}"`);
      return [site.place('root'), 'root', `holds keys, ${site.file('private/key')}`, 'move one out of the other'];
    },
  },
  'a root in the state directory': {
    break(site) {
      site.folder('state/files');
      site.download(`path = "/more/"\nroot = "${site.file('state/files')}"`);
      return [site.place('root'), 'root', 'lies in the state directory', 'move it'];
    },
  },
  'a root in the document root': {
    break(site) {
      site.folder('htdocs');
      site.folder('htdocs/files');
      site.args = ['--docroot', site.file('htdocs')];
      site.download(`path = "/more/"\nroot = "${site.file('htdocs/files')}"`);
      return [site.place('root'), 'root', `lies in the document root ${site.file('htdocs')}`, 'move it out of there'];
    },
  },
  'keys in the document root': {
    break(site) {
      site.folder('htdocs');
      site.write('htdocs/key', `${secret}\n`);
      site.args = ['--docroot', site.file('htdocs')];
      site.replace(`keys = "${site.file('secret')}"`, `keys = "${site.file('htdocs/key')}"`);
      return [site.place('keys'), 'keys', 'lies in the document root', 'move it'];
    },
  },
  'a download that an earlier tree hides': {
    meets: 500,
    break(site) {
      site.download(`path = "/downloads/more/"\nroot = "${files}/tree"`);
      return [site.place('path'), 'path', 'is never reached: "/downloads/" stands before it', 'change their order'];
    },
  },
  'a program that may not be executed': {
    meets: 500,
    break(site) {
      site.write('export', '#!/bin/sh\n', 0o644);
      site.download(`path = "/more"\ncommand = ["${site.file('export')}"]`);
      return [site.place('command'), 'command', `${site.file('export')}: expected a program that uid ${user.uid} may execute`, 'chmod 0755'];
    },
  },
  'a program whose interpreter is not there': {
    break(site) {
      site.write('export', '#!/usr/bin/no-such-php\n', 0o755);
      site.download(`path = "/more"\ncommand = ["${site.file('export')}"]`);
      return [site.place('command'), 'command', 'its interpreter /usr/bin/no-such-php: No such file', 'install that'];
    },
  },
  'a folder to hand over that others may write': {
    meets: 500,
    break(site) {
      site.folder('shared', 0o777);
      site.download(`path = "/more/"\nroot = "${site.file('shared')}"\ndeliver = "x-sendfile"`);
      return [site.place('deliver'), 'deliver', `others may write to ${site.file('shared')}`, 'chmod go-w'];
    },
  },
  'an audit log in a folder that is not there': {
    break(site) {
      site.replace(`audit = "${site.file('audit.log')}"`, `audit = "${site.file('log/audit.log')}"`);
      return [site.place('audit'), 'audit', `the folder ${site.file('log')}`, 'install -d'];
    },
  },
  "an audit log of root's": {
    root: true,
    break(site) {
      give(site.write('audit.log', '', 0o644), root);
      return [site.place('audit'), 'audit', `Permission denied for uid ${user.uid}`, `chown ${user.uid} ${site.file('audit.log')}`];
    },
  },
  'a password in a file that others may read': {
    skip: whyNoRedis(),
    meets: 500,
    break(site) {
      site.replace(`state = "${site.file('state')}"`, `state = "redis://:${password}@127.0.0.1:1"`);
      return [site.place('state'), 'state', 'holds a password', 'chmod 0640'];
    },
  },
  'a Redis that is out of reach': {
    skip: whyNoRedis(),
    meets: 503,
    break(site) {
      site.replace(`state = "${site.file('state')}"`, `state = "unix://:${password}@${site.file('none')}"`);
      fs.chmodSync(site.toml, 0o640);
      return [site.place('state'), 'state', `Redis at ${site.file('none')}`, 'see that it runs'];
    },
  },
  'a limit of few open files': {
    break(site) {
      site.check = () => {
        const { status, stdout, stderr } = spawnSync('sh', ['-c', `ulimit -n 512; exec "${command}" check --config "${site.toml}"`], { encoding: 'utf8' });
        return { status, out: stdout, err: stderr };
      };
      return ['this shell', 'open files', 'may have 512 open', 'LimitNOFILE='];
    },
  },
};

describe('check/broken', () => {
  for (const [what, { root: needsRoot, skip, meets, break: breakIt }] of Object.entries(cases)) {
    it(`names ${what}`, { skip: skip || (needsRoot && !isRoot && 'only root can give files away') }, () => {
      const site = makeSite();
      const [place, key, ...parts] = breakIt(site);
      assertFound(site.check(), place, key, ...parts);
      if (meets) assert.equal(site.getToken().status, meets);
    });
  }
  it('names all that is wrong, in the configuration and about it', () => {
    const site = makeSite();
    fs.unlinkSync(site.file('secret'));
    fs.rmdirSync(site.file('state'));
    site.download('path = "/more/"\nroot = "/srv/no such folder"');
    const { status, out } = site.check();
    assert.equal(status, 1);
    assert.deepEqual(findingsOf(out).map((line) => line.split(': ')[1]), ['keys', 'state', 'root']);
    assert.match(out, /\n3 findings\n$/);
  });
  it('prints no controls', () => {
    const site = makeSite();
    site.add('"a\\u001b[31m\\u0007" = 1');
    const { out } = site.check();
    assert.match(out, /a\?\[31m\?: is not a known key/);
    assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f\x7f]/);
  });
  it('names all mistakes at once, and shows no settings that count for nothing', () => {
    const site = makeSite();
    site.add('colour = "red"\nreuse = "twice"\ntoken_lifetime = 2');
    const { status, out } = site.check();
    assert.equal(status, 1);
    for (const line of [`${site.toml}:1: colour: is not a known key`, `${site.toml}:2: reuse: expected "resume", "never" or "window"`, `${site.toml}:3: token_lifetime: expected a duration`]) {
      assert.ok(out.includes(`\n${line}`), out);
    }
    assert.match(out, /answer 500 until this is mended\n[^]*\n3 findings\n$/);
    assert.doesNotMatch(out, /# default/);
  });
});

describe('check/state', { skip: isRoot ? false : 'only root can mount' }, () => {
  const mounted = (site, options, then) => {
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `mode=0700,uid=${user.uid},${options}`, 'tmpfs', site.file('state')]);
    if (status !== 0) return false;
    try {
      then();
    } finally {
      execFileSync('umount', [site.file('state')]);
    }
    return true;
  };
  it('names a file system without room', (t) => {
    const site = makeSite();
    const could = mounted(site, 'size=64k', () => assertFound(site.check(), site.place('state'), 'state', /space for 1[0-9] more used tokens/, `df -h ${site.file('state')}`))
      && mounted(site, 'nr_inodes=100', () => assertFound(site.check(), site.place('state'), 'state', /inodes for 9\d more used tokens/, `df -i ${site.file('state')}`));
    if (!could) t.skip('nothing can be mounted here');
  });
  it('names one that is mounted read-only', (t) => {
    const site = makeSite();
    const could = mounted(site, 'ro', () => {
      assertFound(site.check(), site.place('state'), 'state', 'is mounted read-only', 'remount');
      assert.equal(site.getToken().status, 503);
    });
    if (!could) t.skip('nothing can be mounted here');
  });
});

describe('check/redis', { skip: whyNoRedis() }, () => {
  let redis;
  before(async () => {
    redis = await startRedis(dir);
    redis.cli(['CONFIG', 'SET', 'requirepass', password]);
    site = makeSite();
  });
  after(() => redis.stop());
  let site;
  const toml = (url) => {
    site.write('claimcheck.toml', site.text().replace(/state = .*/, `state = "${url}"`), 0o640);
    return [site.place('state'), 'state', 'Redis at '];
  };
  const said = (...words) => execFileSync('redis-cli', ['-s', redis.socket, '--no-auth-warning', '-a', password, ...words]);

  it('finds nothing where the programs reach it, and masks the password', () => {
    toml(`unix://:${password}@${redis.socket}`);
    const { status, out } = site.check();
    assert.equal(status, 0, out);
    assert.match(out, new RegExp(`\nstate = "unix://:\\*\\*\\*@${literally(redis.socket)}"`));
    assertNoSecret(out);
  });
  it('names a missing password and a wrong one', () => {
    let place = toml(`unix://${redis.socket}`);
    assertFound(site.check(), ...place, 'it wants a password: state has to hold it');
    place = toml(`unix://:${password}2@${redis.socket}`);
    assertFound(site.check(), ...place, 'correct them');
  });
  it('names an eviction policy, a replica, and keys that are not there', () => {
    const place = toml(`unix://:${password}@${redis.socket}`);
    said('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    assertFound(site.check(), ...place, 'allkeys-lru', 'maxmemory-policy noeviction');
    said('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    said('REPLICAOF', '127.0.0.1', '1');
    assertFound(site.check(), ...place, /replica|MASTERDOWN/);
    said('REPLICAOF', 'NO', 'ONE');
    site.replace(`keys = "${site.file('secret')}"`, 'keys = "redis:claimcheck:keys"');
    fs.chmodSync(site.toml, 0o640);
    assertFound(site.check(), site.place('keys'), 'keys', 'holds nothing', 'claimcheck keygen | redis-cli -x SET claimcheck:keys');
  });
});

describe('check/status', () => {
  it('is 2 where no configuration can be read, with the reason', () => {
    const site = makeSite();
    const none = claimcheck(['check', '--config', site.file('none')]);
    assert.equal(none.status, 2);
    assert.match(none.out, /none: No such file[^]*--config or CLAIMCHECK_CONFIG/);
    for (const line of [`state = redis://:${password}@10.0.0.5`, `state = "redis://:${password}@10.0.0.5`, `state = "${password}"x`, password, `a = ${password}`]) {
      site.write('claimcheck.toml', `${line}\n`);
      const broken = site.check();
      assert.equal(broken.status, 2);
      assert.match(broken.out, new RegExp(`\n${literally(site.toml)}:[12]: `));
      assertNoSecret(broken.out + broken.err);
    }
  });
  it('is 2 where there is none', { skip: hasSystemFile }, () => {
    const { status, out } = claimcheck(['check'], { env: { PATH: process.env.PATH } });
    assert.equal(status, 2);
    assert.match(out, /\nconfiguration: no file: [^]*CLAIMCHECK_ROOT/);
  });
  it('is 2 for arguments that it does not know', () => {
    const site = makeSite();
    for (const args of [['more'], ['--nope'], ['--config'], ['--docroot', site.file('none')], ['--docroot', site.toml]]) {
      const { status, out, err } = claimcheck(['check', ...args]);
      assert.deepEqual([status, out], [2, ''], args.join(' '));
      assert.match(err, /usage: claimcheck check \[--config FILE\] \[--docroot DIR\]/);
    }
  });
});

describe('check/user', { skip: isRoot ? false : 'only root becomes somebody else' }, () => {
  it('tells root to run it as the user of the programs where nothing tells who that is', () => {
    const site = makeSite();
    execFileSync('chown', ['-R', '0:0', site.home]);
    const { status, out } = site.check();
    assert.match(out, /^as root \(uid 0\)\n/);
    assert.match(out, new RegExp(`note: root may do nearly everything, and owns ${site.file('state')}: .*sudo -u USER claimcheck check`));
    assert.equal(status, 1);
    assert.match(out, new RegExp(`state: the state directory ${site.file('state')} belongs to root: run \`chown -R USER ${site.file('state')}\`, USER being`));
    assert.doesNotMatch(out, /chown -R 0/);
  });
  it('says that the programs may not read the configuration, and how they may', () => {
    const site = makeSite();
    give(site.toml, root);
    fs.chmodSync(site.toml, 0o600);
    const { status, out } = site.check();
    assert.match(out, new RegExp(`\n${literally(site.toml)}: Permission denied for uid ${user.uid}: let them read it: chgrp it to their group and chmod 0640 it`));
    assert.equal(status, 2, out);
    assert.equal(site.getToken().status, 500);
  });
  it('tells another user whose the state is', () => {
    const site = makeSite();
    fs.chmodSync(dir, 0o711);
    const { out } = claimcheck(['check', '--config', site.toml], { uid: 1, gid: 1 });
    assert.match(out, /^as daemon \(uid 1\)\n/);
    assert.match(out, new RegExp(`expected a file of root's or of uid 1 `));
    give(site.toml, root);
    const second = claimcheck(['check', '--config', site.toml], { uid: 1, gid: 1 });
    assert.match(second.out, new RegExp(`note: ${site.file('state')} belongs to nobody \\(uid 65534\\): if the programs run as that user`));
  });
});
