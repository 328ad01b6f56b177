import { manualClock, scriptedTransport, type ManualClock } from '@holdfast/testing';
import type { AxiosAdapter, AxiosError, InternalAxiosRequestConfig } from 'axios';
import { createClientFactory, type ServiceOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const factory = (adapter: AxiosAdapter, own: Partial<ServiceOptions> = {}) =>
  createClientFactory({
    credential: false,
    defaults: { clock, random: () => 0.5, axios: { adapter } },
    services: { orders: { baseURL: 'https://orders.test', ...own } },
  });

const failureOf = (promise: Promise<unknown>): Promise<Partial<AxiosError>> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as AxiosError,
  );

/** Closes it after a call has begun, and gives the call's failure. */
async function cutOff(clients: ReturnType<typeof factory>): Promise<Partial<AxiosError>> {
  const failure = failureOf(clients.orders.get('/7'));
  await clock.settle();
  const closed = clients.close({ graceMs: 10 });
  await clock.advance(10);
  await closed;
  return failure;
}

/** Rejects with an error of its own as soon as the request is given up. */
const endingWith =
  (error: Error): AxiosAdapter =>
  ({ signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener?.('abort', () => {
        reject(error);
      });
    });

describe('a call that is cut off because its client is closed', () => {
  it.each([
    ['AbortError', new DOMException('This operation was aborted', 'AbortError')],
    ['an error without a name of its own', new Error('gone')],
  ])('says so although its adapter makes %s of it, which is the cause', async (_, cause) => {
    const clients = factory(endingWith(cause), { retry: false });
    const error = await cutOff(clients);
    expect(error).toMatchObject({ code: 'ERR_CLIENT_CLOSED', sent: true });
    expect(error.cause).toBe(cause);
    expect(clients.snapshot().services).toMatchObject({ orders: { inFlight: 0 } });
  });

  it("does not take a caller's own cancellation for it, which came before", async () => {
    const clients = factory(endingWith(new Error('gone')), { retry: false });
    const own = new AbortController();
    const failure = failureOf(clients.orders.get('/7', { signal: own.signal }));
    await clock.settle();
    own.abort();
    void clients.close({ graceMs: 0 });
    await clock.advance(0);
    expect(await failure).not.toHaveProperty('code', 'ERR_CLIENT_CLOSED');
  });

  it('leaves what an interceptor of its owner failed with as it is', async () => {
    const refusal = new Error('not after six');
    const clients = factory(endingWith(new Error('gone')), {
      retry: false,
      before: {
        fallback: (next) => (config) =>
          next(config).catch(() => {
            throw refusal;
          }),
      },
    });
    expect(await cutOff(clients)).toBe(refusal);
  });

  it('is ended beside another one for which an interceptor handed on the same request', async () => {
    const { adapter } = scriptedTransport(() => 'hang', { clock });
    const clients = factory(adapter);
    let kept: InternalAxiosRequestConfig | undefined;
    clients.orders.interceptors.request.use((config) => (kept ??= config), undefined, { synchronous: true });
    const own = new AbortController();
    let ended = 0;
    for (const signal of [own.signal, own.signal])
      void failureOf(clients.orders.get('/7', { signal })).then(() => (ended += 1));
    await clock.settle();
    expect(clients.snapshot().services).toMatchObject({ orders: { inFlight: 2 } });
    const closed = clients.close({ graceMs: 10 });
    await clock.advance(10);
    await closed;
    await clock.settle();
    expect(ended).toBe(2);
    expect(clients.snapshot().services).toMatchObject({ orders: { inFlight: 0 } });
  });
});

it('a request that is submitted again after its client was closed is refused, and was not sent', async () => {
  const { adapter, requests } = scriptedTransport(() => 'hang', { clock });
  const clients = factory(adapter);
  const { config } = await cutOff(clients);
  const again = failureOf(clients.orders.request(config ?? {}));
  expect(await again).toMatchObject({ code: 'ERR_CLIENT_CLOSED', sent: false });
  expect(requests).toHaveLength(1);
  expect(clients.snapshot().services).toMatchObject({ orders: { inFlight: 0 } });
});
