import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** More than this is a step back, for a refused call over a good one of bare axios; axios itself takes 2,000 of them. */
const MOST_BYTES = {
  circuitBreaker: 4_600,
  throttleGate: 4_800,
  standardCircuit: 6_400,
  standardGate: 6_600,
};
const REFUSALS = Object.keys(MOST_BYTES) as (keyof typeof MOST_BYTES)[];

interface Counts {
  readonly clockReadings: number;
}

/** For each call, by who refuses it; by the built packages. */
function measured(what: 'counts' | 'bytes'): unknown {
  // One thread: how far the compiler has come is not a matter of what else the machine does.
  const heap = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const flags = ['--single-threaded', ...heap];
  const output = execFileSync(process.execPath, [...flags, join(__dirname, 'refusal.mjs'), what]);
  return JSON.parse(output.toString());
}

describe('a call that is refused at once', () => {
  const counts = measured('counts') as Record<string, Counts>;
  const bytes = measured('bytes') as Record<string, number>;

  it.each(REFUSALS)(
    'sends nothing, asks nobody for a token, starts no timer, and makes one error, to which axios puts the one stack (%s)',
    (who) => {
      const { clockReadings, ...others } = counts[who]!;
      expect(others).toEqual({
        timers: 0,
        abortControllers: 0,
        errors: 1,
        stacks: 1,
        urls: 0,
        sends: 0,
        tokensAsked: 0,
      });
      expect(clockReadings).toBeLessThanOrEqual(6);
    },
  );

  it.each(REFUSALS)('allocates little more than a good one of bare axios (%s)', (who) => {
    const over = bytes[who]! - bytes['bare']!;
    expect(over).toBeGreaterThan(bytes['adapter']! - bytes['bare']!);
    expect(over).toBeLessThanOrEqual(MOST_BYTES[who]);
  });
});
