import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosAdapter, type AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import { callOf, install, type Interceptor } from './index.js';

function scripted(steps: readonly Step[], interceptors: readonly Interceptor[]): AxiosInstance {
  const { adapter } = scriptedTransport(steps);
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  install(client, interceptors);
  return client;
}

const errorOf = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as AxiosError,
  );

describe('what an interceptor answers in place of the service', () => {
  it('keeps its own headers, and has none of the failed answer', async () => {
    const stale: Interceptor = (next) => async (config) => {
      await next(config);
      return { status: 200, statusText: 'OK', data: 'stale', headers: { etag: '"7"' }, config };
    };
    const client = scripted([{ status: 503, headers: { 'retry-after': '30' } }], [stale]);
    const { headers } = await client.get('/7');
    expect(Object.entries(headers)).toEqual([['etag', '"7"']]);
  });

  it('is judged by the rule of the caller, although it is the answer of an earlier send', async () => {
    const firstOfTwo: Interceptor = (next) => async (config) => {
      const first = await next(config);
      await next(config).catch(() => undefined);
      return first;
    };
    const client = scripted([{ status: 503 }, { error: 'ECONNRESET' }], [firstOfTwo]);
    expect(await errorOf(client.get('/7'))).toMatchObject({ status: 503, code: 'ERR_BAD_RESPONSE' });
  });

  it('is judged by it as well where nothing was sent', async () => {
    const refusing: Interceptor = () => (config) =>
      Promise.resolve({ status: 503, statusText: '', data: '', headers: {}, config });
    expect(await errorOf(scripted([], [refusing]).get('/7'))).toHaveProperty('status', 503);
  });
});

describe('the outcome of a call', () => {
  it.each([
    [401, 'unauthorized'],
    [404, 'answered'],
    [429, 'throttled'],
    [500, 'unavailable'],
  ])('that fails by %i is the same, whoever has settled it by its status', async (status, outcome) => {
    const empty = await errorOf(scripted([{ status }], []).get('/7'));
    const full = await errorOf(scripted([{ status }], [(next) => (config) => next(config)]).get('/7'));
    expect([callOf(empty)?.outcome, callOf(full)?.outcome]).toEqual([outcome, outcome]);
  });

  it('whose URL has no origin is told, and the error of the adapter with it', async () => {
    const request = new Request('https://a.test');
    const failing: AxiosAdapter = (config) =>
      Promise.reject(new axios.AxiosError('no such scheme', 'ECONNREFUSED', config, request));
    const client = axios.create({ adapter: failing });
    install(client, [(next) => (config) => next(config)]);
    expect(await errorOf(client.get('app://host/x'))).toHaveProperty('message', 'no such scheme');
  });
});

describe('a client with no interceptors', () => {
  it('does not end the process by an adapter that answers with null, or with an error that cannot be looked at', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    const broken = Object.defineProperty(new Error('broken'), 'response', {
      get: () => {
        throw new Error('no look');
      },
    });
    for (const adapter of [
      () => Promise.resolve(null as never),
      () => Promise.reject(broken),
    ] as AxiosAdapter[]) {
      const client = axios.create({ adapter });
      install(client, []);
      await client.get('https://api.test/').catch(() => undefined);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });

  it('ends a call whose adapter throws', async () => {
    const client = axios.create({
      adapter: (config) => {
        throw new axios.AxiosError('thrown', 'THROWN', config);
      },
    });
    install(client, []);
    expect(callOf(await errorOf(client.get('https://api.test/')))).toMatchObject({ failed: true });
  });
});

describe('installing the same array once more', () => {
  it('brings the pipeline back after somebody has cleared the interceptors of the client', async () => {
    const seen: AxiosResponse[] = [];
    const interceptors: Interceptor[] = [(next) => (config) => next(config).then((r) => (seen.push(r), r))];
    const client = scripted([{ status: 200 }, { status: 200 }], interceptors);
    client.interceptors.request.clear();
    install(client, interceptors);
    install(client, interceptors);
    await client.get('/7');
    expect(seen).toHaveLength(1);
  });

  it('a replacement that cannot be put together changes nothing', async () => {
    const interceptors: Interceptor[] = [];
    const { adapter } = scriptedTransport([{ status: 200 }]);
    const client = axios.create({ adapter });
    const hold = install(client, interceptors);
    const failing: Interceptor = () => {
      throw new Error('no');
    };
    expect(() => {
      hold.replace([failing]);
    }).toThrow('no');
    expect(install(client, interceptors)).toBe(hold);
  });
});
