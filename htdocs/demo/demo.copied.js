// A finished link, used as its owner and as somebody else would, in its time
// and after it.
import {ask, clear, countDown, element, fetchToken, show} from './demo.ask.js';

const FILE = '/downloads/hello.txt';

const tick = (seconds) => (left) => {
  element('copied-clock').value = left / seconds;
  element('copied-seconds').textContent = left.toFixed(1);
  element('copied-left').textContent =
      left ? `${left.toFixed(1)} s left` : 'Its time is over';
  element('copied-ticket').classList.toggle('over', left === 0);
};

// The first letter of the signature: the last one has bits to spare.
const altered = (token) => {
  const [header, claims, signature] = token.split('.');
  const letter = signature[0] === 'A' ? 'B' : 'A';
  return `${header}.${claims}.${letter}${signature.slice(1)}`;
};

/** demonstrateCopy makes a link and shows what each use of it gets. */
export const demonstrateCopy = async () => {
  clear('copied-result');
  const {token, expires_in: seconds} = await fetchToken(FILE);
  const link = element('copied-link');
  link.href = `${FILE}?token=${token}`;
  link.textContent = link.href;
  element('copied-result').hidden = false;
  const over = countDown(seconds, tick(seconds));
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
