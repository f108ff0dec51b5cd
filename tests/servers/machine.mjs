// An admin's machine in a folder: what `make install` puts down, under the
// paths that the documentation names, and the servers that read it. A text
// that names these paths is settled: they are the folder's, and nothing else
// of it is changed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { isRoot, project, user } from './sites.mjs';
import { collect, freePorts, until, waitForPort } from './target.mjs';

const folders = ['etc/claimcheck', 'etc/nginx/conf.d', 'etc/apache2', 'etc/php', 'run/claimcheck', 'run/lighttpd', 'srv/files', 'srv/exports',
  'usr/local/lib/site', 'usr/local/libexec/claimcheck', 'var/lib/claimcheck', 'var/lib/php', 'var/log/apache2', 'var/log/nginx', 'var/log/lighttpd', 'var/www/html'];
const asUser = (variables) => ({ env: { PATH: `${process.env.PATH}:/usr/sbin`, LC_ALL: 'C.UTF-8', ...variables }, ...user });

// makeMachine returns the machine; its files belong to the user of the servers.
export function makeMachine() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-machine-'));
  const own = (file, mode) => {
    fs.chmodSync(file, mode);
    if (isRoot) fs.chownSync(file, user.uid, user.gid);
  };
  const makeFolder = (folder) => {
    if (fs.existsSync(folder)) return;
    makeFolder(path.dirname(folder));
    fs.mkdirSync(folder);
    own(folder, 0o755);
  };
  const machine = {
    root,
    at: (file) => path.join(root, file),
    settle: (text) => text.replace(/(?<![\w.}/])\/(etc|home|run|srv|usr\/local|var)(?=[/;"'\s])/g, `${root}/$1`),
    // write settles a text and puts it down; `mode` as of chmod.
    write(file, text, mode = 0o644) {
      makeFolder(path.dirname(machine.at(file)));
      fs.writeFileSync(machine.at(file), machine.settle(text));
      own(machine.at(file), mode);
    },
    copy(from, file, mode = 0o644) {
      makeFolder(path.dirname(machine.at(file)));
      fs.copyFileSync(path.join(project, from), machine.at(file));
      own(machine.at(file), mode);
    },
    read: (file) => fs.readFileSync(machine.at(file), 'utf8'),
    // sh runs a script as the user of the servers.
    async sh(script) {
      const { status, out, err } = await collect(spawn('sh', ['-ec', machine.settle(script)], { ...asUser(), stdio: ['ignore', 'pipe', 'pipe'] }));
      if (status !== 0) throw new Error(err + out);
    },
    remove: () => fs.rmSync(root, { recursive: true, force: true }),
  };
  own(root, 0o755);
  folders.forEach((folder) => makeFolder(machine.at(folder)));
  fs.chmodSync(machine.at('var/lib/claimcheck'), 0o700);
  install(machine);
  return machine;
}

// As the Makefile does.
function install(machine) {
  for (const name of ['get-token.fcgi', 'download.fcgi']) machine.copy(`build/${name}`, `usr/local/libexec/claimcheck/${name}`, 0o755);
  for (const name of ['apache', 'lighttpd', 'nginx']) {
    for (const conf of fs.readdirSync(path.join(project, name)).filter((each) => each.endsWith('.conf'))) {
      machine.write(`usr/local/share/claimcheck/${name}/${conf}`, fs.readFileSync(path.join(project, name, conf), 'utf8'));
    }
  }
  machine.copy('htdocs/download.js', 'usr/local/share/claimcheck/htdocs/download.js');
  // As Debian has it where PHP serves a site; but OPcache looks at a script every
  // two seconds, and tests change them faster.
  machine.write('etc/php/php.ini', 'display_errors = Off\nopcache.enable = 0\nsession.save_path = "/var/lib/php"\n');
}

// started waits for a server's port and returns it with stop().
async function started(port, children) {
  const stop = async () => {
    for (const child of children) {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  };
  try {
    await waitForPort(port, children.at(-1));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, origin: `http://127.0.0.1:${port}`, stop };
}

const run = (machine, command, args, variables) => {
  const log = fs.openSync(machine.at('var/log/errors'), 'a');
  const child = spawn(command, args, { ...asUser(variables), stdio: ['ignore', 'ignore', log], cwd: machine.root });
  fs.closeSync(log);
  return child;
};

// startPrograms: as systemd's units do, on their sockets.
async function startPrograms(machine) {
  const children = ['get-token', 'download'].map((name) => {
    const socket = machine.at(`run/claimcheck/${name}.sock`);
    fs.rmSync(socket, { force: true });
    return run(machine, 'spawn-fcgi', ['-n', '-s', socket, '-M', '0660', '--', machine.at(`usr/local/libexec/claimcheck/${name}.fcgi`),
      '--config', machine.at('etc/claimcheck/claimcheck.toml')]);
  });
  for (const name of ['get-token', 'download']) await until(() => fs.existsSync(machine.at(`run/claimcheck/${name}.sock`)));
  return children;
}

// startNginx runs an nginx whose server { } holds `text`. With `programs` ours
// run beside it. `express` is the port of an upstream of that name.
export async function startNginx(machine, text, { programs = false, express = 9 } = {}) {
  const port = await freePorts(1);
  const children = programs ? await startPrograms(machine) : [];
  machine.write('etc/nginx/nginx.conf', `
daemon off; worker_processes 1; pid /run/nginx.pid; error_log /var/log/nginx/error.log;
events { worker_connections 256; }
http {
  types { text/html html; text/javascript js; }
  client_body_temp_path /run/body; fastcgi_temp_path /run/fastcgi; proxy_temp_path /run/proxy; uwsgi_temp_path /run/uwsgi; scgi_temp_path /run/scgi;
  access_log /var/log/nginx/access.log;
  upstream express { server 127.0.0.1:${express}; }
  include /etc/nginx/conf.d/*.conf;
  server {
    listen 127.0.0.1:${port};
    root /var/www/html;
    ${text}
  }
}
`);
  children.push(run(machine, 'nginx', ['-e', machine.at('var/log/nginx/error.log'), '-c', machine.at('etc/nginx/nginx.conf')]));
  return started(port, children);
}

// startLighttpd runs a lighttpd with PHP, as Debian sets both up, and `text`.
export async function startLighttpd(machine, text) {
  const port = await freePorts(1);
  writeLighttpd(machine, text, port);
  return started(port, [run(machine, 'lighttpd', ['-D', '-f', machine.at('etc/lighttpd.conf')])]);
}

// checkLighttpd is what `lighttpd -tt` says of `text`.
export function checkLighttpd(machine, text) {
  writeLighttpd(machine, text, 9);
  return collect(spawn('lighttpd', ['-tt', '-f', machine.at('etc/lighttpd.conf')], { ...asUser(), stdio: ['ignore', 'pipe', 'pipe'] }));
}

function writeLighttpd(machine, text, port) {
  machine.write('etc/lighttpd.conf', `
server.modules = ( "mod_indexfile", "mod_access", "mod_alias", "mod_redirect", "mod_accesslog", "mod_fastcgi" )
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "/var/www/html"
server.upload-dirs = ( "/run/lighttpd" )
server.errorlog = "/var/log/lighttpd/error.log"
accesslog.filename = "/var/log/lighttpd/access.log"
url.access-deny = ( "~", ".inc" )
static-file.exclude-extensions = ( ".php", ".pl", ".fcgi" )
mimetype.assign = ( ".html" => "text/html", ".js" => "text/javascript" )
fastcgi.server += ( ".php" => ( (
  "bin-path" => "/usr/bin/php-cgi", "socket" => "/run/lighttpd/php.socket", "max-procs" => 1,
  "bin-environment" => ( "PHPRC" => "/etc/php" ), "broken-scriptfilename" => "enable" ) ) )
${text}
`);
}

// startApache runs an Apache with mod_fcgid and PHP by it, and `text` in its
// virtual host.
export async function startApache(machine, text, documentRoot = '/var/www/html') {
  const port = await freePorts(1);
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'alias', 'dir', 'env', 'filter', 'headers', 'mime', 'rewrite', 'setenvif', 'fcgid'];
  machine.write('etc/apache2/mime.types', 'text/html html\ntext/javascript js\n');
  machine.write('etc/apache2/apache2.conf', `
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerRoot "/etc/apache2"
ServerName localhost
PidFile "/run/apache2.pid"
DefaultRuntimeDir "/run"
Mutex pthread default
ErrorLog "/var/log/apache2/error.log"
TypesConfig "/etc/apache2/mime.types"
FcgidIPCDir "/run/fcgid"
FcgidProcessTableFile "/run/fcgid_shm"
FcgidInitialEnv PHPRC "/etc/php"
Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
  DocumentRoot "${documentRoot}"
  <Directory "${documentRoot}">
    AllowOverride FileInfo AuthConfig Options
    Require all granted
    Options +ExecCGI
    <FilesMatch "\\.php$">
      SetHandler fcgid-script
      FcgidWrapper /usr/bin/php-cgi .php
    </FilesMatch>
  </Directory>
  ${text}
</VirtualHost>
`);
  return started(port, [run(machine, 'apache2', ['-f', machine.at('etc/apache2/apache2.conf'), '-DFOREGROUND'], { APACHE_LOG_DIR: machine.at('var/log/apache2') })]);
}

// startNode runs a program of the machine that listens on PORT.
export async function startNode(machine, file, variables) {
  const port = await freePorts(1);
  // The project's own folder may be closed to the user of the servers.
  const modules = machine.at('usr/local/lib/node_modules');
  const isWanted = (from) => !['playwright-core', '.bin'].includes(path.basename(from));
  fs.cpSync(path.join(project, 'tests', 'node_modules'), modules, { recursive: true, filter: isWanted });
  return started(port, [run(machine, process.execPath, [machine.at(file)], { PORT: String(port), NODE_PATH: modules, ...variables })]);
}
