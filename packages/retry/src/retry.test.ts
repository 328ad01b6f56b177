import { currentCall, callOf, install, type Interceptor } from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  type ManualClock,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import axios, { type AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { RetryBudget, retry, type RetryOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

interface Held {
  readonly client: AxiosInstance;
  readonly requests: readonly TransportRequest[];
}

/** A client that retries; jitter is at its most unless said otherwise. */
function held(script: readonly Step[], options: RetryOptions = {}, ...inner: readonly Interceptor[]): Held {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  install(client, [retry({ clock, random: () => 1, ...options }), ...inner], { clock });
  return { client, requests };
}

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);
const errorOf = async (promise: Promise<unknown>): Promise<AxiosError> =>
  (await run(promise.catch((error: unknown) => error))) as AxiosError;
const gaps = (requests: readonly TransportRequest[]): number[] =>
  requests.slice(1).map(({ at }, index) => at - requests[index]!.at);

describe('what is sent again', () => {
  it.each<[string, string, Step, number]>([
    ['a GET that met 503', 'get', { status: 503 }, 2],
    ['a PUT that met 500', 'put', { status: 500 }, 2],
    ['a DELETE that was reset', 'delete', { error: 'ECONNRESET' }, 2],
    ['a GET that timed out', 'get', { error: 'ECONNABORTED' }, 2],
    ['a POST that never left', 'post', { error: 'ECONNREFUSED' }, 2],
    ['a POST that was throttled', 'post', { status: 429 }, 2],
    ['a POST that was reset: it may have been acted on', 'post', { error: 'ECONNRESET' }, 1],
    ['a POST that met 503 with Retry-After', 'post', { status: 503, headers: { 'retry-after': '1' } }, 1],
    ['a PATCH that met 500', 'patch', { status: 500 }, 1],
    ['a GET that met 404', 'get', { status: 404 }, 1],
    ['a GET that met 401', 'get', { status: 401 }, 1],
    ['a GET that met 501', 'get', { status: 501 }, 1],
    ['a GET whose server has the wrong certificate', 'get', { error: 'CERT_HAS_EXPIRED' }, 1],
    ['a GET that was redirected too often', 'get', { error: 'ERR_FR_TOO_MANY_REDIRECTS' }, 1],
    [
      'a GET whose answer was too large',
      'get',
      { error: 'ERR_BAD_RESPONSE', message: 'maxContentLength size of 1 exceeded' },
      1,
    ],
  ])('%s (%s)', async (_what, method, step, sends) => {
    const { client, requests } = held([step, { status: 200 }]);
    await run(client.request({ method, url: '/x' }).catch(() => undefined));
    expect(requests).toHaveLength(sends);
  });

  it('four sends in all, and then the caller gets the last real failure and its story', async () => {
    const { client, requests } = held([
      { status: 500 },
      { status: 502 },
      { error: 'ECONNRESET' },
      { status: 503, data: 'last' },
    ]);
    const error = await errorOf(client.get('/x'));
    expect(requests).toHaveLength(4);
    expect(error).toMatchObject({ name: 'AxiosError', status: 503, response: { data: 'last' } });
    expect(callOf(error)?.attempts.map(({ status, code }) => status ?? code)).toEqual([
      500,
      502,
      'ECONNRESET',
      503,
    ]);
    expect(callOf(error)?.attempts.at(-1)?.decisions).toEqual(['gave up after 3 retries']);
  });

  it('a POST with an idempotency key, the same with every attempt', async () => {
    const { client, requests } = held([{ status: 500 }, { error: 'ECONNRESET' }, { status: 201 }]);
    const { config } = await run(client.post('/x', {}, { holdfast: { idempotencyKey: true } }));
    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^"[0-9a-f-]{36}"$/);
    expect(new Set(keys).size).toBe(1);
    expect(config.headers.has('idempotency-key')).toBe(false);
  });

  it('nothing for a request that says so', async () => {
    const { client, requests } = held([{ status: 503 }]);
    await errorOf(client.get('/x', { holdfast: { retry: false } }));
    expect(requests).toHaveLength(1);
  });

  it('a kept-alive connection that was closed under the request is replaced at once, once, and for nothing', async () => {
    const stale: Step = { error: 'ECONNRESET', reusedSocket: true };
    const { client, requests } = held([stale, { status: 200 }, stale, { status: 200 }], {
      budget: new RetryBudget({ ratio: 0, minPerSecond: 0 }),
    });
    await run(client.get('/x'));
    expect(gaps(requests)).toEqual([0]);
    await errorOf(client.post('/x'));
    expect(requests).toHaveLength(3);
  });

  it('not a body that is gone: a consumed stream would be sent empty', async () => {
    const { client, requests } = held([{ status: 503 }, { status: 200 }]);
    const error = await errorOf(client.put('/x', Readable.from(['data'])));
    expect(requests).toHaveLength(1);
    expect(String(callOf(error))).toContain('not retried: the body was a stream, and is gone');
  });
});

