// The report in Markdown: bench/RESULTS.md, and the table in README.md.
'use strict';

const { columnsOf, isMet, percent, readable } = require('./measure.js');

// By what they are about, in the order of the report.
const GROUPS = [/^(hs|es|ed|rs|ps)\w*_(sign|verify)/, /_get_token_vs_/, /_download_(handed_)?vs_/, /(stream|handover)_vs_/, /(connections|readers|reuse)/, /(rss|cgi|startup)/];
const groupOf = (name) => (GROUPS.findIndex((group) => group.test(name)) + GROUPS.length + 1) % (GROUPS.length + 1);
const SERVERS = ['apache', 'apache_fcgid', 'lighttpd', 'nginx'];
// What has to be measured wherever its peer is there.
const EXPECTED = [
  ...['hmac', 'libjwt', 'jsonwebtoken'].map((peer) => `hs256_verify_vs_${peer}`),
  ...SERVERS.flatMap((server) => ['get_token', 'download'].flatMap((work) => ['noop', 'phpfpm', 'express', 'static'].map((peer) => `${server}_${work}_vs_${peer}`))),
  'nginx_download_vs_secure_link', 'stream_vs_libfcgi', 'handover_vs_static', 'idle_connections_ratio', 'stalled_readers_p99_ratio', 'stalled_readers_rss_mib',
  'cgi_vs_true', 'phpcgi_vs_cgi', 'idle_rss_mib',
];
// The benches in the order in which they are reported.
const BENCHES = [['servers', 'On web servers'], ['gateway', 'At FastCGI\'s level'], ['scaling', 'With threads, file size and place of used tokens'], ['run', 'Tokens, redemptions, start-up'], ['counts', 'In counts']];

const escaped = (text) => text.replace(/[|\\<]/g, '\\$&').replace(/^ +/, (indent) => '&emsp;'.repeat(indent.length / 2));
const lineOf = (cells) => `| ${cells.map((cell) => escaped(cell ?? '')).join(' | ')} |`;
// tableOf: the first column is of words, the others of figures unless told.
const tableOf = ([head, ...lines], kinds = head.map((_, i) => (i ? '---:' : '---'))) => [lineOf(head), `| ${kinds.join(' | ')} |`, ...lines.map(lineOf)].join('\n');

const times = (ratio) => readable(ratio, '×');
// What has no peer has a goal in its own unit.
const ratioOf = ({ other, ratio }) => (other === undefined ? '' : times(ratio));
const goalOf = ({ other, unit, goal }) => {
  const [kind, bound] = Object.entries(goal)[0];
  return `${kind === 'least' ? '≥' : '≤'} ${bound} ${other === undefined ? unit : '×'}`;
};
function verdictOf({ ratio, goal, limit }) {
  if (isMet(ratio, goal)) return 'met';
  return limit ? `missed: ${limit}` : 'missed, its limit is not known';
}

const sorted = (figures) => Object.entries(figures).sort(([a], [b]) => groupOf(a) - groupOf(b) || a.localeCompare(b, 'en', { numeric: true }));

function goalsTable(figures) {
  const lines = figures.map(([name, each]) => [`\`${name}\``, each.peer, readable(each.value, each.unit), readable(each.other, each.unit), ratioOf(each), percent(each.spread), goalOf(each), verdictOf(each)]);
  return tableOf([['figure', 'against', 'ours', 'theirs', 'ratio', 'spread', 'goal', ''], ...lines], ['---', '---', '---:', '---:', '---:', '---:', '---:', '---']);
}

function othersTable(figures) {
  const lines = figures.map(([name, each]) => [`\`${name}\``, each.peer, readable(each.value, each.unit), readable(each.other, each.unit), ratioOf(each), percent(each.spread)]);
  return tableOf([['figure', 'against', 'ours', 'theirs', 'ratio', 'spread'], ...lines], ['---', '---', '---:', '---:', '---:', '---:']);
}

