import { scriptedTransport, staticCredential } from '@holdfast/testing';
import type { AxiosInstance, AxiosResponse } from 'axios';
import {
  createServiceClient,
  explain,
  standardInterceptors,
  type Interceptor,
  type Place,
  type ServiceClientOptions,
  type StandardInterceptorsOptions,
} from './index.js';

// What must not compile stands below `@ts-expect-error`: `tsc -p tsconfig.tests.json` complains where it does. Nothing of that
// runs, but for the mistakes that a compiler does not see.

type Accepts<Options> = (options: Options) => void;
const standard: Accepts<StandardInterceptorsOptions> = () => undefined;
const service: Accepts<ServiceClientOptions> = () => undefined;

const named = { name: 'orders', credential: false } as const;
const based = { ...named, baseURL: 'https://orders.test' } as const;
const audit: Interceptor = (next) => (config) => next(config);

describe('the types of a pipeline', () => {
  it('take what is right', () => {
    standard({ name: 'orders', credential: staticCredential(), scopes: ['a', 'b'] });
    standard({ ...named, profile: 'batch', deadlineMs: false, retry: { retries: 0 }, circuitBreaker: false });
    standard({ ...named, before: { retry: audit }, after: { attemptTimeout: [audit, audit] } });
    standard({ ...named, fallback: () => ({ data: [] }) });
    standard({ ...named, fallback: { on: ['circuit'], respond: () => ({ data: [] }) } });
    service({ ...based, axios: { headers: { a: 'b' }, timeout: 1_000 } });
    const places: readonly Place[] = ['fallback', 'deadline', 'retry', 'throttleGate', 'circuitBreaker'];
    const inner: readonly Place[] = ['attachToken', 'claimsChallenge', 'attemptTimeout'];
    expect(new Set([...places, ...inner]).size).toBe(8);
  });

  it('refuse what is wrong', () => {
    // @ts-expect-error -- there is no such option
    standard({ ...named, retires: 3 });
    // @ts-expect-error -- nor such a profile
    standard({ ...named, profile: 'fast' });
    // @ts-expect-error -- a time limit is a number, or false
    standard({ ...named, deadlineMs: '30s' });
    // @ts-expect-error -- true is no options
    standard({ ...named, retry: true });
    // @ts-expect-error -- there is no such option of retry()
    standard({ ...named, retry: { attempts: 3 } });
    // @ts-expect-error -- a service has a name
    standard({ credential: false });
    // @ts-expect-error -- whether there is a token is to be said
    standard({ name: 'orders' });
    // @ts-expect-error -- there is no such place
    standard({ ...named, before: { transport: audit } });
    // @ts-expect-error -- nor is a name an interceptor
    standard({ ...named, after: { retry: 'audit' } });
    // @ts-expect-error -- it works on a request, and is no interceptor
    standard({ ...named, after: { retry: (config: { url: string }) => config } });
    // @ts-expect-error -- a client has a base URL
    service(named);
    // @ts-expect-error -- of its own
    service({ ...based, axios: { baseURL: 'https://elsewhere.test' } });
    // @ts-expect-error -- an option that is not given is left out, or undefined where that is said
    standard({ ...named, profile: undefined });
    expect(() => standardInterceptors({ name: 'orders', credential: staticCredential() })).toThrow(
      'the option "scopes" must be given beside a credential',
    );
  });
});

describe('the types of a service client', () => {
  const { adapter, requests } = scriptedTransport(() => ({ status: 200, data: '{"id":7}' }));
  const client: AxiosInstance = createServiceClient({ ...based, axios: { adapter } });

  it('are those of axios, with what a request may ask of its pipeline', async () => {
    const response: AxiosResponse<{ id: number }> = await client.get<{ id: number }>('/7', {
      params: { a: 1 },
      holdfast: {
        deadlineMs: 2_000,
        attemptTimeoutMs: false,
        retry: { retries: 1 },
        idempotencyKey: true,
        key: 'tenant-7',
        token: false,
        scopes: ['orders'],
        fallback: false,
      },
    });
    expect(response.data.id).toBe(7);
    expect(requests).toHaveLength(1);
  });

  it('refuse what no request may ask', () => {
    const never = (): readonly unknown[] => [
      // @ts-expect-error -- there is no such member
      client.get('/7', { holdfast: { retires: 3 } }),
      // @ts-expect-error -- a fresh key, or a text
      client.get('/7', { holdfast: { idempotencyKey: 7 } }),
      // @ts-expect-error -- a token is left out by false; it is not asked for by true
      client.get('/7', { holdfast: { token: true } }),
      // @ts-expect-error -- off, or options
      client.get('/7', { holdfast: { retry: true } }),
      // @ts-expect-error -- whether one fits the client is not for a request to say
      client.get('/7', { holdfast: { profile: 'batch' } }),
      // @ts-expect-error -- of what has no pipeline
      explain('orders'),
    ];
    expect(never).toBeInstanceOf(Function);
    const value: number | string | boolean | object | null | undefined = explain(client)
      .toJSON()
      .interceptors.find(({ name }) => name === 'retry')?.options['retries']?.value;
    expect(value).toBe(3);
  });
});
