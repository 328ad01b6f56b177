import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import { Breakers, createClientFactory, isHoldfastError, type ServiceOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock({ now: 1_000_000 });
});

afterEach(() => {
  clock.uninstall();
});

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

function factory(answer: () => Step = () => ({ status: 200 }), own: Partial<ServiceOptions> = {}) {
  const { adapter, requests } = scriptedTransport(() => answer(), { clock });
  const clients = createClientFactory({
    credential: false,
    defaults: { clock, random: () => 0.5, retry: false, axios: { adapter } },
    services: {
      orders: { baseURL: 'https://user:a-secret@orders.test/v1?sig=a-secret', ...own },
      stock: { baseURL: 'https://stock.test' },
    },
  });
  return { clients, requests };
}

const healthy = { attempts: 0, failures: 0, slow: 0, run: 0, windowMs: 20_000 };

describe('the snapshot of a client factory', () => {
  it('has this shape, for every service, before any was called', () => {
    const snapshot = factory().clients.snapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual({
      version: 1,
      at: 1_000_000,
      closed: false,
      services: {
        orders: {
          name: 'orders',
          baseURL: 'https://orders.test/v1',
          used: false,
          inFlight: 0,
          breakers: [{ key: 'orders https://orders.test', state: 'closed', window: healthy }],
          gates: [],
        },
        stock: {
          name: 'stock',
          baseURL: 'https://stock.test',
          used: false,
          inFlight: 0,
          breakers: [{ key: 'stock https://stock.test', state: 'closed', window: healthy }],
          gates: [],
        },
      },
    });
  });

  it('tells of the service that is in trouble, and what of the others: an open circuit, and until when', async () => {
    const { clients } = factory(() => ({ status: 500, delayMs: 100 }));
    for (let call = 0; call < 20; call += 1) await run(clients.stock.get('/7').catch(() => undefined));
    const { orders, stock } = clients.snapshot().services;
    expect(orders).toMatchObject({ used: false, breakers: [{ state: 'closed' }] });
    expect(stock).toMatchObject({
      used: true,
      inFlight: 0,
      breakers: [
        {
          state: 'open',
          openUntil: expect.any(Number) as number,
          window: { run: 10 },
          lastFailure: { status: 500 },
        },
      ],
    });
    expect(stock?.breakers[0]?.openUntil).toBeGreaterThan(clock.now());
  });

  it('tells of a closed gate, until it is open again, and of calls that wait at it', async () => {
    let answer: Step = { status: 429, headers: { 'retry-after': '20' } };
    const { clients } = factory(() => answer);
    await run(clients.orders.get('/7').catch(() => undefined));
    answer = { status: 200 };
    const waiting = clients.orders.get('/7');
    await clock.settle();
    const { orders } = clients.snapshot().services;
    const key = 'orders https://user:a-secret@orders.test'.replace('user:a-secret@', '');
    expect(orders).toMatchObject({
      inFlight: 1,
      gates: [{ key, closedAt: 1_000_000, until: 1_020_000 }],
    });
    await run(waiting);
    expect(clients.snapshot().services['orders']).toMatchObject({ inFlight: 0, gates: [] });
  });

  it('leaves out what a service has not: no circuit without a breaker, no gate of a store of its own', async () => {
    const { clients } = factory(() => ({ status: 429, headers: { 'retry-after': '20' } }), {
      circuitBreaker: false,
      throttleGate: { store: new Map() as never },
    });
    await run(clients.orders.get('/7').catch(() => undefined));
    expect(clients.snapshot().services['orders']).toMatchObject({ used: true, breakers: [], gates: [] });
  });

  it('has no secret in it: neither of a base URL nor of a call', async () => {
    const { clients } = factory(() => ({ status: 500, data: 'a-secret' }), {
      axios: { headers: { 'x-api-key': 'a-secret' }, adapter: () => Promise.reject(new Error('a-secret')) },
    });
    await run(clients.orders.get('/7?token=a-secret').catch(() => undefined));
    expect(JSON.stringify(clients.snapshot())).not.toContain('a-secret');
  });
});

