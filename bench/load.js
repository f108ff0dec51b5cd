// How web servers are loaded: by wrk for requests, by curl for the speed of one
// client, both in a process of their own. An answer that is not what was asked
// for ends the bench, and so does a download that the audit log does not know.
//
//   const load = new Load(scratch, secret);
//   const rate = load.rateOf({ origin: 'http://127.0.0.1:8080', uri: '/1k.bin', bytes: 1024 });
//   await rate();   // { value: requests a second, p50, p99: in microseconds }
//
// What is loaded, besides: `site`, the folder of a site of ours, and `logged`, the
// audit line of each answer; `hasTokens`: each request has a token of its own;
// `seconds`, of the load.
'use strict';

const { execFile } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const { median } = require('./measure.js');

const CONNECTIONS = 16;
// Of tokens, in seconds: they are made before the load begins.
const LIFETIME = 300;
// For one load, and no fewer than three times those of the one before.
const LEAST_TOKENS = 50_000;

const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
const header = encode({ alg: 'HS256', typ: 'JWT' });

// mint returns tokens as another server would make them, each with an id.
let minted = 0;
function mint(secret, count, lifetime = LIFETIME) {
  const iat = Math.floor(Date.now() / 1000);
  return Array.from({ length: count }, () => {
    const text = `${header}.${encode({ iat, exp: iat + lifetime, jti: `bench-${minted += 1}` })}`;
    return `${text}.${crypto.createHmac('sha256', secret).update(text).digest('base64url')}`;
  });
}

// untilLogged waits until the audit log holds a line of `pattern` for each that
// was answered: programs write it when the answer has gone out.
async function untilLogged(log, pattern, answered) {
  let lines;
  for (let tries = 0; tries < 100; tries += 1) {
    lines = fs.existsSync(log) ? fs.readFileSync(log, 'latin1') : '';
    if ((lines.match(pattern) ?? []).length >= answered) return;
    await sleep(20);
  }
  const other = lines.split('\n').find((line) => !line.match(pattern)) || 'nothing';
  throw new Error(`${answered} were answered, the audit log has ${(lines.match(pattern) ?? []).length} of ${pattern}, and ${other}`);
}

// redeemed is what the audit log says of a download of that many bytes, "-" if
// handed over. Whatever its end: nginx breaks off at a client that has all and is
// quicker than the last record, and the client has counted for itself.
const redeemed = (bytes) => new RegExp(`"event":"redeemed".*"bytes":${bytes},`, 'g');

// forget leaves a site with an empty audit log and spool, so that those of a
// whole run need not fit into memory. What was in flight when a load ended may
// still come in, so a bucket is moved before it is emptied.
function forget(site) {
  fs.rmSync(path.join(site, 'audit.log'), { force: true });
  const spool = path.join(site, 'state', 'spool');
  const forgotten = path.join(site, 'forgotten');
  if (!fs.existsSync(spool)) return;
  for (const bucket of fs.readdirSync(spool)) {
    try {
      fs.renameSync(path.join(spool, bucket), forgotten);
    } catch (error) {
      // A program swept it away.
      if (error.code !== 'ENOENT') throw error;
    }
    fs.rmSync(forgotten, { recursive: true, force: true, maxRetries: 5 });
  }
}

// What curl is to do for one URL.
const transfer = (url) => `url = "${url}"
output = "/dev/null"
write-out = "%{http_code} %{size_download} %{time_total} %{time_connect}\\n"
silent
show-error
`;

class Load {
  // Of a folder for its own files, and the secret of the tokens.
  constructor(scratch, secret) {
    this.tokens = path.join(scratch, 'tokens');
    this.transfers = path.join(scratch, 'transfers');
    this.secret = secret;
  }

  // Not synchronously: who ends the bench would wait for the end of it.
  #run(program, args) {
    return new Promise((resolve, reject) => {
      this.running = execFile(program, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${program}: ${stderr || error.message}`));
        else resolve(stdout);
      });
    });
  }

  // stop ends what loads.
  stop() {
    this.running?.kill();
  }

  // rateOf returns a function that loads a URL for some seconds and returns the
  // rate and the latency.
  rateOf({ origin, uri, bytes, hasTokens, site, logged, seconds = 1 }) {
    const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', '-s', path.join(__dirname, 'load.lua'), origin, '--', uri, ...(hasTokens ? [this.tokens] : [])];
    let needed = LEAST_TOKENS;
    return async () => {
      if (hasTokens) fs.writeFileSync(this.tokens, mint(this.secret, needed).join('\n'));
      if (site) forget(site);
      const { requests, bytes: all, us, p50, p99, bad, broken } = JSON.parse((await this.#run('wrk', args)).trim().split('\n').pop());
      const each = all / requests;
      if (!(requests > 0) || bad > 0 || broken > 0 || each < bytes || each > bytes + 2048) {
        throw new Error(`${origin}${uri}: of ${requests} answers ${bad} were refusals, ${broken} connections broke, ${each} bytes each`);
      }
      if (logged) await untilLogged(path.join(site, 'audit.log'), logged, requests);
      needed = Math.max(LEAST_TOKENS, 3 * requests);
      return { value: 1e6 * requests / us, p50, p99 };
    };
  }

  // speedsOf returns a function that lets one client have a file in each of
  // `kinds`, `times` by turns, and returns the bytes per second of each kind's
  // median. They are all `bytes` long.
  speedsOf(kinds, bytes, times) {
    // There and back: each follows a slow one as often as a fast one.
    const order = Array.from({ length: times }, (_, i) => (i % 2 ? Object.values(kinds).reverse() : Object.values(kinds))).flat();
    return async () => {
      const tokens = mint(this.secret, order.length);
      const urls = order.map(({ origin, uri, hasTokens }, i) => `${origin}${uri}${hasTokens ? `?token=${tokens[i]}` : ''}`);
      fs.writeFileSync(this.transfers, urls.map(transfer).join('next\n'));
      for (const { site } of Object.values(kinds)) if (site) forget(site);
      const answers = (await this.#run('curl', ['-K', this.transfers])).trim().split('\n').map((line) => line.split(' ').map(Number));
      const wrong = answers.findIndex(([status, size]) => status !== 200 || size !== bytes);
      if (wrong >= 0 || answers.length !== order.length) throw new Error(`${answers.length} answers; ${order[wrong]?.origin}${order[wrong]?.uri}: ${answers[wrong]}`);
      for (const { site, logged } of Object.values(kinds)) if (logged) await untilLogged(path.join(site, 'audit.log'), logged, times);
      return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => {
        // Some answers end the connection, and others do not.
        const seconds = answers.filter((_, i) => order[i] === kind).map(([, , each, connecting]) => each - connecting);
        return [name, { value: bytes / median(seconds) }];
      }));
    };
  }
}

module.exports = { CONNECTIONS, LIFETIME, Load, mint, redeemed };