// lacking are the figures that were left out, with the reason, and those that
// are expected and were not measured at all.
function lacking(figures, benches) {
  const reasons = Object.assign({}, ...Object.values(benches).map(({ leftOut }) => leftOut));
  for (const name of EXPECTED) if (!figures[name]) reasons[name] ??= 'not measured in this run';
  const names = {};
  for (const [name, why] of Object.entries(reasons)) (names[why] ??= []).push(name);
  return Object.entries(names).map(([why, each]) => `- ${why}: ${each.map((name) => `\`${name}\``).join(', ')}`).join('\n');
}

function benchSection([name, title], benches) {
  const bench = benches[name];
  if (!bench) return [];
  const when = `${bench.measured.slice(0, 16).replace('T', ' ')} UTC, ${bench.rounds} round${bench.rounds === 1 ? '' : 's'}, load ${bench.load.toFixed(1)} at the end.`;
  return [`## ${title}`, when, ...Object.entries(bench.tables).flatMap(([heading, rows]) => [`### ${heading}`, tableOf(columnsOf(rows))])];
}

// results is RESULTS.md. `how` says how it is measured.
function results({ figures, benches, machine, versions, how }) {
  const all = sorted(figures);
  const goals = all.filter(([, { goal }]) => goal);
  const met = goals.filter(([, { ratio, goal }]) => isMet(ratio, goal)).length;
  const missing = lacking(figures, benches);
  const facts = (lines) => tableOf([['', ''], ...lines.map(([name, value]) => [name, value ?? 'not installed'])], ['---', '---']);
  return `${[
    '# What `make bench` measured',
    '![Requests a second on each web server: claimcheck, a do-nothing FastCGI program, PHP-FPM, express, secure_link and static files](results.svg)',
    how.trim(),
    '## Goals', `${met} of ${goals.length} met.`, goalsTable(goals),
    '## Without a goal', othersTable(all.filter(([, { goal }]) => !goal)),
    ...(missing ? ['## Left out', missing] : []),
    ...BENCHES.flatMap((bench) => benchSection(bench, benches)),
    '## Machine', facts(machine),
    '## Versions', facts(versions),
  ].join('\n\n')}\n`;
}

// What README.md has of it: the work, and its figures.
const README = [
  ['HS256 verified: our time over a bare HMAC\'s; libjwt\'s over ours; jsonwebtoken\'s', 'hs256_verify_vs_hmac', 'hs256_verify_vs_libjwt', 'hs256_verify_vs_jsonwebtoken'],
  ['get-token under Apache, over do-nothing; PHP-FPM; express', ...['noop', 'phpfpm', 'express'].map((peer) => `apache_get_token_vs_${peer}`)],
  ...[['Apache', 'apache'], ['lighttpd', 'lighttpd']].map(([title, server]) => [`download of 1 KiB under ${title}, over do-nothing; PHP-FPM; express`, ...['noop', 'phpfpm', 'express'].map((peer) => `${server}_download_vs_${peer}`)]),
  ['download of 1 KiB under nginx, over do-nothing; PHP-FPM; express; secure_link', ...['noop', 'phpfpm', 'express', 'secure_link'].map((peer) => `nginx_download_vs_${peer}`)],
  ['100 MB streamed, over libfcgi\'s copying; handed over, over the server\'s own (the least)', 'stream_vs_libfcgi', 'handover_vs_static'],
  ['get-token beside 1,000 idle connections, 4 threads, over none', 'idle_connections_ratio'],
  ['p99 of a download beside 2,000 stalled ones, 4 threads, over none', 'stalled_readers_p99_ratio'],
  ['memory with 2,000 stalled downloads; idle', 'stalled_readers_rss_mib', 'idle_rss_mib'],
  ['plain CGI, start to exit: our time over `/bin/true`; php-cgi\'s over ours', 'cgi_vs_true', 'phpcgi_vs_cgi'],
];
const README_HEAD = '| work | measured | goal |';

// inReadme returns README.md with its table anew. A goal that is missed says so.
function inReadme(readme, figures) {
  const measured = (name) => (figures[name] ? ratioOf(figures[name]) || readable(figures[name].value, figures[name].unit) : '–');
  const bound = (name) => (figures[name]?.goal ? `${goalOf(figures[name])}${isMet(figures[name].ratio, figures[name].goal) ? '' : ' (missed)'}` : '–');
  const lines = README.map(([work, ...names]) => [work, names.map(measured).join('; '), names.map(bound).join('; ')]);
  const table = tableOf([['work', 'measured', 'goal'], ...lines], ['---', '---', '---']);
  const text = readme.split('\n');
  const start = text.indexOf(README_HEAD);
  if (start < 0) throw new Error(`README.md has no table that begins with ${README_HEAD}`);
  const length = text.slice(start).findIndex((line) => !line.startsWith('|'));
  text.splice(start, length, table);
  return text.join('\n');
}

module.exports = { EXPECTED, inReadme, results };
