import { callOf, isHoldfastError } from '@holdfast/client';
import { wait } from '@holdfast/core';
import type { AxiosInstance } from 'axios';
import {
  createTestClient,
  manualClock,
  recordCalls,
  scriptedTransport,
  staticCredential,
  testClock,
  type Step,
  type TestClientOptions,
} from './index.js';

function client(
  script: readonly Step[],
  options: Partial<TestClientOptions> = {},
): { orders: AxiosInstance; requests: ReturnType<typeof scriptedTransport>['requests'] } {
  const { adapter, requests } = scriptedTransport(script);
  const orders = createTestClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    axios: { adapter },
    ...options,
  });
  return { orders, requests };
}

const throttled = (retryAfter: number): Step => ({
  status: 429,
  headers: { 'retry-after': String(retryAfter) },
});

describe('a test client', () => {
  it('sends a token that nobody was asked for, for a scope of its name', async () => {
    const credential = staticCredential('a-token');
    const { orders, requests } = client([{ status: 200 }], { credential });
    await orders.get('/7');
    expect(requests[0]?.token).toBe('a-token');
    expect(credential.requests[0]?.scopes).toEqual(['api://orders/.default']);
  });

  it('sends no token where it has no credential', async () => {
    const { orders, requests } = client([{ status: 200 }], { credential: false });
    await orders.get('/7');
    expect(requests[0]?.token).toBeUndefined();
  });

  it('waits out a Retry-After of two minutes at once, and the story tells the two minutes', async () => {
    const { orders } = client([throttled(120), { status: 200 }], { profile: 'batch' });
    const response = await orders.get('/7');
    const [first, second] = callOf(response)?.attempts ?? [];
    expect(second?.delayMs).toBeGreaterThanOrEqual(120_000);
    expect(second?.delayMs).toBeLessThan(180_000);
    expect(first?.status).toBe(429);
  });

  it('fails a call whose deadline comes before the Retry-After, as in reality', async () => {
    const { orders, requests } = client([throttled(120), { status: 200 }], { deadlineMs: 1_000 });
    const error: unknown = await orders.get('/7').catch((one: unknown) => one);
    expect(error).toHaveProperty('response.status', 429);
    expect(requests).toHaveLength(1);
    const refused: unknown = await orders.get('/8').catch((one: unknown) => one);
    expect(isHoldfastError(refused, 'ERR_THROTTLED')).toBe(true);
    expect(requests).toHaveLength(1);
  });

  it('ends the call whose deadline falls due while another one waits for longer', async () => {
    const clock = testClock();
    const slow = client([throttled(60), { status: 200 }], { profile: 'batch', clock }).orders;
    const { orders } = client([{ status: 200 }], {
      clock,
      deadlineMs: 30_000,
      after: {
        deadline: (next) =>
          async function dawdling(config) {
            await wait(90_000, config, clock);
            return next(config);
          },
      },
    });
    const began = clock.now();
    const waiting = slow.get('/1');
    await expect(orders.get('/1')).rejects.toHaveProperty('code', 'ERR_DEADLINE_EXCEEDED');
    expect(clock.now() - began).toBeLessThan(60_000);
    await expect(waiting).resolves.toHaveProperty('status', 200);
  });

  it('does not skip time, and so cuts nothing off, while a send is under way', async () => {
    const clock = testClock();
    const waits = client([throttled(60), { status: 200 }], { profile: 'batch', clock }).orders;
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const { adapter } = scriptedTransport([{ status: 200 }]);
    const orders = createTestClient({
      name: 'orders',
      baseURL: 'https://orders.test',
      clock,
      axios: { adapter: async (config) => answered.then(() => adapter(config)) },
    });
    const began = clock.now();
    const sending = orders.get('/1');
    const waiting = waits.get('/1');
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(clock.now() - began).toBeLessThan(30_000);
    answer();
    expect((await sending).status).toBe(200);
    await waiting;
    expect(clock.now() - began).toBeGreaterThanOrEqual(60_000);
  });

  it('does not skip time while its credential is asked', async () => {
    const clock = testClock();
    const waits = client([throttled(60), { status: 200 }], { profile: 'batch', clock }).orders;
    let answer: (token: string) => void = () => undefined;
    const credential = staticCredential(() => new Promise<string>((resolve) => (answer = resolve)));
    const { orders } = client([{ status: 200 }], { clock, credential });
    const began = clock.now();
    const asking = orders.get('/1');
    const waiting = waits.get('/1');
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(clock.now() - began).toBeLessThan(30_000);
    answer('a-token');
    expect((await asking).status).toBe(200);
    await waiting;
  });

  it('opens its circuit, and tries the service again once time was let pass', async () => {
    const clock = testClock();
    const down = Array.from({ length: 10 }, (): Step => ({ status: 500 }));
    const { orders, requests } = client([...down, { status: 200 }], {
      clock,
      retry: false,
      circuitBreaker: { openMs: 10_000 },
    });
    for (let call = 0; call < 10; call += 1) {
      await expect(orders.get('/7')).rejects.toHaveProperty('status', 500);
      await clock.advance(100);
    }
    const refused: unknown = await orders.get('/7').catch((one: unknown) => one);
    expect(isHoldfastError(refused, 'ERR_CIRCUIT_OPEN')).toBe(true);
    expect(requests).toHaveLength(10);
    await clock.advance(5_000);
    await expect(orders.get('/7')).rejects.toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    // With the jitter of an opening.
    await clock.advance(7_000);
    await expect(orders.get('/7')).resolves.toHaveProperty('status', 200);
  });

  it('shares nothing with another one of the same name', async () => {
    const one = client([throttled(20)], { retry: false });
    const other = client([{ status: 200 }]);
    await one.orders.get('/7').catch(() => undefined);
    await expect(other.orders.get('/7')).resolves.toHaveProperty('status', 200);
  });

  it('has the same jitter at each run, and with another seed another one', async () => {
    const delays = async (seed?: number) => {
      const { orders } = client([{ status: 503 }, { status: 200 }], seed === undefined ? {} : { seed });
      const [first] = callOf(await orders.get('/7'))?.attempts ?? [];
      return first?.decisions.join();
    };
    expect(await delays()).toMatch(/^retry 1 in \d+ ms/);
    expect(await delays()).toBe(await delays(1));
    expect(await delays(2)).not.toBe(await delays(1));
  });

  it('keeps the interceptors that are placed in it', async () => {
    const seen: string[] = [];
    const { orders } = client([{ status: 200 }], {
      before: {
        attemptTimeout: (next) => (config) => {
          seen.push('before');
          return next(config);
        },
      },
      after: {
        attemptTimeout: (next) => (config) => {
          seen.push('after');
          return next(config);
        },
      },
    });
    await orders.get('/7');
    expect(seen).toEqual(['before', 'after']);
  });

  it('stands still where it is given a manual clock', async () => {
    using clock = manualClock();
    const { orders, requests } = client([{ status: 503 }, { status: 200 }], { clock });
    const call = orders.get('/7');
    await clock.settle();
    expect(requests).toHaveLength(1);
    await expect(clock.runUntilSettled(call)).resolves.toHaveProperty('status', 200);
  });

  it.each([1.5, NaN, 'seven'])('refuses %p as a seed', (seed) => {
    expect(() => client([], { seed: seed as number })).toThrow(
      'createTestClient(): the option "seed" must be a whole number',
    );
  });

  it('names a bad option of the client itself', () => {
    expect(() => client([], { deadlineMs: -1 })).toThrow(/"deadlineMs"/);
  });

  it('records what it was asked', async () => {
    const { orders } = client([{ status: 503 }, { status: 200 }]);
    using calls = recordCalls(orders);
    await orders.get('/7');
    expect(calls[0]?.attempts).toHaveLength(2);
  });
});
