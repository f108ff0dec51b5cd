// What keeps a figure of a web server from its goal, said with what was measured:
// of the same server in the same rounds, and by the benches that ran before.
'use strict';

const os = require('node:os');

const { compared, median, read, tablesBeside } = require('./measure.js');

const AT = { get_token: 'get-token', download: 'download' };
const COUNTED = { get_token: 'get-token', download: 'download, 1 KiB' };
const valuesOf = (rounds) => rounds.map(({ value }) => value);
const micros = (rounds) => (1e6 * os.cpus().length) / median(valuesOf(rounds));

// Limits are of one server's rounds by name, as the tables have them. `file` is
// build/bench.json, with what other benches told.
class Limits {
  constructor(file) {
    this.figures = read(file);
    this.counts = read(tablesBeside(file)).counts?.tables ?? {};
  }

  counted(program, row) {
    return this.counts[`A request in counts: ${program}`]?.find(({ name }) => name === row)?.value;
  }

  // inCounts compares what a request takes with what do-nothing does.
  inCounts(program) {
    const told = [['system calls', 'system calls', 1], ['outside the kernel', 'thousand instructions', 1000]].map(([row, words, unit]) => {
      const [ours, nothing] = [this.counted(program, row), this.counted('do-nothing', row)];
      return ours && nothing ? `${(ours / unit).toFixed(0)} ${words} and not ${(nothing / unit).toFixed(0)}` : undefined;
    });
    return told.filter(Boolean);
  }

  keeping() {
    const spool = this.figures.download_spool_vs_no_state;
    const { spool_redeem_vs_record: record, spool_redeem_vs_marker: marker } = this.figures;
    const us = (ns) => (ns / 1000).toFixed(1);
    return [
      spool && `of all downloads at FastCGI's level ${spool.ratio.toFixed(2)} × as many as without keeping used tokens`,
      marker && `keeping a used token ${us(marker.value)} µs, ${record ? `a bare file that is linked when it is whole ${us(record.other)}, ` : ''}an empty one ${us(marker.other)}`,
    ].filter(Boolean);
  }

  // of returns the words for the figure of `suffix`, behind the server's name;
  // nothing where nothing was measured.
  of(suffix, all) {
    const handed = all['100 MB, handed over by a constant'];
    if (suffix === 'handover_vs_static') return handed && `a constant that hands it over is ${compared(valuesOf(handed), valuesOf(all['100 MB, static'])).ratio.toFixed(2)} × as fast as that`;
    const [, what, peer] = /^(get_token|download(?=_vs))_vs_(\w+)$/.exec(suffix) ?? [];
    const nothing = all[`do-nothing at ${AT[what]}`];
    if (!nothing) return undefined;
    if (peer === 'noop') {
      const constant = all[`the same answer, a constant, at ${AT[what]}`];
      const [least, given, ours] = [nothing, constant, all[AT[what]]].map(micros);
      const parts = [...this.inCounts(COUNTED[what]), ...(what === 'download' ? this.keeping() : [])];
      const words = [`do-nothing's two bytes take ${least.toFixed(0)} µs of the machine's cores`, `an answer like ours as a constant ${given.toFixed(0)} (${(least / given).toFixed(2)} ×)`, `ours ${ours.toFixed(0)}`];
      return `${words.join(', ')}; ${parts.join('; ')}`;
    }
    const theirs = { phpfpm: `PHP-FPM ${AT[what]}`, express: `express ${AT[what]}`, secure_link: 'secure_link' }[peer];
    if (!all[theirs]) return undefined;
    const words = `do-nothing is ${compared(valuesOf(nothing), valuesOf(all[theirs])).ratio.toFixed(2)} × as fast as that`;
    return [words, ...(what === 'download' ? ['that keeps no state', ...this.keeping()] : [])].join('; ');
  }
}

module.exports = { Limits };
