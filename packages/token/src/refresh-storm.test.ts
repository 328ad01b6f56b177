import { staticCredential, type StaticToken } from '@holdfast/testing';
import fc from 'fast-check';
import { cachedCredential } from './index.js';
import { HOUR, MINUTE, SCOPE, START, SteppedClock } from './made-cache.js';
import { instantsOf } from './token-instants.js';

const SECOND = 1_000;
const PAUSE_MS = 5 * SECOND;

/** Asks for the token every `everyMs` over a time, and tells at which instants the source was asked. */
async function askedAt(
  answer: (now: number, start: number) => StaticToken,
  { overMs, everyMs, random = 0.5 }: { overMs: number; everyMs: number; random?: number },
): Promise<number[]> {
  const clock = new SteppedClock();
  const start = clock.now();
  const asked: number[] = [];
  const source = staticCredential(() => {
    asked.push(clock.now() - start);
    return answer(clock.now(), start);
  });
  const cache = cachedCredential(source, { clock, random: () => random });
  for (let at = 0; at <= overMs; at += everyMs) {
    await cache.getToken(SCOPE).catch(() => undefined);
    await clock.step(everyMs);
  }
  return asked;
}

describe('a source that has no later token', () => {
  const same = { token: 'same', expiresOnTimestamp: 0 };

  it.each<[string, ((start: number) => number) | undefined]>([
    ['no instant', undefined],
    ['one that is past', (start) => start - MINUTE],
    ['one that lies ahead', (start) => start + 59 * MINUTE],
    ['one that lies ahead, and soon', (start) => start + 31 * MINUTE],
  ])('and names %s for the refresh is asked again at half of what remains', async (_, instant) => {
    const asked = await askedAt(
      (_now, start) => ({
        ...same,
        expiresOnTimestamp: start + HOUR + 30 * SECOND,
        ...(instant !== undefined && { refreshAfterTimestamp: instant(start) }),
      }),
      { overMs: 52 * MINUTE + 30 * SECOND, everyMs: 30 * SECOND },
    );
    const [first = 0, second = 0, ...others] = asked;
    expect(first).toBe(0);
    let at = second;
    for (const next of others) {
      // It is used for another hour less what has passed.
      const due = at + (HOUR - at) / 2;
      expect(next).toBeGreaterThanOrEqual(due);
      expect(next - due).toBeLessThan(30 * SECOND);
      at = next;
    }
  });

  it('and names a nearer instant each time is not asked at each of them', async () => {
    const asked = await askedAt(
      (now, start) => ({
        ...same,
        expiresOnTimestamp: start + HOUR,
        refreshAfterTimestamp: now + 10 * SECOND,
      }),
      { overMs: 25 * MINUTE, everyMs: SECOND },
    );
    expect(asked).toHaveLength(2);
  });

  it('is asked twelve times in the hour that its token lives, never twice in five seconds', async () => {
    const asked = await askedAt((_, start) => ({ ...same, expiresOnTimestamp: start + HOUR }), {
      overMs: HOUR - 100,
      everyMs: 500,
    });
    expect(asked.length).toBeLessThanOrEqual(12);
    for (const [number, at] of asked.slice(1).entries())
      expect(at - asked[number]!).toBeGreaterThanOrEqual(PAUSE_MS);
  });
});

describe('a cache, whatever tokens its source gives', () => {
  it('refreshes each before it takes it for expired, and takes none for expired after it has', () => {
    const ms = fc.integer({ min: 1, max: 28 * HOUR });
    const margin = fc.integer({ min: 0, max: HOUR });
    const chance = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(
        ms,
        fc.option(ms, { nil: undefined }),
        margin,
        chance,
        (livesMs, afterMs, clockSkewMs, chosen) => {
          const access = {
            token: 't',
            expiresOnTimestamp: START + livesMs,
            ...(afterMs !== undefined && { refreshAfterTimestamp: START + afterMs }),
          };
          const settings = { clockSkewMs, random: () => chosen };
          const { refreshAt, usableUntil } = instantsOf(access, START, undefined, settings);
          expect(refreshAt).toBeGreaterThan(START);
          expect(refreshAt).toBeLessThanOrEqual(usableUntil);
          expect(usableUntil).toBeLessThanOrEqual(access.expiresOnTimestamp);
        },
      ),
    );
  });

  it('asks once for each that has expired, and else not twice in five seconds', async () => {
    const lives = fc.oneof(
      fc.integer({ min: 1, max: 10 * SECOND }),
      fc.integer({ min: 1, max: 5 * MINUTE }),
      fc.integer({ min: 1, max: 28 * HOUR }),
    );
    const given = fc.record({
      livesMs: lives,
      refreshAfterMs: fc.option(fc.integer({ min: -HOUR, max: 28 * HOUR }), { nil: undefined }),
      sameExpiry: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(given, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 2 * MINUTE }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (tokens, everyMs, random) => {
          let number = 0;
          let expiry = 0;
          const expiries: number[] = [];
          const asked = await askedAt(
            (now) => {
              const { livesMs, refreshAfterMs, sameExpiry } = tokens[number % tokens.length]!;
              number += 1;
              if (!sameExpiry || expiry <= now) expiry = now + livesMs;
              expiries.push(expiry);
              return {
                token: `t-${number}`,
                expiresOnTimestamp: expiry,
                ...(refreshAfterMs !== undefined && { refreshAfterTimestamp: now + refreshAfterMs }),
              };
            },
            { overMs: 300 * everyMs, everyMs, random },
          );
          for (const [at, instant] of asked.slice(1).entries()) {
            const pauseMs = instant - asked[at]!;
            const livedMs = expiries[at]! - START - asked[at]!;
            expect(pauseMs).toBeGreaterThanOrEqual(Math.min(PAUSE_MS, livedMs));
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
