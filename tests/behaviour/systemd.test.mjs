// The units, as `make install` puts them down, before systemd's own checks.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { project } from '../servers/sites.mjs';

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('systemd', { skip: hasSystemd ? false : 'systemd-analyze is not installed' }, () => {
  let dir;
  let units;
  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-units-'));
    const made = spawnSync('make', ['-s', '-C', project, 'install', `prefix=${dir}`, `sysconfdir=${dir}/etc`], { encoding: 'utf8', env: { ...process.env, MAKEFLAGS: '' } });
    assert.equal(made.status, 0, made.stderr);
    const folder = path.join(dir, 'share', 'claimcheck', 'systemd');
    units = fs.readdirSync(folder).map((name) => path.join(folder, name));
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  const analyze = (...args) => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    return { status, text: stdout + stderr };
  };

  it('has a socket and a service for each program, without a fault', () => {
    assert.equal(units.length, 4);
    const { status, text } = analyze('verify', ...units);
    assert.equal(status, 0, text);
    assert.doesNotMatch(text, /claimcheck/);
  });

  it('leaves the services little that could be abused', () => {
    for (const unit of units.filter((each) => each.endsWith('.service'))) {
      const { status, text } = analyze('security', '--offline=true', '--threshold=15', unit);
      assert.equal(status, 0, text);
    }
  });

  it('names the configuration where --sysconfdir has it', () => {
    const config = `${dir}/etc/claimcheck/claimcheck.toml`;
    assert.match(fs.readFileSync(config, 'utf8'), new RegExp(`^# claimcheck's configuration: ${config}$`, 'm'));
    for (const unit of units.filter((each) => each.endsWith('.service'))) assert.ok(fs.readFileSync(unit, 'utf8').includes(` --config ${config}\n`), unit);
    for (const name of ['lighttpd/claimcheck.conf', 'apache/claimcheck-fcgid.conf']) {
      const text = fs.readFileSync(path.join(dir, 'share', 'claimcheck', name), 'utf8');
      assert.ok(text.includes(config) && !/[ "]\/etc\/claimcheck/.test(text), name);
    }
    assert.ok(fs.readFileSync(path.join(dir, 'share', 'man', 'man8', 'download.8'), 'utf8').includes(`.Pa ${config}`));
  });

  it('starts the installed programs', () => {
    for (const unit of units.filter((each) => each.endsWith('.service'))) {
      const [, program] = /^ExecStart=(\S+)/m.exec(fs.readFileSync(unit, 'utf8'));
      assert.ok(program.startsWith(dir) && fs.existsSync(program), program);
    }
  });
});
