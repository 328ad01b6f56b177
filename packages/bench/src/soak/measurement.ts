import type { Goal, Measurement } from '../measurement.js';
import { pageTable } from '../page-table.js';
import type { SoakResult } from './soak-result.js';
import { figuresThatMustBeNone } from './soak-tables.js';

const SECONDS = '60';

export const soak: Measurement<SoakResult> = {
  name: 'soak',

  // A soak that fails ends the process with 1, and is no result.
  measure: async (run) =>
    (await run('soak/main', ['--seconds', SECONDS, '--json'], ['--expose-gc'])) as SoakResult,

  page: (result) => {
    const { calls, requests, seconds, seed, callsAtOnce, quietCalls, heapBytesPerCall } = result;
    const rows = (figures: Readonly<Record<string, number>>): [string, number][] => Object.entries(figures);
    return [
      `\`npm run soak -- --seconds ${seconds} --seed ${seed} --calls-at-once ${callsAtOnce}\`: ${calls} calls, of which the servers have read ${requests} requests, through one ` +
        'client factory with four services over real HTTP on loopback, by axios’s http adapter, by fetch and over TLS. They are made as the application, as users ' +
        'on whose behalf it calls, and as users of a scripted credential, while the faults below befall APIs and identity provider, another mixture each second. ' +
        `Then all is quiet, ${quietCalls} calls have to succeed, and everything is closed. ` +
        `${Math.round(heapBytesPerCall)} bytes on the heap were left of each call since the warm-up. \`npm run soak\` takes five minutes.`,
      pageTable(['must be none', 'found'], rows(figuresThatMustBeNone(result))),
      pageTable(['what came of the calls', 'calls'], rows(result.outcomes)),
      pageTable(['fault', 'met'], rows(result.faults)),
    ].join('\n\n');
  },

  goals: (result): readonly Goal[] => {
    const figures = Object.entries(figuresThatMustBeNone(result));
    return figures.map(([what, measured]) => ({
      what: `soak: ${what}`,
      unit: 'count',
      atMost: 0,
      measured,
    }));
  },
};
