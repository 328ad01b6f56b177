import { manualClock, scriptedTransport, staticCredential, type ManualClock } from '@holdfast/testing';
import { cachedCredential, createClientFactory, createServiceClient } from './index.js';

// Not the process's own: what goes by that one instead of this is seen.
let clock: ManualClock;

beforeEach(() => {
  clock = manualClock({ now: 1_000_000, fakeGlobals: false });
});

afterEach(() => {
  clock.uninstall();
});

const orders = { baseURL: 'https://orders.test', scopes: 'api://orders/.default' };
const hanging = { getToken: () => new Promise<never>(() => undefined) };
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('a client factory with a clock of its own', () => {
  it('goes by that clock alone: in its snapshot, and when a grace is over', async () => {
    const { adapter } = scriptedTransport(() => 'hang', { clock });
    const clients = createClientFactory({
      credential: false,
      defaults: { clock, axios: { adapter } },
      services: { orders },
    });
    expect(clients.snapshot().at).toBe(1_000_000);
    const failure = failureOf(clients.orders.get('/7'));
    await clock.settle();
    const closed = clients.close({ graceMs: 5_000 });
    await clock.advance(5_000);
    await closed;
    expect(await failure).toMatchObject({ code: 'ERR_CLIENT_CLOSED' });
  });

  it('that is closed while a token is on its way has no timer left of it, and the call was not sent', async () => {
    const { adapter, requests } = scriptedTransport(() => ({ status: 200 }), { clock });
    const clients = createClientFactory({
      credential: hanging,
      defaults: { clock, axios: { adapter } },
      services: { orders },
    });
    const failure = failureOf(clients.orders.get('/7'));
    await clock.settle();
    expect(clock.pending).toBeGreaterThan(0);
    const closed = clients.close({ graceMs: 1 });
    await clock.advance(1);
    await closed;
    expect(await failure).toMatchObject({ code: 'ERR_CLIENT_CLOSED', sent: false });
    expect(requests).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  it('leaves a credential that holds its tokens its own patience', async () => {
    const { adapter } = scriptedTransport(() => ({ status: 200 }), { clock });
    const patient = cachedCredential(hanging, { clock, acquisitionTimeoutMs: false });
    const clients = createClientFactory({
      credential: patient,
      defaults: { clock, deadlineMs: false, axios: { adapter } },
      services: { orders },
    });
    let isPending = true;
    void failureOf(clients.orders.get('/7')).then(() => (isPending = false));
    await clock.settle();
    await clock.advance(120_000);
    expect(isPending).toBe(true);
    await Promise.all([clients.close({ graceMs: 1 }), clock.advance(1)]);
  });
});

describe('the defaults of a client factory', () => {
  function clientWith(defaults: object, own: object) {
    const { adapter, requests } = scriptedTransport(() => ({ status: 200 }), { clock });
    const clients = createClientFactory({
      credential: staticCredential('a-token'),
      defaults: { ...defaults, clock },
      services: { orders: { ...orders, ...own } },
    });
    return { client: clients.orders, options: { adapter }, requests };
  }

  it('keep their headers beside those of a service, which go before', async () => {
    const { client, options, requests } = clientWith(
      { axios: { headers: { 'x-tenant': 'common', accept: 'text/plain' } } },
      { axios: { headers: { accept: 'application/xml' } } },
    );
    await client.get('/7', options);
    expect(requests[0]?.headers).toMatchObject({ 'x-tenant': 'common', accept: 'application/xml' });
  });

  it('hold where a service says undefined', async () => {
    const { client, options, requests } = clientWith(
      { axios: { headers: { 'x-tenant': 'common' } }, correlation: { id: () => 'an-id' } },
      { axios: undefined, correlation: undefined },
    );
    await client.get('/7', options);
    expect(requests[0]?.headers).toMatchObject({ 'x-tenant': 'common', 'client-request-id': 'an-id' });
  });

  it.each<[string, object, object, object]>([
    ['correlation', { id: () => 'an-id' }, { header: 'x-id' }, { 'x-id': 'an-id' }],
  ])('give way option by option: %s', async (part, usual, own, headers) => {
    const { client, options, requests } = clientWith({ [part]: usual }, { [part]: own });
    await client.get('/7', options);
    expect(requests[0]?.headers).toMatchObject(headers);
  });

  it.each(['before', 'after'])(
    "keep their own interceptors (%s) beside a service's at another place",
    async (side) => {
      const seen: string[] = [];
      const noting = (note: string) => (next: (config: never) => Promise<never>) => (config: never) => {
        seen.push(note);
        return next(config);
      };
      const { client, options } = clientWith(
        { [side]: { fallback: noting('outermost'), retry: noting('common') } },
        { [side]: { retry: noting('own') } },
      );
      await client.get('/7', options);
      expect(seen).toEqual(['outermost', 'own']);
    },
  );

  it.each<[string, object, object]>([
    ['a service says when', { fallback: () => ({ data: 'usual' }) }, { fallback: { on: () => true } }],
    ['a service says what', { fallback: { on: () => true } }, { fallback: () => ({ data: 'usual' }) }],
  ])('keep the other half of a fallback: %s', async (_, usual, own) => {
    const { client } = clientWith({ retry: false, ...usual }, own);
    const { adapter } = scriptedTransport(() => ({ status: 404 }), { clock });
    await expect(client.get('/7', { adapter })).resolves.toMatchObject({ data: 'usual' });
  });

  it('give way option by option: the connections', () => {
    const { client } = clientWith({ agent: { maxSockets: 7 } }, { agent: { maxFreeSockets: 3 } });
    expect(client.defaults.httpsAgent).toMatchObject({ maxSockets: 7, maxFreeSockets: 3 });
  });

  it('with a member "__proto__", as JSON can have it, are refused, and change no other object', () => {
    const own = JSON.parse('{"baseURL":"https://orders.test","__proto__":{"deadlineMs":1}}') as typeof orders;
    expect(() => createClientFactory({ credential: false, services: { orders: own } })).toThrow(
      'there is no option "__proto__"',
    );
  });
});

it('a client of a closed factory runs nothing of its owner: no interceptor, and no fallback', async () => {
  const seen: string[] = [];
  const { adapter } = scriptedTransport(() => ({ status: 200 }), { clock });
  const clients = createClientFactory({
    credential: false,
    services: {
      orders: {
        ...orders,
        clock,
        axios: { adapter },
        before: {
          fallback: (next) => (config) => {
            seen.push('before.fallback');
            return next(config);
          },
        },
      },
    },
  });
  await clients.orders.get('/7');
  await clients.close();
  expect(await failureOf(clients.orders.get('/7'))).toMatchObject({ code: 'ERR_CLIENT_CLOSED' });
  expect(seen).toEqual(['before.fallback']);
});

it("a service client's window, slowness and explanation follow axios's own timeout, which lifts the default", () => {
  const options = { name: 'orders', credential: false, ...orders, clock } as const;
  const make = (timeout: number, circuitBreaker: object) => () =>
    createServiceClient({ ...options, axios: { timeout }, circuitBreaker });
  expect(make(3_000, { windowMs: 8_000 })).not.toThrow();
  expect(make(20_000, { slowMs: 15_000 })).not.toThrow();
  expect(make(3_000, { windowMs: 5_000 })).toThrow(
    '"circuitBreaker.windowMs" must be at least 6000, which is twice "attemptTimeoutMs" (3000, axios.timeout), and is 5000',
  );
});
