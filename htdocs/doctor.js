// The page of doctor.html: takes the addresses, shows one answer after another.
// What is asked is in doctor.questions.js, what is said of it in
// doctor.words.js.
import {examine} from './doctor.questions.js';
import {wordsFor} from './doctor.words.js';

const MARKS = {ok: 'ok', found: 'FOUND', remark: 'note', unseen: 'not seen'};

const form = document.getElementById('form');
const button = form.querySelector('button');
const verdict = document.getElementById('verdict');
const answers = document.getElementById('answers');

const element = (name, text, className) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

// What was asked; for a finding also what that is, why it matters, and the
// lines to change.
const shown = ({state, asked, code, detail, server}) => {
  const item = element('li', '', state);
  item.append(element('span', MARKS[state], 'mark'), ` ${asked} `);
  if (code) item.append(element('span', code, 'code'));
  if (code) item.dataset.code = code;
  const words = code && wordsFor(code, server);
  for (const text of [detail, words && words.what, words && words.why]) {
    if (text) item.append(element('p', text));
  }
  if (words && words.mend) item.append(element('pre', words.mend));
  return item;
};

const conclusion = (found) => {
  if (found === 0) return 'Nothing wrong was found.';
  return found === 1 ? '1 finding.' : `${found} findings.`;
};

const run = async () => {
  answers.replaceChildren();
  verdict.textContent = 'Asking… If a window wants a password, it is that of the downloads.';
  let found = 0;
  for await (const answer of examine(form.link.value, form['get-token'].value)) {
    found += answer.state === 'found';
    answers.append(shown(answer));
  }
  verdict.textContent = conclusion(found);
};

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    await run();
  } catch (error) {
    verdict.textContent = `The examination broke off: ${error.message}`;
  } finally {
    button.disabled = false;
  }
});
