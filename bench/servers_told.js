// What bench/servers tells of the rounds: a table of each server, and the ratios
// with their goals.
'use strict';

const { compared } = require('./measure.js');

// The figure's name behind the server's, ours, theirs, the peer in words and, for
// FastCGI, the goal. What is measured is named as in the tables.
const DOWNLOAD = [
  ['noop', 'do-nothing at download', 'do-nothing, in our gateway', 0.85],
  ['phpfpm', 'PHP-FPM download', 'PHP-FPM, readfile', 1.5],
  ['express', 'express download', 'express and jsonwebtoken', 6],
  ['secure_link', 'secure_link', 'its secure_link', 0.65],
  ['static', 'static 1 KiB', 'its static 1 KiB'],
];
const COMPARISONS = [
  ['get_token_vs_noop', 'get-token', 'do-nothing at get-token', 'do-nothing, in our gateway', 0.95],
  ['get_token_vs_phpfpm', 'get-token', 'PHP-FPM get-token', 'PHP-FPM, hash_hmac', 1.5],
  ['get_token_vs_express', 'get-token', 'express get-token', 'express and jsonwebtoken', 6],
  ['get_token_vs_static', 'get-token', 'static 1 KiB', 'its static 1 KiB'],
  ...DOWNLOAD.map(([name, theirs, peer, goal]) => [`download_vs_${name}`, 'download', theirs, peer, goal]),
  ['stream_vs_static', '100 MB, streamed', '100 MB, static', 'its static 100 MB'],
  ['handover_vs_static', '100 MB, handed over', '100 MB, static', 'its static 100 MB', 0.95],
];
const HANDED = DOWNLOAD.map(([name, theirs, peer]) => [`download_handed_vs_${name}`, 'download, handed over', theirs, peer]);
const OF_PEERS = /_vs_(noop|phpfpm|express)$/;

function comparisonsOf({ name, isFastcgi }) {
  const all = name === 'nginx' ? [...COMPARISONS, ...HANDED] : COMPARISONS.filter(([suffix]) => !suffix.includes('secure_link'));
  return all.filter(([suffix]) => isFastcgi || !OF_PEERS.test(suffix));
}

// namesOf are the figures of a server.
const namesOf = (server) => comparisonsOf(server).map(([suffix]) => `${server.name}_${suffix}`);

const isRate = ([first]) => first.p50 !== undefined;
const rowOf = ([name, each]) => ({
  name,
  unit: isRate(each) ? 'req/s' : 'bytes/s',
  values: each.map(({ value }) => value),
  ...(isRate(each) && { p50: each.map(({ p50 }) => p50), p99: each.map(({ p99 }) => p99) }),
});

// tellServer tells the figures of `all` that was measured for it, or why they
// are not there, and returns that of the hand-over, if there is one.
function tellServer(figures, server, all, { absent, limits }) {
  const whyNot = (what) => Object.entries(absent).find(([part]) => what.includes(part))?.[1] ?? `${what} was not measured`;
  const valuesOf = (key) => all[key].map(({ value }) => value);
  let handover;
  for (const [suffix, ours, theirs, peer, goal] of comparisonsOf(server)) {
    const name = `${server.name}_${suffix}`;
    if (!all[ours] || !all[theirs]) {
      figures.leftOut(whyNot(all[ours] ? theirs : ours), name);
      continue;
    }
    const result = compared(valuesOf(ours), valuesOf(theirs));
    const words = theirs.startsWith('PHP') && !server.hasPhp ? `${peer}, by mod_proxy_fcgi` : peer;
    figures.tell(name, ours.startsWith('100 MB') ? 'bytes/s' : 'req/s', words, result, 'least', server.isFastcgi ? goal : undefined);
    const limit = limits.of(suffix, all);
    if (limit) figures.limit(name, limit);
    if (suffix === 'handover_vs_static') handover = { server, result, limit };
  }
  return handover;
}

// mod_fcgid has no PHP-FPM beside it, its neighbour has.
const phpOf = (rounds = {}) => Object.fromEntries(Object.entries(rounds).filter(([name]) => name.startsWith('PHP-FPM')));

// tellAll prints what `rounds` say, by the server's name or "express" and then by
// what was measured; `titleOf` names a mode, `absent` has why a peer is not there,
// `limits` (limits.js) why a goal was missed.
function tellAll(figures, servers, rounds, { titleOf, absent, limits }) {
  for (const { name, mode } of servers) {
    const all = Object.entries(rounds[name]);
    const isLarge = ([what]) => what.startsWith('100 MB');
    const sizes = all.filter(([, each]) => !isRate(each));
    figures.table(titleOf(mode), all.filter(([what, each]) => isRate(each) || isLarge([what])).map(rowOf));
    if (!sizes.every(isLarge)) figures.table(`${titleOf(mode)}, by size, one client`, sizes.map(rowOf));
  }
  if (rounds.express) figures.table('express and jsonwebtoken, one process, asked directly', Object.entries(rounds.express).map(rowOf));
  console.log('');
  const handovers = servers.map((server) => tellServer(figures, server, { ...rounds.express, ...phpOf(rounds.apache), ...rounds[server.name] }, { absent, limits }));
  const least = handovers.filter((each) => each?.server.isFastcgi).sort((a, b) => a.result.ratio - b.result.ratio)[0];
  if (least) {
    figures.tell('handover_vs_static', 'bytes/s', `the least of FastCGI's, ${titleOf(least.server.mode)}`, least.result, 'least', 0.95);
    if (least.limit) figures.limit('handover_vs_static', least.limit);
  } else figures.leftOut('no server that is handed files', 'handover_vs_static');
}

module.exports = { namesOf, tellAll };
