import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, {
  AxiosError,
  AxiosHeaders,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import fc from 'fast-check';
import { install } from './index.js';

/** How long the search goes on: more on demand, by HOLDFAST_RUNS. */
const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 1_000);

const validators = {
  none: undefined,
  null: null,
  all: () => true,
  nothing: () => false,
  success: (status: number) => status >= 200 && status < 300,
  throwing: () => {
    throw new TypeError('a validator that throws');
  },
} as const;

const adapters = {
  /** Settles by status, as axios's own do. */
  settling: (step: Step) => scriptedTransport([step]).adapter,
  /** Resolves whatever the status, and never asks. */
  resolving:
    (step: Step): AxiosAdapter =>
    (config) =>
      Promise.resolve({ status: statusOf(step), statusText: 'x', data: '{"a":1}', headers: {}, config }),
  /** Answers with a copy of the request. */
  copying:
    (step: Step): AxiosAdapter =>
    (config) =>
      Promise.resolve({
        status: statusOf(step),
        statusText: 'x',
        data: 'x',
        headers: {},
        config: { ...config },
      }),
  throwing: (): AxiosAdapter => () => {
    throw new AxiosError('thrown', 'THROWN');
  },
  rejecting: (): AxiosAdapter => () => Promise.reject(new RangeError('no AxiosError')),
  unknown: () => 'pigeon' as const,
} as const;

