import axios, { type AxiosResponse } from 'axios';
import { parseChallenges, stepUpOf } from '@holdfast/core';
import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ManualClock,
  type ProtectedApi,
} from './index.js';
import { onBehalfOf } from './made-client.js';

const audience = 'api://orders';

let clock: ManualClock;
let idp: IdentityProvider;
let api: ProtectedApi;

beforeEach(async () => {
  clock = manualClock({ fakeGlobals: false });
  idp = await startIdentityProvider({ clock });
  api = await startProtectedApi({ idp, audience, clock });
});

afterEach(async () => {
  await api.close();
  await idp.close();
});

const get = (token: string, path = '/7'): Promise<AxiosResponse> =>
  axios.get(api.url + path, { headers: { Authorization: `Bearer ${token}` }, validateStatus: () => true });
const fieldOf = ({ headers }: AxiosResponse): string => String(headers['www-authenticate']);
const demandIn = (response: AxiosResponse) => stepUpOf(parseChallenges(fieldOf(response)));

describe('an API that demands how its user has signed in', () => {
  it('refuses his token by the challenge of RFC 9470, until one comes that says so', async () => {
    api.requireStepUp({ acrValues: 'mfa phishing-resistant' });
    const plain = await get(await idp.issueUserToken({ audience }));
    expect(plain.status).toBe(401);
    expect(fieldOf(plain)).toBe(
      'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", ' +
        'acr_values="mfa phishing-resistant"',
    );
    for (const acr of ['mfa', 'phishing-resistant'])
      expect((await get(await idp.issueUserToken({ audience, acr }))).status).toBe(200);
    expect((await get(await idp.issueUserToken({ audience, acr: 'mf' }))).status).toBe(401);
    api.recover();
    expect((await get(await idp.issueUserToken({ audience }))).status).toBe(200);
  });

  it('refuses it when he has signed in too long ago, and not a second earlier', async () => {
    api.requireStepUp({ maxAge: 300 });
    const token = await idp.issueUserToken({ audience });
    await clock.advance(300_000);
    expect((await get(token)).status).toBe(200);
    await clock.advance(1_000);
    const refused = await get(token);
    expect(demandIn(refused)).toEqual({ maxAge: 300 });
    expect(fieldOf(refused)).toContain('error_description="More recent authentication is required"');
    const older = await idp.issueUserToken({ audience, authTime: clock.now() - 301_000 });
    expect((await get(older)).status).toBe(401);
    expect((await get(await idp.issueUserToken({ audience }))).status).toBe(200);
  });

  it('demands it for one path and below, and for no other that begins alike', async () => {
    api.requireStepUp({ acrValues: 'mfa', path: '/payments' });
    api.requireStepUp({ maxAge: 0, path: '/payments/large' });
    const plain = await idp.issueUserToken({ audience });
    const statusOf = async (path: string) => (await get(plain, path)).status;
    expect(await Promise.all(['/payments', '/payments/7', '/payments?a=b'].map(statusOf))).toEqual([
      401, 401, 401,
    ]);
    expect(await Promise.all(['/', '/payments-of-others', '/orders/payments'].map(statusOf))).toEqual([
      200, 200, 200,
    ]);
    const strong = await idp.issueUserToken({ audience, acr: 'mfa' });
    await clock.advance(1_000);
    expect((await get(strong, '/payments/7')).status).toBe(200);
    expect(demandIn(await get(strong, '/payments/large/7'))).toEqual({ maxAge: 0 });
  });

  it('refuses an application’s token, which no user has signed in for', async () => {
    const { tenantId, clientId, clientSecret } = idp.app;
    const { data } = await axios.post<{ access_token: string }>(
      `${idp.url}/${tenantId}/oauth2/v2.0/token`,
      new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${audience}/.default`,
      }),
    );
    expect((await get(data.access_token)).status).toBe(200);
    for (const demand of [{ acrValues: '1' }, { maxAge: 3_600 }]) {
      api.requireStepUp(demand);
      expect((await get(data.access_token)).status).toBe(401);
      api.recover();
    }
  });

  it('that demands nothing is a slip in the test', () => {
    expect(() => {
      api.requireStepUp({ path: '/payments' });
    }).toThrow('requireStepUp() needs "acrValues" or "maxAge"');
  });

  it('has a middle tier’s token refused for what its user’s own sign-in was', async () => {
    const authTime = clock.now() - 60_000;
    const assertion = await idp.issueUserToken({ acr: 'mfa', authTime });
    const { data } = await onBehalfOf(idp, assertion, { scope: `${audience}/.default` });
    expect(await idp.verify(data.access_token)).toMatchObject({ acr: 'mfa', auth_time: authTime / 1_000 });
    api.requireStepUp({ acrValues: 'mfa', maxAge: 60 });
    expect((await get(data.access_token)).status).toBe(200);
    await clock.advance(1_000);
    expect((await get(data.access_token)).status).toBe(401);
  });
});

describe('an API that fails with fields of a test’s own', () => {
  it('challenges with them as they stand, one or several, whatever the token', async () => {
    const good = await idp.issueUserToken({ audience });
    api.failNext({ status: 401, headers: { 'WWW-Authenticate': 'Negotiate, Bearer realm = x , ,' } });
    api.failNext({ status: 401, headers: { 'WWW-Authenticate': ['DPoP error="use_dpop_nonce"', 'Bearer'] } });
    const [one, several] = [await get(good), await get(good)];
    expect([one.status, fieldOf(one)]).toEqual([401, 'Negotiate, Bearer realm = x , ,']);
    expect([several.status, fieldOf(several)]).toEqual([401, 'DPoP error="use_dpop_nonce", Bearer']);
    expect((await get(good)).status).toBe(200);
  });
});