describe('an operator of a client factory', () => {
  it('holds the circuit of a service open that nobody has called yet, and it is so for the first call', async () => {
    const { clients, requests } = factory();
    clients.breakers.get('orders')?.forceOpen({ forMs: 600_000, reason: 'INC-4711' });
    expect(clients.snapshot().services['orders']).toMatchObject({
      used: false,
      breakers: [{ state: 'open', forced: { reason: 'INC-4711', until: 1_600_000 } }],
    });
    const error: unknown = await run(clients.orders.get('/7').catch((reason: unknown) => reason));
    expect(isHoldfastError(error, 'ERR_CIRCUIT_OPEN') && error.cause).toMatchObject({
      message: 'forced open: INC-4711',
    });
    await run(clients.stock.get('/7'));
    expect(requests.map(({ baseURL }) => baseURL)).toEqual(['https://stock.test']);
    clients.breakers.get('orders')?.release();
    expect((await run(clients.orders.get('/7'))).status).toBe(200);
  });

  it('finds one breaker for each service, and no second one after its first call', async () => {
    const { clients } = factory();
    const keys = ['orders https://orders.test', 'stock https://stock.test'];
    expect([...clients.breakers].map(({ key }) => key)).toEqual(keys);
    await run(clients.orders.get('/7'));
    expect([...clients.breakers].map(({ key }) => key)).toEqual(keys);
    expect(clients.breakers.get('orders')?.window.attempts).toBe(1);
  });

  it('finds none for a service with keys of its own, since nobody knows them yet', () => {
    const { clients } = factory(undefined, { key: () => 'tenant-7' });
    expect(clients.breakers.get('orders')).toBeUndefined();
    expect(clients.breakers.get('stock')).toBeDefined();
  });

  it('is told of what he does by the observer of that service, before its first call too', () => {
    const told: string[] = [];
    const { clients } = factory(undefined, {
      circuitBreaker: { mode: 'observe', onStateChange: ({ state, mode }) => told.push(`${state} ${mode}`) },
    });
    clients.breakers.get('orders')?.forceOpen({ forMs: 1_000, reason: 'INC-4711' });
    expect(told).toEqual(['open observe']);
  });

  it('takes along what another process has written down, whether the factory is there before or after', async () => {
    const { clients: before } = factory();
    before.breakers.get('orders')?.forceOpen({ forMs: 600_000, reason: 'INC-4711' });
    const written = JSON.parse(JSON.stringify(before.breakers.snapshot())) as ReturnType<
      typeof before.breakers.snapshot
    >;
    const { clients: after } = factory();
    after.breakers.restore(written);
    await expect(after.orders.get('/7')).rejects.toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    const breakers = new Breakers();
    breakers.restore(written, clock.now());
    const { adapter } = scriptedTransport(() => ({ status: 200 }), { clock });
    const options = { baseURL: 'https://orders.test', clock, axios: { adapter } };
    const given = createClientFactory({ credential: false, breakers, services: { orders: options } });
    await expect(given.orders.get('/7')).rejects.toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
  });

  it('finds the breakers that he gave as they were, when the factory is closed; its own are gone with their timers', async () => {
    const breakers = new Breakers();
    const options = {
      credential: false,
      services: { orders: { baseURL: 'https://orders.test', clock } },
    } as const;
    for (const clients of [createClientFactory({ ...options, breakers }), createClientFactory(options)]) {
      clients.breakers.get('orders')?.forceOpen({ forMs: 600_000, reason: 'INC-4711' });
      await clients.close();
      expect([...clients.breakers].map(({ state }) => state)).toEqual(
        clients.breakers === breakers ? ['open'] : [],
      );
    }
    expect(clock.pending).toBe(1);
    breakers.clear();
    expect(clock.pending).toBe(0);
  });
});
