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
    for (const path of paths) {
      if (site.isFile(await ask(location.origin + path))) reached.push(path);
    }
    yield site.verdict(asked, reached.length ? code : undefined, reached.join(' '));
  }
}

const isIndex = ({text}) => /<title>Index of /i.test(text);
const isSecret = ({text}) => /^[\w+/=-]{32,200}\s*$/.test(text);
const isToml = ({text}) => /^\s*(\[\[download\]\]|(state|keys|root|access|audit) *=)/m.test(text);
const isAccess = ({text}) => /^\s*(RewriteRule|RewriteEngine|AddHandler|SetHandler|Options|Require|Auth\w+) /m.test(text);
const isElf = ({bytes}) => startsWith(bytes, ELF);
const isJwk = ({text}) => /"kty"/.test(text);

const PRIVATE = [
  ['/.htaccess', isAccess],
  ['/claimcheck/.htaccess', isAccess],
  ['/claimcheck.toml', isToml],
  ['/claimcheck/claimcheck.toml', isToml],
  ['/claimcheck/state/secret', isSecret],
  ['/state/secret', isSecret],
  ['/claimcheck/key.jwk', isJwk],
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
    for (const [path, isIt] of all) {
      const answer = await ask(path, {isStranger: true});
      if (answer.status === 200 && isIt(answer)) reached.push(path);
    }
    yield site.verdict(asked, reached.length ? code : undefined, reached.join(' '));
  }
}
