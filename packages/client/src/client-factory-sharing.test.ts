import { clientCredential } from '@holdfast/msal';
import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  startIdentityProvider,
  startProtectedApi,
  staticCredential,
  type ManualClock,
  type ScriptFunction,
} from '@holdfast/testing';
import { cachedCredential, createClientFactory } from './index.js';

const codeOf = (promise: Promise<{ status: number }>): Promise<unknown> =>
  promise.then(
    ({ status }) => status,
    (error: unknown) => {
      const { code, response } = error as { code?: string; response?: { status: number } };
      return response?.status ?? code;
    },
  );

describe('the services of a factory share a credential', () => {
  it('and one token request, for three services with the same scopes that are called at once', async () => {
    await using idp = await startIdentityProvider();
    await using api = await startProtectedApi({ idp, audience: 'api://orders' });
    const service = { baseURL: api.url, scopes: 'api://orders/.default' };
    await using clients = createClientFactory({
      credential: clientCredential({ ...idp.app }),
      services: { one: service, two: service, three: service },
    });
    const { one, two, three } = clients;
    const calls = [one, two, three].map((client) => client.get('/7'));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(idp.tokenRequests).toHaveLength(1);
    await one.get('/8');
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('and what the identity provider asks for: a 429 that one was answered keeps the others from asking', async () => {
    await using idp = await startIdentityProvider();
    await using api = await startProtectedApi({ idp, audience: 'api://orders' });
    const service = { baseURL: api.url, deadlineMs: 5_000 };
    await using clients = createClientFactory({
      credential: clientCredential({ ...idp.app }),
      services: {
        one: { ...service, scopes: 'api://orders/.default' },
        two: { ...service, scopes: 'api://stock/.default' },
      },
    });
    idp.fail({ status: 429, retryAfter: '60' });
    expect(await codeOf(clients.one.get('/7'))).toBe('ERR_TOKEN_ACQUISITION');
    const asked = idp.tokenRequests.length;
    expect(await codeOf(clients.two.get('/7'))).toBe('ERR_TOKEN_ACQUISITION');
    expect(idp.tokenRequests).toHaveLength(asked);
  });

  it('of somebody else, of their own, or one that holds its tokens: each is asked once', async () => {
    const { adapter } = scriptedTransport(() => ({ status: 200 }));
    const common = staticCredential('common');
    const own = staticCredential('own');
    const inside = staticCredential('held');
    const held = cachedCredential(inside);
    const service = { baseURL: 'https://api.test', scopes: 'api://orders/.default' };
    const clients = createClientFactory({
      credential: common,
      defaults: { axios: { adapter } },
      services: {
        ...{ one: service, two: service, none: { ...service, credential: false } },
        ...{ three: { ...service, credential: own }, four: { ...service, credential: own } },
        ...{ five: { ...service, credential: held }, six: { ...service, credential: held } },
      },
    });
    for (const name of ['one', 'two', 'none', 'three', 'four', 'five', 'six'] as const)
      await clients[name].get('/7');
    expect([common, own, inside].map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  });
});

describe('the services of a factory share nothing else', () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = manualClock();
  });

  afterEach(() => {
    clock.uninstall();
  });

  const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

  function factory(script: ScriptFunction) {
    const { adapter, requests } = scriptedTransport(script, { clock });
    const service = { scopes: 'api://orders/.default' };
    const clients = createClientFactory({
      credential: staticCredential(['first', 'second']),
      defaults: { clock, random: () => 0.5, axios: { adapter } },
      // At one origin: what keeps them apart is that they are two services.
      services: {
        orders: { ...service, baseURL: 'https://api.test/orders' },
        stock: { ...service, baseURL: 'https://api.test/stock' },
      },
    });
    const sent = (path: string) => requests.filter(({ baseURL }) => baseURL?.endsWith(path)).length;
    return { clients, sent };
  }
  const isStock = ({ baseURL }: { baseURL: string | undefined }) => baseURL?.endsWith('/stock') === true;

  it('neither circuit nor budget: one is down, and the other is called and retried as ever', async () => {
    let failures = 5;
    const { clients, sent } = factory((request) => {
      if (isStock(request)) return { status: 500, delayMs: 100 };
      failures -= 1;
      return { status: failures >= 0 ? 500 : 200 };
    });
    for (let call = 0; call < 20; call += 1) await run(codeOf(clients.stock.get('/7')));
    expect(await run(codeOf(clients.stock.get('/7')))).toBe('ERR_CIRCUIT_OPEN');
    expect(await run(codeOf(clients.orders.get('/7')))).toBe(500);
    // Its own three retries have been spent just now.
    await clock.advance(2_000);
    expect(await run(codeOf(clients.orders.get('/7')))).toBe(200);
    expect(sent('/orders')).toBe(6);
  });

  it('no gate: one is throttled, and the other is called', async () => {
    const { clients } = factory((request) =>
      isStock(request) ? { status: 429, headers: { 'retry-after': '60' } } : { status: 200 },
    );
    await run(codeOf(clients.stock.get('/7')));
    expect(await run(codeOf(clients.stock.get('/7')))).toBe('ERR_THROTTLED');
    expect(await run(codeOf(clients.orders.get('/7')))).toBe(200);
  });

  it('no challenges: one that rejects every token is answered once, and the other keeps the token', async () => {
    const challenge = challengeHeader({ claims: { access_token: { nbf: { value: '1' } } } });
    const { clients, sent } = factory((request) =>
      isStock(request) ? { status: 401, headers: { 'www-authenticate': challenge } } : { status: 200 },
    );
    expect(await run(codeOf(clients.orders.get('/7')))).toBe(200);
    expect(await run(codeOf(clients.stock.get('/7')))).toBe(401);
    expect(sent('/stock')).toBe(2);
    expect(await run(codeOf(clients.orders.get('/7')))).toBe(200);
  });

  it('no connections: each has agents of its own', () => {
    const services = { orders: { baseURL: 'https://a.test' }, stock: { baseURL: 'https://b.test' } };
    const { orders, stock } = createClientFactory({ credential: false, services });
    expect(orders.defaults.httpsAgent).toBeDefined();
    expect(orders.defaults.httpsAgent === stock.defaults.httpsAgent).toBe(false);
  });
});
