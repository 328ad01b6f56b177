import fc from 'fast-check';
import { LAYERS, RUNS, SEARCH_MS, asText, bare } from '../../packages/core/src/differential-layers.js';
import {
  playOnLoopback,
  scenario as loopbackScenario,
} from '../../packages/core/src/differential-loopback.js';
import { play } from '../../packages/core/src/differential-play.js';
import { scenario } from '../../packages/core/src/differential-scenario.js';
import { startServer, type Server } from '../../packages/core/src/differential-server.js';

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/** A pipeline tells an error that was given to abort(): axios's adapters drop it. */
function toldInPipeline(reason: unknown): { readonly reason?: undefined } {
  return reason instanceof Error ? { reason: undefined } : {};
}

describe.each(LAYERS)('on the oldest axios, a client with %s', (name, layer) => {
  const inPipeline = name !== 'no interceptors';

  it(
    'cannot be told from bare axios, but for a frozen request and an adapter that throws',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (drawn) => {
          const throws = drawn.adapter === 'throwing' || drawn.adapter === 'unknown';
          const interceptors = drawn.interceptors.filter((kind) => kind !== 'freezing');
          const one = {
            ...drawn,
            interceptors,
            ...(inPipeline && throws && { adapter: 'settling' as const }),
            ...(inPipeline && toldInPipeline(drawn.reason)),
          };
          expect(asText(await play(one, layer))).toBe(asText(await play(one, bare)));
        }),
        { numRuns: RUNS },
      );
    },
    SEARCH_MS,
  );

  it(
    'cannot be told from it over http and fetch, but for the cause of a status error of fetch',
    async () => {
      await fc.assert(
        fc.asyncProperty(loopbackScenario, async (drawn) => {
          const settles = drawn.responseType === 'stream' || drawn.adapter === 'fetch';
          const one = {
            ...drawn,
            ...(inPipeline && settles && { validator: 'all' as const }),
            ...(inPipeline && toldInPipeline(drawn.reason)),
          };
          expect(asText(await playOnLoopback(one, layer, server))).toBe(
            asText(await playOnLoopback(one, bare, server)),
          );
        }),
        { numRuns: Math.ceil(RUNS / 4) },
      );
    },
    SEARCH_MS,
  );
});
