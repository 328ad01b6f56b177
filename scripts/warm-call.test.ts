import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** More than this is a step back. */
const MOST_BYTES = 4_400;
/** Of a factory's client over one that stands alone; a promise or a signal for each call was 543. */
const MOST_FACTORY_BYTES = 250;

/** Over bare axios, or for a factory's client over another one, for each call, by the built packages. */
function measured(what: 'counts' | 'bytes' | 'factory'): unknown {
  // One thread: how far the compiler has come is not a matter of what else the machine does.
  const heap = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const flags = ['--single-threaded', ...heap];
  const output = execFileSync(process.execPath, [...flags, join(__dirname, 'warm-call.mjs'), what]);
  return JSON.parse(output.toString());
}

/** Of three programs, since in one the compiler may have settled with less: what a call must allocate, it does in each. */
function leastBytes(what: 'bytes' | 'factory'): number {
  return Math.min(...[1, 2, 3].map(() => (measured(what) as { bytes: number }).bytes));
}

describe('a call that succeeds at once', () => {
  it('starts no timer, makes no error, sends once, and asks nobody for a token', () => {
    expect(measured('counts')).toEqual({
      timers: 0,
      abortControllers: 0,
      errors: 0,
      urls: 0,
      sends: 0,
      headersSet: 0,
      tokensAsked: 0,
      clockReadings: 4,
    });
  });

  it(`allocates at most ${MOST_BYTES} bytes more than one of bare axios`, () => {
    const bytes = leastBytes('bytes');
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });

  it(`allocates at most ${MOST_FACTORY_BYTES} bytes more through a client of a factory than through one that stands alone`, () => {
    expect(leastBytes('factory')).toBeLessThanOrEqual(MOST_FACTORY_BYTES);
  });
});
