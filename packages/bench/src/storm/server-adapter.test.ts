import { manualClock, type ManualClock } from '@holdfast/testing';
import axios, { type AxiosError, type AxiosRequestConfig } from 'axios';
import { serverAdapter } from './server-adapter.js';
import type { ServerAnswer } from './server-model.js';

/** A service that answers after so long, or never. */
function clientOf(clock: ManualClock, answer: ServerAnswer, afterMs?: number) {
  const adapter = serverAdapter((end) => {
    if (afterMs !== undefined)
      clock.setTimeout(() => {
        end(answer);
      }, afterMs);
  }, clock);
  return axios.create({ adapter });
}

async function failureOf(
  clock: ManualClock,
  answer: ServerAnswer,
  afterMs?: number,
  config: AxiosRequestConfig = {},
) {
  const failure = clientOf(clock, answer, afterMs)
    .get('/', config)
    .catch((error: unknown) => error as AxiosError);
  await clock.advance(10_000);
  return (await failure) as AxiosError;
}

describe('a send to the service of the simulation', () => {
  it('ends as over axios itself: answered, refused by status, timed out, given up', async () => {
    using clock = manualClock({ fakeGlobals: false });
    const ok: ServerAnswer = { status: 200 };
    const answer = clientOf(clock, ok, 50).get('/');
    await clock.advance(50);

    expect((await answer).status).toBe(200);
    const refused = await failureOf(clock, { status: 503, retryAfter: '7' }, 0);
    expect(refused.code).toBe('ERR_BAD_RESPONSE');
    expect(refused.response?.status).toBe(503);
    expect(refused.response?.headers['retry-after']).toBe('7');
    expect((await failureOf(clock, ok, 5_000, { timeout: 1_000 })).code).toBe('ECONNABORTED');
    const clear = { transitional: { clarifyTimeoutError: true } };
    expect((await failureOf(clock, ok, undefined, { timeout: 1_000, ...clear })).code).toBe('ETIMEDOUT');
    const controller = new AbortController();
    clock.setTimeout(() => {
      controller.abort();
    }, 500);
    expect((await failureOf(clock, ok, undefined, { signal: controller.signal })).code).toBe('ERR_CANCELED');
  });

  it('leaves no timer and no listener behind, however it ends', async () => {
    using clock = manualClock({ fakeGlobals: false });
    const { signal } = new AbortController();
    const add = jest.spyOn(signal, 'addEventListener');
    const remove = jest.spyOn(signal, 'removeEventListener');
    const client = clientOf(clock, { status: 200 }, 1_000);
    const answer = client.get('/', { signal, timeout: 5_000 });
    const failure = client.get('/', { signal, timeout: 500 }).catch(() => undefined);
    await clock.advance(1_000);
    await Promise.all([answer, failure]);

    expect(clock.pending).toBe(0);
    expect(add).toHaveBeenCalledTimes(2);
    expect(remove.mock.calls.length).toBeGreaterThanOrEqual(2);
  });
});
