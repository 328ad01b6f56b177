import { scriptedTransport } from '@holdfast/testing';
import axios, { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import type * as core from './index.js';
import {
  AttemptTimeoutError,
  CircuitOpenError,
  ClientClosedError,
  DeadlineExceededError,
  HoldfastError,
  InteractionRequiredError,
  ThrottledError,
  TokenAcquisitionError,
  TokenOriginError,
  callOf,
  errorSummary,
  httpReplyFor,
  install,
  isHoldfastError,
  retryAfterOf,
  type HoldfastErrorCode,
} from './index.js';

const service = 'orders';
const scopes = ['api://orders/.default'];

/** One of each, by its code. */
const oneOfEach = (config?: InternalAxiosRequestConfig): Record<HoldfastErrorCode, HoldfastError> => ({
  ERR_CIRCUIT_OPEN: new CircuitOpenError({ service, config, retryAfterMs: 1_500 }),
  ERR_CLIENT_CLOSED: new ClientClosedError({ service, config, sent: false }),
  ERR_THROTTLED: new ThrottledError({ service, config, retryAfterMs: 2_500, until: 9_000 }),
  ERR_DEADLINE_EXCEEDED: new DeadlineExceededError({ service, config, deadlineMs: 100 }),
  ERR_ATTEMPT_TIMEOUT: new AttemptTimeoutError({ service, config, timeoutMs: 50 }),
  ERR_TOKEN_ACQUISITION: new TokenAcquisitionError({
    ...{ service, config, scopes, message: 'No token', retryAfterMs: 3_500 },
    ...{ correlationId: '00000000-0000-0000-0000-000000000007', transient: true },
  }),
  ERR_INTERACTION_REQUIRED: new InteractionRequiredError({
    ...{ service, config, scopes, message: 'The user has to be asked', claims: '{"access_token":{}}' },
    ...{ acrValues: 'c1', maxAge: 60 },
  }),
  ERR_TOKEN_ORIGIN: new TokenOriginError({ service, config, message: 'Not there' }),
});
const codes = Object.keys(oneOfEach()) as HoldfastErrorCode[];

/** A request that carries something secret wherever it can. */
function secretive(): InternalAxiosRequestConfig {
  return {
    method: 'post',
    url: '/orders/7?sig=a-secret#a-secret',
    baseURL: 'https://user:a-secret@api.test/v1',
    headers: new AxiosHeaders({
      authorization: 'Bearer a-secret',
      'x-api-key': 'a-secret',
      cookie: 'a-secret',
    }),
    auth: { username: 'user', password: 'a-secret' },
    params: { key: 'a-secret' },
    data: 'a-secret',
  };
}

/** Another copy of the package, as an app gets that loads it as ESM and as CommonJS. */
async function anotherCopy(): Promise<typeof core> {
  let copy: typeof core | undefined;
  await jest.isolateModulesAsync(async () => {
    copy = await import('./index.js');
  });
  return copy!;
}

describe('an error of the pipeline', () => {
  it.each(codes)('%s is told by its code, and is an AxiosError with its request', (code) => {
    const config = secretive();
    const error = oneOfEach(config)[code];
    expect(error).toBeInstanceOf(AxiosError);
    expect(error).toBeInstanceOf(HoldfastError);
    expect(axios.isAxiosError(error)).toBe(true);
    expect(error.code).toBe(code);
    expect(error.name).toBe(error.constructor.name);
    expect(error.service).toBe('orders');
    expect(error.config).toBe(config);
    expect(error.response).toBeUndefined();
    expect(isHoldfastError(error, code)).toBe(true);
    for (const other of codes.filter((one) => one !== code))
      expect(isHoldfastError(error, other)).toBe(false);
  });

  it('says what a caller needs to decide', () => {
    expect(oneOfEach()).toMatchObject({
      ERR_CIRCUIT_OPEN: { retryAfterMs: 1_500 },
      ERR_CLIENT_CLOSED: { sent: false },
      ERR_THROTTLED: { retryAfterMs: 2_500, until: 9_000 },
      ERR_DEADLINE_EXCEEDED: { deadlineMs: 100 },
      ERR_ATTEMPT_TIMEOUT: { timeoutMs: 50 },
      ERR_TOKEN_ACQUISITION: { scopes, retryAfterMs: 3_500, transient: true },
      ERR_INTERACTION_REQUIRED: { claims: '{"access_token":{}}', scopes, acrValues: 'c1', maxAge: 60 },
    });
  });

  it.each(codes)('%s brings neither headers nor a body nor a key of the request into a log', (code) => {
    const error = oneOfEach(secretive())[code];
    const spread = Object.assign({}, error);
    const walked = [];
    for (const name in error) walked.push(error[name as keyof HoldfastError]);
    for (const shown of [
      JSON.stringify(error),
      JSON.stringify({ error }),
      inspect(error, { depth: Infinity }),
      inspect(spread, { depth: Infinity }),
      inspect(walked.filter((value) => typeof value !== 'function')),
      `${String(error)}${error.message}${error.stack ?? ''}`,
    ]) {
      expect(shown).not.toContain('a-secret');
    }
    expect(spread).toMatchObject({ code, service: 'orders', message: error.message });
  });

  it('is itself in JSON, with the request by method and URL', () => {
    const error = new CircuitOpenError({
      ...{ service, config: secretive(), retryAfterMs: 1_500 },
      cause: { code: undefined, status: 503, message: 'answered with status 503', at: 0 },
    });
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: {
        name: 'CircuitOpenError',
        code: 'ERR_CIRCUIT_OPEN',
        message: 'The circuit of orders is open, nothing was sent; next try in 1500 ms',
        service: 'orders',
        method: 'POST',
        url: 'https://api.test/v1/orders/7',
        retryAfterMs: 1_500,
        cause: { name: 'object', status: 503, message: 'answered with status 503' },
      },
    });
  });

  it('costs no stack of its own, and shows where the call was made', async () => {
    expect(oneOfEach().ERR_CIRCUIT_OPEN.stack).not.toContain('\n');
    expect(new Error('another').stack).toContain('errors.test.ts');
    const client = axios.create();
    install(client, [
      () => (config) => Promise.reject(new CircuitOpenError({ service, config, retryAfterMs: 1 })),
    ]);
    // Up to 1.20 axios adds the caller's frames only where there are three of them.
    const innermost = async () => await client.get('/x');
    const inner = async () => await innermost();
    const outer = async () => await inner();
    const error: unknown = await outer().catch((failure: unknown) => failure);
    expect((error as CircuitOpenError).stack).toContain('errors.test.ts');
  });

  it('leaves an error of axios for a status as axios made it', async () => {
    const { adapter } = scriptedTransport([{ status: 404 }, { status: 404 }]);
    const bare: unknown = await axios.get('https://api.test/', { adapter }).catch((error: unknown) => error);
    const client = axios.create({ adapter });
    install(client, []);
    const ours: unknown = await client.get('https://api.test/').catch((error: unknown) => error);
    expect(Object.keys(ours as object)).toEqual(Object.keys(bare as object));
    expect(isHoldfastError(ours)).toBe(false);
  });
});

