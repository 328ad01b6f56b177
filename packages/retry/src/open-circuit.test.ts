import { CircuitOpenError, callOf, currentCall, type Interceptor } from '@holdfast/core';
import axios from 'axios';
import { RetryBudget } from './index.js';
import { clock, errorOf, held, run } from './made-retries.js';

/** A circuit that is open until an instant, and tells how often it was asked. */
function openFor(ms: number) {
  const until = clock.now() + ms;
  const asked: number[] = [];
  const interceptor: Interceptor = (next) => (config) => {
    const now = clock.now();
    asked.push(now);
    if (now >= until) return next(config);
    const refusal = new CircuitOpenError({ service: 'orders', config, retryAfterMs: until - now });
    return Promise.reject(refusal);
  };
  return { interceptor, asked, until };
}

/** What `deadline()` leaves on the call. */
const deadlineIn =
  (ms: number): Interceptor =>
  (next) =>
  (config) => {
    const call = currentCall(config);
    call.deadlineAt = call.startedAt + ms;
    return next(config);
  };

const waiting = { retryOpenCircuit: true } as const;

describe('a call that an open circuit refuses', () => {
  it('gets the refusal at once, unless it is asked for to wait', async () => {
    const { interceptor, asked } = openFor(1_000);
    const { client, requests } = held([], {}, interceptor);
    const from = clock.now();
    expect(await errorOf(client.get('/7'))).toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    expect([asked.length, requests.length, clock.now() - from]).toEqual([1, 0, 0]);
  });

  it.each([
    ['a condition that says yes to everything', { retry: { retryCondition: () => true } }],
    ['a condition among the options of axios-retry', { 'axios-retry': { retryCondition: () => true } }],
    ['more retries', { retry: { retries: 9 }, 'axios-retry': { retries: 9 } }],
  ])('is not sent to it again by %s', async (_, { 'axios-retry': old, retry }: Asked) => {
    const { interceptor, asked } = openFor(1_000);
    const { client } = held([], { retryCondition: () => true }, interceptor);
    const config = { ...(old && { 'axios-retry': old }), ...(retry && { holdfast: { retry } }) };
    expect(await errorOf(client.get('/7', config))).toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    expect(asked).toHaveLength(1);
  });

  it('is not sent to it again because the service said x-should-retry before', async () => {
    const { interceptor } = openFor(0);
    let sends = 0;
    const closing: Interceptor = (next) => (config) => {
      sends += 1;
      if (sends === 1) return interceptor(next)(config);
      return Promise.reject(new CircuitOpenError({ service: 'orders', config, retryAfterMs: 100 }));
    };
    const { client, requests } = held([{ status: 500, headers: { 'x-should-retry': 'true' } }], {}, closing);
    expect(await errorOf(client.get('/7'))).toHaveProperty('status', 500);
    expect([sends, requests.length]).toEqual([2, 1]);
  });
});

interface Asked {
  readonly retry?: { readonly retryCondition?: () => boolean; readonly retries?: number };
  readonly 'axios-retry'?: { readonly retryCondition?: () => boolean; readonly retries?: number };
}