function statusOf(step: Step): number {
  return typeof step === 'object' && 'status' in step ? step.status : 500;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    status: fc.constantFrom(0, 200, 204, 301, 304, 400, 401, 404, 429, 500, 503, 599),
    data: fc.constantFrom('', '{"a":1}', '{broken', 'text'),
    headers: fc.constantFrom({}, { 'content-type': 'application/json', 'x-a': 'b' }),
  }),
  fc.record({ error: fc.constantFrom('ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'CERT_HAS_EXPIRED') }),
);

const scenario = fc.record({
  step,
  adapter: fc.constantFrom(...(Object.keys(adapters) as (keyof typeof adapters)[])),
  adapterPerRequest: fc.boolean(),
  validator: fc.option(fc.constantFrom(...(Object.keys(validators) as (keyof typeof validators)[])), {
    nil: undefined,
  }),
  method: fc.constantFrom('get', 'post', 'put', 'delete', 'head', 'PATCH'),
  url: fc.constantFrom('/a', 'b?c=1', 'https://other.test/x', '', '//c', '../d', 'http://', 'a b'),
  baseURL: fc.constantFrom(undefined, 'https://api.test', 'https://api.test/v1/', '/relative'),
  data: fc.constantFrom(undefined, 'text', { a: 1 }, null, new URLSearchParams({ a: '1' })),
  params: fc.constantFrom(undefined, { q: 'x', list: [1, 2] }),
  responseType: fc.constantFrom(undefined, 'json', 'text'),
  silentJSONParsing: fc.boolean(),
  transform: fc.constantFrom('none', 'request', 'response', 'throwing'),
  interceptors: fc.array(fc.constantFrom('sync', 'async', 'unwrap', 'recover', 'throwing', 'replacing'), {
    maxLength: 3,
  }),
  cancel: fc.constantFrom('no', 'signal', 'token', 'signal later', 'token later'),
  again: fc.boolean(),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

function clientFor(
  one: Scenario,
  log: string[],
): { client: AxiosInstance; adapter: AxiosRequestConfig['adapter'] } {
  // A send that is to be cancelled has to last until then.
  const adapter = adapters[one.adapter](one.cancel.endsWith('later') ? 'hang' : one.step);
  const client = axios.create({
    ...(one.baseURL !== undefined && { baseURL: one.baseURL }),
    ...(!one.adapterPerRequest && { adapter }),
  });
  one.interceptors.forEach((kind, index) => {
    if (kind === 'sync' || kind === 'async' || kind === 'replacing') {
      const note = (config: InternalAxiosRequestConfig) => {
        log.push(`request ${index}`);
        config.headers.set(`x-${index}`, 'set');
        return kind === 'replacing' ? { ...config, headers: config.headers } : config;
      };
      if (kind === 'async') client.interceptors.request.use(async (config) => Promise.resolve(note(config)));
      else client.interceptors.request.use(note, undefined, { synchronous: true });
    } else if (kind === 'throwing') {
      client.interceptors.request.use(() => {
        throw new AxiosError('an interceptor that throws');
      });
    } else if (kind === 'unwrap') {
      client.interceptors.response.use((response) => {
        log.push(`response ${index}`);
        return response.data;
      });
    } else {
      client.interceptors.response.use(undefined, (error: unknown) => {
        log.push(`recovered ${index}`);
        return { status: 299, recovered: shown(error) };
      });
    }
  });
  return { client, adapter };
}

function requestOf(one: Scenario, adapter: AxiosRequestConfig['adapter'], log: string[]): AxiosRequestConfig {
  const controller = new AbortController();
  const { token, cancel } = axios.CancelToken.source();
  if (one.cancel === 'signal') controller.abort();
  if (one.cancel === 'token') cancel('enough');
  if (one.cancel === 'signal later')
    queueMicrotask(() => {
      controller.abort();
    });
  if (one.cancel === 'token later')
    queueMicrotask(() => {
      cancel('enough');
    });
  const transform = (name: string) => (data: unknown) => {
    log.push(name);
    if (one.transform === 'throwing') throw new TypeError('a transform that throws');
    return typeof data === 'string' ? `${data}!` : JSON.stringify(data);
  };
  const request = {
    method: one.method,
    url: one.url,
    ...(one.adapterPerRequest && adapter !== undefined && { adapter }),
    ...(one.validator !== undefined && { validateStatus: validators[one.validator] }),
    ...(one.data !== undefined && { data: one.data }),
    ...(one.params !== undefined && { params: one.params }),
    ...(one.responseType !== undefined && { responseType: one.responseType }),
    transitional: { silentJSONParsing: one.silentJSONParsing },
    ...(one.transform === 'request' && { transformRequest: transform('to request') }),
    ...((one.transform === 'response' || one.transform === 'throwing') && {
      transformResponse: transform('to response'),
    }),
    ...(one.cancel.startsWith('signal') && { signal: controller.signal }),
    ...(one.cancel.startsWith('token') && { cancelToken: token }),
  };
  return request as AxiosRequestConfig;
}

/** What a caller can tell two outcomes apart by. Functions and signals count by being there. */
function shown(outcome: unknown): unknown {
  if (!(typeof outcome === 'object' && outcome !== null)) return outcome;
  if (outcome instanceof Error) {
    const { name, message, code, status, response, config, request } = outcome as AxiosError;
    const shape = {
      name,
      message,
      code,
      status,
      isAxiosError: axios.isAxiosError(outcome),
      isCancel: axios.isCancel(outcome),
    };
    return {
      ...shape,
      keys: Object.keys(outcome).sort(),
      config: config && configOf(config),
      response: response && shown(response),
      request: typeof request,
    };
  }
  if (!('config' in outcome)) return outcome;
  const { status, statusText, data, headers, config, request } = outcome as AxiosResponse;
  return {
    status,
    statusText,
    data,
    headers: headersOf(headers),
    config: configOf(config),
    request: typeof request,
    keys: Object.keys(outcome).sort(),
  };
}

function headersOf(headers: unknown): unknown {
  return AxiosHeaders.from(headers as AxiosHeaders).toJSON();
}

function configOf(config: InternalAxiosRequestConfig): unknown {
  const { signal, cancelToken, adapter, transformRequest, transformResponse, env, ...rest } = config;
  const kinds = [signal, cancelToken, transformRequest, transformResponse, env].map((value) => typeof value);
  // Not the adapter's kind: a request that was given up before it was dispatched still has ours, for nobody asked for it.
  const hasAdapter = adapter !== undefined;
  return { ...rest, hasAdapter, headers: headersOf(config.headers), kinds, keys: Object.keys(config).sort() };
}

async function play(one: Scenario, held: boolean): Promise<unknown> {
  const log: string[] = [];
  const { client, adapter } = clientFor(one, log);
  if (held) install(client, []);
  const request = requestOf(one, adapter, log);
  const outcome: unknown = await client.request(request).catch((error: unknown) => error);
  const { config } = (outcome ?? {}) as { config?: AxiosRequestConfig };
  const second: unknown =
    one.again && config ? await client.request(config).catch((error: unknown) => error) : undefined;
  return { outcome: shown(outcome), second: shown(second), log, request: Object.keys(request).sort() };
}

describe('a client with no interceptors', () => {
  it('cannot be told from bare axios', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (one) => {
        expect(await play(one, true)).toEqual(await play(one, false));
      }),
      { numRuns: RUNS },
    );
  });
});
