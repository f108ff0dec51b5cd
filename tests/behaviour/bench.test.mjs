// What is made of the benches' figures: the report, its chart, README's table, and
// the comparison of two runs. The figures are canned, the benches themselves take
// too long.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { project } from '../servers/sites.mjs';

const require = createRequire(import.meta.url);
const { Limits } = require('../../bench/limits.js');
const { Figures, readable } = require('../../bench/measure.js');

const bench = (name, ...args) => spawnSync(path.join(project, 'bench', name), args, { encoding: 'utf8' });

// quiet runs `work` without what it prints, which it returns.
function quiet(work) {
  const log = console.log;
  const lines = [];
  console.log = (line) => lines.push(line);
  try {
    work();
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}

const result = (value, other, spread = 0.04) => ({ value, other, ratio: value / other, spread });

// Figures that are met and missed, with and without a goal and a peer.
function tellAll(figures) {
  figures.tell('hs256_verify_vs_hmac', 'ns', 'our time over a bare HMAC', result(500, 250), 'most', 3);
  figures.tell('apache_get_token_vs_noop', 'req/s', 'do-nothing', result(8000, 10000), 'least', 0.95);
  figures.limit('apache_get_token_vs_noop', 'Apache | takes the <rest>');
  figures.tell('apache_get_token_vs_static', 'req/s', 'its static 1 KiB', result(8000, 16000));
  figures.tell('nginx_download_vs_secure_link', 'req/s', 'its secure_link', result(30000, 40000), 'least', 0.65);
  figures.limit('nginx_download_vs_secure_link', 'words that a goal which is met does not need');
  figures.tell('idle_rss_mib', 'MiB', 'resident memory', { value: 5.9, ratio: 5.9 }, 'most', 6);
  figures.leftOut('php-cgi is not installed', 'phpcgi_vs_cgi');
  figures.table('Rates', [{ name: 'get-token', unit: 'req/s', values: [7000, 8000, 9000], p50: [100, 90, 80], p99: [1500, 1400, 1300] }, { name: 'file', unit: 'bytes/s', values: [1e9, 1.1e9, 1.2e9] }]);
}

describe('figures', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-bench-'));
  const file = path.join(dir, 'bench.json');
  after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const write = (name, tell) => quiet(() => {
    const figures = new Figures(name);
    tell(figures);
    figures.write(file);
  });
  const read = (name) => JSON.parse(fs.readFileSync(path.join(dir, name), 'utf8'));

  it('have their goal, the peer\'s value and the spread in bench.json', () => {
    write('servers', tellAll);
    assert.deepEqual(read('bench.json').hs256_verify_vs_hmac, { value: 500, unit: 'ns', peer: 'our time over a bare HMAC', ratio: 2, other: 250, spread: 0.04, goal: { most: 3 } });
  });

  it('have a limit where their goal was missed, and only there', () => {
    const { apache_get_token_vs_noop: missed, nginx_download_vs_secure_link: met } = read('bench.json');
    assert.equal(missed.limit, 'Apache | takes the <rest>');
    assert.equal(met.limit, undefined);
  });

  it('have limits of what was measured in the same rounds', () => {
    const rounds = {
      'get-token': [{ value: 8000 }],
      'do-nothing at get-token': [{ value: 10000 }],
      'the same answer, a constant, at get-token': [{ value: 9000 }],
      'PHP-FPM get-token': [{ value: 5000 }],
      '100 MB, static': [{ value: 2e9 }],
      '100 MB, handed over by a constant': [{ value: 1.86e9 }],
    };
    const limits = new Limits(file);
    assert.equal(limits.of('handover_vs_static', rounds), 'a constant that hands it over is 0.93 × as fast as that');
    assert.equal(limits.of('get_token_vs_phpfpm', rounds), 'do-nothing is 2.00 × as fast as that');
    assert.match(limits.of('get_token_vs_noop', rounds), /an answer like ours as a constant \d+ \(0\.90 ×\)/);
    assert.equal(limits.of('download_vs_noop', rounds), undefined);
    limits.figures = { spool_redeem_vs_marker: { value: 12900, other: 5200 }, spool_redeem_vs_record: { value: 12900, other: 10700 } };
    assert.equal(
      limits.of('download_vs_phpfpm', { 'do-nothing at download': [{ value: 10000 }], 'PHP-FPM download': [{ value: 8000 }] }),
      'do-nothing is 1.25 × as fast as that; that keeps no state; keeping a used token 12.9 µs, a bare file that is linked when it is whole 10.7, an empty one 5.2',
    );
  });

  it('of a table are the medians of the rounds', () => {
    assert.deepEqual(read('bench-tables.json').servers.tables.Rates[0], { name: 'get-token', unit: 'req/s', value: 8000, spread: 0.25, p50: 90, p99: 1400 });
  });

  it('of another bench stay, and those of an earlier run of the same do not', () => {
    write('gateway', (figures) => figures.tell('stream_vs_libfcgi', 'bytes/s', 'libfcgi', result(3e9, 1e9)));
    write('servers', (figures) => figures.tell('apache_get_token_vs_noop', 'req/s', 'do-nothing', result(9900, 10000)));
    assert.deepEqual(Object.keys(read('bench.json')).sort(), ['apache_get_token_vs_noop', 'stream_vs_libfcgi']);
    assert.deepEqual(read('bench-tables.json').servers.tables, {});
  });

  it('are printed with a unit that spares digits', () => {
    assert.deepEqual([[12345.6, 'req/s'], [3.456e9, 'bytes/s'], [850, 'us'], [1234567, 'ns'], [5.94, 'MiB'], [6, 'calls']].map(([value, unit]) => readable(value, unit)),
      ['12,346 req/s', '3.46 GB/s', '850 µs', '1.23 ms', '5.9 MiB', '6.00']);
  });
});

