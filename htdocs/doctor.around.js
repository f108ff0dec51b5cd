// What doctor.html asks beside the protected address: other ways to the file, and
// what nobody should be able to download.
import {ELF, ask, startsWith} from './doctor.ask.js';

const spellings = (path) => [
  `/${path}`,
  `${path}/`,
  path.replace(/(.)\//, '$1%2F'),
  path.toUpperCase(),
  ...['cgi', 'fcgi'].map((kind) => `/claimcheck/download.${kind}${path}`),
];

// `path` without its first folder, or its name alone, where a server's own
// rules may have the files.
const elsewhere = (path) => {
  const name = path.slice(path.lastIndexOf('/'));
  const below = path.slice(path.indexOf('/', 1));
  const folders = ['', '/protected', '/files', '/download', '/downloads', '/uploads', '/claimcheck', '/claimcheck/downloads'];
  const all = folders.flatMap((folder) => [folder + name, folder + below]);
  return [...new Set(all)].filter((each) => each !== path);
};

// A server that has enough of the questions, or fails, proves nothing.
const isNoAnswer = ({status}) => status === 0 || status === 429 || status >= 500;

const judged = (site, asked, reached, unanswered, code) => {
  if (reached.length || !unanswered) return site.verdict(asked, reached.length ? code : undefined, reached.join(' '));
  return site.unseen(asked, `${unanswered} of these requests got no answer, or one of 429 or 5xx`);
};

export async function* askAround(site) {
  if (!site.hasFile) {
    yield site.unseen('there is no way around', 'the file did not come');
    return;
  }
  for (const [asked, paths, code] of [
    ['no other spelling of the address leads to the file', spellings(site.path), 'file_without_token'],
    ['the file is nowhere else', elsewhere(site.path), 'reachable_elsewhere'],
  ]) {
    const reached = [];
    let unanswered = 0;
    for (const path of paths) {
      const answer = await ask(location.origin + path);
      if (site.isFile(answer)) reached.push(path);
      unanswered += isNoAnswer(answer);
    }
    yield judged(site, asked, reached, unanswered, code);
  }
}

// A page in the place of everything that is not there may say any word.
const isMarkup = ({header, text}) => /^text\/html/i.test(header('content-type') || '') || /^[\uFEFF\s]*</.test(text);

const isIndex = ({text}) => /<title>Index of /i.test(text);
const isSecret = ({text}) => /^[\w+/=-]{32,200}\s*$/.test(text);
const isToml = ({text}) => /^\s*(\[\[download\]\]|(state|keys|root|access|audit) *=)/m.test(text);
const isAccess = ({text}) => /^\s*(RewriteRule|RewriteEngine|AddHandler|SetHandler|Options|Require|Auth(Type|Name|UserFile)) /m.test(text);
const isElf = ({bytes}) => startsWith(bytes, ELF);
const isJwk = ({text}) => /"kty"/.test(text);
const isAudit = ({text}) => /"event":"(issued|redeemed|resumed|repeated|refused)"/.test(text);
const isMistakes = ({text}) => /answer 500 until this is mended/.test(text);

const PRIVATE = [
  ['/.htaccess', isAccess],
  ['/claimcheck/.htaccess', isAccess],
  ['/claimcheck.toml', isToml],
  ['/claimcheck/claimcheck.toml', isToml],
  ['/claimcheck/state/secret', isSecret],
  ['/state/secret', isSecret],
  ['/claimcheck/key.jwk', isJwk],
  ['/claimcheck/audit.log', isAudit],
  ['/claimcheck/mistakes.txt', isMistakes],
  ['/claimcheck/', isIndex],
  ['/claimcheck/state/', isIndex],
];
const PROGRAMS = ['/claimcheck/', '/cgi-bin/'].flatMap((folder) =>
  ['get-token.cgi', 'get-token.fcgi', 'download.cgi', 'download.fcgi', 'claimcheck'].map((name) => [folder + name, isElf]));

export async function* askPrivate(site) {
  for (const [asked, all, code] of [
    ['configuration, secret and state cannot be downloaded', PRIVATE, 'private_shown'],
    ['nor can the programs', PROGRAMS, 'program_shown'],
  ]) {
    const reached = [];
    let unanswered = 0;
    for (const [path, isIt] of all) {
      const answer = await ask(path, {isStranger: true});
      const mayBe = isIt === isIndex || !isMarkup(answer);
      if (answer.status === 200 && mayBe && isIt(answer)) reached.push(path);
      unanswered += isNoAnswer(answer);
    }
    yield judged(site, asked, reached, unanswered, code);
  }
}
