import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { reasonsOf } from './soak-result.js';
import { soak } from './soak.js';
import { soakTables } from './soak-tables.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    'calls-at-once': { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});

// Who starts it by hand need not know that the heap can only be weighed by a process that may collect.
if (globalThis.gc === undefined) {
  setFlagsFromString('--expose-gc');
  globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
}

const result = await soak({
  seconds: numberOf('seconds'),
  seed: numberOf('seed'),
  callsAtOnce: numberOf('calls-at-once'),
});
process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : soakTables(result));
const reasons = reasonsOf(result);
for (const reason of reasons) process.stderr.write(`${reason}\n`);
if (reasons.length > 0) process.exitCode = 1;

function numberOf(name: 'seconds' | 'seed' | 'calls-at-once'): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} must be a whole number above 0\n`);
  process.exit(2);
}
