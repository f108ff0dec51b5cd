// The demo's own half: it does by hand what download.js does, to show what
// becomes of a link. A real page needs none of this.
(() => {
  'use strict';

  const FILE = '/downloads/hello.txt';

  const element = (id) => document.getElementById(id);

  const fetchToken = async () => {
    const response = await fetch(
        `/v1/api/get-token?for=${encodeURIComponent(FILE)}`,
        {headers: {Accept: 'application/json'}});
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    return answer;
  };

  // Asks as a new tab would, to show the very words that a person gets there.
  const ask = async (href, {headers, ...options} = {}) => {
    const response = await fetch(
        href, {headers: {Accept: 'text/html', ...headers}, ...options});
    if (response.ok) {
      const {size} = await response.blob();
      const what = response.status === 206 ? 'The rest of the file' : 'The file';
      return {status: response.status, words: `${what}, ${size} bytes.`};
    }
    // Without its style, which this page's policy would complain about.
    const html = (await response.text()).replace(/<style[^]*?<\/style>/, '');
    const page = new DOMParser().parseFromString(html, 'text/html');
    const words = page.querySelector('h1').textContent;
    return {status: response.status, code: page.body.dataset.code, words};
  };

  const show = (id, {status, code, words}) => {
    const [answer, explanation] = element(id).querySelectorAll('td');
    const badge = document.createElement('span');
    badge.className = status < 300 ? 'badge yes' : 'badge no';
    badge.textContent = status;
    answer.replaceChildren(badge);
    if (code) {
      const name = document.createElement('code');
      name.textContent = code;
      answer.append(' ', name);
    }
    explanation.textContent = words;
  };

  const clear = () => {
    element('copied-error').textContent = '';
    for (const cell of element('copied-result').querySelectorAll('td')) {
      cell.replaceChildren();
    }
  };

  const countDown = (seconds) => new Promise((over) => {
    const end = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.max(0, (end - performance.now()) / 1000);
      element('copied-clock').value = left / seconds;
      element('copied-left').textContent =
          left ? `${left.toFixed(1)} s left` : 'Its time is over';
      if (left) {
        setTimeout(tick, 50);
      } else {
        over();
      }
    };
    tick();
  });

  // The first letter of the signature: the last one has bits to spare.
  const altered = (token) => {
    const [header, claims, signature] = token.split('.');
    const letter = signature[0] === 'A' ? 'B' : 'A';
    return `${header}.${claims}.${letter}${signature.slice(1)}`;
  };

  const demonstrate = async () => {
    clear();
    const {token, expires_in: seconds} = await fetchToken();
    const link = element('copied-link');
    link.href = `${FILE}?token=${token}`;
    link.textContent = link.href;
    element('copied-result').hidden = false;
    const over = countDown(seconds);
    show('copied-first', await ask(link.href));
    // Without its cookies a request is any other browser's.
    show('copied-other', await ask(link.href, {credentials: 'omit'}));
    show('copied-none', await ask(FILE));
    show('copied-altered', await ask(`${FILE}?token=${altered(token)}`));
    await over;
    show('copied-late', await ask(link.href));
    // What a browser asks by itself when a download broke off.
    show('copied-rest', await ask(link.href, {headers: {Range: 'bytes=10-'}}));
  };

  element('copied-make').addEventListener('click', async (event) => {
    const button = event.target;
    button.disabled = true;
    try {
      await demonstrate();
    } catch (error) {
      element('copied-error').textContent = `That failed: ${error.message}`;
    }
    button.disabled = false;
    button.focus();
  });

  async function downloadWithAnchor(url) {
    const response = await fetch('/v1/api/jwt/get-token');
    const {token} = await response.json();
    const link = document.createElement('a');
    link.href = url + (url.includes('?') ? '&' : '?') + 'token=' + token;
    link.setAttribute('download', '');
    document.body.appendChild(link);
    link.click();
    link.remove();
  }

  for (const button of document.querySelectorAll('[data-article]')) {
    button.addEventListener(
        'click', () => downloadWithAnchor(button.dataset.article));
  }
})();
