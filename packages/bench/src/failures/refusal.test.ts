import { BYTES_FLAGS, runProgram } from '../run-program.js';

/**
 * More than this is a step back, for a call that is refused over one that an adapter does: the stack that axios puts on either is
 * as long as the paths of the files are.
 */
const MOST_BYTES = {
  circuitBreaker: 2_600,
  throttleGate: 2_600,
  standardCircuit: 4_400,
  standardGate: 4_400,
};
const REFUSALS = Object.keys(MOST_BYTES) as (keyof typeof MOST_BYTES)[];

interface Counts {
  readonly clockReadings: number;
}

describe('a call that is refused at once', () => {
  let counts: Record<string, Counts>;
  let bytes: Record<string, number>;

  beforeAll(async () => {
    counts = (await runProgram('failures/refusal', ['counts'])) as typeof counts;
    bytes = (await runProgram(
      'failures/refusal',
      ['bytes', 'adapter', ...REFUSALS],
      BYTES_FLAGS,
    )) as typeof bytes;
  }, 300_000);

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

  it.each(REFUSALS)('allocates little more than one that its adapter refuses (%s)', (who) => {
    expect(bytes['adapter']!).toBeGreaterThan(bytes['bare']!);
    const over = bytes[who]! - bytes['adapter']!;
    expect(over).toBeGreaterThan(0);
    expect(over).toBeLessThanOrEqual(MOST_BYTES[who]);
  });
});
