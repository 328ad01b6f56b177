import { RetryBudget as Budget } from '@holdfast/retry';
import { scriptedTransport, staticCredential } from '@holdfast/testing';
import axios from 'axios';
import { Agent } from 'node:https';
import { inspect } from 'node:util';
import {
  circuitBreaker,
  classify,
  createServiceClient,
  explain,
  install,
  retry,
  standardInterceptors,
  type Interceptor,
  type ServiceClientOptions,
} from './index.js';

const client = (options: Partial<ServiceClientOptions> = {}) =>
  createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test/v1',
    credential: staticCredential(),
    scopes: 'api://orders/.default',
    ...options,
  });

const told = (options: Partial<ServiceClientOptions> = {}) => explain(client(options)).toJSON();
const optionsOf = (name: string, options: Partial<ServiceClientOptions> = {}) =>
  told(options).interceptors.find((one) => one.name === name)!.options;

describe('an explanation', () => {
  it('names the interceptors of a client in order, the outermost first', () => {
    expect(told().interceptors.map(({ name }) => name)).toEqual([
      'nameCalls',
      'correlate',
      'fallback',
      'deadline',
      'retry',
      'throttleGate',
      'circuitBreaker',
      'attachToken',
      'claimsChallenge',
      'attemptTimeout',
    ]);
    expect(told()).toMatchObject({
      version: 1,
      service: 'orders',
      baseURL: 'https://orders.test/v1',
      profile: 'interactive',
      classify: false,
    });
  });

  it('calls no default what takes the place of a profile’s word, whatever it is without that profile', () => {
    const options = { profile: 'batch', deadlineMs: 30_000, throttleGate: { maxWaiters: 32 } } as const;
    expect(optionsOf('deadline', options)['deadlineMs']).toEqual({ value: 30_000, default: false });
    expect(optionsOf('throttleGate', options)['maxWaiters']).toEqual({ value: 32, default: false });
    expect(optionsOf('deadline', { deadlineMs: 30_000 })['deadlineMs']).toEqual({
      value: 30_000,
      default: true,
    });
  });

  it('tells defaults from what was given, and what a profile says from both', () => {
    const options = { retry: { retries: 5 }, profile: 'batch', deadlineMs: 60_000 } as const;
    expect(optionsOf('retry', options)).toMatchObject({
      retries: { value: 5, default: false },
      baseDelayMs: { value: 200, default: true },
      budget: {
        value: { type: 'RetryBudget', ratio: 0.25, minPerSecond: 5, mode: 'enforce' },
        default: false,
        from: 'profile batch',
      },
    });
    expect(optionsOf('deadline', options)['deadlineMs']).toEqual({ value: 60_000, default: false });
    const text = String(explain(client(options)));
    expect(text).toContain('\n    retries: 5 (given)\n');
    expect(text).toContain('\n    baseDelayMs: 200 (default)\n');
    expect(text).toContain('\n    maxWaiters: Infinity (profile batch)\n');
    expect(text.split('\n')[0]).toBe('orders at https://orders.test/v1 (profile batch)');
  });

  it('tells of a deadline that is shorter than an attempt may be, and of a window that follows from it', () => {
    const text = String(explain(client({ deadlineMs: 8_000 })));
    expect(text).toContain('\n    timeoutMs: 8000 (default, no longer than deadlineMs)\n');
    expect(text).toContain('\n    windowMs: 16000 (attemptTimeoutMs)\n');
  });

  it('shows scopes, tenants, origins and header names, which are no secrets', () => {
    const options = {
      tenantId: '8d6f3a2c-1b7e-4c55-9a10-0f2e6b7d8c91',
      origins: ['https://files.test'],
      sensitiveHeaders: ['x-api-key'],
    };
    const { interceptors } = told(options);
    expect(interceptors.find(({ name }) => name === 'attachToken')?.options).toMatchObject({
      credential: { value: '[StaticCredential]', default: false },
      scopes: { value: 'api://orders/.default' },
      tenantId: { value: '8d6f3a2c-1b7e-4c55-9a10-0f2e6b7d8c91' },
      origins: { value: ['https://files.test'] },
      sensitiveHeaders: { value: ['x-api-key'] },
      enableCae: { value: true, from: 'claimsChallenge' },
    });
    expect(optionsOf('correlate')['header']).toEqual({ value: 'client-request-id', default: true });
    expect(optionsOf('retry')['idempotencyHeader']).toMatchObject({ value: 'Idempotency-Key' });
  });

  it('names interceptors of all kinds, and the places of those of its owner', () => {
    const audit: Interceptor = (next) => next;
    const { interceptors } = told({
      before: { retry: audit, fallback: [(next) => next] },
      after: {
        attemptTimeout: [
          (next) =>
            function timing(config) {
              return next(config);
            },
        ],
      },
    });
    const placed = interceptors.map(({ name, place }) => `${name} at ${String(place)}`);
    expect(placed.slice(2)).toEqual([
      '(unnamed) at before.fallback',
      'fallback at fallback',
      'deadline at deadline',
      'audit at before.retry',
      'retry at retry',
      'throttleGate at throttleGate',
      'circuitBreaker at circuitBreaker',
      'attachToken at attachToken',
      'claimsChallenge at claimsChallenge',
      'attemptTimeout at attemptTimeout',
      'timing at after.attemptTimeout',
    ]);
  });

  it('tells what sends the requests: adapter, connections, time and the names of headers', () => {
    const { adapter } = scriptedTransport([]);
    expect(
      told({
        axios: {
          adapter: 'http',
          timeout: 4_000,
          httpsAgent: new Agent({ keepAlive: true, maxSockets: 7, timeout: 5_000 }),
          proxy: false,
          headers: { 'x-api-key': 'a-secret' },
        },
      }).transport,
    ).toMatchObject({
      adapter: 'http',
      agents: { https: { type: 'Agent', maxSockets: 7, maxTotalSockets: 'Infinity', timeout: 5_000 } },
      proxy: 'none',
      timeout: 4_000,
      headers: expect.arrayContaining(['x-api-key']) as unknown,
    });
    expect(told({ axios: { adapter } }).transport?.adapter).toMatch(/^\[function/);
  });

  it('is what a log and a console show, and JSON', () => {
    const explanation = explain(client());
    expect(inspect({ explanation })).toContain('timeoutMs: 10000 (default)');
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation.toJSON());
    expect(String(explanation)).toBe(explanation.toString());
  });

  it('follows what is installed: of a hand-made pipeline, one that was replaced, a list, and an installation', () => {
    const bare = axios.create({ baseURL: '/api?key=a-secret' });
    const budget = new Budget({ mode: 'observe' });
    const installation = install(bare, [retry({ budget, retries: 1 }), circuitBreaker()]);
    expect(explain(bare).toJSON()).toMatchObject({ service: null, profile: null, baseURL: '/api' });
    expect(String(explain(bare))).toContain('mode: observe } (given)');
    expect(String(explain(bare))).toContain('windowMs: 10000 (default)');
    installation.replace([classify(() => undefined)]);
    expect(explain(bare).toJSON()).toMatchObject({ classify: true, interceptors: [{ name: 'classify' }] });
    expect(explain(installation).toJSON().interceptors).toEqual(explain(bare).toJSON().interceptors);
    const list = standardInterceptors({ name: 'stock', credential: false, profile: 'batch' });
    expect(explain(list).toJSON()).toMatchObject({ service: 'stock', baseURL: null, transport: null });
    expect(String(explain([...list]))).toContain('deadlineMs: 900000 (profile batch)');
    expect(explain([]).toJSON().interceptors).toEqual([]);
  });

  it('makes no call, and does not fail for an interceptor that cannot be asked', () => {
    const refusing: Interceptor = () => {
      throw new Error('not now');
    };
    const nameless = [refusing].map(
      (one): Interceptor =>
        (next) =>
          one(next),
    );
    expect(explain(nameless).toJSON().interceptors).toEqual([{ name: '(unnamed)', options: {} }]);
  });

  it.each([undefined, null, 7, 'orders', {}, () => undefined])('of %p is refused', (subject) => {
    expect(() => explain(subject as never)).toThrow(
      new TypeError(
        'explain(): there must be a client with a pipeline, what install() has returned, or a list of interceptors',
      ),
    );
  });

  it('of a client without a pipeline is refused', () => {
    expect(() => explain(axios.create())).toThrow(
      new TypeError('explain(): this client has no pipeline: install() one, or use createServiceClient()'),
    );
  });
});
