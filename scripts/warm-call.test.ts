import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** More than this is a step back. */
const MOST_BYTES = 4_400;

/** Over bare axios, for each call, by the built packages. */
function measured(what: 'counts' | 'bytes'): unknown {
  // One thread: how far the compiler has come is not a matter of what else the machine does.
  const heap = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const flags = ['--single-threaded', ...heap];
  const output = execFileSync(process.execPath, [...flags, join(__dirname, 'warm-call.mjs'), what]);
  return JSON.parse(output.toString());
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
    const { bytes } = measured('bytes') as { bytes: number };
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });
});
