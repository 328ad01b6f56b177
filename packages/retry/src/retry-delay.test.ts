import { callOf, currentCall, type Interceptor } from '@holdfast/core';
import { type Step } from '@holdfast/testing';
import axiosRetry from 'axios-retry';
import { clock, held, run, errorOf, gaps } from './made-retries.js';

const FAILS = Array<Step>(4).fill({ status: 503 });

describe('a retryDelay', () => {
  it('takes the place of the backoff', async () => {
    const { client, requests } = held(FAILS, { retryDelay: (count) => count * 1_000 });
    await errorOf(client.get('/x'));
    expect(gaps(requests)).toEqual([1_000, 2_000, 3_000]);
  });

  it('of axios-retry is taken as it is', async () => {
    const linear = held(FAILS, { retryDelay: axiosRetry.linearDelay() });
    await errorOf(linear.client.get('/x'));
    expect(gaps(linear.requests)).toEqual([100, 200, 300]);
    const exponential = held(FAILS, { retryDelay: axiosRetry.exponentialDelay });
    await errorOf(exponential.client.get('/x'));
    const [first = 0, second = 0, third = 0] = gaps(exponential.requests);
    expect(first >= 200 && first <= 240).toBe(true);
    expect(second >= 400 && second <= 480).toBe(true);
    expect(third >= 800 && third <= 960).toBe(true);
  });

  it.each([
    ['shorter than what the service asks for does not bring the call back earlier', 10, 0, 2_000],
    ['shorter than that does not keep the herd together either', 10, 1, 2_200],
    ['longer than what the service asks for holds', 9_000, 1, 9_000],
  ])('%s', async (_what, delayMs, random, gap) => {
    const { client, requests } = held([{ status: 429, headers: { 'retry-after': '2' } }, { status: 200 }], {
      retryDelay: () => delayMs,
      random: () => random,
    });
    await run(client.get('/x'));
    expect(gaps(requests)).toEqual([gap]);
  });

  it.each<[string, () => unknown]>([
    ['NaN', () => NaN],
    ['less than nothing', () => -1],
    ['for ever', () => Infinity],
    ['a text', () => '5'],
    ['nothing', () => undefined],
    [
      'an error',
      () => {
        throw new Error('at fault');
      },
    ],
  ])('that names %s is not taken, and the story says so', async (_what, delay) => {
    const { client, requests } = held([{ status: 503 }, { status: 200 }], {
      retryDelay: delay as () => number,
    });
    const response = await run(client.get('/x'));
    expect(gaps(requests)).toEqual([200]);
    expect(String(callOf(response))).toContain(
      'retryDelay named no number of milliseconds from 0 up: the usual backoff',
    );
    expect(callOf(response)?.attempts[1]?.reason).toBe('retry 1 in 200 ms: unavailable');
  });

  it('longer than any timer is not waited for, and not cut', async () => {
    const { client, requests } = held([{ status: 503 }, { status: 200 }], { retryDelay: () => 2 ** 31 });
    expect(await errorOf(client.get('/x'))).toHaveProperty('status', 503);
    expect(requests).toHaveLength(1);
  });

  it('is not asked where a gate holds a place', async () => {
    const retryDelay = jest.fn(() => 60_000);
    const gate: Interceptor = (next) => (config) =>
      next(config).then((response) => {
        currentCall(config).heldUntil = clock.now() + 9_000;
        return response;
      });
    const told: Step = { status: 429, headers: { 'retry-after': '9' } };
    const { client, requests } = held([told, { status: 200 }], { retryDelay }, gate);
    await run(client.get('/x'));
    expect(gaps(requests)).toEqual([0]);
    expect(retryDelay).not.toHaveBeenCalled();
  });
});

describe('an axios timeout that is for all attempts together', () => {
  const slow: Step = { status: 503, delayMs: 1_000 };
  const timeouts =
    (log: unknown[]): Interceptor =>
    (next) =>
    (config) => {
      log.push(config.timeout);
      return next(config);
    };

  it('gives each attempt what is left, and stands on the request again afterwards', async () => {
    const log: unknown[] = [];
    const { client } = held([slow, slow, { status: 200 }], { shouldResetTimeout: false }, timeouts(log));
    const { config } = await run(client.get('/x', { timeout: 5_000 }));
    expect(log).toEqual([5_000, 5_000 - 1_000 - 200, 5_000 - 2_000 - 600]);
    expect(config.timeout).toBe(5_000);
  });

  it('has no attempt begun for which nothing would be left', async () => {
    const { client, requests } = held([slow, { status: 200 }], { shouldResetTimeout: false });
    const error = await errorOf(client.get('/x', { timeout: 1_200 }));
    expect(error.status).toBe(503);
    expect(error.config?.timeout).toBe(1_200);
    expect(requests).toHaveLength(1);
    expect(String(callOf(error))).toContain(
      'not retried: a wait of 200 ms leaves nothing of the timeout of 1200 ms',
    );
    const barely = held([slow, { status: 200 }], { shouldResetTimeout: false });
    await run(barely.client.get('/x', { timeout: 1_201 }));
    expect(barely.requests).toHaveLength(2);
  });

  it('is each attempt’s own unless that is said', async () => {
    const log: unknown[] = [];
    const { client } = held([slow, slow, { status: 200 }], {}, timeouts(log));
    await run(client.get('/x', { timeout: 1_200 }));
    expect(log).toEqual([1_200, 1_200, 1_200]);
  });

  it('ends nothing where the request has none', async () => {
    const { client, requests } = held([slow, slow, { status: 200 }], { shouldResetTimeout: false });
    const { config } = await run(client.get('/x'));
    expect(requests).toHaveLength(3);
    expect(config.timeout).toBe(0);
  });
});