describe('report', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-bench-'));
  const file = path.join(dir, 'bench.json');
  const readme = path.join(dir, 'README.md');
  const results = () => fs.readFileSync(path.join(dir, 'bench', 'RESULTS.md'), 'utf8');
  const chart = () => fs.readFileSync(path.join(dir, 'bench', 'results.svg'), 'utf8');
  after(() => fs.rmSync(dir, { recursive: true, force: true }));
  before(() => {
    quiet(() => {
      const figures = new Figures('servers');
      tellAll(figures);
      figures.write(file);
    });
    fs.mkdirSync(path.join(dir, 'bench'));
    fs.writeFileSync(readme, 'before\n\n| work | measured | goal |\n| --- | --- | --- |\n| old | 1 | 2 |\n\nafter\n');
    const { status, stderr } = bench('report', file, dir, 'c++', '-O2');
    assert.equal(status, 0, stderr);
  });

  it('names every figure, and every one that is lacking with the reason', () => {
    const text = results();
    for (const name of Object.keys(JSON.parse(fs.readFileSync(file, 'utf8')))) assert.ok(text.includes(`| \`${name}\` |`), name);
    assert.match(text, /^- php-cgi is not installed: `phpcgi_vs_cgi`$/m);
    assert.match(text, /^- not measured in this run: .*`stream_vs_libfcgi`/m);
  });

  it('says which goals are met, and what the limit of the others is', () => {
    const line = (name) => results().split('\n').find((each) => each.startsWith(`| \`${name}\` |`));
    assert.equal(line('hs256_verify_vs_hmac'), '| `hs256_verify_vs_hmac` | our time over a bare HMAC | 500 ns | 250 ns | 2.00 × | 4 % | ≤ 3 × | met |');
    assert.equal(line('apache_get_token_vs_noop'), '| `apache_get_token_vs_noop` | do-nothing | 8,000 req/s | 10,000 req/s | 0.80 × | 4 % | ≥ 0.95 × | missed: Apache \\| takes the \\<rest> |');
    assert.equal(line('idle_rss_mib'), '| `idle_rss_mib` | resident memory | 5.9 MiB |  |  |  | ≤ 6 MiB | met |');
    assert.match(results(), /^3 of 4 met\.$/m);
  });

  it('has tables whose lines have as many cells as their heads', () => {
    const tables = results().split(/\n(?!\|)/).filter((each) => each.includes('\n|'));
    assert.ok(tables.length >= 5);
    for (const table of tables) {
      const widths = table.split('\n').filter((line) => line.startsWith('|')).map((line) => line.match(/(?<!\\)\|/g).length);
      assert.equal(new Set(widths).size, 1, table);
    }
  });

  it('names the machine and the compiler with its flags', () => {
    assert.match(results(), /^\| processor \| \S.*\d+ cores/m);
    assert.match(results(), /^\| built with \| \S.*, -O2 \|$/m);
  });

  it('draws a chart that is well-formed and has a bar for each that was measured', () => {
    const svg = chart();
    const { status, stderr } = spawnSync('/usr/bin/python3', ['-c', 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.stdin)'], { input: svg, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.equal(svg.match(/<rect /g).length, 5);
    assert.match(svg, /class="name ours">claimcheck<\/text><rect class="ours"[^>]*\/><text[^>]*>8,000</);
    assert.match(svg, /<desc id="description">Apache, mod_proxy_fcgi, get-token: claimcheck 8,000, do-nothing 10,000, static file 16,000\./);
  });

  it('puts its table into README.md and leaves the rest', () => {
    const text = fs.readFileSync(readme, 'utf8');
    assert.match(text, /^before\n\n\| work \| measured \| goal \|\n/);
    assert.match(text, /\|\n\nafter\n$/);
    assert.ok(!text.includes('old'));
    assert.match(text, /^\| get-token under Apache, .* \| 0\.80 ×; –; – \| ≥ 0\.95 × \(missed\); –; – \|$/m);
  });
});

describe('compare', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'claimcheck-bench-'));
  after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const run = (name, figures) => {
    const file = path.join(dir, `${name}.json`);
    fs.writeFileSync(file, JSON.stringify(figures));
    return file;
  };
  const first = run('first', { rate: { ratio: 1, spread: 0.1 }, time: { ratio: 2, spread: 0.01 } });

  it('passes a second run whose spread overlaps that of the first', () => {
    const { status, stdout } = bench('compare', first, run('near', { rate: { ratio: 0.89, spread: 0.02 }, time: { ratio: 2.1, spread: 0.06 } }));
    assert.equal(status, 0);
    assert.equal(stdout, '2 of 2 figures agree within their spreads\n');
  });

  it('tells a figure that has moved further, and what it was', () => {
    const { status, stdout } = bench('compare', first, run('far', { rate: { ratio: 0.87, spread: 0.02 }, time: { ratio: 2, spread: 0 } }));
    assert.equal(status, 1);
    assert.equal(stdout, 'rate: 1 ± 10 %, then 0.87 ± 2 %\n1 of 2 figures agree within their spreads\n');
  });

  it('tells a figure that one of the runs lacks', () => {
    const second = run('less', { rate: { ratio: 1, spread: 0.1 } });
    assert.match(bench('compare', first, second).stdout, new RegExp(`^time: not in ${second}$`, 'm'));
    assert.equal(bench('compare', second, first).status, 1);
  });

  it('says how it is used where a file is not there', () => {
    const { status, stderr } = bench('compare', first, path.join(dir, 'none.json'));
    assert.equal(status, 2);
    assert.match(stderr, /^usage: /);
  });
});
