import { install } from '@holdfast/core';
import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosRequestConfig } from 'axios';
import axiosRetry from 'axios-retry';
import { retry, type RequestRetryOptions } from './index.js';
import { clock, held, errorOf, gaps } from './made-retries.js';

const FAILS = Array<Step>(12).fill({ status: 503 });

/** The two places where a request may say it. */
const places: readonly [string, (options: RequestRetryOptions) => AxiosRequestConfig][] = [
  ["config['axios-retry']", (options) => ({ 'axios-retry': options })],
  ['holdfast.retry', (options) => ({ holdfast: { retry: options } })],
];

describe.each(places)('what a request says of its own retries in %s', (_place, request) => {
  it('holds for that call, and the rest is the client’s', async () => {
    const { client, requests } = held(FAILS, { retryDelay: () => 50 });
    await errorOf(client.get('/x', request({ retries: 1 })));
    expect(gaps(requests)).toEqual([50]);
    await clock.advance(2_000);
    await errorOf(client.get('/x'));
    expect(requests).toHaveLength(2 + 4);
  });

  it('takes all of axios-retry’s options', async () => {
    const told: string[] = [];
    const { client, requests } = held([{ status: 404 }, { status: 404 }]);
    const error = await errorOf(
      client.get('/x', {
        timeout: 5_000,
        ...request({
          retries: 1,
          shouldResetTimeout: false,
          retryCondition: () => told.push('retryCondition') > 0,
          retryDelay: () => told.push('retryDelay') * 1_000,
          onRetry: (_count, _error, { timeout }) => void told.push(`onRetry ${timeout}`),
          onMaxRetryTimesExceeded: () => void told.push('onMaxRetryTimesExceeded'),
          validateResponse: () => false,
        }),
      }),
    );
    expect(error.status).toBe(404);
    expect(told).toEqual(['retryCondition', 'retryDelay', 'onRetry 3000', 'onMaxRetryTimesExceeded']);
    expect(gaps(requests)).toEqual([2_000]);
  });

  it('is the same when it is used again: no count, no time is left behind in it', async () => {
    const { client, requests } = held(FAILS);
    const config = request({ retries: 1 });
    const before = structuredClone(config);
    const error = await errorOf(client.get('/x', config));
    expect(config).toEqual(before);
    expect(error.config?.['axios-retry']).toEqual(before['axios-retry']);
    await errorOf(client.request(error.config!));
    expect(requests).toHaveLength(4);
  });

  it('may come from the defaults of the client', async () => {
    const { adapter, requests } = scriptedTransport(FAILS, { clock });
    const client = axios.create({ baseURL: 'https://api.test', adapter, ...request({ retries: 1 }) });
    install(client, [retry({ clock })], { clock });
    await errorOf(client.get('/x'));
    expect(requests).toHaveLength(2);
  });

  it('does not repeat a POST that may have been acted on', async () => {
    const { client, requests } = held(FAILS);
    await errorOf(client.post('/x', {}, request({ retryCondition: () => true })));
    expect(requests).toHaveLength(1);
  });

  it.each<[object, string]>([
    [{ retries: -1 }, 'retry(): the option "retries" must be a whole number, 0 or more, and is -1'],
    [{ retries: 1.5 }, 'retry(): the option "retries" must be'],
    [{ retryDelay: 5 }, 'retry(): the option "retryDelay" must be a function, and is 5'],
    [{ retryCondition: true }, 'retry(): the option "retryCondition" must be a function, and is true'],
    [{ onRetry: {} }, 'retry(): the option "onRetry" must be a function, and is an object'],
    [{ validateResponse: 1 }, 'retry(): the option "validateResponse" must be a function, or null, and is 1'],
    [{ shouldResetTimeout: 1 }, 'retry(): the option "shouldResetTimeout" must be true or false, and is 1'],
    [{ retires: 1 }, 'retry(): there is no option "retires"'],
    [{ budget: {} }, 'retry(): there is no option "budget"'],
  ])('is refused before anything is sent, if it is %j', async (options, message) => {
    const { client, requests } = held(FAILS);
    const error = await errorOf(client.get('/x', request(options)));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^(?:config\['axios-retry'\]|holdfast): /);
    expect(requests).toHaveLength(0);
  });
});

describe('a request that says it in both places', () => {
  it('means what stands under holdfast', async () => {
    const { client, requests } = held(FAILS);
    await errorOf(client.get('/x', { 'axios-retry': { retries: 3 }, holdfast: { retry: { retries: 1 } } }));
    expect(requests).toHaveLength(2);
    await errorOf(client.get('/x', { 'axios-retry': { retries: 3 }, holdfast: { retry: false } }));
    expect(requests).toHaveLength(3);
  });
});

it('what axios-retry has put on a request of its own does not take the place of the client’s options', async () => {
  const { adapter, requests } = scriptedTransport(FAILS, { clock });
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  axiosRetry(client, { retries: 0 });
  install(client, [retry({ clock, retries: 1, retryDelay: () => 70 })], { clock });
  await errorOf(client.get('/x'));
  expect(gaps(requests)).toEqual([70]);
});
