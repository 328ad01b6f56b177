import nock from 'nock';
import { manualClock } from '@holdfast/testing';
import { clientCredential } from './index.js';
import { failureOf } from './made-outcomes.js';

const SCOPE = 'api://orders/.default';
const HOST = 'https://login.contoso.example';

afterEach(() => {
  nock.cleanAll();
});

const credential = (clock = manualClock({ fakeGlobals: false, now: Date.now() })) =>
  clientCredential({
    authority: `${HOST}/7a1d3c52-0d4b-4c7e-9a55-6c1b8f0e2d41`,
    clientId: 'b02f6a8e-5e0c-4f0b-8d53-2f7c9e1a6b34',
    clientSecret: 'for-nobody-else',
    clock,
    random: () => 0,
  });

const metadata = () => nock(HOST).get(/openid-configuration$/);

describe('a provider that is in trouble when its endpoints are looked up', () => {
  it.each([
    [429, { 'retry-after': '30' }, 30_000],
    [503, {}, 5_000],
  ] as const)('says when to come back, and is left alone until then: %i', async (status, headers, waitMs) => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const ids: string[] = [];
    metadata().reply(function answer() {
      ids.push(String(this.req.headers['client-request-id']));
      return [status, 'busy', headers];
    });
    const one = credential(clock);
    const error = await failureOf(one.getToken(SCOPE));
    expect(error).toMatchObject({
      message: `No token for ${SCOPE}: the identity provider answered ${status}`,
      transient: true,
      retryAfterMs: waitMs,
      correlationId: ids[0],
    });
    await clock.advance(waitMs - 1);
    expect(await failureOf(one.getToken('api://stock/.default'))).toMatchObject({ retryAfterMs: 1 });
    expect(ids).toHaveLength(1);
  });

  it('is not asked again and again for a tenant that does not exist, which is no trouble of its', async () => {
    metadata().reply(400, { error: 'invalid_tenant', error_description: 'AADSTS90002: Tenant not found.' });
    expect(await failureOf(credential().getToken(SCOPE))).toMatchObject({
      message: `No token for ${SCOPE}: the identity provider says invalid_tenant`,
      transient: false,
    });
  });
});
