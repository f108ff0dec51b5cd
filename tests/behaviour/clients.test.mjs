// The usual clients against a real Apache: curl, and node's axios as the
// article has it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import axios from 'axios';
import jsonwebtoken from 'jsonwebtoken';

import { names, otherSecret, secret } from '../servers/sites.mjs';
import { collect, startTarget } from '../servers/target.mjs';

const mint = (claims, key = secret) => jsonwebtoken.sign({ jti: String(Math.random()), ...claims }, key);
const soon = () => Math.floor(Date.now() / 1000) + 2;

describe('clients', { concurrency: 1 }, () => {
  let target;
  let folder;
  before(async () => {
    target = await startTarget('proxy_fcgi');
    folder = fs.mkdtempSync(path.join(target.dir, 'saved-'));
  });
  after(() => target.stop());

  const site = () => target.origin('main');
  const original = (name) => fs.readFileSync(path.join(target.files, name));

  // curl returns [status, body]; what -OJ saves is in the folder.
  async function curl(...args) {
    const child = spawn('curl', ['-sS', '--path-as-is', '-w', '\n%{http_code}', ...args], {
      cwd: folder, stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { status, out, err } = await collect(child);
    assert.equal(status, 0, err);
    const text = out.toString();
    const cut = text.lastIndexOf('\n');
    return [Number(text.slice(cut + 1)), text.slice(0, cut)];
  }
  const curlToken = async (url) => {
    const [status, body] = await curl('-u', 'demo:demo', '-G', '--data-urlencode', `for=${url}`, `${site()}/v1/api/get-token`);
    assert.equal(status, 200, body);
    return JSON.parse(body).token;
  };

  it('curl saves each file under its name, byte by byte', async () => {
    for (const name of [names.plain, 'large.bin']) {
      const token = await curlToken(`/downloads/${name}`);
      const [status] = await curl('-OJ', `${site()}/downloads/${name}?token=${token}`);
      assert.equal(status, 200);
      assert.ok(fs.readFileSync(path.join(folder, name)).equals(original(`tree/${name}`)));
    }
  });

  it('curl is refused without, with an expired, a foreign and a used token', async () => {
    const url = `${site()}/downloads/hello.txt`;
    assert.deepEqual(await curl(url), [400, '{"message":"Valid tokens not present ","code":"token_missing"}']);
    const refused = (code) => [403, `{"message":"Download token expired","code":"${code}"}`];
    assert.deepEqual(await curl(`${url}?token=${mint({ iat: 1000, exp: 1002 })}`), refused('token_expired'));
    assert.deepEqual(await curl(`${url}?token=${mint({ exp: soon() }, otherSecret)}`), refused('token_invalid'));
    const token = await curlToken('/downloads/hello.txt');
    assert.equal((await curl(`${url}?token=${token}`))[0], 200);
    assert.deepEqual(await curl(`${url}?token=${token}`), refused('token_used'));
  });

  it('axios asks as the article does and downloads with ?token= and &token=', async () => {
    const http = axios.create({ baseURL: site(), auth: { username: 'demo', password: 'demo' }, validateStatus: () => true });
    const cases = [['/downloads/hello.txt', 'tree/hello.txt'], ['/v1/api/downloadX?name=alex', 'exports/alex.csv']];
    for (const [url, file] of cases) {
      const { data: { token } } = await http.get('/v1/api/jwt/get-token');
      const full = `${url}${url.includes('?') ? '&' : '?'}token=${token}`;
      const first = await http.get(full, { responseType: 'arraybuffer' });
      assert.equal(first.status, 200);
      assert.ok(Buffer.from(first.data).equals(original(file)));
      const second = await http.get(full);
      assert.equal(second.status, 403);
      assert.deepEqual(second.data, { message: 'Download token expired', code: 'token_used' });
    }
  });
});
