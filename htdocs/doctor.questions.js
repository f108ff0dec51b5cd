// What doctor.html asks the site: a sequence of questions, each with an answer
// {state, asked, code?, detail?, server}. `state` is "ok", "found", "remark" or
// "unseen" (could not be told). A page can send neither another Origin nor
// another Cookie, so it asks less than `claimcheck doctor`.
import {askAround, askPrivate} from './doctor.around.js';
import {ask, cookie, isGood, isOurs, parsed, startsWith} from './doctor.ask.js';
import {codeOfNoFile, codeOfNoToken, isSitesPage, troubleOf} from './doctor.trouble.js';

const XSRF = {cookie: 'XSRF-TOKEN', header: 'X-XSRF-TOKEN'};

// ---- get-token

// A page of the site has the pair if the site makes it; else it is ours.
const makePair = () => {
  const isOurs = cookie(XSRF.cookie) === undefined;
  if (isOurs) document.cookie = `${XSRF.cookie}=doctor; path=/; SameSite=Lax`;
  return isOurs;
};

const removePair = () => {
  document.cookie = `${XSRF.cookie}=; path=/; Max-Age=0`;
};

const pair = () => ({[XSRF.header]: decodeURIComponent(cookie(XSRF.cookie) || '')});

class Site {
  constructor(link, getToken) {
    const url = new URL(link, location.origin);
    if (url.origin !== location.origin) throw new Error('the address is of another site');
    url.searchParams.delete('token');
    this.path = url.pathname;
    this.resource = url.pathname + url.search;
    this.getToken = `${new URL(getToken, location.origin).pathname}?for=${encodeURIComponent(this.resource)}`;
    this.server = '';
  }

  withToken(token) {
    return `${this.resource}${this.resource.includes('?') ? '&' : '?'}token=${token}`;
  }

  // A first visitor may be refused, and given the cookie that was missing.
  async askForToken({isPatient = false} = {}) {
    const options = {headers: pair(), isPatient};
    const answer = await ask(this.getToken, options);
    return answer.json.code === 'not_allowed' ? ask(this.getToken, options) : answer;
  }

  // verdict: what was asked, and the code if something is wrong.
  verdict(asked, code, detail) {
    return {state: code ? 'found' : 'ok', asked, code, detail, server: this.server};
  }

  remark(asked, code, detail) {
    return {state: 'remark', asked, code, detail, server: this.server};
  }

  unseen(asked, detail) {
    return {state: 'unseen', asked, detail, server: this.server};
  }

  isFile({status, bytes}) {
    return status === 200 && this.first.length > 0 && bytes.length === this.first.length &&
        startsWith(bytes, [...this.first]);
  }
}

const serverOf = (answer) => {
  const name = /^(Apache|lighttpd|nginx)/i.exec(answer.header('server') || '');
  return name ? {apache: 'Apache', lighttpd: 'lighttpd', nginx: 'nginx'}[name[1].toLowerCase()] : '';
};

const tokenOf = (answer) => (isGood(answer) ? answer.json.token : undefined);

const SITES_PAGE = 'the site\'s own page came, which it has for any address';

const saidBriefly = ({status, json}) => (status ? `${status} ${json.code || ''}`.trim() : 'none');

const saidOf = async (site, answer) => {
  if (!answer.status || answer.json.message) return answer.json.message || '';
  return `status ${answer.status}${await isSitesPage(site.path, answer) ? `: ${SITES_PAGE}` : ''}`;
};

async function* askGetToken(site) {
  // The browser may ask for a password first, and somebody has to look for it.
  const answer = await site.askForToken({isPatient: true});
  site.server = serverOf(answer);
  site.unused = answer;
  const token = tokenOf(answer);
  yield site.verdict('get-token gives a token for this download', token ? undefined : codeOfNoToken(answer), token ? '' : await saidOf(site, answer));
  if (!token) return;
  yield* askClock(site, answer);
  // Without a cookie and a pair it may refuse a stranger for those alone.
  const stranger = await ask(site.getToken, {isStranger: true});
  const what = 'get-token asks who it is';
  if (tokenOf(stranger)) yield site.remark(what, 'get_token_open');
  else if (stranger.status === 401) yield site.verdict(what);
  else yield site.unseen(what, `a stranger is answered ${saidBriefly(stranger)}`);
  yield* askXsrf(site);
}

