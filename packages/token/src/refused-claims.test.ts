import { InteractionRequiredError, TokenAcquisitionError } from '@holdfast/core';
import { manualClock, staticCredential } from '@holdfast/testing';
import { cachedCredential } from './index.js';

const SCOPE = 'api://orders/.default';
const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
const common = { service: 'idp', message: 'no', scopes: [SCOPE] };

describe('claims that the source has refused', () => {
  it.each([
    ['since the user has to sign in', new InteractionRequiredError(common)],
    ['for good', new TokenAcquisitionError({ ...common, transient: false })],
  ])('%s are not asked for again by each call of an SDK that is challenged', async (_, refusal) => {
    const clock = manualClock({ fakeGlobals: false });
    const source = staticCredential(({ options }) =>
      options.claims === CLAIMS ? refusal : { token: 't-1', expiresOnTimestamp: clock.now() + 3_600_000 },
    );
    const cache = cachedCredential(source, { clock });
    await cache.getToken(SCOPE);
    for (let call = 0; call < 20; call += 1)
      await expect(cache.getToken(SCOPE, { claims: CLAIMS })).rejects.toMatchObject({ code: refusal.code });
    expect(source.requests).toHaveLength(2);
    // Neither others, nor who brings none, nor anybody once the time is over, is kept from asking.
    await cache.getToken(SCOPE, { claims: '{"b":2}' });
    await cache.getToken(SCOPE, { forceRefresh: true });
    expect(source.requests).toHaveLength(4);
    await clock.advance(5_000);
    await cache.getToken(SCOPE, { claims: CLAIMS }).catch(() => undefined);
    expect(source.requests).toHaveLength(5);
  });
});
