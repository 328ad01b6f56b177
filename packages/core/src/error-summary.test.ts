import { scriptedTransport } from '@holdfast/testing';
import axios, { AxiosError, AxiosHeaders } from 'axios';
import {
  DeadlineExceededError,
  TokenAcquisitionError,
  errorSummary,
  install,
  type ErrorSummary,
} from './index.js';

/** What is logged of a call that failed, without its frames. */
async function logged(failing: Promise<unknown>): Promise<object> {
  const error: unknown = await failing.then(
    () => Promise.reject(new Error('it resolved')),
    (failure: unknown) => failure,
  );
  return unstacked(errorSummary(error));
}

function unstacked(summary: ErrorSummary): object {
  const members = Object.entries(summary).filter(([name]) => name !== 'stack');
  return Object.fromEntries(
    members.map(([name, value]) => [
      name,
      name === 'cause' ? unstacked(value as ErrorSummary) : (value as unknown),
    ]),
  );
}

function messageIn(text: string): string {
  return errorSummary(new Error(text)).message;
}

describe('errorSummary', () => {
  it('tells who was called, what came back, how often, and when to come back', async () => {
    const { adapter } = scriptedTransport([
      { status: 502 },
      { status: 429, headers: { 'retry-after': '7' } },
    ]);
    const client = axios.create({ baseURL: 'https://user:pw@api.test/v1', adapter });
    install(client, [(next) => (config) => next(config).then(() => next(config))]);
    expect(
      await logged(client.delete('orders/7?sig=a-secret#here', { params: { key: 'a-secret' } })),
    ).toEqual({
      name: 'AxiosError',
      message: 'Request failed with status code 429',
      code: 'ERR_BAD_REQUEST',
      status: 429,
      service: 'https://api.test',
      method: 'DELETE',
      url: 'https://api.test/v1/orders/7',
      attempts: 2,
      retryAfterMs: 7_000,
    });
  });

  it('tells the same of a client without a pipeline, as far as axios knows it', async () => {
    const { adapter } = scriptedTransport([{ error: 'ECONNREFUSED' }]);
    expect(await logged(axios.get('https://api.test/x', { adapter }))).toEqual({
      name: 'Error',
      message: 'connect ECONNREFUSED',
      code: 'ECONNREFUSED',
      method: 'GET',
      url: 'https://api.test/x',
      cause: { name: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
    });
  });

  it('tells of a refusal that nothing was sent', async () => {
    const client = axios.create({ baseURL: 'https://api.test' });
    install(client, [
      () => (config) => {
        const known = {
          service: 'orders',
          scopes: [],
          message: 'No token',
          correlationId: 'c-7',
          transient: true,
        };
        return Promise.reject(new TokenAcquisitionError({ ...known, config, retryAfterMs: 5 }));
      },
    ]);
    expect(await logged(client.get('/x'))).toEqual({
      ...{
        name: 'TokenAcquisitionError',
        code: 'ERR_TOKEN_ACQUISITION',
        message: 'No token',
        service: 'orders',
      },
      ...{ method: 'GET', url: 'https://api.test/x', attempts: 0, retryAfterMs: 5, correlationId: 'c-7' },
    });
  });

  it('tells the request once, though the error and its cause carry it both', () => {
    const config = { method: 'get', url: 'https://api.test/x', headers: new AxiosHeaders() };
    const cause = new AxiosError('socket hang up', 'ECONNRESET', config);
    const error = new DeadlineExceededError({ service: 'orders', config, deadlineMs: 5, cause });
    const summary = errorSummary(error);
    expect(summary).toMatchObject({ url: 'https://api.test/x', cause: { code: 'ECONNRESET' } });
    expect(summary.cause).not.toHaveProperty('url');
    expect(summary.cause).not.toHaveProperty('method');
  });

  it.each([
    ['/orders/7?sig=s', '', '/orders/7'],
    ['orders', '/relative', '/relative/orders'],
    ['//user:s@api.test/x', '', '//api.test/x'],
    ['https://user:s@api.test:8080/x', '', 'https://api.test:8080/x'],
    ['https://us er:s?s@api.test/x', '', undefined],
    ['data:text/plain,s', '', 'data:'],
    ['', 'https://user:s@api.test', 'https://api.test/'],
    ['', '', undefined],
    ['http://[', '', undefined],
  ])('shows of the URL %j on %j no query and no user', (url, baseURL, shown) => {
    const config = { url, baseURL, headers: new AxiosHeaders() };
    expect(errorSummary(new AxiosError('x', 'ERR', config)).url).toBe(shown);
  });

  it.each(['https:user:s@api.test/x', 'https:\\\\user:s@api.test\\x'])(
    'shows of the URL %j no user, whether the version of axios takes such a one or not',
    (url) => {
      const config = { url, headers: new AxiosHeaders() };
      const shown = errorSummary(new AxiosError('x', 'ERR', config)).url;
      expect([undefined, 'https://api.test/x']).toContain(shown);
    },
  );

  it.each([
    ['Invalid URL https://u:pw@api.test/x?sig=a-secret#a-secret', 'Invalid URL https://api.test/x'],
    ['GET https://api.test/x?a=1 failed, twice', 'GET https://api.test/x failed, twice'],
    [`Unexpected token 's', "a-secret" is not valid JSON`, 'The text is not valid JSON'],
    ['Headers.append: "Bearer a-\nsecret" is an invalid header value.', 'A header value is invalid'],
    ['refused Bearer a.b-c, try again', 'refused Bearer … try again'],
    ['sent authorization: Basic abc==', 'sent authorization: …'],
    ['sent {"Cookie":"a=b; c=d"}', 'sent {"Cookie: …'],
    ['body was client_secret=abc~1&scope=x', 'body was client_secret=…&scope=x'],
    ['body was {"refresh_token": "abc"}', 'body was {"refresh_token=…"}'],
    ['x-api-key: abc was refused', 'x-api-key=… was refused'],
    ['the token eyJhbGciOi.eyJzdWIi.c2ln is over', 'the token … is over'],
    ['AADSTS7000215: Invalid client secret provided.', 'AADSTS7000215: Invalid client secret provided.'],
    ['getaddrinfo ENOTFOUND api.test', 'getaddrinfo ENOTFOUND api.test'],
    ['Did that work ? No', 'Did that work ? No'],
    ['lost -client-secret=abc, x--token: abc', 'lost -client-secret=…, x--token=…'],
  ])('cleans the message %j', (message, clean) => {
    expect(messageIn(message)).toBe(clean);
  });

  it('shows frames, and neither the message in them nor those of a message that looks like some', () => {
    const error = new Error('first\n    at a-secret (/x.js:1:1)\nsig: a-secret');
    const { stack } = errorSummary(error);
    expect(stack).toMatch(/^Error: first\n[^]*\n {4}at .*error-summary\.test\.ts:\d+:\d+\)?\n/);
    expect(stack?.split('\n').slice(3).join()).not.toContain('a-secret');
    const short = new Error('e');
    expect(errorSummary(short).stack?.split('\n')[1]).toBe(short.stack?.split('\n')[1]);
    error.message = 'another';
    expect(errorSummary(error).stack).not.toContain('sig');
  });

  it('is short, however long the message and the chain', () => {
    let error = new Error('x'.repeat(100_000));
    for (let depth = 0; depth < 100; depth += 1) error = new Error(error.message, { cause: error });
    const wide = new AggregateError(
      Array.from({ length: 50 }, () => new AggregateError(Array.from({ length: 50 }, () => new Error('x')))),
    );
    expect(JSON.stringify(errorSummary(error)).length).toBeLessThan(30_000);
    expect(JSON.stringify(errorSummary(wide)).length).toBeLessThan(60_000);
  });

  it('tells each address that failed', () => {
    const refused = (port: number) =>
      Object.assign(new Error(`connect ::1:${port}`), { code: 'ECONNREFUSED' });
    const summary = errorSummary(new AggregateError([refused(1), refused(2)], 'all'));
    expect(summary.errors).toMatchObject([
      { message: 'connect ::1:1', code: 'ECONNREFUSED' },
      { message: 'connect ::1:2', code: 'ECONNREFUSED' },
    ]);
  });
});

