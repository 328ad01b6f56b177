import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, {
  AxiosError,
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios';
import { install, type Interceptor } from './index.js';

const passing: Interceptor = (next) => (config) => next(config);
const twice: Interceptor = (next) => async (config) => {
  await next(config).catch(() => undefined);
  return next(config);
};

/** The request that a caller finds on what he gets, whichever way the call ends. */
async function requestAfter(call: Promise<unknown>): Promise<InternalAxiosRequestConfig> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  return (outcome as { config: InternalAxiosRequestConfig }).config;
}

/** What a caller can put on a request that a pipeline may want for itself. */
function givenWith(adapter: AxiosAdapter): AxiosRequestConfig & { signal: AbortSignal } {
  return {
    adapter,
    signal: new AbortController().signal,
    validateStatus: (status) => status === 200,
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    env: { FormData },
  };
}

const ENDINGS: Record<string, (adapter: AxiosAdapter) => AxiosAdapter> = {
  success: (adapter) => adapter,
  'a status that is none': () => scriptedTransport(() => ({ status: 503 })).adapter,
  'a network failure': () => scriptedTransport(() => ({ error: 'ECONNRESET' })).adapter,
  'an adapter that throws': () => (config) => {
    throw new AxiosError('thrown', 'THROWN', config);
  },
};

describe.each(Object.keys(ENDINGS))('the request of a call that ended with %s', (ending) => {
  const adapter = ENDINGS[ending]!(scriptedTransport(() => ({ status: 200 })).adapter);
  const clientWith = (interceptors?: readonly Interceptor[]): AxiosInstance => {
    const client = axios.create({ baseURL: 'https://api.test' });
    if (interceptors) install(client, interceptors);
    return client;
  };

  it.each<[string, readonly Interceptor[]]>([
    ['no interceptor', []],
    ['one', [passing]],
    ['one that sends twice', [passing, twice]],
  ])('has what the caller put there, and nothing else (%s)', async (_, interceptors) => {
    const given = givenWith(adapter);
    const bare = await requestAfter(clientWith().post('/x', 'body', given));
    const held = await requestAfter(clientWith(interceptors).post('/x', 'body', given));
    expect(Reflect.ownKeys(held).sort()).toEqual(Reflect.ownKeys(bare).sort());
    expect(held.adapter).toBe(given.adapter);
    expect(held.signal).toBe(given.signal);
    expect(held.validateStatus).toBe(given.validateStatus);
    expect(held.transformRequest).toEqual(given.transformRequest);
    expect(held.transformResponse).toEqual(given.transformResponse);
    expect(held.env).toEqual(bare.env);
    expect(held.data).toBe(bare.data);
  });

  it('has no adapter and no validateStatus where the client had none either', async () => {
    const bareClient = clientWith();
    const client = clientWith([passing]);
    for (const one of [bareClient, client]) {
      one.defaults.adapter = adapter;
      delete one.defaults.validateStatus;
    }
    const bare = await requestAfter(bareClient.get('/x'));
    const held = await requestAfter(client.get('/x'));
    expect(Reflect.ownKeys(held).sort()).toEqual(Reflect.ownKeys(bare).sort());
    expect('validateStatus' in held).toBe(false);
  });
});

describe('the request of a call that was given up', () => {
  const hanging: Step = 'hang';

  it.each(['signal', 'cancelToken'] as const)('by %s has what the caller put there', async (how) => {
    const { adapter } = scriptedTransport([hanging]);
    const client = axios.create({ baseURL: 'https://api.test', adapter });
    install(client, [passing]);
    const controller = new AbortController();
    const { token, cancel } = axios.CancelToken.source();
    let seen: InternalAxiosRequestConfig | undefined;
    client.interceptors.request.use((config) => (seen = config));
    const call = client.get('/x', how === 'signal' ? { signal: controller.signal } : { cancelToken: token });
    // From the microtask in which the request is with the transport.
    const ended = expect(call).rejects.toHaveProperty('code', 'ERR_CANCELED');
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    if (how === 'signal') controller.abort();
    else cancel();
    await ended;
    expect(seen?.adapter).toBe(adapter);
    expect(seen?.validateStatus).toBe(client.defaults.validateStatus);
    expect(seen?.signal).toBe(how === 'signal' ? controller.signal : undefined);
    expect(seen?.cancelToken).toBe(how === 'signal' ? undefined : token);
  });
});

describe('an interceptor that throws', () => {
  it('leaves the request as the caller made it', async () => {
    const { adapter } = scriptedTransport([]);
    const client = axios.create({ baseURL: 'https://api.test', adapter });
    let seen: InternalAxiosRequestConfig | undefined;
    install(client, [
      () => (config) => {
        seen = config;
        throw new AxiosError('a fault', 'FAULT');
      },
    ]);
    await expect(client.get('/x')).rejects.toHaveProperty('code', 'FAULT');
    expect(seen?.adapter).toBe(adapter);
    expect(seen?.validateStatus).toBe(client.defaults.validateStatus);
  });
});
