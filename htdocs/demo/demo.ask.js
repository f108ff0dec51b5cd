// What the demonstrations share: a token, a request, its answer in the page.

export const element = (id) => document.getElementById(id);

/** pause lasts so many seconds; not at all if they are negative. */
export const pause = (seconds) =>
    new Promise((over) => setTimeout(over, seconds * 1000));

/** inWords of a number of bytes. */
export const inWords = (bytes) => bytes < 1048576 ?
    `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}` :
    `${(bytes / 1048576).toFixed(1)} MiB`;

/** fetchToken for a path: {token, expires_in}. */
export const fetchToken = async (path) => {
  const response = await fetch(
      `/v1/api/get-token?for=${encodeURIComponent(path)}`,
      {headers: {Accept: 'application/json'}});
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
};

/** ask as a new tab would, to show the very words that a person gets there. */
export const ask = async (href, {headers, ...options} = {}) => {
  const response = await fetch(
      href, {headers: {Accept: 'text/html', ...headers}, ...options});
  if (response.ok) {
    const {size} = await response.blob();
    const what = response.status === 206 ? 'The rest of the file' : 'The file';
    return {status: response.status, words: `${what}, ${inWords(size)}.`};
  }
  // Without its style, which this page's policy would complain about.
  const html = (await response.text()).replace(/<style[^]*?<\/style>/, '');
  const page = new DOMParser().parseFromString(html, 'text/html');
  const words = page.querySelector('h1').textContent;
  return {status: response.status, code: page.body.dataset.code, words};
};

/** badge is `text` in a frame. */
export const badge = (text, className) => {
  const made = document.createElement('span');
  made.className = `badge ${className}`;
  made.textContent = text;
  return made;
};

/** show an answer in the row `id` of a table. */
export const show = (id, {status, code, words}) => {
  const [answer, explanation] = element(id).querySelectorAll('td');
  answer.replaceChildren(badge(status, status < 300 ? 'yes' : 'no'));
  if (code) {
    const name = document.createElement('code');
    name.textContent = code;
    answer.append(' ', name);
  }
  explanation.textContent = words;
};

/** clear what a demonstration showed before. */
export const clear = (id) => {
  for (const cell of element(id).querySelectorAll('td')) cell.replaceChildren();
};

/** countDown calls `tell` with the seconds that are left until none is. */
export const countDown = async (seconds, tell) => {
  const end = performance.now() + seconds * 1000;
  for (let left = seconds; left > 0;) {
    left = Math.max(0, (end - performance.now()) / 1000);
    tell(left);
    await pause(Math.min(left, 0.05));
  }
};
