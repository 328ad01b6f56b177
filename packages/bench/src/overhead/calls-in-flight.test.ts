import { BYTES_FLAGS, runProgram } from '../run-program.js';

/** By the number of calls that are in flight already. */
interface Measured {
  readonly bytes: Readonly<Record<'1000' | '16000', number>>;
  readonly open: number;
  readonly ended: readonly string[];
  readonly left: number;
}

/** Bytes differ by a little from run to run. To copy 16,000 others would make it 30 times as many. */
const MOST_GROWTH = 1.25;

describe('one more call of a factory, with 1,000 and with 16,000 in flight', () => {
  let ways: Readonly<Record<string, Measured>>;
  beforeAll(async () => {
    // One thread: what is on the heap is then no matter of what else the machine does.
    ways = (await runProgram('overhead/calls-in-flight', [], BYTES_FLAGS)) as typeof ways;
  });

  it.each(['deadline', 'bare', 'signal'])(
    'allocates as much, and all of them end when it is closed (%s)',
    (way) => {
      const { bytes, ...others } = ways[way]!;
      expect(others).toEqual({ open: 16_000, ended: ['ERR_CLIENT_CLOSED'], left: 0 });
      expect(bytes['1000']).toBeGreaterThan(0);
      expect(bytes['16000']).toBeLessThanOrEqual(MOST_GROWTH * bytes['1000']);
    },
  );
});
