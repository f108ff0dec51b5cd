/**
 * claimcheck, the browser's half: starts downloads that need a token.
 *
 *   <script src="/claimcheck/download.js" defer></script>
 *   <a data-download href="/downloads/report.pdf">Report</a>
 *
 *   downloadFile('/v1/api/downloadX?name=alex').then((outcome) => {
 *     if (!outcome.ok) console.log(outcome.code, outcome.message);
 *   });
 *
 * The outcome, and the detail of the events, is {url, code?, message?,
 * handle?, filename?, size?, unconfirmed?}; the outcome also has `ok`. A
 * refusal resolves the promise, it does not reject it. Of the events, which
 * the link (or the document) dispatches, claimcheck:start comes first, and
 * then either claimcheck:started or claimcheck:error; who cancels the latter
 * tells it in words of their own. Types and options: download.d.ts.
 *
 * The script's tag takes settings: data-get-token="/v1/api/get-token",
 * data-xsrf-cookie="XSRF-TOKEN", data-xsrf-header="X-XSRF-TOKEN",
 * data-timeout="10000" (milliseconds for the token), data-login="/login?next="
 * (the page's address is appended). A module's page assigns them to
 * downloadFile.settings, and a translation to downloadFile.strings.
 */
(() => {
  'use strict';

  // Imported where there is no page, by a server that renders one; or in a
  // browser that is too old, whose links then lead to a page that helps.
  if (typeof document === 'undefined' || !window.AbortController) return;

  const settings = Object.assign(
      {
        getToken: '/v1/api/get-token',
        xsrfCookie: 'XSRF-TOKEN',
        xsrfHeader: 'X-XSRF-TOKEN',
        timeout: 10000,
      },
      document.currentScript && document.currentScript.dataset);

  const POLL_MS = 100;
  // As long as the server's cookie lives: after it nothing more can be known.
  const PATIENCE_MS = 60000;
  // Where no sign of a start can come, a refusal would have by then.
  const BLIND_MS = 5000;

  // Faults of the token, not of the request: a fresh one may well do. And
  // not_allowed, since with client = "required" a first visitor is refused but
  // given the cookie that was missing.
  const WORTH_A_RETRY =
      /^(not_allowed|token_(expired|used|invalid|other_client))$/;

  const WORTH_A_BUTTON = /^(offline|timeout|un(available|confirmed))$/;

  // A login wall of the site itself answers 401, or sends elsewhere: 0.
  const WALL = [0, 401];
  // Of an answer that is none of ours.
  const CODE_OF_STATUS = {403: 'not_allowed', 404: 'config'};

  const strings = {
    click: 'Click to download',
    login: 'Sign in',
    retry: 'Try again',
    activation_lost: 'That took too long for your browser.',
    bad_url: 'This link is broken.',
    config: 'Downloads are not set up correctly on this site.',
    cross_origin: 'This link leads to another site.',
    not_allowed: 'You may not download this.',
    not_found: 'This file does not exist any more.',
    not_signed_in: 'Please sign in, then try again.',
    offline: 'You are offline.',
    timeout: 'The site took too long to answer.',
    unavailable: 'Downloads are not available now.',
    unconfirmed: 'There is no sign of the download yet.',
    xsrf: 'This page is too old. Please reload it.',
  };

  class Refusal extends Error {
    constructor(code, said) {
      super(strings[code] || said || strings.unavailable);
      this.code = code;
    }
  }

  const unreachable = () =>
      new Refusal(navigator.onLine ? 'unavailable' : 'offline');

  const cookie = (name) => {
    const rest = `; ${document.cookie}`.split(`; ${name}=`)[1];
    return rest && rest.split(';')[0];
  };

  const element = (name, properties) =>
      Object.assign(document.createElement(name), properties);

  const percentDecoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch (error) {
      return text;
    }
  };

  const resolve = (address) => {
    let url;
    try {
      url = new URL(address, document.baseURI);
    } catch (error) {
      throw new Refusal('bad_url');
    }
    // The protocol too: documents without an origin share the origin 'null'.
    if (url.origin !== location.origin || !/^https?:$/.test(url.protocol)) {
      throw new Refusal('cross_origin');
    }
    // A page opened as user:password@host hands these on to its relative
    // URLs, and both fetch and iframes refuse to load such URLs.
    url.username = url.password = '';
    return url;
  };

  // Not through URLSearchParams as a whole: it would spell the other
  // parameters anew. The '&' keeps it from eating a '?' of the name.
  const withoutToken = (search) =>
      search.slice(1)
          .split('&')
          .filter((pair) => !new URLSearchParams(`&${pair}`).has('token'))
          .join('&');

  const joined = (...parts) => parts.filter(Boolean).join('&');

  const headersOf = ({xsrfCookie, xsrfHeader}) => {
    const headers = {Accept: 'application/json'};
    const secret = cookie(xsrfCookie);
    if (secret !== undefined) headers[xsrfHeader] = percentDecoded(secret);
    return headers;
  };

  const refusalOfAnswer = ({status}, {code, message}) => new Refusal(
      WALL.includes(status) ? 'not_signed_in' :
                              code || CODE_OF_STATUS[status] || 'unavailable',
      message);

  const fetchToken = async (resource, options) => {
    const endpoint = resolve(options.getToken);
    endpoint.search = joined(
        endpoint.search.slice(1), `for=${encodeURIComponent(resource)}`);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), options.timeout);
    let response;
    let answer;
    try {
      response = await fetch(endpoint.href, {
        cache: 'no-store',
        credentials: 'same-origin',
        headers: headersOf(options),
        redirect: 'manual',
        signal: abort.signal,
      });
      // The time limit covers the body too.
      answer = await response.json().catch(() => null) || {};
    } catch (error) {
      // Told below, or by the time limit.
    } finally {
      clearTimeout(timer);
    }
    if (abort.signal.aborted) throw new Refusal('timeout');
    if (!response) throw unreachable();
    if (!response.ok || !answer.token) throw refusalOfAnswer(response, answer);
    return answer;
  };

  // No document: the browser's own error page. No code: a page of the web
  // server's, whose words are not meant for readers of this page.
  const refusalOfPage = (page) => {
    const body = page && page.querySelector('body[data-code]');
    if (!body) return unreachable();
    const said = [...body.querySelectorAll('h1, p')].slice(0, 2);
    return new Refusal(
        body.dataset.code, said.map((each) => each.textContent.trim()).join('. '));
  };

  // An iframe, since an anchor would leave the page, or save the error's text,
  // when the answer is a refusal. A refusal becomes the frame's page, and a lost
  // connection one of the browser's that nobody may read (Firefox fires no
  // `load` for that one); a download leaves it blank, but its cookie tells.
  const follow = (href, handle) => new Promise((started, refused) => {
    const frame = element('iframe');
    const mark = `claimcheck_started_${handle}`;
    const put = (seconds) => {
      document.cookie = `${mark}=0; Max-Age=${seconds}; Path=/`;
    };
    // Where that does not stay cookies are off, whatever navigator says; and
    // tokens that were minted elsewhere have no handle. It outlives the wait,
    // since it is told by its end: the server's value takes its place, or takes
    // it out of sight where a site makes all its cookies HttpOnly.
    put(99);
    const isBlind = !handle || !cookie(mark);
    const deadline = Date.now() + (isBlind ? BLIND_MS : PATIENCE_MS);
    const watch = setInterval(() => {
      const page = frame.contentDocument;
      const isStarted = !isBlind && cookie(mark) !== '0';
      const isRefused = !page ||
          page.URL !== 'about:blank' && page.readyState === 'complete';
      if (!isStarted && !isRefused && Date.now() < deadline) return;
      clearInterval(watch);
      put(0);
      if (isRefused && !isStarted) {
        frame.remove();
        refused(refusalOfPage(page));
      } else if (isStarted || isBlind) {
        // The cookie arrives before the browser has taken the download over,
        // and a phone still asks its user: removed now, it would be cancelled.
        setTimeout(() => frame.remove(), PATIENCE_MS);
        started(isBlind);
      } else {
        // The frame stays: a slow export may still begin in it.
        refused(new Refusal('unconfirmed'));
      }
    }, POLL_MS);
    // Through CSSOM, which a strict style-src allows; `hidden` alone would
    // lose against a page's `iframe { display: block }`.
    frame.style.display = 'none';
    frame.src = href;
    document.body.append(frame);
  });

  const statuses = new WeakMap();
  // In the place of a link, by URL.
  const places = {};

  const newStatus = () => {
    // It takes the keyboard's place where there is no link to go back to.
    const status =
        element('span', {className: 'claimcheck-status', tabIndex: -1});
    status.setAttribute('role', 'status');
    return status;
  };

  // A link may be gone by now, or hidden with its menu: words would be, too.
  const linkOf = ({options: {link}}) =>
      link && link.getClientRects().length && link;

  // Also called, without words, when a download starts: screen readers only
  // announce changes of a live region that they already know.
  const say = (job, ...words) => {
    const link = linkOf(job);
    const {url} = job.detail;
    const place = link || (places[url] = places[url] || {});
    const status = statuses.get(place) || newStatus();
    statuses.set(place, status);
    if (!link) {
      if (!status.isConnected) document.body.append(status);
    } else if (link.nextElementSibling !== status) {
      link.after(status);
    }
    status.textContent = '';
    status.append(...words);
  };

  const button = (job, textContent) => {
    const made = element('button', {type: 'button', textContent});
    made.addEventListener('click', () => {
      const link = linkOf(job);
      // The button is about to vanish, and the keyboard's place with it.
      (link || made.parentNode).focus();
      start(job.detail.url, job.options, true);
    });
    return made;
  };

  // What is to be gone on with when the page comes back from the login, in
  // this tab and on this page alone: the last one, and `url` from now on.
  const remember = (url) => {
    const key = `claimcheck_after_login ${location.pathname}${location.search}`;
    try {
      const last = sessionStorage[key];
      delete sessionStorage[key];
      if (url) sessionStorage[key] = url;
      return last;
    } catch (error) {
      // Storage is switched off: the link can be clicked once more.
    }
  };

  const loginLink = ({detail, options}) => {
    const login = new URL(options.login, document.baseURI);
    const {origin, pathname, search, hash} = location;
    const page = (login.origin === origin ? '' : origin) + pathname + search +
        hash;
    const made = element('a', {
      href: login.href + encodeURIComponent(page),
      textContent: strings.login,
    });
    made.addEventListener('click', () => remember(detail.url));
    return made;
  };

  // What a person can do about it, there and then.
  const wayOut = (job) => {
    const {code} = job.detail;
    if (code === 'activation_lost') return button(job, strings.click);
    if (WORTH_A_BUTTON.test(code)) return button(job, strings.retry);
    const isLogin = code === 'not_signed_in' && job.options.login;
    return isLogin ? loginLink(job) : '';
  };

  // Whether nobody has cancelled it.
  const tell = (job, what) => {
    const event = new CustomEvent(`claimcheck:${what}`, {
      bubbles: true,
      cancelable: true,
      detail: Object.assign({}, job.detail),
    });
    const {link} = job.options;
    return (link && link.isConnected ? link : document).dispatchEvent(event);
  };

  const userIsActive = () =>
      !navigator.userActivation || navigator.userActivation.isActive;

  const attempt = async ({detail, needsActivation, options}) => {
    const url = resolve(detail.url);
    const query = withoutToken(url.search);
    const answer =
        await fetchToken(url.pathname + (query && `?${query}`), options);
    // Only what was had can be lost: a call without a click may still work.
    // And once is enough: a server that is always slow would never get on.
    if (needsActivation && !userIsActive()) {
      throw new Refusal('activation_lost');
    }
    url.search = joined(query, `token=${answer.token}`);
    const {handle, filename, size} = answer;
    Object.assign(detail, {handle, filename, size});
    if (await follow(url.href, handle)) detail.unconfirmed = true;
  };

  const attemptTwice = async (job) => {
    try {
      await attempt(job);
    } catch (error) {
      if (!WORTH_A_RETRY.test(error.code)) throw error;
      await attempt(job);
    }
  };

  const run = async (job) => {
    const {link} = job.options;
    try {
      await attemptTwice(job);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      Object.assign(job.detail, {code: error.code, message: error.message});
    } finally {
      if (link) {
        link.removeAttribute('aria-busy');
        busy.delete(link);
      }
    }
    const {code, message} = job.detail;
    if (!code) {
      tell(job, 'started');
    } else if (tell(job, 'error')) {
      say(job, `${message} `, wayOut(job));
    }
    return Object.assign({ok: !code}, job.detail);
  };

  // Downloads start one after the other: a browser lets a gesture start one.
  let queue = Promise.resolve();

  const start = (url, options, insists) => {
    const job = {
      needsActivation: !insists && userIsActive(),
      options: Object.assign({}, settings, options),
      detail: {url: String(url)},
    };
    say(job);
    if (job.options.link) job.options.link.setAttribute('aria-busy', true);
    tell(job, 'start');
    const turn = queue.then(() => run(job));
    // One that gives no sign of itself holds the others up no longer.
    const limit = queue.then(
        () => new Promise((over) => setTimeout(over, job.options.timeout)));
    queue = Promise.race([turn, limit]).catch(() => {});
    return turn;
  };

  // Not by aria-busy, which pages set and keep, too.
  const busy = new WeakSet();

  const isPlainClick = (event) => event.button === 0 && !event.altKey &&
      !event.ctrlKey && !event.metaKey && !event.shiftKey;

  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || !isPlainClick(event)) return;
    const link = event.target.closest('a[data-download][href]');
    if (!link) return;
    event.preventDefault();
    if (busy.has(link)) return;
    busy.add(link);
    start(link.getAttribute('href'), {link});
  });

  // Not DOMContentLoaded, which an async script may miss.
  window.addEventListener('load', () => {
    const url = remember();
    if (!url) return;
    const link = [...document.querySelectorAll('a[data-download]')].find(
        (each) => each.getAttribute('href') === url);
    const job = {detail: {url}, options: {link}};
    say(job, link ? '' : `${url} `, button(job, strings.click));
  });

  window.downloadFile = (url, options) => start(url, options);
  Object.assign(window.downloadFile, {settings, strings});
})();
