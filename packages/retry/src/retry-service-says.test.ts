import { callOf, statusError, type Interceptor } from '@holdfast/core';
import { type Step } from '@holdfast/testing';
import { Readable } from 'node:stream';
import { RetryBudget } from './index.js';
import { held, run, errorOf } from './made-retries.js';

const told = (said: string, status = 503): Step => ({ status, headers: { 'x-should-retry': said } });

describe('a service that says x-should-retry', () => {
  it.each<[string, string, Step, number]>([
    ['false is not asked again', 'get', told('false'), 1],
    ['false is not asked again, whatever the case', 'get', told(' FALSE '), 1],
    ['false is not asked again although it throttles', 'get', told('false', 429), 1],
    ['true is sent a POST again', 'post', told('true', 500), 2],
    ['true is sent a request again that it refused for a conflict', 'patch', told('true', 409), 2],
    ['something else has said nothing (500)', 'post', told('maybe', 500), 1],
    ['something else has said nothing (404)', 'get', told('1', 404), 1],
    ['true with a success is done', 'get', told('true', 200), 1],
  ])('%s (%s)', async (_what, method, step, sends) => {
    const { client, requests } = held([step, { status: 204 }]);
    await run(client.request({ method, url: '/x' }).catch(() => undefined));
    expect(requests).toHaveLength(sends);
  });

  it('false is in the story of the call', async () => {
    const { client } = held([told('false')]);
    const error = await errorOf(client.get('/x'));
    expect(String(callOf(error))).toContain('not retried: the service says x-should-retry: false');
  });

  it('true does not bring a stream back, nor a budget', async () => {
    const { client, requests } = held([told('true'), { status: 200 }]);
    await errorOf(client.put('/x', Readable.from(['data'])));
    expect(requests).toHaveLength(1);
    const none = held([told('true'), { status: 200 }], {
      budget: new RetryBudget({ ratio: 0, minPerSecond: 0 }),
    });
    await errorOf(none.client.get('/x'));
    expect(none.requests).toHaveLength(1);
  });

  it('is heard, and so is its Retry-After, where an interceptor inside has made an error of the answer', async () => {
    const throwing: Interceptor = (next) => async (config) => {
      const response = await next(config);
      if (response.status >= 400) throw statusError(response);
      return response;
    };
    const no = held([told('false'), { status: 200 }], {}, throwing);
    await errorOf(no.client.get('/x'));
    expect(no.requests).toHaveLength(1);
    const yes = held([told('true', 409), { status: 200 }], {}, throwing);
    await run(yes.client.post('/x'));
    expect(yes.requests).toHaveLength(2);
    const later: Step = { status: 503, headers: { 'retry-after': '7' } };
    const hinted = held([later, { status: 200 }], { random: () => 0 }, throwing);
    await run(hinted.client.get('/x'));
    expect(hinted.requests[1]!.at - hinted.requests[0]!.at).toBe(7_000);
  });
});
