// What is a server's own: whom it lets in, which names mean something to it,
// what becomes of a download that breaks off, and where a token could be seen.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import jsonwebtoken from 'jsonwebtoken';

import { exceptions, skipOf } from '../servers/exceptions.mjs';
import { drain } from '../servers/http.mjs';
import { project, secret, user } from '../servers/sites.mjs';
import { runs, startTarget, until } from '../servers/target.mjs';

describe('exceptions', () => {
  it('are in the README, each with its reason', () => {
    const readme = fs.readFileSync(path.join(project, 'README.md'), 'utf8');
    for (const reason of new Set(Object.values(exceptions).flatMap(Object.values))) assert.ok(readme.includes(reason), reason);
  });
});

let serial = 0;
const mint = () => jsonwebtoken.sign({ jti: `servers-${process.pid}-${serial++}` }, secret, { expiresIn: 10 });
const huge = 256 << 20;

for (const { mode, delivery, title } of runs.filter((each) => each.mode !== 'bare')) {
  describe(`servers/${title}`, { concurrency: 1 }, () => {
    let target;
    // Every token of this suite.
    const tokens = [];
    before(async () => { target = await startTarget(mode, { delivery }); });
    after(() => target.stop());

    const urlOf = (name) => {
      tokens.push(mint());
      return `/downloads/${name}?token=${tokens.at(-1)}`;
    };
    const get = (url, headers = {}, more = {}) => target.request('main', { path: url, headers, ...more });
    // For us a download ends when the server has been handed the file.
    const ended = (end) => (delivery ? 'complete' : end);
    const inTree = (name) => path.join(target.files, 'tree', name);
    const lineOf = (name) => target.audit('main').find(({ resource }) => resource === `/downloads/${name}`);

    function makeHuge(name) {
      fs.writeFileSync(inTree(name), '');
      fs.truncateSync(inTree(name), huge);
      fs.chownSync(inTree(name), user.uid, user.gid);
    }

    // A connection that has read the head and a little of the body; `more` goes
    // behind the request.
    async function startReading(name, more = '') {
      const socket = net.connect(Number(new URL(target.origin('main')).port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`GET ${urlOf(name)} HTTP/1.1\r\nHost: x\r\n\r\n${more}`);
      await once(socket, 'readable');
      return socket;
    }

    it('believes no name that nobody has checked', async () => {
      const response = await target.request('noauth', { path: '/v1/api/get-token', user: 'alice' });
      assert.equal(response.status, 401);
      assert.equal(response.code(), 'not_signed_in');
    });

    it('lets nobody in with a wrong password', async () => {
      for (const pair of ['alice:wrong', 'nobody:demo', 'alice', '']) {
        const headers = { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
        const response = await get('/v1/api/get-token', headers);
        // Without a colon it is no pair, which a server may tell.
        const itself = response.code() === undefined && !pair.includes(':') ? [400, 401] : [401];
        assert.ok(itself.includes(response.status), `${pair}: ${response.status}`);
      }
    });

    // As after a clock that was ahead, and swept by what it told.
    it('refuses a token whose use may be forgotten, however often it is tried', async () => {
      const ask = (url) => target.request('anonymous', { path: url, headers: { Cookie: 'claimcheck=AAAAAAAAAAAAAAAAAAAAAA' } });
      assert.equal((await ask(urlOf('hello.txt'))).status, 200);
      const swept = path.join(target.dir, 'sites', 'anonymous', 'state', 'spool', 'swept');
      const ahead = Date.now() / 1000 + 3600;
      fs.writeFileSync(swept, '');
      fs.chownSync(swept, user.uid, user.gid);
      fs.utimesSync(swept, ahead, ahead);
      const url = urlOf('hello.txt');
      for (let tries = 0; tries < 3; tries += 1) {
        const response = await ask(url);
        assert.equal(response.status, 503);
        assert.equal(response.code(), 'unavailable');
      }
      fs.rmSync(swept);
      assert.equal((await ask(urlOf('hello.txt'))).status, 200);
    });

    // nginx is told to open its log anew (USR1), and Apache to begin anew.
    if (mode === 'lighttpd') {
      it('goes on with its error log when that is rotated away', async () => {
        const log = path.join(target.dir, 'logs', 'error');
        const lines = () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '');
        const say = () => target.request('broken', { path: '/v1/api/get-token' });
        await say();
        await until(() => lines().includes('colour'));
        fs.renameSync(log, `${log}.1`);
        await until(async () => { await say(); return lines().includes('expected'); });
      });
    }

    const telling = ['what?.txt', 'index.php', 'script.fcgi', 'page.html', 'a;b&c=d+e.txt', 'old.inc', 'backup~', 'a..b', '%41.txt', 'index.html'];
    for (const name of telling) {
      it(`serves ${name}, whatever it means elsewhere`, async () => {
        fs.writeFileSync(inTree(name), `the bytes of ${name}\n`);
        const response = await get(urlOf(encodeURIComponent(name)));
        assert.equal(response.status, 200);
        assert.equal(response.body.toString(), `the bytes of ${name}\n`);
        assert.equal(response.header('content-type'), 'application/octet-stream');
      });
    }

    it('keeps what it serves from being taken for a page or asked about', async () => {
      for (const url of [urlOf('hello.txt'), '/downloads/hello.txt?token=x']) {
        const response = await get(url, { Accept: 'text/html' });
        assert.deepEqual(response.headers['referrer-policy'], ['no-referrer']);
        assert.deepEqual(response.headers['x-content-type-options'], ['nosniff']);
      }
    });

    it('compresses nothing, and varies by nothing', async () => {
      fs.writeFileSync(inTree('text.txt'), 'text '.repeat(20000));
      const response = await get(urlOf('text.txt'), { 'Accept-Encoding': 'gzip, deflate, br' });
      assert.equal(response.header('content-encoding'), undefined);
      assert.equal(response.header('vary'), undefined);
      assert.equal(response.header('content-length'), '100000');
      assert.match(response.header('etag'), target.etag);
    });

    it('takes no more of a file than its client does, and says that the client left', async () => {
      makeHuge('left.bin');
      const socket = await startReading('left.bin');
      socket.destroy();
      await until(() => lineOf('left.bin'));
      assert.equal(lineOf('left.bin').end, ended('client_left'));
      if (!delivery) assert.ok(lineOf('left.bin').bytes < huge / 2, String(lineOf('left.bin').bytes));
      fs.rmSync(inTree('left.bin'));
    });

    // The second request must not be answered on this connection: its answer
    // would be taken for the rest of the file.
    it('cuts the answer and the connection when the file shrinks', async () => {
      makeHuge('shrinking.bin');
      const socket = await startReading('shrinking.bin', 'GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n');
      fs.truncateSync(inTree('shrinking.bin'), 1 << 20);
      const { received, tail } = await drain(socket);
      assert.ok(received < huge);
      assert.ok(!tail.includes('HTTP/1.1 '), 'another answer follows in the body');
      await until(() => lineOf('shrinking.bin'));
      assert.equal(lineOf('shrinking.bin').end, ended('cut'));
      fs.rmSync(inTree('shrinking.bin'));
    });

    // A body that is streamed may break off. nginx is told when it does, and
    // lighttpd's CGI cannot be told.
    const keeps = {
      'hello.txt': mode !== 'lighttpd_cgi',
      'large.bin': mode !== 'lighttpd_cgi' && (mode === 'nginx' || delivery),
    };
    for (const [name, isKept] of Object.entries(keeps)) {
      it(`${isKept ? 'keeps' : 'ends'} the client's connection after ${name}`, async () => {
        const agent = new http.Agent({ keepAlive: true });
        const [response] = await once(http.get(`${target.origin('main')}${urlOf(name)}`, { agent }), 'response');
        assert.equal(response.statusCode, 200);
        await response.resume().toArray();
        assert.equal(response.headers.connection === 'close', !isKept);
        agent.destroy();
      });
    }

    const itWhereKept = ['proxy_fcgi', 'nginx'].includes(mode) ? it : () => {};
    const kept = 'keeps its connections to the programs';
    itWhereKept(kept, { skip: skipOf(title, kept) }, async () => {
      const pid = fs.readFileSync(path.join(target.dir, 'sites', 'main', 'run', 'download.launcher'), 'utf8').trim();
      const sockets = () => fs.readdirSync(`/proc/${pid}/fd`).map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`)).filter((each) => each.startsWith('socket:'));
      let throughout;
      for (let i = 0; i < 30; i += 1) {
        assert.equal((await get(urlOf('hello.txt'))).status, 200);
        throughout = sockets().filter((each) => throughout?.includes(each) ?? true);
      }
      // One of them is the listener.
      assert.ok(new Set(throughout).size > 1);
    });

    it('shows no token in the list of processes while a download runs', async () => {
      makeHuge('running.bin');
      const socket = await startReading('running.bin');
      const running = fs.readdirSync('/proc').filter(Number).map((pid) => {
        try {
          return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        } catch {
          return '';  // it has ended
        }
      });
      // Whoever hands a file over may have ended by now.
      if (!delivery) assert.ok(running.some((each) => /download\.f?cgi/.test(each)));
      assert.ok(!running.some((each) => each.includes(tokens.at(-1))));
      socket.destroy();
      await until(() => lineOf('running.bin'));
      fs.rmSync(inTree('running.bin'));
    });

    it('shows no token in what it says by itself', async () => {
      const urls = ['/nothing/here', '/downloads/%zz', '/downloads/../x', '/downloads/%00', '/claimcheck/none.js'];
      for (const url of urls) {
        tokens.push(mint());
        // target.request() looks through each answer for it.
        const response = await get(`${url}?token=${tokens.at(-1)}`);
        assert.ok(response.status >= 300, url);
      }
    });

    function assertNoToken(log) {
      const text = fs.readFileSync(log, 'utf8');
      for (const token of tokens) {
        const at = text.indexOf(token);
        assert.ok(at < 0, `${log}: ${text.slice(text.lastIndexOf('\n', at) + 1, at + 20)}`);
      }
    }

    const access = 'has written none of these tokens into its access log';
    it(access, { skip: skipOf(title, access) }, () => assertNoToken(path.join(target.dir, 'logs', 'access')));

    it('has written none of these tokens into any other log', () => {
      const folder = path.join(target.dir, 'logs');
      const logs = fs.readdirSync(folder).filter((name) => !['access', 'host'].includes(name)).map((name) => path.join(folder, name))
        .concat(path.join(target.dir, 'sites', 'main', 'audit.log')).filter((each) => fs.statSync(each).isFile());
      assert.ok(logs.length >= 2);
      logs.forEach(assertNoToken);
    });
  });
}
