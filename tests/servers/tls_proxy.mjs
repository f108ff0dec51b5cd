// An nginx that speaks TLS, on loopback: in front of a server of a target, with
// the shipped nginx/proxy.conf, in the ways of a proxy and of a CDN; and one that
// runs the programs itself.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

import { request } from './http.mjs';
import { user } from './sites.mjs';
import { freePorts, waitForPort } from './target.mjs';

const environment = { PATH: `${process.env.PATH}:/usr/sbin` };

// changed replaces what has to be there.
function changed(text, from, to) {
  const result = text.replace(from, to);
  if (result === text) throw new Error(`${from} is not in\n${text}`);
  return result;
}

// ways are what the proxy may be: each a change of proxy.conf.
const ways = {
  // As it is shipped.
  proxy: (conf) => conf,
  // Its server knows another name.
  cdn: (conf) => changed(conf, 'Host $http_host', 'Host backend.internal'),
  // It adds to what the client says.
  adding: (conf) => changed(conf, 'X-Forwarded-For $remote_addr', 'X-Forwarded-For $proxy_add_x_forwarded_for'),
};

const server = (port, home, rest) => `
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${home}/cert.pem;
    ssl_certificate_key ${home}/key.pem;
    ${rest}
  }`;

function configuration(home, servers) {
  const temporary = ['client_body', 'fastcgi', 'proxy', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${home}/${name};`).join(' ');
  return `worker_processes 1; daemon off; pid ${home}/pid; error_log ${home}/logs/error;
events { worker_connections 1024; }
http { ${temporary} access_log off; include ${home}/http.conf; ${servers.join('')} }
`;
}

// startTlsProxy starts it in front of `site` of `target`. request(way, options)
// asks through it; `own` is the way to the FastCGI programs of the site
// `ownSite`.
export async function startTlsProxy(target, site, ownSite) {
  const home = fs.mkdtempSync(path.join(target.dir, 'proxy-'));
  const names = [...Object.keys(ways), 'own'];
  const port = await freePorts(names.length);
  fs.mkdirSync(path.join(home, 'logs'));
  const settled = (name) => fs.readFileSync(path.join(target.dir, 'nginx', name), 'utf8')
    .replaceAll('/run/claimcheck', path.join(target.dir, 'sites', ownSite, 'run'))
    .replaceAll('/var/log/nginx', path.join(home, 'logs'));
  const write = (name, text) => fs.writeFileSync(path.join(home, name), text);
  ['http.conf', 'get-token.conf', 'download.conf'].forEach((name) => write(name, settled(name)));
  Object.entries(ways).forEach(([way, change]) => write(`${way}.conf`, change(settled('proxy.conf'))));
  const servers = Object.keys(ways).map((way, i) => server(port + i, home, `location / { proxy_pass ${target.origin(site)}; include ${home}/${way}.conf; }`));
  servers.push(server(port + names.indexOf('own'), home, `
    location ~ ^/v1/api/(jwt/)?get-token$ { include ${home}/get-token.conf; }
    location ^~ /downloads/ { include ${home}/download.conf; }`));
  write('nginx.conf', configuration(home, servers));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-keyout', path.join(home, 'key.pem'), '-out', path.join(home, 'cert.pem')], { stdio: 'ignore' });
  execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, home]);
  const child = spawn('nginx', ['-p', home, '-e', path.join(home, 'logs', 'error'), '-c', path.join(home, 'nginx.conf')], { env: environment, stdio: 'inherit', ...user });
  for (let i = 0; i < names.length; i += 1) await waitForPort(port + i, child);
  return {
    logs: path.join(home, 'logs'),
    portOf: (way) => port + names.indexOf(way),
    request: (way, options) => request(port + names.indexOf(way), { isTls: true, ...options }),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