describe('isHoldfastError', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'ERR_THROTTLED'],
    ['an error without a code', new Error('ERR_THROTTLED')],
    ['another package’s error of the same code', Object.assign(new Error(), { code: 'ERR_THROTTLED' })],
    ['a body of JSON that has such a code', { code: 'ERR_THROTTLED' }],
    ['an error of axios', new AxiosError('Network Error', 'ERR_NETWORK')],
    ['an error of axios without a code', new AxiosError('?')],
  ])('%s is none', (_what, error) => {
    expect(isHoldfastError(error)).toBe(false);
    expect(isHoldfastError(error, 'ERR_THROTTLED')).toBe(false);
  });

  it('is not talked into taking axios’s own codes for ours', () => {
    const untyped = ['ERR_NETWORK'] as string[] as HoldfastErrorCode[];
    expect(isHoldfastError(new AxiosError('Network Error', 'ERR_NETWORK'), ...untyped)).toBe(false);
  });

  it('recognises an error of another realm, as under a test runner', () => {
    const foreign: unknown = runInNewContext(
      'Object.assign(new Error("x"), { isAxiosError: true, code: "ERR_THROTTLED", retryAfterMs: 7 })',
    );
    expect(foreign).not.toBeInstanceOf(Error);
    expect(isHoldfastError(foreign, 'ERR_THROTTLED')).toBe(true);
    expect(retryAfterOf(foreign)).toBe(7);
  });
});

describe('retryAfterOf', () => {
  it('tells when to come back: of a refusal, of a missing token, of a plain 429', async () => {
    const { ERR_CIRCUIT_OPEN, ERR_THROTTLED, ERR_TOKEN_ACQUISITION, ...others } = oneOfEach();
    expect(
      [ERR_CIRCUIT_OPEN, ERR_THROTTLED, ERR_TOKEN_ACQUISITION].map((error) => retryAfterOf(error)),
    ).toEqual([1_500, 2_500, 3_500]);
    for (const error of [...Object.values(others), new Error('x'), 'x', undefined]) {
      expect(retryAfterOf(error)).toBeUndefined();
    }
    const { adapter } = scriptedTransport([
      { status: 429, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' } },
      { status: 429, headers: { 'retry-after-ms': '70', 'retry-after': '1' } },
      { status: 429 },
    ]);
    for (const expected of [7_000, 70, undefined]) {
      const error: unknown = await axios
        .get('https://api.test/', { adapter })
        .catch((failure: unknown) => failure);
      expect(retryAfterOf(error, Date.UTC(2026, 0, 1))).toBe(expected);
    }
  });
});

describe('two copies of the package in one app', () => {
  it.each(codes)('%s of one is an error of the other', async (code) => {
    const copy = await anotherCopy();
    expect(copy.HoldfastError).not.toBe(HoldfastError);
    const error = oneOfEach(secretive())[code];
    expect(error).not.toBeInstanceOf(copy.HoldfastError);
    expect(copy.isHoldfastError(error)).toBe(true);
    expect(copy.isHoldfastError(error, code)).toBe(true);
    expect(copy.retryAfterOf(error)).toBe(retryAfterOf(error));
    expect(copy.httpReplyFor(error)).toEqual(httpReplyFor(error));
    expect(copy.httpReplyFor(error)).toBeDefined();
    expect(copy.errorSummary(error)).toEqual(errorSummary(error));
    expect(copy.errorSummary(error)).toMatchObject({ code, service: 'orders' });
  });

  it('the one tells how often a call of the other was sent', async () => {
    const copy = await anotherCopy();
    const client = axios.create({ adapter: scriptedTransport([{ status: 500 }]).adapter });
    install(client, []);
    const error: unknown = await client.get('https://api.test/x').catch((failure: unknown) => failure);
    expect(copy.errorSummary(error)).toMatchObject({
      attempts: 1,
      service: callOf(error)!.service,
      status: 500,
    });
  });
});
