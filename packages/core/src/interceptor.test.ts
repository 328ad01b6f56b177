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

  it('of nothing is the send itself', () => {
    const send = () => Promise.resolve({} as AxiosResponse);
    expect(compose()(send)).toBe(send);
  });
});
