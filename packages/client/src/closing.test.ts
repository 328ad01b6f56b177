import { manualClock, scriptedTransport, type ManualClock, type ScriptFunction } from '@holdfast/testing';
import {
  callOf,
  createClientFactory,
  httpReplyFor,
  isHoldfastError,
  retryAfterOf,
  type ServiceOptions,
} from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function factory(script: ScriptFunction, own: Partial<ServiceOptions> = {}) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const clients = createClientFactory({
    credential: false,
    defaults: { clock, random: () => 0.5, axios: { adapter } },
    services: {
      orders: { baseURL: 'https://orders.test', ...own },
      stock: { baseURL: 'https://stock.test', ...own },
    },
  });
  return { clients, requests };
}

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );

/** Whether it has settled by now. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  void promise.finally(() => (pending = false)).catch(() => undefined);
  await clock.settle();
  return pending;
}

const slow = () => ({ status: 200, delayMs: 1_000 });
const closedError = { name: 'ClientClosedError', code: 'ERR_CLIENT_CLOSED' };

describe('a client factory that is closed', () => {
  it('lets calls in flight end with their answers, and is closed when the last one has', async () => {
    const { clients } = factory(slow);
    const calls = [clients.orders.get('/7'), clients.stock.get('/7'), clients.stock.get('/8')];
    await clock.settle();
    const closed = clients.close();
    expect(await isPending(closed)).toBe(true);
    expect(clients.snapshot()).toMatchObject({
      closed: true,
      services: { orders: { inFlight: 1 }, stock: { inFlight: 2 } },
    });
    const answers = await run(Promise.all(calls));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await isPending(closed)).toBe(false);
  });

  it('refuses every new call without sending it, also by clients that somebody holds or asks for now', async () => {
    const { clients, requests } = factory(slow);
    const { orders } = clients;
    await clients.close();
    for (const client of [orders, clients.orders, clients.stock]) {
      const error = await failureOf(client.get('/7'));
      expect(error).toMatchObject({ ...closedError, sent: false });
      expect(isHoldfastError(error, 'ERR_CLIENT_CLOSED')).toBe(true);
      expect(httpReplyFor(error)).toMatchObject({ status: 503 });
      expect(retryAfterOf(error)).toBeUndefined();
      expect(callOf(error)).toMatchObject({
        outcome: 'refused',
        refusals: ['refused: the client is closed'],
      });
    }
    expect(requests).toHaveLength(0);
  });

  it('is refused at once and not retried, and no fallback hides it', async () => {
    const { clients } = factory(slow, { fallback: { respond: () => ({ data: 'reduced' }), on: () => true } });
    const closed = clients.close();
    const refused = clients.orders.get('/7');
    expect(await isPending(refused)).toBe(false);
    await expect(refused).rejects.toMatchObject({ ...closedError, service: 'orders' });
    await closed;
  });

  it('goes on retrying a call that was in flight: it is one call', async () => {
    const { clients, requests } = factory((_, number) => ({ status: number < 3 ? 503 : 200 }));
    const call = clients.orders.get('/7');
    await clock.settle();
    const closed = clients.close();
    expect(await isPending(closed)).toBe(true);
    expect((await run(call)).status).toBe(200);
    expect(requests).toHaveLength(3);
    await closed;
  });

  it('waits for every service that has a call in flight, whichever it is', async () => {
    const { clients } = factory(slow);
    const call = clients.stock.get('/7');
    await clock.settle();
    const closed = clients.close();
    expect(await isPending(closed)).toBe(true);
    await run(call);
    expect(await isPending(closed)).toBe(false);
  });

  it('is closed once, however often it is asked to', async () => {
    const { clients } = factory(slow);
    const call = clients.orders.get('/7');
    const closed = clients.close();
    expect(clients.close()).toBe(closed);
    expect(clients[Symbol.asyncDispose]()).toBe(closed);
    await run(call);
    expect(clients.close()).toBe(closed);
    await closed;
  });

  it('ends at the end of a block, by `await using`', async () => {
    const { clients: made } = factory(slow);
    const { orders } = made;
    {
      await using clients = made;
      await run(clients.orders.get('/7'));
    }
    await expect(orders.get('/7')).rejects.toMatchObject(closedError);
  });

  it('does not wait for calls that have failed, in whatever way', async () => {
    const { clients } = factory(() => ({ status: 404 }));
    const ways = [
      {},
      { signal: AbortSignal.abort() },
      { holdfast: { key: '' } },
      {
        adapter: () => {
          throw new Error('no adapter');
        },
      },
    ];
    for (const options of ways) await run(failureOf(clients.orders.get('/7', options)));
    expect(clients.snapshot().services).toMatchObject({ orders: { inFlight: 0 } });
    expect(await isPending(clients.close())).toBe(false);
  });
});

describe('a grace', () => {
  it('that is over ends what is left, whatever it waits for: an answer, a backoff, a closed gate', async () => {
    const { clients } = factory((request) => {
      if (request.url === '/throttled') return { status: 429, headers: { 'retry-after': '20' } };
      return request.url === '/failing' ? { status: 503, headers: { 'retry-after': '20' } } : 'hang';
    });
    const calls = [
      clients.orders.put('/hanging'),
      clients.orders.put('/throttled'),
      clients.stock.put('/failing'),
    ];
    const failures = Promise.all(calls.map((call) => failureOf(call)));
    await clock.advance(100);
    const closed = clients.close({ graceMs: 5_000 });
    await clock.advance(4_999);
    expect(await isPending(closed)).toBe(true);
    await clock.advance(1);
    expect(await failures).toMatchObject([
      { ...closedError, sent: true, service: 'orders' },
      { ...closedError, sent: true, cause: { status: 429 } },
      { ...closedError, sent: true, service: 'stock', cause: { status: 503 } },
    ]);
    expect(await isPending(closed)).toBe(false);
    expect(clients.snapshot().services).toMatchObject({ orders: { inFlight: 0 }, stock: { inFlight: 0 } });
  });

  it('says whether anything was sent: a call that waited in vain at a gate can be made elsewhere', async () => {
    const { clients, requests } = factory(() => ({ status: 429, headers: { 'retry-after': '20' } }));
    await run(failureOf(clients.orders.get('/7', { holdfast: { retry: false } })));
    const waiting = failureOf(clients.orders.get('/7'));
    await clock.settle();
    void clients.close({ graceMs: 0 });
    await clock.advance(0);
    expect(await waiting).toMatchObject({ ...closedError, sent: false });
    expect(requests).toHaveLength(1);
  });

  it('can be given later: who is asked twice to end is in a hurry', async () => {
    const { clients } = factory(() => 'hang');
    const failure = failureOf(clients.orders.get('/7'));
    await clock.settle();
    const closed = clients.close();
    expect(clients.close({ graceMs: 100 })).toBe(closed);
    await clock.advance(100);
    expect(await failure).toMatchObject(closedError);
    await closed;
  });

  it('leaves the request as it was, and the reason of a caller who cancels first his own', async () => {
    const { clients } = factory(() => 'hang');
    const own = new AbortController();
    const cancelled = failureOf(clients.orders.get('/7', { signal: own.signal }));
    const cut = failureOf(clients.orders.get('/7'));
    await clock.settle();
    own.abort(new Error('enough'));
    expect(await cancelled).toMatchObject({ code: 'ERR_CANCELED', cause: { message: 'enough' } });
    void clients.close({ graceMs: 1 });
    await clock.advance(1);
    const error = (await cut) as { config: { signal?: unknown } };
    expect(error).toMatchObject(closedError);
    expect('signal' in error.config).toBe(false);
  });

  it.each(['json', 'stream'] as const)(
    'ends calls (%s) that their callers could cancel as well, whose signal is their own again, and free of listeners',
    async (responseType) => {
      const { clients } = factory(() => 'hang');
      const own = new AbortController();
      let listeners = 0;
      const { addEventListener: add, removeEventListener: remove } = own.signal;
      own.signal.addEventListener = (...given: Parameters<typeof add>) => {
        listeners += 1;
        add.apply(own.signal, given);
      };
      own.signal.removeEventListener = (...given: Parameters<typeof remove>) => {
        listeners -= 1;
        remove.apply(own.signal, given);
      };
      const calls = [{ signal: own.signal }, {}].map((more) =>
        failureOf(clients.orders.get('/7', { responseType, ...more })),
      );
      await clock.settle();
      expect(listeners).toBeGreaterThan(0);
      void clients.close({ graceMs: 1 });
      await clock.advance(1);
      const [cancellable, other] = (await Promise.all(calls)) as { config: { signal?: unknown } }[];
      expect(cancellable).toMatchObject(closedError);
      expect(other).toMatchObject(closedError);
      expect(cancellable?.config.signal).toBe(own.signal);
      expect(listeners).toBe(0);
      expect(clients.snapshot().services).toMatchObject({ orders: { inFlight: 0 } });
    },
  );

  it('that nobody needs leaves no timer behind', async () => {
    const { clients } = factory(slow);
    const call = clients.orders.get('/7');
    const closed = clients.close({ graceMs: 60_000 });
    await run(call);
    await closed;
    await clock.settle();
    expect(clock.pending).toBe(0);
  });

  it.each([-1, NaN, Infinity, '5', 2 ** 31])('of %p is refused', (graceMs) => {
    const { clients } = factory(slow);
    expect(() => clients.close({ graceMs: graceMs as number })).toThrow(
      /close\(\): the option "graceMs" must be/,
    );
    expect(clients.snapshot().closed).toBe(false);
  });
});
