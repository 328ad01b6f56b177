import { InteractionRequiredError, TokenAcquisitionError } from '@holdfast/core';
import { manualClock, staticCredential } from '@holdfast/testing';
import { cachedCredential } from './index.js';

const SCOPE = 'api://orders/.default';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const common = { service: 'idp', message: 'no', scopes: [SCOPE] };

/** One call every five seconds, and how often the source was asked from the first refusal on. */
async function refusalsOver(overMs: number, livesMs: number, refusal: Error) {
  const clock = manualClock({ fakeGlobals: false });
  const source = staticCredential((_, number) =>
    number === 1 ? { token: 't-1', expiresOnTimestamp: clock.now() + livesMs } : refusal,
  );
  const cache = cachedCredential(source, { clock, random: () => 0.5 });
  const tokens = new Set<string>();
  let from = Infinity;
  for (; clock.now() < from + overMs;) {
    tokens.add((await cache.getToken(SCOPE)).token);
    await new Promise((resolve) => void setImmediate(resolve));
    if (from === Infinity && source.requests.length > 1) from = clock.now();
    const tick = new Promise<void>((resolve) => void clock.setTimeout(resolve, 5 * SECOND));
    await clock.runUntilSettled(tick);
  }
  return { refusals: source.requests.length - 1, tokens: [...tokens] };
}

describe('a token of a day that cannot be refreshed', () => {
  it.each([
    ['since the user has to sign in again', new InteractionRequiredError(common)],
    ['since the secret is wrong', new TokenAcquisitionError({ ...common, transient: false })],
  ])(
    '%s is served, and not asked for every few seconds until it expires',
    async (_, refusal) => {
      const { refusals, tokens } = await refusalsOver(HOUR, 4 * HOUR, refusal);
      expect(tokens).toEqual(['t-1']);
      // 5, 10, 20, 40, 80, 160 seconds, then every five minutes; a minute at least where the secret is wrong.
      expect(refusals).toBeGreaterThan(10);
      expect(refusals).toBeLessThanOrEqual(18);
    },
    30_000,
  );
});

describe('a user who has signed in again', () => {
  it('gets a token within five seconds once the old one has expired', async () => {
    const clock = manualClock({ fakeGlobals: false });
    let signedIn = true;
    const source = staticCredential((_, number) =>
      signedIn
        ? { token: `t-${number}`, expiresOnTimestamp: clock.now() + HOUR }
        : new InteractionRequiredError(common),
    );
    const cache = cachedCredential(source, { clock, random: () => 0.5 });
    await cache.getToken(SCOPE);
    signedIn = false;
    for (let minute = 0; minute < 61; minute += 1) {
      await cache.getToken(SCOPE).catch(() => undefined);
      await clock.advance(MINUTE);
    }
    await expect(cache.getToken(SCOPE)).rejects.toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    signedIn = true;
    await clock.advance(5 * SECOND);
    expect((await cache.getToken(SCOPE)).token).toMatch(/^t-/);
  });
});
