import { callOf, install } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosAdapter, type AxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import { retry, type RetryOptions } from './index.js';

// The cases of axios-retry 4.5 about `retryDelay`, `timeout` and `shouldResetTimeout`, one test for each.

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const RESET: Step = { error: 'ECONNRESET' };
const OK: Step = { status: 200 };

/** Beside each request, the time-out that it was sent with. */
function held(script: readonly Step[], options: RetryOptions) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const timeouts: (number | undefined)[] = [];
  const noting: AxiosAdapter = (config) => {
    timeouts.push(config.timeout);
    return adapter(config);
  };
  const client = axios.create({ baseURL: 'https://api.test', adapter: noting });
  install(client, [retry({ clock, random: () => 1, ...options })], { clock });
  const gaps = () => requests.slice(1).map(({ at }, index) => at - requests[index]!.at);
  return { client, requests, timeouts, gaps };
}

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);
const errorOf = async (promise: Promise<unknown>): Promise<AxiosError> =>
  (await run(promise.catch((error: unknown) => error))) as AxiosError;

describe('a retryDelay', () => {
  it('is asked before each retry, by its number and with the failure', async () => {
    const retryDelay = jest.fn<number, [number, AxiosError]>((retryCount) => retryCount * 100);
    const { client, gaps } = held([RESET, RESET, { status: 503 }, OK], { retries: 4, retryDelay });
    await run(client.get('/test'));
    expect(retryDelay.mock.calls.map(([count, { code }]) => [count, code])).toEqual([
      [1, 'ECONNRESET'],
      [2, 'ECONNRESET'],
      [3, 'ERR_BAD_RESPONSE'],
    ]);
    expect(gaps()).toEqual([100, 200, 300]);
  });

  it('of no time at all sends again at once', async () => {
    const { client, gaps } = held([RESET, OK], { retryDelay: () => 0 });
    await run(client.get('/test'));
    expect(gaps()).toEqual([0]);
  });

  it('never brings a call back before the service said, and it is spread after that', async () => {
    const told: Step = { status: 503, headers: { 'retry-after': '2' } };
    const { client, gaps } = held([told, OK], { retryDelay: () => 10 });
    await run(client.get('/test'));
    expect(gaps()).toEqual([2_200]);
  });

  it.each([NaN, -1, Infinity])(
    'of %d is none: the usual backoff holds, and the story says so',
    async (ms) => {
      const { client, gaps } = held([RESET, OK], { retryDelay: () => ms });
      const { config } = await run(client.get('/test'));
      expect(gaps()).toEqual([200]);
      expect(String(callOf(config))).toContain('retryDelay');
    },
  );

  it('that throws is none either', async () => {
    const retryDelay = () => {
      throw new Error('mine');
    };
    const { client, gaps } = held([RESET, OK], { retryDelay });
    await run(client.get('/test'));
    expect(gaps()).toEqual([200]);
  });

  it.each([
    [1, 200],
    [2, 400],
    [3, 800],
  ])(
    'of axios-retry’s exponentialDelay waits before retry %i for %i ms and up to a fifth more',
    async (number, ms) => {
      const { client, gaps } = held([RESET, RESET, RESET, OK], { retryDelay: axiosRetry.exponentialDelay });
      await run(client.get('/test'));
      expect(gaps()[number - 1]).toBeGreaterThanOrEqual(ms);
      expect(gaps()[number - 1]).toBeLessThanOrEqual(ms * 1.2);
    },
  );

  it('of exponentialDelay with another factor waits by that one', async () => {
    const retryDelay: RetryOptions['retryDelay'] = (count, error) =>
      axiosRetry.exponentialDelay(count, error, 1_000);
    const { client, gaps } = held([RESET, OK], { retryDelay });
    await run(client.get('/test'));
    expect(gaps()[0]).toBeGreaterThanOrEqual(2_000);
    expect(gaps()[0]).toBeLessThanOrEqual(2_400);
  });

  it('of axios-retry’s linearDelay waits by its factor', async () => {
    const { client, gaps } = held([RESET, RESET, OK], { retryDelay: axiosRetry.linearDelay(70) });
    await run(client.get('/test'));
    expect(gaps()).toEqual([70, 140]);
  });
});

describe('the time-out of a request', () => {
  const slow: Step = { error: 'ECONNRESET', delayMs: 75 };

  it('is that of each send, and does not shrink: a third send has as much time as the first', async () => {
    const { client, timeouts } = held([slow, slow, OK], { retries: 3 });
    const { status, config } = await run(client.get('/test', { timeout: 100 }));
    expect(status).toBe(200);
    expect(timeouts).toEqual([100, 100, 100]);
    expect(config.timeout).toBe(100);
  });

  it('is that of each send with shouldResetTimeout: true, said as one is used to', async () => {
    const { client, timeouts } = held([slow, slow, OK], { retries: 3, shouldResetTimeout: true });
    expect((await run(client.get('/test', { timeout: 100 }))).status).toBe(200);
    expect(timeouts).toEqual([100, 100, 100]);
  });

  it('is for all sends and waits with shouldResetTimeout: false, and is itself again afterwards', async () => {
    const { client, timeouts } = held([slow, slow, 'hang'], {
      retryDelay: () => 10,
      shouldResetTimeout: false,
    });
    const from = clock.now();
    const error = await errorOf(client.get('/test', { timeout: 200 }));
    expect(error.code).toBe('ECONNABORTED');
    expect(clock.now() - from).toBe(200);
    expect(timeouts).toEqual([200, 115, 30]);
    expect(error.config?.timeout).toBe(200);
  });

  it('that is used up with shouldResetTimeout: false allows no retry: the caller gets the failure in time', async () => {
    const { client, requests } = held([RESET, RESET, OK], {
      retries: 2,
      retryDelay: axiosRetry.exponentialDelay,
      shouldResetTimeout: false,
    });
    const from = clock.now();
    const error = await errorOf(client.get('/test', { timeout: 500 }));
    expect(error.code).toBe('ECONNRESET');
    expect(clock.now() - from).toBeLessThan(500);
    expect(requests).toHaveLength(2);
    expect(error.config?.timeout).toBe(500);
  });

  it('that was used up is whole again when the same request is made again', async () => {
    const { client, timeouts } = held([slow, OK, slow, OK], {
      retryDelay: () => 10,
      shouldResetTimeout: false,
    });
    const { config } = await run(client.get('/test', { timeout: 200 }));
    await run(client.request(config));
    expect(timeouts).toEqual([200, 115, 200, 115]);
  });
});
