// The chart of the report, bench/results.svg: requests a second on each web
// server, ours first, as horizontal bars. Both works of a server share a scale.
'use strict';

const WIDTH = 800;
const COLUMN = WIDTH / 2;
const NAMES = 92;
const VALUES = 62;
const LINE = 18;
const HEAD = 64;

const SERVERS = [['apache', 'Apache, mod_proxy_fcgi'], ['apache_fcgid', 'Apache, mod_fcgid'], ['lighttpd', 'lighttpd'], ['nginx', 'nginx']];
const WORKS = [['get_token', 'get-token'], ['download', 'download of 1 KiB; ours redeems a token for each']];
const PEERS = [['noop', 'do-nothing'], ['phpfpm', 'PHP-FPM'], ['express', 'express'], ['secure_link', 'secure_link'], ['static', 'static file']];
const NOTES = ['do-nothing: our gateway, answering a constant; static file: the server\'s own, 1 KiB;', 'express is asked directly, and not through the server; PHP-FPM beside mod_fcgid is asked through mod_proxy_fcgi'];

const STYLE = `
 text { font: 12px system-ui, sans-serif; fill: #1f2328 }
 .title { font-size: 15px; font-weight: 600 }
 .server { font-size: 13px; font-weight: 600 }
 .quiet { fill: #59636e }
 .name { text-anchor: end }
 .ours { font-weight: 600 }
 rect { fill: #c4cbd3 }
 rect.ours { fill: #0969da }
 rect.noop { fill: #8b96a3 }
 line { stroke: #d1d9e0 }
 @media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .quiet { fill: #9198a1 }
  rect { fill: #4a525c }
  rect.ours { fill: #4493f8 }
  rect.noop { fill: #7a8490 }
  line { stroke: #3d444d }
 }
`;

const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
const text = (x, y, words, kind) => `<text x="${x}" y="${y}"${kind ? ` class="${kind}"` : ''}>${escaped(words)}</text>`;
const written = (value) => Math.round(value).toLocaleString('en');

// barsOf are a server's for one work: ours, and each peer that was measured.
function barsOf(figures, server, work) {
  const known = PEERS.map(([peer, title]) => ({ peer, title, figure: figures[`${server}_${work}_vs_${peer}`] })).filter(({ figure }) => figure?.other !== undefined);
  if (known.length === 0) return [];
  return [{ title: 'claimcheck', kind: 'ours', value: known[0].figure.value }, ...known.map(({ peer, title, figure }) => ({ title, kind: peer, value: figure.other }))];
}

function drawnBars(bars, x, y, most) {
  const room = COLUMN - NAMES - VALUES - 16;
  return bars.map(({ title, kind, value }, i) => {
    const top = y + i * LINE;
    const length = Math.max(1, Math.round((room * value) / most));
    const ours = kind === 'ours' ? ' ours' : '';
    return [
      text(x + NAMES - 8, top + 12, title, `name${ours}`),
      `<rect class="${kind}" x="${x + NAMES}" y="${top + 2}" width="${length}" height="${LINE - 5}" rx="2"/>`,
      text(x + NAMES + length + 6, top + 12, written(value), ours ? 'ours' : 'quiet'),
    ].join('');
  });
}

// drawnServer returns what is drawn of a server, and where it ends.
function drawnServer(figures, [server, title], y) {
  const works = WORKS.map(([work]) => barsOf(figures, server, work));
  const lines = Math.max(...works.map((bars) => bars.length));
  if (lines === 0) return { drawn: [], end: y };
  const most = Math.max(...works.flat().map(({ value }) => value));
  return {
    drawn: [`<line x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>`, text(8, y + 20, title, 'server'), ...works.flatMap((bars, i) => drawnBars(bars, i * COLUMN, y + 28, most))],
    end: y + 28 + lines * LINE + 10,
  };
}

const sentence = (figures, [server, title]) => WORKS
  .map(([work, name]) => [name, barsOf(figures, server, work)])
  .filter(([, bars]) => bars.length > 0)
  .map(([name, bars]) => `${title}, ${name}: ${bars.map((bar) => `${bar.title} ${written(bar.value)}`).join(', ')}.`)
  .join(' ');

// chart returns the SVG. A bar that was not measured is not there.
function chart(figures) {
  const drawn = [];
  let end = HEAD;
  for (const server of SERVERS) {
    const next = drawnServer(figures, server, end);
    drawn.push(...next.drawn);
    end = next.end;
  }
  const height = end + NOTES.length * LINE;
  const title = 'Requests a second, 16 connections: more is better';
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(SERVERS.map((server) => sentence(figures, server)).filter(Boolean).join(' '))}</desc>`,
    `<style>${STYLE}</style>`,
    text(8, 24, title, 'title'),
    ...WORKS.map(([, name], i) => text(i * COLUMN + NAMES, 50, name, 'quiet')),
    ...drawn,
    ...NOTES.map((note, i) => text(8, end + 10 + i * LINE, note, 'quiet')),
    '</svg>',
  ].join('\n')}\n`;
}

module.exports = { chart };
