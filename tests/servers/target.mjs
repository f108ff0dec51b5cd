// What the assertions run against: a web server with our programs behind it,
// or the bare program with the variables that a server would set. Both take the
// same request and give the same answer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { answer, parseHead, request, splitHead } from './http.mjs';
import { modes, runs, scriptOf } from './modes.mjs';
import { makeSites, project, siteNames, user } from './sites.mjs';

export { modes, runs };

const basic = (name) => `Basic ${Buffer.from(`${name}:demo`).toString('base64')}`;

function readAudit(dir, site) {
  const file = path.join(dir, 'sites', site, 'audit.log');
  if (!fs.existsSync(file)) return [];
  return fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

// collect runs a child to its end.
export async function collect(child) {
  const out = [];
  const err = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  const [status] = await once(child, 'close');
  return { status, out: Buffer.concat(out), err: Buffer.concat(err).toString() };
}

// runCgi starts a program as a web server would for one request (RFC 3875).
export function runCgi(program, variables, args = []) {
  const child = spawn(program, args, {
    env: { GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  return collect(child);
}

export function cgiVariables({ method = 'GET', path: uri, headers = {}, user: name, version = '1.1' }) {
  const variables = { REQUEST_METHOD: method, REQUEST_URI: uri, SERVER_PROTOCOL: `HTTP/${version}`, HTTP_HOST: '127.0.0.1' };
  if (name) variables.REMOTE_USER = name;
  for (const [header, value] of Object.entries(headers)) {
    variables[`HTTP_${header.toUpperCase().replaceAll('-', '_')}`] = [value].flat().join(', ');
  }
  return variables;
}

export function parseCgi({ out }) {
  const [head, body] = splitHead(out);
  const { headers } = parseHead(`\n${head}`);
  return answer(Number(headers.status[0].split(' ')[0]), headers, body);
}

function bareTarget(dir) {
  return {
    isServer: false,
    origin: () => 'http://127.0.0.1',
    async request(site, options) {
      const program = options.path.includes('get-token') ? 'get-token.fcgi' : 'download.fcgi';
      const result = await runCgi(path.join(dir, 'lib', program), {
        ...cgiVariables(options),
        CLAIMCHECK_CONFIG: path.join(dir, 'sites', site, 'claimcheck.toml'),
      });
      return parseCgi(result);
    },
    async stop() {},
  };
}

export async function freePorts(count) {
  // A run of ports below the ephemeral range; Apache tells if one is taken.
  const first = 20000 + Math.floor(Math.random() * 10000);
  for (let port = first; port < first + count; port += 1) {
    const server = net.createServer();
    server.listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      return freePorts(count);
    }
    server.close();
    await once(server, 'close');
  }
  return first;
}

export async function waitForPort(port, child) {
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const socket = net.connect(port, '127.0.0.1');
    const open = await new Promise((resolve) => {
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    socket.destroy();
    return open;
  });
}

// A script of tests/servers is copied beside the sites: the project's folder
// may be closed to the user of the servers.
export function copyServer(dir, name) {
  const folder = path.join(dir, 'servers');
  fs.mkdirSync(folder, { recursive: true });
  for (const each of [name, 'launch.bash']) {
    fs.copyFileSync(path.join(project, 'tests', 'servers', each), path.join(folder, each));
  }
  return path.join(folder, name);
}

async function serverTarget(dir, mode, launcher, names) {
  const port = await freePorts(names.length);
  const script = copyServer(dir, scriptOf(mode));
  const child = spawn('bash', [script, mode, dir, String(port), ...launcher], {
    stdio: ['ignore', 'inherit', 'inherit'],
    cwd: dir,
    ...user,
  });
  const stop = async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  try {
    // A server may be a process for each site.
    for (let i = 0; i < names.length; i += 1) await waitForPort(port + i, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const portOf = (site) => port + [...names].sort().indexOf(site);
  return {
    isServer: true,
    origin: (site) => `http://127.0.0.1:${portOf(site)}`,
    request(site, { user: name, headers = {}, ...rest }) {
      const all = name ? { Authorization: basic(name), ...headers } : headers;
      return request(portOf(site), { ...rest, headers: all });
    },
    stop,
  };
}

// until waits for a condition, for ten seconds at most unless told.
export async function until(condition, seconds = 10) {
  for (let tries = 0; tries < seconds * 40; tries += 1) {
    if (await condition()) return;
    await sleep(25);
  }
  throw new Error(`waited in vain for ${condition}`);
}

// untilExpired waits until a token's time is over.
export async function untilExpired(token) {
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  while (Date.now() <= exp * 1000) await sleep(exp * 1000 - Date.now() + 1);
}

// No answer repeats the token that its URL holds.
function assertSilent(url, { headers, body }) {
  const [, token] = /[?&]token=([\w-]+\.[\w-]+\.[\w-]+)/.exec(url) ?? [];
  if (token && (body.includes(token) || JSON.stringify(headers).includes(token))) {
    throw new Error(`the answer to ${url} repeats its token`);
  }
}

// startTarget makes the sites and starts what answers for them. `isManaged`:
// the FastCGI programs are started by tests/servers/listener. `delivery`: how
// the server is handed the files, if it is. `alter` and `sites`: of makeSites.
export async function startTarget(mode, { isManaged = false, delivery, alter, sites } = {}) {
  const dir = makeSites({ delivery, alter, sites, isBundled: mode.startsWith('htaccess') });
  const names = sites ? Object.keys(sites) : siteNames;
  const target = mode === 'bare' ? bareTarget(dir) : await serverTarget(dir, mode, isManaged ? [copyServer(dir, 'listener')] : [], names);
  const { stop, request: ask } = target;
  return Object.assign(target, {
    mode,
    dir,
    async request(site, options) {
      const response = await ask(site, options);
      assertSilent(options.path, response);
      return response;
    },
    files: path.join(dir, 'files'),
    // nginx sends its own tag.
    etag: delivery === 'x-accel-redirect' ? /^"[0-9a-f]+-[0-9a-f]+"$/ : /^"[\w-]{22}"$/,
    // What the audit line of a body of `count` bytes says: only the server knows
    // how much of it went.
    sent: (count) => (delivery ? '-' : count),
    audit: (site) => readAudit(dir, site),
    // halt ends the server, and leaves the files.
    halt: stop,
    async stop() {
      await stop();
      fs.rmSync(dir, { recursive: true, force: true });
    },
  });
}