describe('errorSummary of what is no error', () => {
  const cyclic = new Error('a');
  cyclic.cause = new Error('b', { cause: cyclic });
  const endless: object = {
    message: 'endless',
    get cause() {
      return Object.create(endless) as object;
    },
  };
  const nasty = {
    get name(): string {
      throw new Error('a-secret');
    },
    message: 'half',
    get stack(): string {
      throw new Error('a-secret');
    },
    get config(): object {
      throw new Error('a-secret');
    },
    get cause(): object {
      throw new Error('a-secret');
    },
  };
  const throwing = () => {
    throw new Error('a-secret');
  };
  const hostile = new Proxy(
    {},
    { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing },
  );
  const revocable = Proxy.revocable({}, {});
  revocable.revoke();

  it.each<[string, unknown, object]>([
    [
      'a string',
      'text with https://u:p@a.test/?x=1',
      { name: 'string', message: 'text with https://a.test/' },
    ],
    ['nothing', undefined, { name: 'undefined', message: 'undefined' }],
    ['null', null, { name: 'object', message: 'null' }],
    ['a number', 7n, { name: 'bigint', message: '7' }],
    ['a symbol', Symbol('x'), { name: 'symbol', message: 'Symbol(x)' }],
    ['a function', () => 'a-secret', { name: 'function', message: '' }],
    ['an empty object', {}, { name: 'object', message: '' }],
    [
      'an object with a message',
      { message: 'm', code: 5, x: 'a-secret' },
      { name: 'object', message: 'm', code: 5 },
    ],
    [
      'members of the wrong kind',
      { name: 5, message: {}, code: {}, status: 'a' },
      { name: 'object', message: '' },
    ],
    ['getters that throw', nasty, { name: 'object', message: 'half' }],
    ['a hostile proxy', hostile, { name: 'object', message: '' }],
    ['a revoked proxy', revocable.proxy, { name: 'object', message: '' }],
    [
      'headers that throw',
      { response: { status: 429, headers: hostile } },
      { name: 'object', message: '', status: 429 },
    ],
    ['a request that throws', { config: hostile }, { name: 'object', message: '' }],
    ['errors that throw', { errors: hostile }, { name: 'object', message: '' }],
    ['numbers that JSON has not', { status: NaN, retryAfterMs: Infinity }, { name: 'object', message: '' }],
  ])('is plain JSON for %s', (_what, thrown, expected) => {
    const summary = errorSummary(thrown);
    expect(summary).toEqual(expected);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(expected);
    expect(() => Object.assign(summary, { name: 'other' })).toThrow(TypeError);
  });

  it('ends with causes that go round in a circle, or on for ever', () => {
    expect(errorSummary(cyclic)).toMatchObject({ message: 'a', cause: { message: 'b' } });
    expect(errorSummary(cyclic).cause).not.toHaveProperty('cause');
    expect(JSON.stringify(errorSummary(endless)).match(/endless/g)).toHaveLength(6);
  });
});
