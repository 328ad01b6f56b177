import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** By the number of calls in the window. */
type BySize = Readonly<Record<'0' | '1000' | '10000' | '100000', number>>;
/** Bytes differ by a little from run to run, blocks of code do not. */
const MOST_GROWTH = 1.05;

/** Of a failed call, by the built packages. */
function measured(what: 'counts' | 'bytes'): unknown {
  // Blocks of code are counted where it is not optimized. And of bytes: one thread, so that what the machine does beside is no matter.
  const heap = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const flags = what === 'counts' ? ['--no-opt'] : ['--single-threaded', ...heap];
  const output = execFileSync(process.execPath, [...flags, join(__dirname, 'failed-call.mjs'), what]);
  return JSON.parse(output.toString());
}

describe('a failed call, with 0 to 100,000 calls in the window of its circuit', () => {
  it('runs the same code every time, where the same call through opossum sorts them all', () => {
    const { holdfast, opossum } = measured('counts') as Record<'holdfast' | 'opossum', BySize>;
    expect(holdfast['0']).toBeGreaterThan(10);
    expect(new Set(Object.values(holdfast))).toEqual(new Set([holdfast['0']]));
    // What grows is seen to grow.
    expect(opossum['10000']).toBeGreaterThan(50 * opossum['0']);
  });

  it('allocates as much every time, in the layer and through axios', () => {
    const { holdfast } = measured('bytes') as { holdfast: Record<'throughAxios' | 'alone', BySize> };
    for (const { ratio, ...bytes } of Object.values(holdfast) as (BySize & { ratio: number })[]) {
      expect(ratio).toBeLessThanOrEqual(MOST_GROWTH);
      expect(Math.min(...Object.values(bytes))).toBeGreaterThan(0);
      expect(Math.max(...Object.values(bytes))).toBeLessThanOrEqual(
        MOST_GROWTH * Math.min(...Object.values(bytes)),
      );
    }
  });
});
