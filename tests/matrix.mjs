#!/usr/bin/env node
// matrix < TAP: from what node's tests printed, a table of what passed for each
// way to run the programs, and what was left out there. A suite that counts is
// named SUITE/MODE, or SUITE/MODE/DELIVERY for a row of its own.
import fs from 'node:fs';

import { modes, titleOf } from './servers/modes.mjs';

// In TAP a suite's line comes after those of its tests, four blanks to the left
// of them; its block says what it is.
function* resultsOf(tap) {
  const pattern = /^( *)(ok|not ok) \d+ - (.*?)(?: # SKIP (.*))?\n((?:\1  .*\n)*)/gm;
  for (const [, indent, verdict, name, skip, block] of tap.matchAll(pattern)) {
    yield { depth: indent.length / 4, isGood: verdict === 'ok', skip, name, isSuite: block.includes("type: 'suite'") };
  }
}

function* suitesOf(tap) {
  let tests = [];
  for (const result of resultsOf(tap)) {
    if (result.depth > 0) {
      if (!result.isSuite) tests.push(result);
      continue;
    }
    yield { ...result, tests };
    tests = [];
  }
}

// cell counts: what passed, what was skipped in brackets, and what failed. A
// suite that fails without a test did not begin.
function cell({ isGood, tests }) {
  const failed = tests.filter((test) => !test.isGood).length || Number(!isGood);
  const skipped = tests.filter((test) => test.skip).length;
  return `${tests.length - failed - skipped}${skipped ? ` (${skipped})` : ''}${failed ? ` ${failed} FAILED` : ''}`;
}

const rows = new Map();
const columns = new Set();
const leftOut = new Map();
for (const suite of suitesOf(fs.readFileSync(0, 'utf8'))) {
  const [column, mode, delivery] = suite.name.split('/');
  if (!modes.includes(mode)) continue;
  const row = delivery ? `${titleOf(mode)}, ${delivery}` : titleOf(mode);
  if (!rows.has(row)) rows.set(row, { order: modes.indexOf(mode), cells: new Map() });
  rows.get(row).cells.set(column, cell(suite));
  columns.add(column);
  for (const { name, skip } of suite.tests.filter((test) => test.skip)) {
    const what = `${column}: ${name}: ${skip}`;
    leftOut.set(what, [...leftOut.get(what) ?? [], mode]);
  }
}

function print() {
  const head = ['', ...columns];
  const table = [head, ...[...rows].sort(([, a], [, b]) => a.order - b.order)
    .map(([row, { cells }]) => [row, ...[...columns].map((column) => cells.get(column) ?? '-')])];
  const widths = head.map((_, i) => Math.max(...table.map((line) => line[i].length)));
  for (const line of table) console.log(line.map((text, i) => (i ? text.padStart(widths[i]) : text.padEnd(widths[i]))).join('  ').trimEnd());
  if (leftOut.size > 0) console.log('In brackets, what a server or its way cannot do:');
  for (const [what, where] of leftOut) console.log(`  ${what} (${where.join(', ')})`);
}

if (rows.size > 0) print();
