import { callOf, type Interceptor } from '@holdfast/core';
import { type Step } from '@holdfast/testing';
import { AxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import { Readable } from 'node:stream';
import { RetryBudget, type RetryOptions } from './index.js';
import { clock, held, run, errorOf } from './made-retries.js';

const OK: Step = { status: 200 };

describe('a retryCondition', () => {
  it.each<[string, string, Step, RetryOptions['retryCondition'], number]>([
    ['that says yes to a 404 has it sent again', 'get', { status: 404 }, () => true, 2],
    ['that says no to a 503 has it sent once', 'get', { status: 503 }, () => false, 1],
    ['may promise a yes', 'get', { status: 409 }, () => Promise.resolve(true), 2],
    ['may promise a no', 'get', { status: 503 }, () => Promise.resolve(false), 1],
    ['that says nothing means no', 'get', { status: 503 }, () => undefined as unknown as boolean, 1],
    ['that answers null means no', 'get', { status: 503 }, () => null as unknown as boolean, 1],
    ['that throws means no', 'get', { status: 503 }, () => fail(), 1],
    ['that rejects means no', 'get', { status: 503 }, () => Promise.reject(new Error('x')), 1],
    ['does not repeat a POST that may have been acted on', 'post', { error: 'ECONNRESET' }, () => true, 1],
    ['does not repeat a POST that was answered', 'post', { status: 409 }, () => true, 1],
    ['lets a POST go again that was throttled', 'post', { status: 429 }, () => true, 2],
    ['does not make a wrong certificate right', 'get', { error: 'CERT_HAS_EXPIRED' }, () => true, 1],
    ['does not widen a limit', 'get', { error: 'ERR_FR_TOO_MANY_REDIRECTS' }, () => true, 1],
    [
      'does not overrule x-should-retry',
      'get',
      { status: 503, headers: { 'x-should-retry': 'false' } },
      () => true,
      1,
    ],
    [
      'may say no where the service says yes',
      'get',
      { status: 503, headers: { 'x-should-retry': 'true' } },
      () => false,
      1,
    ],
  ])('%s (%s)', async (_what, method, step, retryCondition, sends) => {
    const { client, requests } = held([step, OK], { retryCondition: retryCondition! });
    await run(client.request({ method, url: '/x' }).catch(() => undefined));
    expect(requests).toHaveLength(sends);
  });

  it.each(['ERR_CIRCUIT_OPEN', 'ERR_TOKEN_ACQUISITION'])(
    'is not asked about a refusal (%s)',
    async (code) => {
      const retryCondition = jest.fn(() => true);
      const refusing: Interceptor = () => () => Promise.reject(Object.assign(new AxiosError('no'), { code }));
      const { client } = held([], { retryCondition }, refusing);
      expect(await errorOf(client.get('/x'))).toHaveProperty('code', code);
      expect(retryCondition).not.toHaveBeenCalled();
    },
  );

  it('cannot bring back a stream, time before the deadline, or a budget', async () => {
    const retryCondition = () => true;
    const gone = held([{ status: 503 }, OK], { retryCondition });
    await errorOf(gone.client.put('/x', Readable.from(['data'])));
    const late = held([{ status: 503, headers: { 'retry-after': '2592000' } }, OK], { retryCondition });
    await errorOf(late.client.get('/x'));
    const poor = held([{ status: 503 }, OK], {
      retryCondition,
      budget: new RetryBudget({ ratio: 0, minPerSecond: 0 }),
    });
    await errorOf(poor.client.get('/x'));
    expect([gone, late, poor].map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  });

  it('is given an error also for a status, and the same one that the other callbacks get', async () => {
    const seen: AxiosError[] = [];
    const { client } = held([{ status: 418, data: 'tea' }, OK], {
      retryCondition: (error) => seen.push(error) > 0,
      retryDelay: (_count, error) => seen.push(error),
      onRetry: (_count, error) => void seen.push(error),
    });
    await run(client.get('/x'));
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toMatchObject({ name: 'AxiosError', code: 'ERR_BAD_REQUEST', status: 418 });
    expect(seen[0]?.response?.data).toBe('tea');
    expect(seen[0]?.config?.url).toBe('/x');
  });

  it('that never answers ends with the caller’s patience', async () => {
    const controller = new AbortController();
    const { client, requests } = held([{ status: 503 }, OK], {
      retryCondition: () => new Promise<boolean>(() => undefined),
    });
    const settled = client.get('/x', { signal: controller.signal }).catch((error: unknown) => error);
    await clock.settle();
    controller.abort();
    expect(await settled).toHaveProperty('code', 'ERR_CANCELED');
    expect([requests.length, clock.pending]).toEqual([1, 0]);
  });

  it('that is asked while the caller gives up pays nothing', async () => {
    const controller = new AbortController();
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 1 });
    const retryCondition = () => {
      controller.abort();
      return true;
    };
    const { client } = held([{ status: 503 }, OK], { budget, retryCondition });
    const error = await errorOf(client.get('/x', { signal: controller.signal }));
    expect(error.code).toBe('ERR_CANCELED');
    let left = 0;
    while (budget.spend(1, clock.now())) left += 1;
    expect(left).toBe(3);
  });

  it('of axios-retry is taken as it is', async () => {
    const retryCondition = axiosRetry.isNetworkOrIdempotentRequestError;
    const sends = async (method: string, step: Step) => {
      const { client, requests } = held([step, OK], { retryCondition });
      await run(client.request({ method, url: '/x' }).catch(() => undefined));
      return requests.length;
    };
    expect(await sends('get', { status: 503 })).toBe(2);
    expect(await sends('get', { status: 404 })).toBe(1);
    expect(await sends('get', { status: 408 })).toBe(1);
    expect(await sends('get', { error: 'ECONNRESET' })).toBe(2);
    expect(await sends('post', { error: 'ECONNRESET' })).toBe(1);
  });

  it('says no in the story of the call', async () => {
    const { client } = held([{ status: 503 }], { retryCondition: () => false });
    expect(String(callOf(await errorOf(client.get('/x'))))).toContain('not retried: retryCondition says no');
  });
});

function fail(): never {
  throw new Error('a condition at fault');
}
