import { callOf } from '@holdfast/client';
import nock from 'nock';
import { challengeHeader, createTestClient, recordCalls, staticCredential } from './index.js';

const HOST = 'https://orders.test';

beforeAll(() => {
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
});

afterAll(() => {
  nock.enableNetConnect();
});

describe.each(['http', 'fetch'] as const)('a test client over nock, with the %s adapter', (adapter) => {
  const client = (options = {}) =>
    createTestClient({ name: 'orders', baseURL: HOST, axios: { adapter }, ...options });

  it('is served once the outage is over, and its two attempts are recorded', async () => {
    const orders = client();
    using calls = recordCalls(orders);
    nock(HOST).get('/7').reply(503).get('/7').reply(200, { id: 7 });
    expect((await orders.get<unknown>('/7')).data).toEqual({ id: 7 });
    expect(calls[0]?.attempts.map(({ status }) => status)).toEqual([503, 200]);
  });

  it('waits for a Retry-After of two minutes without waiting', async () => {
    const orders = client({ profile: 'batch' });
    nock(HOST).get('/7').reply(429, '', { 'retry-after': '120' }).get('/7').reply(200);
    const call = callOf(await orders.get('/7'));
    expect(call?.attempts[1]?.delayMs).toBeGreaterThanOrEqual(120_000);
  });

  it('answers a claims challenge with another token', async () => {
    const credential = staticCredential(['rejected', 'with-the-claims']);
    const orders = client({ credential });
    const claims = { access_token: { nbf: { essential: true, value: '1700000000' } } };
    nock(HOST, { reqheaders: { authorization: 'Bearer rejected' } })
      .get('/7')
      .reply(401, '', { 'WWW-Authenticate': challengeHeader({ claims }) });
    nock(HOST, { reqheaders: { authorization: 'Bearer with-the-claims' } })
      .get('/7')
      .reply(200);
    await expect(orders.get('/7')).resolves.toHaveProperty('status', 200);
    expect(JSON.parse(credential.requests[1]?.options.claims ?? '')).toEqual(claims);
  });

  it('fails with the time limit of an attempt where a reply is delayed for longer: that is real time', async () => {
    const orders = client({ attemptTimeoutMs: 20, retry: false });
    nock(HOST).get('/7').delay(60_000).reply(200);
    const error: unknown = await orders.get('/7').catch((one: unknown) => one);
    expect(error).toHaveProperty('code', 'ERR_ATTEMPT_TIMEOUT');
    nock.abortPendingRequests();
  });

  it('names a request that nothing was prepared for, after the retries of a request that was lost', async () => {
    const orders = client();
    using calls = recordCalls(orders);
    nock(HOST).get('/7').reply(200);
    await expect(orders.get('/8')).rejects.toHaveProperty('code', 'ERR_NOCK_NO_MATCH');
    expect(calls[0]?.sends).toBe(4);
  });

  it('names a host that nothing was prepared for', async () => {
    const orders = client({ retry: false });
    await expect(orders.get('/7')).rejects.toThrow('Disallowed net connect for "orders.test:443/7"');
  });
});
