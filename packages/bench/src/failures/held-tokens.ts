import type { Measurement } from '../measurement.js';
import { pageTable } from '../page-table.js';
import { BYTES_FLAGS } from '../run-program.js';
import type { ByEntries, TokenBytes, TokenCounts } from './tokens.js';

export interface HeldTokensResult {
  readonly counts: TokenCounts;
  readonly bytes: TokenBytes;
}

/** 1 to 10,000 tokens that are held. */
export const heldTokens: Omit<Measurement<HeldTokensResult>, 'name'> = {
  async measure(run) {
    return {
      counts: (await run('failures/tokens', ['counts'], ['--no-opt'])) as TokenCounts,
      bytes: (await run('failures/tokens', ['bytes'], BYTES_FLAGS)) as TokenBytes,
    };
  },

  page({ counts, bytes }) {
    const row = (what: string, by: ByEntries, held: string | number): (string | number)[] => [
      what,
      by[1],
      by[100],
      by[10_000],
      held,
    ];
    return [
      '### 1 to 10,000 tokens',
      pageTable(
        [
          'a token that is held, of one credential',
          'blocks of code, of 1',
          'of 100',
          'of 10,000',
          'bytes each',
        ],
        [
          row('by scope', counts.scopes, bytes.scopes),
          row('by a list of two scopes', counts.listsOfScopes, '–'),
          row('by tenant', counts.tenants, bytes.tenants),
          row('by the credential of a request, through axios', counts.credentials, bytes.credentials),
        ],
      ),
      `Blocks of Holdfast's code that run to find it, and bytes beside the token's text (\`failures/tokens\`). 10,000 of a credential are held, with ${bytes.timers} timers: when 20,000 were asked for, they take ${bytes.scopesBeyondTheBound} bytes each. A token that is not held runs ${counts.acquired} blocks, and ${counts.acquiredInPlaceOfAnother} where it has to look for the one that was used longest ago: who asks waits for a token all the same.`,
    ].join('\n\n');
  },

  goals({ counts }) {
    const all = [counts.scopes, counts.listsOfScopes, counts.tenants, counts.credentials];
    return [
      {
        what: 'code that runs for a cached token, among 10,000 over with one',
        unit: 'x',
        atMost: 1,
        measured: Math.max(...all.map((by) => by[10_000] / by[1])),
      },
    ];
  },
};