async function* askClock(site, answer) {
  const what = 'the program and the server in front have one clock';
  const date = Date.parse(answer.header('date'));
  const {exp} = parsed(atob(answer.json.token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  if (!date || !exp) {
    yield site.unseen(what, 'the answer has no Date');
    return;
  }
  const ahead = exp - answer.json.expires_in - date / 1000;
  yield site.verdict(what, Math.abs(ahead) > 3 ? 'clock' : undefined, Math.abs(ahead) > 3 ? `${ahead.toFixed(0)} s` : '');
}

// The pair of a page that was tampered with has to be refused.
async function* askXsrf(site) {
  const what = 'the XSRF header arrives';
  const answer = await ask(site.getToken, {headers: {[XSRF.header]: 'another'}});
  if (tokenOf(answer)) yield site.remark(what, 'xsrf_header_lost');
  else if (isOurs(answer, 403, 'xsrf')) yield site.verdict(what);
  else yield site.unseen(what, `the answer is ${saidBriefly(answer)}`);
}

// ---- download, before its token is used

const codeWithoutToken = async (site, answer) => {
  if (isOurs(answer, 400, 'token_missing')) return undefined;
  const trouble = troubleOf(answer);
  if (trouble) return trouble;
  return isGood(answer) && !await isSitesPage(site.path, answer) ? 'file_without_token' : 'not_ours';
};

async function* askWithoutToken(site) {
  const answer = await ask(site.resource);
  const code = await codeWithoutToken(site, answer);
  site.isGuarded = !code;
  yield site.verdict('a link without a token is refused', code, code ? await saidOf(site, answer) : '');
  if (code) return;
  const {status} = await ask(site.resource, {method: 'HEAD'});
  const isRefused = status === 400;
  yield site.verdict('so is HEAD', isRefused ? undefined : isGood({status}) ? 'file_without_token' : 'not_ours', isRefused ? '' : `status ${status}`);
}

async function* askForeign(site) {
  const [head, claims, signature] = site.unused.json.token.split('.');
  const changed = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1);
  const none = btoa('{"alg":"none"}').replace(/=/g, '');
  for (const [asked, token] of [
    ['a token with another signature is refused', `${head}.${claims}.${changed}`],
    ['so is one without a signature', `${none}.${claims}.`],
  ]) {
    const answer = await ask(site.withToken(token));
    yield site.verdict(asked, isOurs(answer, 403, 'token_invalid') ? undefined : isGood(answer) ? 'foreign_taken' : 'not_ours');
  }
}

// ---- the download itself

async function* askDownload(site) {
  const issued = await site.askForToken();
  site.used = issued.json.token;
  site.size = issued.json.size;
  site.handle = issued.json.handle;
  const answer = await ask(site.withToken(site.used));
  site.first = answer.bytes;
  site.etag = answer.header('etag');
  site.ranges = answer.header('accept-ranges');
  const code = codeOfNoFile(answer, site.size);
  const said = answer.json.code || `status ${answer.status}`;
  yield site.verdict('a fresh token leads to the file', code, code ? said : '');
  site.hasFile = !code;
  const stranger = await ask(site.withToken(site.used), {isStranger: true});
  if (!site.hasFile) return;
  yield* askHeaders(site, answer);
  yield* askStranger(site, stranger);
}

async function* askHeaders(site, answer) {
  const compression = answer.header('content-encoding');
  yield site.verdict('it is not compressed', compression && compression !== 'identity' ? 'compressed' : undefined, compression);
  const length = answer.header('content-length');
  if (site.size === undefined) {
    yield site.unseen('it has its length', 'get-token knows no size: the download is a program\'s');
  } else if (!compression) {
    yield site.verdict('it has its length', Number(length) === site.size && length !== null ? undefined : 'no_length', length === null ? '' : length);
  }
  const isPrivate = /no-store/.test(answer.header('cache-control') || '');
  yield site.verdict('no cache keeps it', isPrivate && answer.header('age') === null ? undefined : 'cached', answer.header('cache-control'));
  const missing = [
    ['X-Content-Type-Options', 'nosniff'],
    ['Content-Security-Policy', 'sandbox'],
    ['Referrer-Policy', 'no-referrer'],
    ['Content-Disposition', 'attachment'],
  ].filter(([name, value]) => !(answer.header(name) || '').includes(value)).map(([name]) => name);
  yield site.verdict('its headers are ours', missing.length ? 'headers_lost' : undefined, missing.join(', '));
  const started = `claimcheck_started_${site.handle}`;
  yield site.verdict('the page can see that it began', cookie(started) === undefined ? 'set_cookie_lost' : undefined);
  document.cookie = `${started}=; Max-Age=0; Path=/`;
}

async function* askStranger(site, answer) {
  const asked = 'a stranger cannot use the link after us';
  site.isShared = isGood(answer);
  if (answer.status === 403) yield site.verdict(asked, undefined, answer.json.code);
  else if (!site.isShared) yield site.unseen(asked, `the answer is ${saidBriefly(answer)}`);
}

// ---- after the token's time

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function* askLater(site) {
  const spare = 1500;
  await sleep(site.unused.json.expires_in * 1000 + spare);
  const expired = await ask(site.withToken(site.unused.json.token));
  yield refused(site, 'a token is refused after its time', expired, 'expired_taken');
  const again = await ask(site.withToken(site.used));
  yield refused(site, 'a used link opens nothing later', again, 'used_taken');
  if (site.isShared) yield judgedShared(site, again.json.code);
  yield* askResume(site, again.json.code === 'token_used');
}

// What is neither a refusal nor a file, as of a server that has enough, proves
// nothing.
const refused = (site, asked, answer, code) => {
  if (isGood(answer)) return site.verdict(asked, code);
  if (answer.status === 403 && answer.json.code) return site.verdict(asked, undefined, answer.json.code);
  return site.unseen(asked, `the answer is ${saidBriefly(answer)}`);
};

// A stranger was served. Only where nothing is kept of a token, so that it has
// expired and was not used, is that meant; reuse = "never" keeps it too, and
// says so by offering no ranges of a file.
const judgedShared = (site, later) => {
  const asked = 'a stranger cannot use the link after us';
  const isNever = site.size !== undefined && site.ranges === 'none';
  return later === 'token_expired' && !isNever ? site.remark(asked, 'window') : site.verdict(asked, 'used_taken');
};

async function* askResume(site, isLeased) {
  const asked = 'an interrupted download goes on';
  if (!isLeased) {
    yield site.unseen(asked, 'no lease was seen: with reuse = "window" there is none');
    return;
  }
  if (site.ranges !== 'bytes' || !(site.size > 1)) {
    yield site.unseen(asked, 'the answer offers no ranges: reuse = "never", a program\'s output, or a file of one byte');
    return;
  }
  const rest = await ask(site.withToken(site.used), {headers: {Range: 'bytes=1-', 'If-Range': site.etag || ''}});
  const code = rest.status === 206 ? undefined : rest.status === 200 ? 'no_range' : rest.status === 403 ? 'cookie_lost' : 'no_resume';
  yield site.verdict(asked, code, code ? `status ${rest.status} ${rest.json.code || ''}` : '');
}

async function* askAll(site) {
  yield* askGetToken(site);
  yield* askWithoutToken(site);
  if (tokenOf(site.unused) && site.isGuarded) {
    yield* askForeign(site);
    yield* askDownload(site);
    yield* askLater(site);
    yield* askAround(site);
  }
  yield* askPrivate(site);
}

/** examine asks one question after another; `link` is a download's address. */
export async function* examine(link, getToken) {
  const site = new Site(link, getToken);
  const isOurPair = makePair();
  try {
    yield* askAll(site);
  } finally {
    if (isOurPair) removePair();
  }
}
