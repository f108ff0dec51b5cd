// Programs that write downloads: good ones, and those that fail in each way that
// there is.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

// Each is a shell script, run with its name as its first argument and the
// parameter x, where the URL has to have one. "$notes" is a folder of its own,
// where it may write; a test puts files there to direct it.
const scripts = {
  words: 'echo ran >>"$notes/words"; printf "a,b\\n1,2\\n"',
  facts: 'printf "%s\\n" "$0" "$@"; pwd; env | sort',
  argument: 'printf "<%s>\\n" "$@"',
  nothing: 'exit 0',
  // Fails as long as "$notes/broken" is there.
  mended: '[ ! -e "$notes/broken" ] || { echo "no database" >&2; exit 3; }; echo whole',
  fails: 'echo first >&2; exit 1',
  // A part that has arrived, then an end that is none.
  exits: 'head -c 100000 /dev/zero; until [ -e "$notes/go" ]; do sleep 0.05; done; exit 1',
  dies: 'head -c 100000 /dev/zero; until [ -e "$notes/go" ]; do sleep 0.05; done; kill -KILL $$',
  // Writes forever, as fast as it is taken.
  endless: 'exec cat /dev/zero',
  // A byte, and then no more.
  hangs: 'echo first; exec sleep 1000',
  silent: 'exec sleep 1000',
  late: 'until [ -e "$notes/go" ]; do sleep 0.05; done; echo late',
  flood: 'head -c 100000000 /dev/zero | tr "\\0" "e" >&2; echo after; echo "last words" >&2',
  stubborn: 'trap "" TERM; echo first; while :; do sleep 0.1; done',
  // Children of children, some of which hold on to standard output.
  family: '(trap "" TERM; (sleep 1000 & sleep 1000) & sleep 1000 >/dev/null) & echo first; sleep 1000',
  // Leaves a child behind that has no part in the output.
  orphan: '(trap "" HUP; exec sleep 1000) >/dev/null 2>&1 & echo whole',
  gigabyte: 'exec seq 100000000 210000000',
};
// Where a site has them: by it the processes of this run are told from those of
// another.
export const runPrefix = `/downloads/run${process.pid}/`;

export const commandNames = Object.keys(scripts);

// makeCommands writes the scripts to the folder `dir`.
export function makeCommands(dir) {
  const notes = path.join(dir, 'notes');
  fs.mkdirSync(notes, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    fs.writeFileSync(path.join(dir, name), `#!/bin/sh\nnotes='${notes}'\n${script}\n`, { mode: 0o755 });
  }
}

// commandDownloads are the [[download]] tables of all scripts of the folder
// `dir`, at `prefix` and their name. `more` has further keys of some.
export function commandDownloads(dir, prefix, more = {}) {
  return commandNames.map((name) => `
[[download]]
path = "${prefix}${name}"
command = ["${dir}/${name}", "${name}"${name === 'argument' ? ', "--name", "x={x}"' : ''}]
${name === 'argument' ? 'params = { x = ".{0,20}" }' : ''}
type = "text/csv"
${more[name] ?? ''}
`).join('');
}

// processesOf lists the processes that answer for the URLs below `prefix`, by
// their environment, and those that wait to be waited for.
export function processesOf(prefix) {
  return fs.readdirSync('/proc').filter((each) => /^\d+$/.test(each)).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`CLAIMCHECK_RESOURCE=${prefix}`);
    } catch {
      return false;
    }
  }).map(Number);
}

// descendantsOf lists the processes that descend from one, zombies among them.
export function descendantsOf(pid) {
  const children = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (let i = 0; i < found.length; i += 1) {
    found.push(...children.filter(([, parent]) => parent === found[i]).map(([child]) => child));
  }
  return found.slice(1);
}
