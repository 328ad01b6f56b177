import fc from 'fast-check';
import { createServiceClient } from './index.js';
import { agreeing, anySaid, contradictionsIn, optionsOf, type Said } from './made-numeric-options.js';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 300);
const SEARCH_MS = 60_000 + RUNS * 100;

/** What a client of these options is refused for; nothing where there is one. */
function refusalOf(said: Said): string | undefined {
  try {
    createServiceClient({
      name: 'orders',
      baseURL: 'https://orders.test',
      credential: false,
      ...optionsOf(said),
    });
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

/** The interceptor's own refusals leave its name out. */
const named = (option: string) => new RegExp(`"([a-z]+[.])?${option.replace(/^.*[.]/, '')}"`, 'i');

describe('numbers that are each allowed', () => {
  it(
    'are refused exactly where one takes the effect from another, and the refusal names the two',
    () => {
      let refused = 0;
      fc.assert(
        fc.property(anySaid, (said) => {
          const pairs = contradictionsIn(said).map(({ one, other }) => [named(one), named(other)] as const);
          const refusal = refusalOf(said);
          refused += Number(refusal !== undefined);
          expect([said, refusal !== undefined]).toEqual([said, pairs.length > 0]);
          if (refusal === undefined) return;
          expect(pairs.some((names) => names.every((name) => name.test(refusal)))).toBe(true);
        }),
        { numRuns: RUNS },
      );
      expect(refused).toBeGreaterThan(RUNS / 10);
      expect(refused).toBeLessThan(RUNS * 0.9);
    },
    SEARCH_MS,
  );

  it(
    'make a client once each that contradicts another is left out',
    () => {
      fc.assert(
        fc.property(anySaid, (said) => {
          expect(refusalOf(agreeing(said))).toBeUndefined();
        }),
        { numRuns: RUNS },
      );
    },
    SEARCH_MS,
  );
});
