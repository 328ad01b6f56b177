import { callOf, currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { AxiosError } from 'axios';
import { retry, type RetryOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

/** A client that retries; jitter is at its most unless said otherwise. */
function held(script: readonly Step[], options: RetryOptions = {}, ...inner: readonly Interceptor[]) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  install(client, [retry({ clock, random: () => 1, ...options }), ...inner], { clock });
  return { client, requests };
}

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);
const errorOf = async (promise: Promise<unknown>): Promise<AxiosError> =>
  (await run(promise.catch((error: unknown) => error))) as AxiosError;

describe('a refusal after something was sent', () => {
  it('does not take its place either when only a kept-alive connection had been closed', async () => {
    let attempts = 0;
    const refusing: Interceptor = (next) => (config) => {
      attempts += 1;
      if (attempts === 1) return next(config);
      return Promise.reject(Object.assign(new AxiosError('throttled'), { code: 'ERR_THROTTLED' }));
    };
    const { client } = held([{ error: 'ECONNRESET', reusedSocket: true }], {}, refusing);
    expect(await errorOf(client.put('/x', {}))).toHaveProperty('code', 'ECONNRESET');
  });

  it('does not take the place of what came back: a PUT that was sent must not look as if it never left', async () => {
    let attempts = 0;
    const refusing: Interceptor = (next) => (config) => {
      attempts += 1;
      if (attempts === 1) return next(config);
      currentCall(config).note('refused: the circuit is open');
      return Promise.reject(Object.assign(new AxiosError('open'), { code: 'ERR_CIRCUIT_OPEN' }));
    };
    const { client, requests } = held([{ status: 503 }], {}, refusing);
    const error = await errorOf(client.put('/x', {}));
    expect(error.status).toBe(503);
    expect(requests).toHaveLength(1);
    expect(String(callOf(error))).toContain('refused: the circuit is open');
  });

  it('does not take its place either when the body of the next attempt cannot be made', async () => {
    let made = 0;
    const body = () => {
      made += 1;
      if (made === 2) throw new Error('the file is gone');
      return 'a body';
    };
    const { client, requests } = held([{ status: 503 }]);
    const error = await errorOf(client.put('/x', undefined, { holdfast: { body } }));
    expect(error.status).toBe(503);
    expect(requests).toHaveLength(1);
    expect(String(callOf(error))).toContain('not sent: holdfast.body has made no body: it failed');
  });

  it('before anything was sent is what the caller gets, and is not retried', async () => {
    const refusing: Interceptor = () => () =>
      Promise.reject(Object.assign(new AxiosError('open'), { code: 'ERR_CIRCUIT_OPEN' }));
    const { client, requests } = held([], {}, refusing);
    expect(await errorOf(client.get('/x'))).toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    expect(requests).toHaveLength(0);
  });
});
