// The machine that was measured, and the versions of what was measured on it.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const project = path.join(__dirname, '..');

// said is what a command says on either output, '' where there is none.
function said(program, ...args) {
  const { error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: project, env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
  return error ? '' : `${stdout}${stderr}`.trim();
}

const number = (text) => /\d+(\.\d+)+[^\s,)]*/.exec(text)?.[0];
const debian = (name) => /^\S+ (\S+)$/.exec(said('dpkg-query', '-W', '-f', '${Package} ${Version}', name))?.[1];
const phpFpm = () => (fs.existsSync('/usr/sbin') ? fs.readdirSync('/usr/sbin') : []).filter((name) => /^php-fpm[\d.]*$/.test(name)).sort().pop();
const npm = (name) => {
  const file = path.join(project, 'tests', 'node_modules', name, 'package.json');
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : undefined;
};

// commit tells whether what was measured is what is committed. What a report
// writes is not measured.
function commit() {
  const hash = said('git', 'rev-parse', '--short=12', 'HEAD');
  if (!/^[0-9a-f]+$/.test(hash)) return undefined;
  const changed = said('git', 'status', '--porcelain', '--', '.', ':!README.md', ':!bench/RESULTS.md', ':!bench/results.svg');
  return `commit ${hash}${changed ? ', and changes that are not committed' : ''}`;
}

function machine() {
  const cpu = fs.existsSync('/proc/cpuinfo') ? fs.readFileSync('/proc/cpuinfo', 'utf8') : '';
  const release = fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '';
  return [
    ['processor', `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores${/^flags.*\bhypervisor\b/m.test(cpu) ? ', of a virtual machine' : ''}`],
    ['memory', `${Math.round(os.totalmem() / 2 ** 30)} GiB`],
    ['kernel', `${os.type()} ${os.release()}`],
    ['distribution', /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1]],
  ];
}

// versions take the compiler's command, whose flags say how ours was built.
function versions(compiler) {
  const flags = compiler.findIndex((word) => word.startsWith('-'));
  const program = flags < 0 ? compiler : compiler.slice(0, flags);
  return [
    ['claimcheck', commit()],
    ['built with', program.length > 0 ? `${said(...program, '--version').split('\n')[0]}${flags < 0 ? '' : `, ${compiler.slice(flags).join(' ')}`}` : undefined],
    ['Apache', number(said('apache2', '-v'))],
    ['mod_fcgid', debian('libapache2-mod-fcgid')],
    ['mod_xsendfile', debian('libapache2-mod-xsendfile')],
    ['lighttpd', number(said('lighttpd', '-v'))],
    ['nginx', number(said('nginx', '-v'))],
    ['PHP, PHP-FPM', phpFpm() && number(said(phpFpm(), '-v'))],
    ['node', number(said('node', '--version'))],
    ...['express', 'jsonwebtoken', 'fast-jwt', 'jose'].map((name) => [name, npm(name)]),
    ['libfcgi', debian('libfcgi-dev')],
    ['libjwt', debian('libjwt-dev')],
    ['OpenSSL', number(said('openssl', 'version'))],
    ['Redis', number(said('redis-server', '--version')) ?? debian('redis-tools')],
    ['wrk', number(said('wrk', '-v'))],
    ['curl', number(said('curl', '--version'))],
  ];
}

module.exports = { machine, versions };
