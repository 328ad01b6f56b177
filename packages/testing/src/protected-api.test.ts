import axios, { type AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { Agent } from 'node:http';
import { claimsOf, parseChallenges, stripRequest } from '@holdfast/core';
import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ManualClock,
  type ProtectedApi,
} from './index.js';

const audience = 'api://orders';

describe('startProtectedApi()', () => {
  let clock: ManualClock;
  let idp: IdentityProvider;
  let api: ProtectedApi;
  let client: AxiosInstance;
  let agent: Agent;
  beforeEach(async () => {
    clock = manualClock({ fakeGlobals: false });
    idp = await startIdentityProvider({ clock });
    api = await startProtectedApi({ idp, audience, clock });
    agent = new Agent({ keepAlive: true });
    client = axios.create({ baseURL: api.url, httpAgent: agent, validateStatus: () => true });
  });
  afterEach(async () => {
    agent.destroy();
    await api.close();
    await idp.close();
  });

  const tokenFor = async (resource = audience, claims?: string): Promise<string> => {
    const { tenantId, clientId, clientSecret } = idp.app;
    const { data } = await axios.post<{ access_token: string }>(
      `${idp.url}/${tenantId}/oauth2/v2.0/token`,
      new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${resource}/.default`,
        ...(claims !== undefined && { claims }),
      }),
    );
    return data.access_token;
  };
  const get = (token?: string, path = '/7'): Promise<AxiosResponse> =>
    client.get(path, token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } });
  const challengesOf = ({ headers }: AxiosResponse) => parseChallenges(headers['www-authenticate'] as string);

  it('answers a request with a good token, and writes it down without the token', async () => {
    const token = await tokenFor();
    const headers = { Authorization: `Bearer ${token}`, 'X-Trace': '9' };
    const { status, data } = await client.post('/orders?a=b', { n: 1 }, { headers });

    expect(status).toBe(200);
    expect(data).toEqual({ ok: true, path: '/orders?a=b', method: 'POST', body: '{"n":1}' });
    expect(api.requests).toEqual([
      {
        at: clock.now(),
        method: 'POST',
        path: '/orders?a=b',
        headers: expect.objectContaining({ 'x-trace': '9' }) as unknown,
        tokenId: [...idp.issuedTokenIds][0],
        body: '{"n":1}',
        reusedSocket: false,
        status: 200,
      },
    ]);
    expect(JSON.stringify(api.requests)).not.toContain(token);
  });

  it('tells a connection that is used again from a new one', async () => {
    const token = await tokenFor();
    await get(token);
    await get(token);
    expect(api.requests.map(({ reusedSocket }) => reusedSocket)).toEqual([false, true]);
  });

  it('refuses a missing, foreign, expired or broken token, without asking for claims', async () => {
    const foreign = await tokenFor('api://other');
    idp.expiresIn = 0;
    const refused = [await get(), await get(foreign), await get(await tokenFor()), await get('broken')];
    for (const response of refused) {
      expect(response.status).toBe(401);
      expect(challengesOf(response)).toMatchObject([
        { scheme: 'bearer', params: { error: 'invalid_token' } },
      ]);
      expect(claimsOf(challengesOf(response))).toBeUndefined();
    }
    expect(api.requests.map(({ tokenId }) => tokenId)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('demands the capability cp1 where that is required', async () => {
    await using strict = await startProtectedApi({ idp, audience, clock, requireCae: true });
    const cp1 = JSON.stringify({ access_token: { xms_cc: { values: ['cp1'] } } });
    const url = `${strict.url}/7`;
    const withToken = async (token: string) =>
      (await client.get(url, { headers: { Authorization: `Bearer ${token}` } })).status;
    expect(await withToken(await tokenFor())).toBe(401);
    expect(await withToken(await tokenFor(audience, cp1))).toBe(200);
  });

  it('refuses revoked tokens until one comes that was acquired with the claims of the challenge', async () => {
    const revoked = await tokenFor();
    const bystander = await tokenFor();
    const claims = api.revoke();
    const laterWithoutClaims = await tokenFor();

    const refused = await get(revoked);
    expect(refused.status).toBe(401);
    expect(claimsOf(challengesOf(refused))).toBe(claims);
    expect((await get(laterWithoutClaims)).status).toBe(401);

    // All of it within one second: `iat` cannot tell these tokens apart.
    const answering = await tokenFor(audience, claims);
    expect((await get(answering)).status).toBe(200);
    expect((await get(laterWithoutClaims)).status).toBe(200);
    expect((await get(revoked)).status).toBe(401);
    expect((await get(bystander)).status).toBe(401);
  });

  it('demands the claims that the test gave, and a new token after every revocation', async () => {
    const demanded = { access_token: { acrs: { essential: true, value: 'c1' } } };
    api.revoke({ claims: demanded });
    const weaker = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c0' } } });
    expect((await get(await tokenFor(audience, weaker))).status).toBe(401);
    const strong = await tokenFor(audience, JSON.stringify(demanded));
    expect((await get(strong)).status).toBe(200);

    api.revoke({ claims: demanded });
    expect((await get(strong)).status).toBe(401);
    api.recover();
    expect((await get(strong)).status).toBe(200);
  });

  it('challenges requests that were in flight when their token was revoked', async () => {
    const token = await tokenFor();
    api.delayMs = 50;
    const inFlight = Array.from({ length: 10 }, () => get(token));
    await until(() => clock.pending === 10);
    api.revoke();
    await clock.advance(50);
    expect((await Promise.all(inFlight)).map(({ status }) => status)).toEqual(Array(10).fill(401));
  });

  it('throttles until the instant it told, and counts those who come before', async () => {
    const token = await tokenFor();
    api.throttle({ retryAfterMs: 2500 });
    const first = await get(token);
    expect([first.status, first.headers['retry-after']]).toEqual([429, '3']);
    expect(api.early).toBe(0);

    await clock.advance(1000);
    const second = await get(token);
    expect([second.status, second.headers['retry-after']]).toEqual([429, '2']);
    expect(api.early).toBe(1);

    await clock.advance(1500);
    expect((await get(token)).status).toBe(200);
    expect(api.early).toBe(1);
  });

  it('counts nobody as early who had come before anybody was told', async () => {
    const token = await tokenFor();
    api.delayMs = 10;
    api.throttle({ retryAfterMs: 2000 });
    const together = [get(token), get(token), get(token)];
    await until(() => clock.pending === 3);
    await clock.advance(10);
    expect((await Promise.all(together)).map(({ status }) => status)).toEqual([429, 429, 429]);
    expect(api.early).toBe(0);
  });

  it('counts the early also after a 503 with Retry-After', async () => {
    const token = await tokenFor();
    api.failNext({ status: 503, retryAfter: '5' });
    await get(token);
    await clock.advance(4999);
    await get(token);
    await clock.advance(1);
    await get(token);
    expect(api.early).toBe(1);
  });

  it('fails with a status before it looks at the token', async () => {
    api.failNext({ status: 500 });
    api.failNext({ status: 502, body: 'html' });
    api.failNext({ status: 504, body: 'empty' });
    expect(await get()).toMatchObject({ status: 500, data: { error: { code: 500 } } });
    expect((await get()).data).toContain('<html>');
    expect(await get()).toMatchObject({ status: 504, data: '' });
    expect((await get()).status).toBe(401);
  });

  it('resets a connection, new or kept alive, after it has read the request', async () => {
    const token = await tokenFor();
    const reset = async () => {
      api.failNext({ reset: true });
      const error = await client.post('/7', 'body').catch((reason: unknown) => reason as AxiosError);
      stripRequest(error);
      return error;
    };
    expect(await reset()).toMatchObject({ code: 'ECONNRESET', request: { reusedSocket: false } });
    await get(token);
    expect(await reset()).toMatchObject({ code: 'ECONNRESET', request: { reusedSocket: true } });
    expect(api.requests[0]).toMatchObject({ body: 'body', status: undefined });
  });

  it('never answers, or sends its headers and then nothing', async () => {
    api.fail({ hang: true });
    const controller = new AbortController();
    const hanging = client.get('/7', { signal: controller.signal });
    await until(() => api.requests.length === 1);
    controller.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'ERR_CANCELED' });

    api.fail({ stallAfterHeaders: true });
    const stalled = await client.get('/7', { responseType: 'stream' });
    expect(stalled.status).toBe(200);
    expect(Number(stalled.headers['content-length'])).toBeGreaterThan(0);
    const body = stalled.data as NodeJS.ReadableStream & { destroy(): void; readableLength: number };
    expect(body.readableLength).toBe(0);
    body.destroy();
  });

  it('lets its answer drip', async () => {
    api.failNext({ dripMs: 100, chunks: 4 });
    const answer = client.get('/7');
    let pieces = 0;
    for (; pieces < 4; pieces += 1) {
      await until(() => clock.pending === 1);
      await clock.advance(100);
    }
    expect((await answer).data).toMatchObject({ ok: true, path: '/7' });
    expect(clock.now()).toBe(Date.UTC(2025, 0, 1) + 400);
    expect(clock.pending).toBe(0);
  });

  it('refuses connections while it is down, and comes back at the same place', async () => {
    const token = await tokenFor();
    api.fail({ hang: true });
    const inFlight = get(token).catch((error: unknown) => error);
    await until(() => api.requests.length === 1);

    await api.down();
    expect(await inFlight).toMatchObject({ code: 'ECONNRESET' });
    await expect(get(token)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await api.down();

    api.recover();
    await api.up();
    expect((await get(token)).status).toBe(200);
    expect(api.requests).toHaveLength(2);
  });

  it('answers what the test wants, for requests that the test picks', async () => {
    const token = await tokenFor();
    api.handle = async ({ path }) =>
      path === '/page' ? { headers: { 'X-Next': '/page?2' }, body: [1, 2] } : undefined;
    const page = await get(token, '/page');
    expect([page.status, page.data, page.headers['x-next']]).toEqual([200, [1, 2], '/page?2']);
    expect((await get(token, '/7')).data).toMatchObject({ ok: true });
    expect((await get(undefined, '/page')).status).toBe(401);

    api.handle = () => {
      throw new Error('a slip in the test');
    };
    expect(await get(token)).toMatchObject({
      status: 500,
      data: expect.stringContaining('a slip in the test') as unknown,
    });
  });
});

/** Lets the event loop turn until the servers have come that far. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
