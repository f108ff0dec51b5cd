// A large download that breaks off about half way, and goes on when its
// token's time is over: what a browser's download manager does, by hand.
import {ask, clear, countDown, element, fetchToken, inWords, pause, show} from './demo.ask.js';

const FILE = '/downloads/large.bin';
// Bytes in a second: slow enough to be seen.
const PACE = 10 * 1048576;

const say = (words) => {
  element('resume-words').textContent = words;
};

// The body's first `enough` bytes. What came with the last of them (Firefox
// hands over all that has gathered meanwhile) is lost, as on a broken line.
const read = async (response, enough, bar) => {
  const reader = response.body.getReader();
  const parts = [];
  const begun = performance.now();
  let size = 0;
  while (size < enough) {
    const {done, value} = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    bar.value = Math.min(1, size / enough);
    await pause(size / PACE - (performance.now() - begun) / 1000);
  }
  await reader.cancel();
  return new Blob(parts).slice(0, enough);
};

const open = async (href, status, headers = {}) => {
  const response = await fetch(href, {headers});
  if (response.status === status) return response;
  throw new Error(`${status} was expected, the answer was ${response.status}`);
};

const sizeOf = (response) => Number(response.headers.get('Content-Length'));

const begin = async (href) => {
  say('The download runs…');
  const response = await open(href, 200);
  const total = sizeOf(response);
  show('resume-begun', {status: 200, words: `The file is to have ${inWords(total)}.`});
  const part = await read(response, Math.ceil(total / 2), element('resume-first'));
  show('resume-begun', {
    status: 200,
    words: `Broke off at ${inWords(part.size)} of ${inWords(total)}.`,
  });
  return {part, etag: response.headers.get('ETag')};
};

const goOn = async (href, {part, etag}) => {
  say('The rest comes…');
  const response = await open(
      href, 206, {'Range': `bytes=${part.size}-`, 'If-Range': etag});
  const rest = await read(response, sizeOf(response), element('resume-second'));
  show('resume-rest', {status: 206, words: `The rest, ${inWords(rest.size)}.`});
  return rest;
};

const digest = async (blob) => {
  const hash = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return [...new Uint8Array(hash)]
      .map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

const isSame = async (one, other) => {
  const [left, right] = await Promise.all(
      [one, other].map(async (blob) => new Uint8Array(await blob.arrayBuffer())));
  return left.length === right.length &&
      left.every((byte, at) => byte === right[at]);
};

// Only a secure context has crypto.subtle.
const compare = async (joined, whole) => {
  if (!crypto.subtle) {
    return await isSame(joined, whole) ?
        'The two parts joined are the whole file, byte by byte.' :
        'The two parts joined differ from the whole file.';
  }
  const [one, other] = await Promise.all([digest(joined), digest(whole)]);
  return one === other ?
      `The two parts joined are the whole file: both have the SHA-256 ${one}.` :
      `The two parts joined differ: SHA-256 ${one}, of the whole file ${other}.`;
};

const reset = () => {
  clear('resume-result');
  element('resume-first').value = element('resume-second').value = 0;
  element('resume-verdict').textContent = '';
  element('resume-result').hidden = false;
};

/** demonstrateResume breaks a download off, resumes and compares it. */
export const demonstrateResume = async () => {
  reset();
  const {token, expires_in: seconds} = await fetchToken(FILE);
  const href = `${FILE}?token=${token}`;
  let left = seconds;
  const over = countDown(seconds, (now) => {
    left = now;
  });
  const begun = await begin(href);
  say(`Broken off. The token has ${left.toFixed(1)} s left…`);
  await over;
  show('resume-late', await ask(href));
  const rest = await goOn(href, begun);
  const again = await fetchToken(FILE);
  const whole = await (await open(`${FILE}?token=${again.token}`, 200)).blob();
  show('resume-whole', {status: 200, words: `The file, ${inWords(whole.size)}.`});
  element('resume-verdict').textContent =
      await compare(new Blob([begun.part, rest]), whole);
  say('Complete, long after its two seconds.');
};
