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
// spread is undefined for a single value.
const spread = (values) => (values.length < 2 ? undefined : (Math.max(...values) - Math.min(...values)) / (median(values) || 1));

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

const fixed = (value, digits) => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
// Three digits, and a unit that spares the rest.
const brief = (value) => fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0);
const scaled = (...units) => (value) => {
  const [least, unit] = units.find(([each]) => value >= each) ?? units.at(-1);
  return `${brief(value / least)} ${unit}`;
};
const time = (ns) => scaled([1e9 / ns, 's'], [1e6 / ns, 'ms'], [1e3 / ns, 'µs'], [1 / ns, 'ns']);
const READABLE = {
  'req/s': (value) => `${fixed(value, 0)} req/s`,
  'bytes/s': scaled([1e9, 'GB/s'], [1e6, 'MB/s'], [1e3, 'kB/s']),
  us: time(1e3),
  ns: time(1),
  MiB: (value) => `${fixed(value, 1)} MiB`,
  calls: (value) => fixed(value, value < 100 ? 2 : 0),
  bytes: (value) => `${fixed(value, 0)} bytes`,
  instructions: (value) => `${fixed(value, 0)} instructions`,
};
// readable is a value with its unit, for people.
function readable(value, unit) {
  if (value === undefined) return '';
  return READABLE[unit] ? READABLE[unit](value) : `${brief(value)} ${unit}`;
}
const percent = (part) => (part === undefined ? '' : `${fixed(100 * part, 0)} %`);

const isMet = (ratio, goal) => (goal.least === undefined ? ratio <= goal.most : ratio >= goal.least);
const goalInWords = (goal) => (goal.least === undefined ? `≤ ${goal.most}` : `≥ ${goal.least}`);

const rounded = (value, digits) => (value === undefined ? undefined : +value.toPrecision(digits));
const read = (file) => (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {});
const write = (file, content) => fs.writeFileSync(file, `${JSON.stringify(content, null, 1)}\n`);
const tablesBeside = (file) => file.replace(/(\.json)?$/, '-tables.json');

// columnsOf are the cells of a table, line by line, the head first. A column that
// no row has is not there.
function columnsOf(rows) {
  const columns = [['', (row) => row.name], ['median', (row) => readable(row.value, row.unit)]];
  for (const each of ['p50', 'p99']) if (rows.some((row) => row[each] !== undefined)) columns.push([each, (row) => readable(row[each], 'us')]);
  if (rows.some((row) => row.spread !== undefined)) columns.push(['spread', (row) => percent(row.spread)]);
  return [columns.map(([head]) => head), ...rows.map((row) => columns.map(([, of]) => of(row)))];
}

function aligned(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length), i ? 10 : 40));
  return lines.map((line) => line.map((cell, i) => (i ? cell.padStart(widths[i] + 1) : cell.padEnd(widths[i]))).join(' ').trimEnd()).join('\n');
}

// Figures are what `bench`, a program of this folder, tells. They go into
// build/bench.json, its tables and what it left out into the file beside it; what
// other benches have in either stays.
class Figures {
  results = {};
  tables = {};
  missing = {};

  constructor(bench) {
    this.bench = bench;
  }

  // tell prints a ratio. `kind` is the least or the most that `goal` allows;
  // without a goal it is for information.
  tell(name, unit, peer, { value, other, ratio, spread: width }, kind, goal) {
    const bound = goal === undefined ? undefined : { [kind]: goal };
    this.results[name] = { value: rounded(value, 5), unit, peer, ratio: rounded(ratio, 4), other: rounded(other, 5), spread: rounded(width, 3), goal: bound };
    const verdict = bound ? `${goalInWords(bound)}: ${isMet(ratio, bound) ? 'met' : 'missed'}` : '';
    const theirs = other === undefined ? '' : ` / ${readable(other, unit)}`;
    const spread_ = width === undefined ? '' : `, spread ${percent(width)}`;
    console.log(`${name.padEnd(40)}${ratio.toPrecision(3).padStart(8)}  ${verdict.padEnd(15)}(${readable(value, unit)}${theirs}; ${peer}${spread_})`);
  }

  // limit says what keeps a figure that was told from its goal, if it missed it.
  limit(name, words) {
    const figure = this.results[name];
    if (!figure?.goal || isMet(figure.ratio, figure.goal)) return;
    figure.limit = words;
    console.log(`  the limit of ${name}: ${words}`);
  }

  // leftOut: a figure of another run does not stay for one that this run lacks.
  leftOut(why, ...names) {
    for (const name of names) this.missing[name] = why;
    console.log(`left out: ${names.join(', ')}: ${why}`);
  }

  // table prints rows, {name, unit, values, p50, p99}, with a value of each round;
  // p50 and p99 are microseconds, where there are any.
  table(title, rows) {
    const kept = rows.map(({ name, unit, values, p50, p99 }) => ({
      name, unit, value: rounded(median(values), 5), spread: rounded(spread(values), 3), ...(p50 && { p50: median(p50), p99: median(p99) }),
    }));
    this.tables[title] = kept;
    const [[, ...heads], ...lines] = columnsOf(kept);
    console.log(`\n${aligned([[title, ...heads], ...lines])}`);
  }

  write(file) {
    const benches = read(tablesBeside(file));
    const figures = read(file);
    for (const name of [...(benches[this.bench]?.names ?? []), ...Object.keys(this.missing)]) delete figures[name];
    write(file, { ...figures, ...this.results });
    benches[this.bench] = { measured: new Date().toISOString(), load: os.loadavg()[0], rounds: ROUNDS, names: Object.keys(this.results), leftOut: this.missing, tables: this.tables };
    write(tablesBeside(file), benches);
  }
}

const machine = () => `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`;

module.exports = { Figures, ROUNDS, byTurns, columnsOf, compared, goalInWords, isMet, isRoot, machine, median, memoryFolder, percent, ratios, read, readable, spread, tablesBeside, user };