describe('a call that is to wait for an open circuit', () => {
  it('is sent when the circuit has said, and a little later by chance, never before', async () => {
    const { interceptor, until } = openFor(1_000);
    let draw = 0;
    const { client, requests } = held(
      Array(20).fill({ status: 200 }),
      { ...waiting, random: () => draw++ / 20 },
      interceptor,
    );
    await run(Promise.all(Array.from({ length: 20 }, () => client.get('/7'))));
    const after = requests.map(({ at }) => at - until);
    expect(Math.min(...after)).toBe(0);
    expect(Math.max(...after)).toBeGreaterThan(90);
    expect(new Set(after).size).toBe(20);
  });

  it('does so where the request alone asks for it, and does not where it says no', async () => {
    const { interceptor } = openFor(1_000);
    const { client, requests } = held([{ status: 200 }], {}, interceptor);
    const response = await run(client.get('/7', { holdfast: { retry: waiting } }));
    expect([response.status, requests.length]).toEqual([200, 1]);

    const { interceptor: again } = openFor(1_000);
    const { client: other } = held([], waiting, again);
    const refused = await errorOf(other.get('/7', { holdfast: { retry: { retryOpenCircuit: false } } }));
    expect(refused).toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
  });

  it('is sent even as a POST, and with a stream for a body, since nothing has left yet', async () => {
    const { interceptor } = openFor(1_000);
    const { client, requests } = held([{ status: 201 }], waiting, interceptor);
    async function* parts() {
      yield await Promise.resolve('a part');
    }
    const response = await run(
      client.post('/orders', parts(), { transformRequest: (data: unknown) => data }),
    );
    expect([response.status, requests.length]).toEqual([201, 1]);
  });

  it('costs nothing of the budget, not even of one that is spent', async () => {
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 0 });
    const { interceptor } = openFor(1_000);
    const { client, requests } = held([{ status: 200 }], { ...waiting, budget }, interceptor);
    await run(client.get('/7'));
    expect(requests).toHaveLength(1);
  });

  it('counts as a retry: a circuit that stays open is asked no oftener than `retries` says', async () => {
    const asked: number[] = [];
    const open: Interceptor = () => (config) => {
      asked.push(clock.now());
      return Promise.reject(new CircuitOpenError({ service: 'orders', config, retryAfterMs: 500 }));
    };
    const { client } = held([], { ...waiting, retries: 2 }, open);
    expect(await errorOf(client.get('/7'))).toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    expect(asked.map((at) => at - asked[0]!)).toEqual([0, 550, 1_100]);
  });

  it('is refused at once when the wait does not fit its deadline, and its story says so', async () => {
    const { interceptor, asked } = openFor(1_000);
    const { client } = held([], waiting, deadlineIn(900), interceptor);
    const from = clock.now();
    const error = await errorOf(client.get('/7'));
    expect([error.code, clock.now() - from, asked.length]).toEqual(['ERR_CIRCUIT_OPEN', 0, 1]);
    expect(String(callOf(error))).toContain('a wait of 1100 ms does not fit the deadline');
  });

  it.each(['signal', 'cancelToken'] as const)(
    'ends at once when its caller gives it up by %s, and leaves no timer',
    async (way) => {
      const { interceptor, asked } = openFor(60_000);
      const { client, requests } = held([], waiting, interceptor);
      const controller = new AbortController();
      const source = axios.CancelToken.source();
      const by = way === 'signal' ? { signal: controller.signal } : { cancelToken: source.token };
      const ended = client.get('/7', by).catch((error: unknown) => error);
      await clock.settle();
      const from = clock.now();
      controller.abort();
      source.cancel();
      expect(await ended).toHaveProperty('code', 'ERR_CANCELED');
      expect([clock.now() - from, asked.length, requests.length, clock.pending]).toEqual([0, 1, 0, 0]);
    },
  );

  it('after something was sent still gets what came back, when the circuit stays open', async () => {
    let sends = 0;
    let refusedFor: (() => string | undefined) | undefined;
    const closing: Interceptor = (next) => (config) => {
      sends += 1;
      const call = currentCall(config);
      refusedFor = () => call.refusedFor;
      if (sends === 1) return next(config);
      return Promise.reject(new CircuitOpenError({ service: 'orders', config, retryAfterMs: 100 }));
    };
    const { client, requests } = held([{ status: 503 }], { ...waiting, retries: 2 }, closing);
    const error = await errorOf(client.put('/7', {}));
    expect([error.status, requests.length, sends]).toEqual([503, 1, 3]);
    expect(refusedFor?.()).toBe('ERR_CIRCUIT_OPEN');
  });

  it('waits for the circuit, and not at a gate that holds a place for it', async () => {
    const { interceptor, until } = openFor(1_000);
    const placed: Interceptor = (next) => (config) => {
      currentCall(config).heldUntil = clock.now() + 10;
      return next(config);
    };
    const { client, requests } = held([{ status: 200 }], waiting, placed, interceptor);
    await run(client.get('/7'));
    expect(requests[0]!.at).toBeGreaterThanOrEqual(until);
  });

  it('waits by its own backoff where the circuit names no instant', async () => {
    let asked = 0;
    const halfOpen: Interceptor = (next) => (config) => {
      asked += 1;
      if (asked > 1) return next(config);
      return Promise.reject(new CircuitOpenError({ service: 'orders', config, retryAfterMs: 0 }));
    };
    const { client, requests } = held([{ status: 200 }], waiting, halfOpen);
    const from = clock.now();
    await run(client.get('/7'));
    expect(requests[0]!.at - from).toBe(200);
  });

  it('tells what it waits for in its story, and to onRetry', async () => {
    const { interceptor } = openFor(1_000);
    const onRetry = jest.fn();
    const { client } = held([{ status: 200 }], { ...waiting, onRetry }, interceptor);
    const response = await run(client.get('/7'));
    expect(String(callOf(response))).toContain('retry 1 in 1100 ms: the circuit is open');
    expect(onRetry).toHaveBeenCalledWith(
      1,
      expect.objectContaining({ code: 'ERR_CIRCUIT_OPEN' }),
      expect.anything(),
    );
  });
});
