import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { machine } from './machine.js';
import { measurements } from './measurements.js';
import { goalsOf, isMet, rendered, type Measured } from './page.js';
import { PAGE } from './page-file.js';
import { readResult, writeResult } from './results.js';
import { runProgram } from './run-program.js';

const NAMES = measurements.map(({ name }) => name);
const USAGE = `Measures what Holdfast costs, and writes docs/reference/performance.md anew.

  npm run bench                  everything: half an hour, on a machine that does nothing else
  npm run bench -- ${NAMES.join('|')}   these alone; the others stay as they were
  npm run bench -- --page        nothing: makes the page from what was measured last
  npm run bench -- --check       nothing: fails when the page is not made from what was measured last

Exits with 0 also where a goal is missed: the page says so.
`;

interface Wanted {
  readonly names: readonly string[];
  readonly check: boolean;
}

function wanted(): Wanted {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { page: flag, check: flag, help: { ...flag, short: 'h' } },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const strange = positionals.filter((name) => !NAMES.includes(name));
    if (strange.length > 0) throw new Error(`There is no ${strange.join(', ')}: one of ${NAMES.join(', ')}`);
    const none = values.page || values.check;
    return {
      names: none ? [] : positionals.length === 0 ? NAMES : positionals,
      check: values.check,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

const { names, check } = wanted();
for (const measurement of measurements.filter(({ name }) => names.includes(name))) {
  process.stderr.write(`${measurement.name} …\n`);
  const result = await measurement.measure(runProgram);
  const date = new Date().toISOString().slice(0, 10);
  writeResult(measurement.name, { date, machine: machine(), result });
}

const measured = measurements.flatMap((measurement): Measured[] => {
  const kept = readResult(measurement.name);
  if (kept === undefined) process.stderr.write(`${measurement.name} was never measured\n`);
  return kept === undefined ? [] : [{ measurement, kept }];
});
const path = fileURLToPath(PAGE);
const page = readFileSync(path, 'utf8');
const again = await format(rendered(page, measured), { ...(await resolveConfig(path)), filepath: path });
if (check) {
  if (page === again) process.stdout.write('true\n');
  else {
    process.stderr.write('The page is not what was measured last: npm run bench -- --page makes it anew\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, again);
  for (const goal of goalsOf(measured).filter((each) => !isMet(each)))
    process.stderr.write(`missed: ${goal.what}, ${goal.measured} instead of ${goal.atMost} ${goal.unit}\n`);
}
