import type { AxiosResponse } from 'axios';
import { compose, type Interceptor } from './index.js';

function named(name: string, log: string[]): Interceptor {
  return (next) => async (config) => {
    log.push(`${name} sends`);
    const response = await next(config);
    log.push(`${name} has the response`);
    return response;
  };
}

describe('compose', () => {
  it('puts the first interceptor outermost', async () => {
    const log: string[] = [];
    const send = compose(
      named('a', log),
      named('b', log),
    )(() => {
      log.push('sent');
      return Promise.resolve({} as AxiosResponse);
    });
    await send({} as never);
    expect(log).toEqual(['a sends', 'b sends', 'sent', 'b has the response', 'a has the response']);
  });

  it('of nothing is the send itself', async () => {
    const response = {} as AxiosResponse;
    await expect(compose()(() => Promise.resolve(response))({} as never)).resolves.toBe(response);
  });

  it('an adapter or an interceptor that throws has rejected, for all around it', async () => {
    const fault = new Error('a fault');
    const throwing = () => {
      throw fault;
    };
    const seen: unknown[] = [];
    const watching: Interceptor = (next) => (config) =>
      next(config).catch((error: unknown) => {
        seen.push(error);
        throw error;
      });
    await expect(compose(watching, () => throwing, watching)(throwing)({} as never)).rejects.toBe(fault);
    await expect(compose(watching, watching)(throwing)({} as never)).rejects.toBe(fault);
    expect(seen).toEqual([fault, fault, fault]);
  });
});
