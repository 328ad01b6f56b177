import { BYTES_FLAGS, runProgram } from '../run-program.js';

/** By the number of calls in the window. */
type BySize = Readonly<Record<'0' | '1000' | '10000' | '100000', number>>;
/** Bytes differ by a little from run to run, blocks of code do not. */
const MOST_GROWTH = 1.05;

describe('a failed call, with 0 to 100,000 calls in the window of its circuit', () => {
  it('runs the same code every time, where the same call through opossum sorts them all', async () => {
    const counts = await runProgram('failures/failed-call', ['counts'], ['--no-opt']);
    const { holdfast, opossum } = counts as Record<'holdfast' | 'opossum', BySize>;
    expect(holdfast['0']).toBeGreaterThan(10);
    // V8 of Node 26 counts one block more now and then.
    const blocks = Object.values(holdfast);
    expect(Math.max(...blocks) - Math.min(...blocks)).toBeLessThanOrEqual(1);
    // What grows is seen to grow.
    expect(opossum['10000']).toBeGreaterThan(20 * opossum['0']);
  }, 300_000);

  it('allocates as much every time, in the layer and through axios', async () => {
    const { holdfast } = (await runProgram('failures/failed-call', ['bytes'], BYTES_FLAGS)) as {
      holdfast: Record<'throughAxios' | 'alone', BySize>;
    };
    for (const bytes of Object.values(holdfast)) {
      const least = Math.min(...Object.values(bytes));
      expect(least).toBeGreaterThan(0);
      expect(Math.max(...Object.values(bytes))).toBeLessThanOrEqual(MOST_GROWTH * least);
    }
  }, 300_000);
});
