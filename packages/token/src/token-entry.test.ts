import { isHoldfastError } from '@holdfast/core';
import { manualClock, staticCredential } from '@holdfast/testing';
import fc from 'fast-check';
import { cachedCredential } from './index.js';

const SKEW_MS = 30_000;

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'get'; readonly callers: number }
  | { readonly kind: 'claims'; readonly claims: string }
  | { readonly kind: 'source'; readonly mode: 'up' | 'down' | 'throttles' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 1, max: 300_000 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('get' as const), callers: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('claims' as const),
      claims: fc.constantFrom('{"a":1}', '{"b":1}'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('source' as const),
      mode: fc.constantFrom('up' as const, 'down' as const, 'throttles' as const),
    }),
  },
);

describe('the life of a token, whatever its source does', () => {
  it('serves what lives, asks once at a time, and leaves a source alone that failed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 40, maxLength: 80 }),
        fc.oneof(
          fc.integer({ min: 120_000, max: 1_200_000 }),
          fc.integer({ min: 120_000, max: 100_000_000 }),
        ),
        fc.integer({ min: 0, max: 2_000 }),
        async (steps, livesMs, answersInMs) => {
          const clock = manualClock({ fakeGlobals: false });
          let mode: 'up' | 'down' | 'throttles' = 'up';
          let alive = -Infinity;
          let leftAloneUntil = -Infinity;
          const broken: string[] = [];
          const inFlight = new Map<string, number>();
          const expiries = new Map<string, number>();

          const source = staticCredential(async ({ options: { claims = '' } }, number) => {
            if (clock.now() < leftAloneUntil) broken.push('asked too early');
            if ((inFlight.get(claims) ?? 0) > 0) broken.push('asked twice at once');
            inFlight.set(claims, 1);
            if (answersInMs > 0)
              await new Promise<void>((resolve) => void clock.setTimeout(resolve, answersInMs));
            inFlight.set(claims, 0);
            const now = clock.now();
            if (mode === 'up') {
              alive = Math.max(alive, now + livesMs - SKEW_MS);
              leftAloneUntil = -Infinity;
              expiries.set(`t-${number}`, now + livesMs);
              return { token: `t-${number}`, expiresOnTimestamp: now + livesMs };
            }
            leftAloneUntil = now + (mode === 'down' ? 5_000 : 60_000);
            return mode === 'down' ? new Error('down') : Object.assign(new Error(), { retryAfterMs: 60_000 });
          });
          const cache = cachedCredential(source, { clock });

          const get = async (claims?: string) => {
            const lives = clock.now() < alive;
            await cache.getToken('s', claims === undefined ? {} : { claims }).then(
              ({ token }) => {
                if ((expiries.get(token) ?? 0) <= clock.now()) broken.push('served an expired token');
              },
              (error: unknown) => {
                if (!isHoldfastError(error, 'ERR_TOKEN_ACQUISITION')) broken.push(String(error));
                if (lives && claims === undefined) broken.push('failed although a token lives');
              },
            );
          };

          for (const one of steps) {
            if (one.kind === 'wait') await clock.advance(one.ms);
            else if (one.kind === 'source') mode = one.mode;
            else if (one.kind === 'claims') await clock.runUntilSettled(get(one.claims));
            else await clock.runUntilSettled(Promise.all(Array.from({ length: one.callers }, () => get())));
          }
          expect(broken).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
