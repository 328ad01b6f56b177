import { scriptedTransport } from '@holdfast/testing';
import axios, { AxiosError } from 'axios';
import fc from 'fast-check';
import { DeadlineExceededError, errorSummary, install } from './index.js';

async function failure(): Promise<unknown> {
  const { adapter } = scriptedTransport([{ status: 503, headers: { 'retry-after': '7' } }]);
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  install(client, []);
  return client.post('/x?sig=a-secret').catch((error: unknown) => error);
}

describe('a summary that a logger summarises again', () => {
  it('is the same: the request and the attempts are not lost', async () => {
    const error = await failure();
    const cause = new AxiosError('inner', 'ECONNRESET', { headers: {}, url: '/token' } as never);
    for (const one of [
      error,
      new DeadlineExceededError({ service: 'orders', deadlineMs: 1, cause: error }),
      new Error('outer', { cause }),
      new AggregateError([error, cause]),
    ]) {
      const summary = errorSummary(one);
      expect(errorSummary(summary)).toEqual(summary);
    }
    expect(errorSummary(errorSummary(error))).toMatchObject({
      method: 'POST',
      url: 'https://api.test/x',
      attempts: 1,
      status: 503,
      retryAfterMs: 7_000,
    });
  });

  it('is the same, whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const summary = errorSummary({ message: 'x', cause: thrown });
        expect(errorSummary(summary)).toEqual(summary);
      }),
    );
  });

  it('may be marked by a logger while it looks at it, and is not changed by that', async () => {
    const summary = errorSummary(new Error('outer', { cause: await failure() }));
    const mark = Symbol('seen');
    for (const one of [summary, summary.cause!]) {
      Object.assign(one, { [mark]: undefined });
      expect(Reflect.deleteProperty(one, mark)).toBe(true);
      expect(() => Object.assign(one, { message: 'other' })).toThrow(TypeError);
    }
  });
});
