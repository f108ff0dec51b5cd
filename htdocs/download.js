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
 * handle?, filename?, size?}; the outcome also has `ok`. A refusal resolves
 * the promise, it does not reject it. Of the events, which the link (or the
 * document) dispatches, claimcheck:start comes first, and then either
 * claimcheck:started or claimcheck:error.
 *
 * Attributes of the script's tag: data-get-token="/v1/api/get-token",
 * data-xsrf-cookie="XSRF-TOKEN", data-xsrf-header="X-XSRF-TOKEN".
 */
(() => {
  'use strict';

  const settings = Object.assign(
      {
        getToken: '/v1/api/get-token',
        xsrfCookie: 'XSRF-TOKEN',
        xsrfHeader: 'X-XSRF-TOKEN',
      },
      document.currentScript && document.currentScript.dataset);

  const TOKEN_TIMEOUT_MS = 10000;
  const POLL_MS = 100;
  // As long as the server's cookie lives: after it nothing more can be known.
  const PATIENCE_MS = 60000;

  // Faults of the token, not of the request: a fresh one may well do. And
  // not_allowed, since with client = "required" a first visitor is refused but
  // given the cookie that was missing.
  const WORTH_A_RETRY = [
    'not_allowed',
    'token_expired',
    'token_used',
    'token_invalid',
    'token_other_client',
  ];

  const WORDS = {
    activation_lost: 'That took too long for your browser.',
    bad_url: 'This is not a link that can be downloaded.',
    config: 'The download service is not set up correctly.',
    cross_origin: 'This link leads to another site and was not followed.',
    method: 'The download service did not understand this page.',
    not_allowed: 'You may not download this.',
    not_found: 'This file does not exist, or not any more.',
    not_signed_in: 'Please sign in, then try again.',
    unavailable:
        'The download service does not answer. Please try again in a moment.',
    unconfirmed:
        'There is no sign of the download yet. If it does not begin, ' +
        'please try again.',
    xsrf: 'This page is too old. Please reload it, then try again.',
  };
  const CLICK_AGAIN = 'Click to download';

  class Refusal extends Error {
    constructor(code, said) {
      super(WORDS[code] || said || WORDS.unavailable);
      this.code = code;
    }
  }

  const cookie = (name) => {
    const pair =
        document.cookie.split('; ').find((each) => each.startsWith(`${name}=`));
    return pair && pair.slice(name.length + 1);
  };

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

  const headers = () => {
    const secret = cookie(settings.xsrfCookie);
    return Object.assign(
        {Accept: 'application/json'},
        secret === undefined ? null :
                               {[settings.xsrfHeader]: percentDecoded(secret)});
  };

  // A login wall of the site itself answers in HTML, or sends elsewhere.
  const refusalOfAnswer = (response, answer) => {
    const signedOut = response.status === 401 || response.redirected;
    const code = signedOut ? 'not_signed_in' : 'unavailable';
    return new Refusal(answer.code || code, answer.message);
  };

  const fetchToken = async (resource) => {
    const endpoint = resolve(settings.getToken);
    endpoint.search = joined(
        endpoint.search.slice(1), `for=${encodeURIComponent(resource)}`);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TOKEN_TIMEOUT_MS);
    let response;
    let answer;
    try {
      response = await fetch(endpoint.href, {
        cache: 'no-store',
        credentials: 'same-origin',
        headers: headers(),
        signal: abort.signal,
      });
      // The time limit covers the body too.
      answer = await response.json().catch(() => null) || {};
    } catch (error) {
      throw new Refusal('unavailable');
    } finally {
      clearTimeout(timer);
    }
    if (!response.ok || !answer.token) throw refusalOfAnswer(response, answer);
    return answer;
  };

  // No document: the browser's own error page. No code: a page of the web
  // server's, whose words are not meant for readers of this page.
  const refusalOfPage = (page) => {
    const body = page && page.body;
    const code = body && body.dataset && body.dataset.code;
    if (!code) return new Refusal('unavailable');
    const said = [...body.querySelectorAll('h1, p')].slice(0, 2);
    return new Refusal(
        code, said.map((each) => each.textContent.trim()).join('. '));
  };

  // An iframe, since an anchor would leave the page, or save the error's text,
  // when the answer is a refusal. A refusal is a page and fires `load`; a
  // download fires nothing, but its cookie tells.
  const follow = (href, handle) => new Promise((started, refused) => {
    const frame = document.createElement('iframe');
    const mark = `claimcheck_started_${handle}`;
    const deadline = Date.now() + PATIENCE_MS;
    const watch = setInterval(() => {
      if (cookie(mark) !== undefined) {
        clearInterval(watch);
        document.cookie = `${mark}=; Max-Age=0; Path=/`;
        // The cookie arrives before the browser has taken the download over,
        // and a phone still asks its user: removed now, it would be cancelled.
        setTimeout(() => frame.remove(), PATIENCE_MS);
        started();
      } else if (Date.now() > deadline) {
        // The frame stays: a slow export may still begin in it.
        clearInterval(watch);
        refused(new Refusal('unconfirmed'));
      }
    }, POLL_MS);
    frame.addEventListener('load', () => {
      const page = frame.contentDocument;
      if (page && page.URL === 'about:blank') return;
      clearInterval(watch);
      frame.remove();
      refused(refusalOfPage(page));
    });
    // Through CSSOM, which a strict style-src allows; `hidden` alone would
    // lose against a page's `iframe { display: block }`.
    frame.style.display = 'none';
    frame.src = href;
    document.body.appendChild(frame);
  });

  let status;

  const statusElement = () => {
    const element = document.createElement('span');
    element.className = 'claimcheck-status';
    element.setAttribute('role', 'status');
    element.setAttribute('aria-live', 'polite');
    return element;
  };

  // Also called, without words, when a download starts: screen readers only
  // announce changes of a live region that they already know.
  const say = (link, words) => {
    status = status || statusElement();
    const beside = link && link.isConnected;
    const inPlace = beside ? link.nextElementSibling === status :
                             status.parentNode === document.body;
    if (!inPlace && beside) link.after(status);
    if (!inPlace && !beside) document.body.append(status);
    status.textContent = words;
  };

  const offerClick = (job) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = CLICK_AGAIN;
    button.addEventListener('click', () => {
      // The button is about to vanish, and the keyboard's place with it.
      if (job.link) job.link.focus();
      start(job.detail.url, job.link, true);
    });
    status.append(' ', button);
  };

  const tell = (job, what) => {
    const target = job.link && job.link.isConnected ? job.link : document;
    const detail = Object.assign({}, job.detail);
    target.dispatchEvent(
        new CustomEvent(`claimcheck:${what}`, {bubbles: true, detail}));
  };

  const userIsActive = () =>
      !navigator.userActivation || navigator.userActivation.isActive;

  const attempt = async (job) => {
    const url = resolve(job.detail.url);
    const query = withoutToken(url.search);
    const answer = await fetchToken(url.pathname + (query && `?${query}`));
    // Only what was had can be lost: a call without a click may still work.
    // And once is enough: a server that is always slow would never get on.
    if (job.wasActive && !userIsActive() && !job.insists) {
      throw new Refusal('activation_lost');
    }
    url.search = joined(query, `token=${answer.token}`);
    const {handle, filename, size} = answer;
    Object.assign(job.detail, {handle, filename, size});
    await follow(url.href, handle);
  };

  const attemptTwice = async (job) => {
    try {
      await attempt(job);
    } catch (error) {
      if (!WORTH_A_RETRY.includes(error.code)) throw error;
      await attempt(job);
    }
  };

  const start = async (url, link, insists) => {
    const job = {
      link,
      insists,
      wasActive: userIsActive(),
      detail: {url: String(url)},
    };
    say(link, '');
    tell(job, 'start');
    try {
      await attemptTwice(job);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      Object.assign(job.detail, {code: error.code, message: error.message});
      say(link, error.message);
      if (error.code === 'activation_lost') offerClick(job);
    }
    const ok = !job.detail.code;
    tell(job, ok ? 'started' : 'error');
    return Object.assign({ok}, job.detail);
  };

  const isPlainClick = (event) => event.button === 0 && !event.altKey &&
      !event.ctrlKey && !event.metaKey && !event.shiftKey;

  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || !isPlainClick(event)) return;
    const link = event.target.closest('a[data-download][href]');
    if (!link) return;
    event.preventDefault();
    start(link.getAttribute('href'), link);
  });

  window.downloadFile = (url) => start(url);
})();
