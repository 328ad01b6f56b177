import fc from 'fast-check';
import { LAYERS, RUNS, SEARCH_MS, asText, bare } from './differential-layers.js';
import { play } from './differential-play.js';
import { scenario } from './differential-scenario.js';

describe.each(LAYERS)('a client with %s', (name, layer) => {
  it(
    'cannot be told from bare axios',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (drawn) => {
          // What an adapter throws is a rejection in a pipeline: to axios the one is a failure, the other a cancellation.
          const throws = drawn.adapter === 'throwing' || drawn.adapter === 'unknown';
          // And it tells an error that was given to abort(): axios's adapters drop it.
          const inPipeline = {
            ...drawn,
            cancelAt: throws ? undefined : drawn.cancelAt,
            reason: drawn.reason instanceof Error ? undefined : drawn.reason,
          };
          const one = name === 'no interceptors' ? drawn : inPipeline;
          expect(asText(await play(one, layer))).toBe(asText(await play(one, bare)));
        }),
        { numRuns: RUNS },
      );
    },
    SEARCH_MS,
  );
});
