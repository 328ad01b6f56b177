import { callOf, currentCall, type Interceptor } from '@holdfast/core';
import { AxiosError } from 'axios';
import { held, errorOf } from './made-retries.js';

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
