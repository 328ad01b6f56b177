import { BYTES_FLAGS, runProgram } from '../run-program.js';
import type { TokenBytes, TokenCounts } from './tokens.js';

/** More than this is a step back, for each token that is held, beside its text. */
const MOST_BYTES = 2_000;
/** The same where each has a cache of its own. */
const MOST_BYTES_CREDENTIAL = 3_000;

describe('10,000 tokens that are held', () => {
  it('are found by as much code as one, by scope, by tenant and by the credential of a request', async () => {
    const counts = (await runProgram('failures/tokens', ['counts'], ['--no-opt'])) as TokenCounts;
    for (const by of [counts.scopes, counts.listsOfScopes, counts.tenants, counts.credentials]) {
      expect(by[1]).toBeGreaterThan(3);
      expect(by).toEqual({ 1: by[1], 100: by[1], 10_000: by[1] });
    }
    // What grows is seen to grow: a look for the one that was used longest ago.
    expect(counts.acquiredInPlaceOfAnother).toBeGreaterThan(10_000);
    expect(counts.acquired).toBeLessThan(200);
    // Only the one that was used longest ago is asked for once more.
    expect(counts.requestsBeyondTheBound).toBe(10_002);
  }, 120_000);

  it('hold a bounded number of bytes and no timer, however many are asked for', async () => {
    const bytes = (await runProgram('failures/tokens', ['bytes'], BYTES_FLAGS)) as TokenBytes;
    for (const each of [bytes.scopes, bytes.tenants, bytes.scopesBeyondTheBound]) {
      expect(each).toBeGreaterThan(100);
      expect(each).toBeLessThanOrEqual(MOST_BYTES);
    }
    expect(bytes.credentials).toBeLessThanOrEqual(MOST_BYTES_CREDENTIAL);
    expect(bytes.timers).toBe(0);
  }, 240_000);
});
