import { BYTES_FLAGS, runProgram } from '../run-program.js';

/** More than this is a step back, over a good call of bare axios. */
const MOST_BYTES = { retry: 17_500, standard: 23_500 };
const OURS = Object.keys(MOST_BYTES) as (keyof typeof MOST_BYTES)[];

describe('a call that succeeds at its first retry', () => {
  let counts: Record<string, object>;
  let bytes: Record<string, number>;

  beforeAll(async () => {
    counts = (await runProgram('failures/one-retry', ['counts'])) as typeof counts;
    bytes = (await runProgram('failures/one-retry', ['bytes'], BYTES_FLAGS)) as typeof bytes;
  }, 300_000);

  it.each(OURS)('is sent twice, with one timer, no error, and through axios once (%s)', (who) => {
    expect(counts[who]).toEqual({
      timers: 1,
      abortControllers: 0,
      errors: 0,
      stacks: 0,
      urls: 0,
      sends: 2,
      axiosCalls: 1,
    });
    // What is counted is seen to be counted.
    expect(counts['naive']).toMatchObject({ errors: 1, sends: 2, axiosCalls: 2 });
  });

  it.each(OURS)('allocates a small part of what it costs to begin the call anew (%s)', (who) => {
    const over = bytes[who]! - bytes['bare']!;
    expect(over).toBeGreaterThan(bytes['sendsTwice']! - bytes['bare']!);
    expect(over).toBeLessThanOrEqual(MOST_BYTES[who]);
  });
});