describe('bodies and transforms', () => {
  it('the same bytes go out with every attempt, transformed once', async () => {
    const { client, requests } = held([{ status: 503 }, { status: 503 }, { status: 200 }]);
    const transformRequest = jest.fn((data: unknown) => JSON.stringify(data));
    const { config } = await run(client.put('/x', { a: 1 }, { transformRequest }));
    expect(transformRequest).toHaveBeenCalledTimes(1);
    expect(requests.map(({ data }) => data)).toEqual(Array(3).fill('{"a":1}'));
    expect(config.transformRequest).toBe(transformRequest);
  });

  it('nothing of axios-retry stays behind in a request that is used again', async () => {
    const { client, requests } = held(Array<Step>(8).fill({ status: 503 }));
    const request: AxiosRequestConfig = { url: '/x', timeout: 5_000 };
    const first = await errorOf(client.request(request));
    expect(first.config).not.toHaveProperty('axios-retry');
    expect(first.config).toHaveProperty('timeout', 5_000);
    // The budget is there again.
    await clock.advance(2_000);
    await errorOf(client.request(first.config!));
    expect(requests).toHaveLength(8);
  });
});

describe('when it is sent again', () => {
  it('full jitter doubles from 200 ms up to 5 s', async () => {
    const steps = Array<Step>(8).fill({ status: 503 });
    const { client, requests } = held(steps, {
      retries: 7,
      budget: new RetryBudget({ minPerSecond: 2 }),
    });
    await errorOf(client.get('/x'));
    expect(gaps(requests)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    const none = held(steps, { random: () => 0 });
    await errorOf(none.client.get('/x'));
    expect(gaps(none.requests)).toEqual([0, 0, 0]);
  });

  it('never before the instant that the service named, and spread after it', async () => {
    const told: Step = { status: 429, headers: { 'retry-after': '2' } };
    for (const [random, gap] of [
      [0, 2_000],
      [1, 2_200],
    ] as const) {
      const { client, requests } = held([told, { status: 200 }], { random: () => random });
      await run(client.get('/x'));
      expect(gaps(requests)).toEqual([gap]);
    }
    const soon = held([{ status: 429, headers: { 'retry-after': '0' } }, { status: 200 }]);
    await run(soon.client.get('/x'));
    expect(gaps(soon.requests)).toEqual([200]);
  });

  it('a month is not 1 ms: what no timer can hold is not waited for, and not clamped', async () => {
    const { client, requests } = held([
      { status: 429, headers: { 'retry-after': '2592000' } },
      { status: 200 },
    ]);
    const error = await errorOf(client.get('/x'));
    expect(error.status).toBe(429);
    expect(requests).toHaveLength(1);
    expect(String(callOf(error))).toContain('does not fit the deadline');
  });

  it('a wait beyond the deadline is not begun: the caller hears of the failure now', async () => {
    const until: Interceptor = (next) => (config) => {
      currentCall(config).deadlineAt = clock.now() + 1_000;
      return next(config);
    };
    const { adapter, requests } = scriptedTransport([{ status: 503, headers: { 'retry-after': '1' } }], {
      clock,
    });
    const client = axios.create({ adapter });
    install(client, [until, retry({ clock })], { clock });
    const start = clock.now();
    expect(await errorOf(client.get('https://api.test/'))).toHaveProperty('status', 503);
    expect([requests.length, clock.now() - start]).toEqual([1, 0]);
  });

  it('where a gate stands, the throttled call waits there and not here', async () => {
    const gate: Interceptor = (next) => (config) => {
      const call = currentCall(config);
      return next(config).then((response) => {
        call.heldUntil = clock.now() + 9_000;
        return response;
      });
    };
    const { client, requests } = held(
      [{ status: 429, headers: { 'retry-after': '9' } }, { status: 200 }],
      {},
      gate,
    );
    await run(client.get('/x'));
    expect(gaps(requests)).toEqual([0]);
  });
});

describe('a call that is given up', () => {
  it.each(['signal', 'cancelToken'])(
    'during the wait ends at once, and sends nothing more (%s)',
    async (by) => {
      const { client, requests } = held([{ status: 503 }, { status: 200 }]);
      const controller = new AbortController();
      const { token, cancel } = axios.CancelToken.source();
      const call = client.get('/x', by === 'signal' ? { signal: controller.signal } : { cancelToken: token });
      const settled = expect(call).rejects.toHaveProperty('code', 'ERR_CANCELED');
      await clock.advance(100);
      if (by === 'signal') controller.abort();
      else cancel();
      await clock.settle();
      await settled;
      expect([requests.length, clock.pending]).toEqual([1, 0]);
    },
  );

  it('while an adapter that does not listen was sending waits for nothing, pays nothing, and lets go of the answer', async () => {
    const controller = new AbortController();
    const told: Step = { status: 503, headers: { 'retry-after': '2' } };
    const deaf: Interceptor = (next) => async (config) => {
      const response = await next(config);
      controller.abort();
      return response;
    };
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 1 });
    const { client } = held([told], { budget }, deaf);
    const start = clock.now();
    expect(await errorOf(client.get('/x', { signal: controller.signal }))).toHaveProperty(
      'code',
      'ERR_CANCELED',
    );
    expect(clock.now() - start).toBe(0);
    let left = 0;
    while (budget.spend(1, start)) left += 1;
    expect(left).toBe(3);
  });

  it('leaves no listener behind on a signal that many calls share', async () => {
    const { client } = held([{ status: 503 }, { status: 200 }, { status: 503 }, { status: 200 }]);
    const { signal } = new AbortController();
    await run(client.get('/x', { signal }));
    await run(client.get('/x', { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('while it is being sent is not sent again', async () => {
    const { client, requests } = held(['hang', { status: 200 }]);
    const controller = new AbortController();
    const settled = expect(client.get('/x', { signal: controller.signal })).rejects.toHaveProperty(
      'code',
      'ERR_CANCELED',
    );
    await clock.settle();
    controller.abort();
    await settled;
    expect(requests).toHaveLength(1);
  });
});
