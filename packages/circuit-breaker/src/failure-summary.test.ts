import { AxiosError, AxiosHeaders, type AxiosResponse } from 'axios';
import { summaryOfError, summaryOfResponse } from './failure-summary.js';

const messageOf = (error: unknown) => summaryOfError(error, 0).message;

describe('what other callers are told of the failure that opened the circuit', () => {
  it.each([
    ['connect ECONNREFUSED 127.0.0.1:443'],
    ['read ECONNRESET'],
    ['getaddrinfo ENOTFOUND orders.test'],
    ['timeout of 1000ms exceeded'],
    ['Request failed with status code 503'],
    ['The send took longer than 50 ms, whatever it was waiting for'],
    [''],
  ])('is %j as it was worded', (message) => {
    expect(messageOf(new Error(message))).toBe(message);
  });

  it('has no key, user name or token that an adapter has put into its message', () => {
    const message =
      'GET https://user:a-secret@api.test/x?sig=a-secret#a-secret failed with "Authorization: Bearer a-secret"';
    const summary = summaryOfError(Object.assign(new Error(message), { code: 'ECONNRESET' }), 7);
    expect(summary).toEqual({
      code: 'ECONNRESET',
      status: undefined,
      message: 'GET https://api.test/x failed with "Authorization: …',
      at: 7,
    });
    expect(Object.isFrozen(summary)).toBe(true);
  });

  it('is short, however long the message', () => {
    expect(messageOf(new Error('x'.repeat(100_000)))).toHaveLength(1_000);
  });

  it.each([undefined, null, 'a-secret', {}, { message: 7 }])(
    'says so where there is no message: %j',
    (error) => {
      expect(messageOf(error)).toBe('failed without a message');
    },
  );

  it('is the status of an answer, and nothing else of it', () => {
    const config = { headers: new AxiosHeaders({ authorization: 'Bearer a-secret' }) };
    const response: AxiosResponse = { status: 503, statusText: '', data: 'a-secret', headers: {}, config };
    expect(summaryOfResponse(response, 7)).toEqual({
      code: undefined,
      status: 503,
      message: 'answered with status 503',
      at: 7,
    });
    const error = new AxiosError('Request failed with status code 503', 'ERR', config, undefined, response);
    const { message } = error;
    expect(summaryOfError(error, 7)).toEqual({ code: 'ERR', status: 503, message, at: 7 });
  });
});
