import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** More than this is a step back, for each call that waits for the one token; bare axios takes 2,900 for a call in flight. */
const MOST_BYTES = 7_500;

/** Of 10,000 calls that are challenged at once, by the built packages. */
function measured(what: 'counts' | 'bytes'): unknown {
  const script = join(__dirname, 'challenge-storm.mjs');
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', script, what]).toString());
}

describe('10,000 calls in flight whose token is revoked', () => {
  it('make one token request and 20,000 sends; none of them starts a timer of its own, reads a URL or makes an error', () => {
    expect(measured('counts')).toMatchObject({
      tokensAsked: 1,
      sends: 20_000,
      abortControllers: 1,
      perCall: {
        tokensAsked: 0,
        sends: 2,
        timers: 0,
        urls: 0,
        abortControllers: 0,
        errors: 0,
        clockReadings: 10,
      },
    });
  });

  it(`hold at most ${MOST_BYTES} bytes each while they wait`, () => {
    const { bytesPerWaitingCall } = measured('bytes') as { bytesPerWaitingCall: number };
    expect(bytesPerWaitingCall).toBeGreaterThan(0);
    expect(bytesPerWaitingCall).toBeLessThanOrEqual(MOST_BYTES);
  });
});
