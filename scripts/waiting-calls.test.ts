import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** More than this is a step back, for each call that waits for its next attempt, over one of bare axios in flight. */
const MOST_BYTES = 3_200;

interface Measured {
  readonly bytes: number;
  readonly bytesLeft: number;
  readonly endings: Readonly<Record<string, number>>;
  readonly during: { readonly sends: number; readonly timers: number };
  readonly left: { readonly sends: number; readonly timers: number; readonly listeners: number };
}

describe('10,000 calls that wait for their next attempt', () => {
  // By the built packages. One thread: what is on the heap is then no matter of what else the machine does.
  const flags = ['--single-threaded', '--expose-gc'];
  const output = execFileSync(process.execPath, [...flags, join(__dirname, 'waiting-calls.mjs')]);
  const { waiting, bytesOver } = JSON.parse(output.toString()) as { waiting: Measured; bytesOver: number };

  it(`hold at most ${MOST_BYTES} bytes each more than calls of bare axios in flight`, () => {
    expect(waiting.during).toMatchObject({ sends: 10_000, timers: 10_000 });
    expect(waiting.bytes).toBeGreaterThan(bytesOver);
    expect(bytesOver).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('all end by one abort, and leave no timer, no listener and next to no byte behind', () => {
    expect(waiting.endings).toEqual({ ERR_CANCELED: 10_000 });
    expect(waiting.left).toEqual({ sends: 10_000, timers: 0, listeners: 0 });
    expect(waiting.bytesLeft).toBeLessThan(200);
  });
});
