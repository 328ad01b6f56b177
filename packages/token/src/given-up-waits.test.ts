import axios, { type AxiosAdapter } from 'axios';
import { TokenAcquisitionError, currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, staticCredential } from '@holdfast/testing';
import { attachToken } from './index.js';

const RETRY_AFTER_MS = 5_000;
const answering: AxiosAdapter = (config) =>
  Promise.resolve({ status: 200, statusText: '', data: '', headers: {}, config });

describe('a call that gives up while it waits for its first token', () => {
  it('makes room for the next one', async () => {
    const clock = manualClock({ fakeGlobals: false });
    const init = { service: 'idp', message: 'busy', scopes: ['s'], transient: true };
    const busy = new TokenAcquisitionError({ ...init, retryAfterMs: RETRY_AFTER_MS });
    const source = staticCredential((_, number) => (number === 1 ? busy : 't-2'));
    const client = axios.create({ baseURL: 'https://orders.test', adapter: answering });
    const hasTime: Interceptor = (next) => (config) => {
      currentCall(config).deadlineAt = clock.now() + 60_000;
      return next(config);
    };
    install(client, [hasTime, attachToken(source, { scopes: 's', clock, maxWaiters: 1 })], { clock });
    const { signal, abort } = withAbort();
    const first = client.get('/7', { signal }).catch((error: unknown) => error);
    await clock.settle();
    abort();
    expect(axios.isCancel(await first)).toBe(true);
    const second = client.get('/8');
    await clock.advance(RETRY_AFTER_MS);
    expect((await second).status).toBe(200);
  });
});

function withAbort(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
  };
  return { signal: controller.signal, abort };
}
