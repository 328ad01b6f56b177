import { BYTES_FLAGS, runProgram } from '../run-program.js';
import type { ChallengeBytes, ChallengeCounts } from './challenge-storm.js';

/** More than this is a step back, for each call that waits for the one token; bare axios takes 2,900 for a call in flight. */
const MOST_BYTES = 7_500;

describe('10,000 calls in flight whose token is revoked', () => {
  it('make one token request and 20,000 sends; none of them starts a timer of its own, reads a URL or makes an error', async () => {
    const counts = (await runProgram('failures/challenge-storm', ['counts'])) as ChallengeCounts;
    expect(counts.holdfast).toMatchObject({ tokensAsked: 1, sends: 20_000, abortControllers: 1 });
    expect(counts.holdfastPerCall).toEqual({
      tokensAsked: 0,
      sends: 2,
      timers: 0,
      urls: 0,
      abortControllers: 0,
      errors: 0,
      stacks: 0,
      clockReadings: 10,
    });
    // What is counted is seen to count.
    expect(counts.naive).toMatchObject({ tokensAsked: 10_000, sends: 20_000, errors: 10_000 });
  }, 120_000);

  it(`hold at most ${MOST_BYTES} bytes each while they wait`, async () => {
    const bytes = (await runProgram('failures/challenge-storm', ['bytes'], BYTES_FLAGS)) as ChallengeBytes;
    expect(bytes.bareInFlight).toBeGreaterThan(1_000);
    expect(bytes.holdfast).toBeGreaterThan(bytes.bareInFlight);
    expect(bytes.holdfast).toBeLessThanOrEqual(MOST_BYTES);
  }, 120_000);
});
