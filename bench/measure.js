// What the benches share: measuring by turns, and telling what came of it.
'use strict';

const fs = require('node:fs');
const os = require('node:os');

// What is compared takes turns, for the machine is not the same all the time.
const ROUNDS = Number(process.env.ROUNDS ?? 5);

const isRoot = process.getuid() === 0;
// Nobody: the programs under test never run as root.
const user = isRoot ? { uid: 65534, gid: 65534 } : {};
// Where there is a tmpfs, so that no disk is measured.
const memoryFolder = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const spread = (values) => (Math.max(...values) - Math.min(...values)) / median(values);

// byTurns calls each of `measures`, an object of functions, in each round. It
// returns the rounds' values by the same names.
async function byTurns(measures) {
  const values = Object.fromEntries(Object.keys(measures).map((name) => [name, []]));
  for (let i = 0; i < ROUNDS; i += 1) {
    for (const [name, measure] of Object.entries(measures)) values[name].push(await measure());
  }
  return values;
}

// compared returns the medians of two lists with a value of each round, and of
// the rounds' own ratios, whose two values share what the machine was like.
function compared(ours, theirs, of = (a, b) => a / b) {
  const each = ours.map((value, round) => of(value, theirs[round]));
  return { value: median(ours), other: median(theirs), ratio: median(each), spread: spread(each) };
}

// ratios measures two things by turns and compares them.
async function ratios(ours, theirs) {
  const values = await byTurns({ ours, theirs });
  return compared(values.ours, values.theirs);
}

const GOAL = { least: (ratio, goal) => ratio >= goal, most: (ratio, goal) => ratio <= goal };

// Figures are what a bench tells and puts into its file, build/bench.json. What
// other benches have in it stays.
class Figures {
  results = {};
  tables = {};

  table(title, rows) {
    this.tables[title] = rows.map((row) => ({ ...row, median: median(row.values), spread: spread(row.values) }));
    console.log(`\n${title.padEnd(46)}${'median'.padStart(18)}${'p50 us'.padStart(9)}${'p99 us'.padStart(9)}  spread`);
    for (const { name, unit, values, p50, p99 } of rows) {
      const value = unit === 'bytes/s' ? `${(median(values) / 1e6).toFixed(1)} MB/s` : `${Math.round(median(values)).toLocaleString('en')} ${unit}`;
      const [mid, late] = [p50, p99].map((each) => (each ? String(median(each)) : ''));
      console.log(`  ${name.padEnd(44)}${value.padStart(18)}${mid.padStart(9)}${late.padStart(9)}  ${(100 * spread(values)).toFixed(0)} %`);
    }
  }

  // tell prints a ratio. `kind` is the least or the most that `goal` allows;
  // without a goal it is for information.
  tell(name, unit, peer, { value, other, ratio, spread: width }, kind, goal) {
    this.results[name] = { value: +value.toPrecision(5), unit, peer, ratio: +ratio.toPrecision(4) };
    const verdict = goal === undefined ? '' : `${kind === 'least' ? '>=' : '<='} ${goal}: ${GOAL[kind](ratio, goal) ? 'met' : 'missed'}`;
    const theirs = other === undefined ? '' : ` / ${other.toPrecision(4)}`;
    const spread_ = width === undefined ? '' : `, spread ${(100 * width).toFixed(0)} %`;
    console.log(`${name.padEnd(38)}${ratio.toPrecision(3).padStart(7)}  ${verdict.padEnd(15)}(${value.toPrecision(4)}${theirs} ${unit}; ${peer}${spread_})`);
  }

  // leftOut: a figure of another run does not stay for one that this run lacks.
  leftOut(why, ...names) {
    for (const name of names) this.results[name] = undefined;
    console.log(`left out: ${names.join(', ')}: ${why}`);
  }

  write(file) {
    const before = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
    fs.writeFileSync(file, `${JSON.stringify({ ...before, ...this.results }, null, 1)}\n`);
  }
}

const machine = () => `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`;

module.exports = { Figures, ROUNDS, byTurns, compared, isRoot, machine, median, memoryFolder, ratios, spread, user };
