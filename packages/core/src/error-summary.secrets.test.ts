import axios, { AxiosError, AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { DeadlineExceededError, errorSummary, install } from './index.js';

/** Long and odd enough to be found, and not to be there by chance. */
const secret = fc.stringMatching(/^S3cret[A-Za-z0-9._~+-]{12,30}$/);

/** Where something secret can be, in the error of a request. */
const PLACES: Readonly<Record<string, (error: AxiosError, secret: string) => void>> = {
  'a header': (error, value) => error.config!.headers.set('authorization', `Bearer ${value}`),
  'a key': (error, value) => error.config!.headers.set('x-api-key', value),
  'a cookie': (error, value) => error.config!.headers.set('cookie', `session=${value}`),
  'the body': (error, value) => (error.config!.data = JSON.stringify({ client_secret: value })),
  'the body before it was serialised': (error, value) => (error.config!.data = { deep: { password: value } }),
  'the user': (error, value) => (error.config!.auth = { username: value, password: value }),
  'the query': (error, value) => (error.config!.url = `${error.config!.url}?sig=${value}`),
  'the fragment': (error, value) => (error.config!.url = `${error.config!.url}#access_token=${value}`),
  'the URL’s user': (error, value) => (error.config!.url = `https://u:${value}@api.test/x`),
  'the base URL’s user': (error, value) => (error.config!.baseURL = `https://${value}:p@api.test`),
  'the parameters': (error, value) => (error.config!.params = { code: value }),
  'the proxy': (error, value) =>
    (error.config!.proxy = { host: 'p', port: 1, auth: { username: 'u', password: value } }),
  'the reason of an abort': (error, value) => (error.config!.signal = AbortSignal.abort({ value })),
  'a header of the answer': (error, value) => (error.response!.headers = { 'set-cookie': [value] }),
  'the body of the answer': (error, value) => (error.response!.data = { token: value }),
  'the status text': (error, value) => (error.response!.statusText = value),
  'Retry-After': (error, value) =>
    (error.response!.headers = { 'retry-after': value, 'retry-after-ms': value }),
  'the request object': (error, value) => (error.request = { _header: value, headers: { a: value } }),
  'a member of its own': (error, value) =>
    Object.assign(error, { input: value, [value]: value, body: { value } }),
  'a member of its cause': (error, value) =>
    (error.cause = Object.assign(new Error('read ECONNRESET'), {
      input: value,
      [Symbol('x')]: value,
      value,
    })),
  'a member of one of its errors': (error, value) =>
    (error.cause = new AggregateError([Object.assign(new Error('x'), { value })])),
  'the request of its cause': (error, value) => {
    const config: InternalAxiosRequestConfig = {
      headers: new AxiosHeaders({ authorization: value }),
      data: value,
    };
    error.cause = new AxiosError('read ECONNRESET', 'ECONNRESET', config, { value });
  },
  'a cause that is a plain object': (error, value) => Object.assign(error, { cause: { value, body: value } }),
  'a URL in the message': (error, value) =>
    (error.message = `GET https://u:${value}@a.test/?sig=${value} failed`),
  'a header in the message': (error, value) => (error.message = `refused "Authorization: Bearer ${value}"`),
  'a body in the message': (error, value) =>
    (error.message = `Unexpected token 'S', "${value}" is not valid JSON`),
  'the stack’s own message': (error, value) => (error.stack = `Error: ${value}\n    at f (/x.js:1:1)`),
};

function failure(): AxiosError {
  const config: InternalAxiosRequestConfig = {
    method: 'post',
    url: 'https://api.test/x',
    headers: new AxiosHeaders(),
  };
  const response: AxiosResponse = { status: 500, statusText: '', data: '', headers: {}, config };
  return new AxiosError('Request failed with status code 500', 'ERR_BAD_RESPONSE', config, {}, response);
}

/** Every way in which a summary gets into a log. */
function shown(error: unknown): string {
  const summary = errorSummary(error);
  return JSON.stringify(summary) + inspect(summary, { depth: Infinity, showHidden: true, getters: true });
}

describe('what a log is given of a failed call', () => {
  it.each(Object.keys(PLACES))('has nothing of a secret that is in %s', (place) => {
    fc.assert(
      fc.property(secret, (value) => {
        const error = failure();
        PLACES[place]!(error, value);
        const around = new DeadlineExceededError({
          service: 'orders',
          config: error.config,
          deadlineMs: 1,
          cause: error,
        });
        for (const one of [
          error,
          around,
          new Error('could not load', { cause: error }),
          new AggregateError([error]),
        ]) {
          expect(shown(one)).not.toContain(value);
          expect(JSON.stringify({ around })).not.toContain(value);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('has nothing of secrets that are everywhere at once', () => {
    fc.assert(
      fc.property(secret, fc.subarray(Object.keys(PLACES), { minLength: 2 }), (value, places) => {
        const error = failure();
        for (const place of places) PLACES[place]!(error, value);
        expect(shown(error)).not.toContain(value);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what a log is given of a call over a real socket', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url?.startsWith('/reset')) request.socket.destroy();
      else if (request.url?.startsWith('/html')) response.end('a-secret <html>');
      else {
        const headers = { 'Set-Cookie': 'session=a-secret', 'WWW-Authenticate': 'Bearer realm="a-secret"' };
        response.writeHead(500, headers).end('{"token":"a-secret"}');
      }
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  it.each([
    ['http', 'status'],
    ['http', 'reset'],
    ['http', 'html'],
    ['fetch', 'status'],
    ['fetch', 'reset'],
    ['fetch', 'html'],
  ] as const)('has no token, cookie, key or body: %s adapter, %s', async (adapter, path) => {
    const client = axios.create({ adapter, baseURL: `http://${url}` });
    install(client, []);
    const error: unknown = await client
      .post(
        `/${path}?sig=a-secret`,
        { client_secret: 'a-secret' },
        {
          headers: { authorization: 'Bearer a-secret', 'x-api-key': 'a-secret', cookie: 'a-secret' },
          params: { key: 'a-secret' },
          responseType: 'json',
        },
      )
      .catch((failed: unknown) => failed);
    expect(errorSummary(error)).toMatchObject({ method: 'POST', url: `http://${url}/${path}`, attempts: 1 });
    expect(shown(error)).not.toContain('a-secret');
  });
});

describe('what a log is given of what the platform itself quotes', () => {
  it.each<[string, () => unknown]>([
    ['a body that is no JSON', () => JSON.parse('a-secret')],
    ['a long body that is no JSON', () => JSON.parse(`{"a":"b","c":a-secret, ${' '.repeat(50)}}`)],
    ['a header that cannot be sent', () => new Headers({ 'x-api-key': 'a-secret\n-' })],
    ['a URL that is none', () => new URL('https://u:a-secret@a b?sig=a-secret')],
  ])('%s is not in it', (_what, fail) => {
    let error: unknown;
    try {
      fail();
    } catch (thrown) {
      error = thrown;
    }
    expect(inspect(error)).toContain('a-secret');
    expect(errorSummary(error).message).not.toBe('');
    expect(shown(error)).not.toContain('a-secret');
    expect(shown(AxiosError.from(error))).not.toContain('a-secret');
  });
});
