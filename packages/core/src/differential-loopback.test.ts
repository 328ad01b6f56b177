import fc from 'fast-check';
import { LAYERS, RUNS, SEARCH_MS, asText, bare } from './differential-layers.js';
import { playOnLoopback, scenario } from './differential-loopback.js';
import { startServer, type Server } from './differential-server.js';

let server: Server;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

describe.each(LAYERS)('over the http and fetch adapters, a client with %s', (name, layer) => {
  it(
    'cannot be told from bare axios, at either end',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (drawn) => {
          // Statuses are values in a pipeline: axios lets go of a signal when the call ends, not when the adapter would.
          const validator = drawn.responseType === 'stream' ? ('all' as const) : drawn.validator;
          // And it tells an error that was given to abort(): axios's adapters drop it.
          const reason = drawn.reason instanceof Error ? undefined : drawn.reason;
          const one = name === 'no interceptors' ? drawn : { ...drawn, validator, reason };
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
