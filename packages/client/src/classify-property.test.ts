import fc from 'fast-check';
import { clock } from './made-classified.js';
import { drawn, play } from './made-reclassed.js';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 100);
/** For one search, on a machine that has much else to do. */
const SEARCH_MS = Math.max(300_000, RUNS * 1_000);

describe('a send that a hook gives another class', () => {
  it(
    'is retried, paid for, counted and waited for as one that has ended in that class',
    async () => {
      const seen = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(drawn, async (given) => {
          // Budgets, windows and gates go by the second: both begin at the beginning of one.
          await clock.advance(1_000_000 - (clock.now() % 1_000_000));
          const natural = await play(given, false);
          await clock.advance(1_000_000 - (clock.now() % 1_000_000));
          const reclassed = await play(given, true);
          expect(reclassed).toEqual(natural);
          for (const told of JSON.stringify(natural).match(TOLD) ?? [])
            seen.set(told, (seen.get(told) ?? 0) + 1);
        }),
        { numRuns: RUNS },
      );
      // All of it has been met, and often.
      expect(MET.filter((told) => (seen.get(told) ?? 0) < RUNS / 30)).toEqual([]);
    },
    SEARCH_MS,
  );
});

const MET = [
  'refused: circuit open',
  'a probe was throttled',
  'probes succeeded',
  'probes failed',
  'the retry budget is spent',
  'the gate is closed',
  'sent again at once',
  'a POST may have been acted on',
];
const TOLD = new RegExp(MET.join('|'), 'g');
