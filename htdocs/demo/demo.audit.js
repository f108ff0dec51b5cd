// The audit log's lines as they come, in words: the demo gives the page its
// log as a file, of which the page asks each second what is new.
import {badge, element, inWords, pause} from './demo.ask.js';

const LOG = '/audit.log';
const KEPT = 100;
// How much of what is there already: more than KEPT lines.
const BEFORE = 65536;

let next;

// From the last byte that is known, so that there always is one: a log
// without news would be 416, which the console tells as an error.
const wanted = () =>
    next === undefined ? `bytes=-${BEFORE}` : `bytes=${Math.max(0, next - 1)}-`;

const parsed = (line) => {
  try {
    return JSON.parse(line);
  } catch {
    // The first may have lost its beginning.
    return undefined;
  }
};

const newLines = async () => {
  const response = await fetch(
      LOG, {headers: {Range: wanted()}, cache: 'no-store'});
  if (response.status === 416) {
    next = undefined;
    return [];
  }
  if (!response.ok) throw new Error(`${LOG}: ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const begin = response.status === 206 ?
      Number(/\d+/.exec(response.headers.get('Content-Range'))[0]) : 0;
  const fresh = bytes.subarray((next ?? begin) - begin);
  const end = fresh.lastIndexOf(10) + 1;
  next = (next ?? begin) + end;
  return new TextDecoder().decode(fresh.subarray(0, end)).split('\n')
      .map(parsed).filter(Boolean);
};

const ENDS = {
  complete: 'to the end',
  client_left: 'then the visitor left',
  cut: 'then it was cut off',
};

const served = ({bytes, end}) => {
  const size = typeof bytes === 'number' ? inWords(bytes) : 'handed over to the server';
  return ENDS[end] ? `${size}, ${ENDS[end]}` : size;
};

const SENTENCES = {
  issued: ({user, resource}) => `${user} gets a token for ${resource ?? 'any download'}.`,
  redeemed: (line) => `${line.user} uses it for ${line.resource}: ${served(line)}.`,
  resumed: (line) => `${line.user} gets the rest of ${line.resource}: ${served(line)}.`,
  repeated: (line) => `${line.user} asks for ${line.resource} once more, in time: ${served(line)}.`,
  checked: ({user, resource}) => `${user} asks about ${resource}, without its content.`,
  refused: ({resource, detail}) =>
    `${resource ?? 'The request'} is refused: ${detail ?? 'no reason is told'}.`,
};

const part = (name, text, className) => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

const KINDS = {issued: 'plain', checked: 'plain', refused: 'no'};

// `line` is what strangers asked for, too: it is told as text alone.
const shown = (line) => {
  const item = document.createElement('li');
  const head = part('p', '', 'entry');
  const time = part('time', new Date(line.time).toLocaleTimeString('en-GB'));
  time.dateTime = line.time;
  head.append(time, badge(line.event, KINDS[line.event] ?? 'yes'));
  if (line.code) head.append(part('code', line.code, 'no'));
  if (line.handle) head.append(part('code', line.handle.slice(0, 8), 'handle'));
  const sentence = SENTENCES[line.event] ?? (() => JSON.stringify(line));
  const told = sentence({...line, user: line.user ?? 'Somebody'});
  item.append(head, part('p', told));
  return item;
};

const look = async () => {
  const words = element('audit-words');
  try {
    const list = element('audit-lines');
    const lines = (await newLines()).slice(-KEPT);
    list.prepend(...lines.reverse().map(shown));
    while (list.childElementCount > KEPT) list.lastElementChild.remove();
    words.textContent = list.childElementCount ?
        '' : 'No line yet: click one of the files.';
  } catch (error) {
    words.textContent = `The log cannot be read now: ${error.message}`;
  }
};

/** followAudit shows the log's lines, for as long as the page is seen. */
export const followAudit = async () => {
  for (;;) {
    if (document.visibilityState === 'visible') await look();
    await pause(1);
  }
};
