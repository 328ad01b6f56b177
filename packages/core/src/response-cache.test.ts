import { scriptedTransport } from '@holdfast/testing';
import axios, { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { setupCache, type AxiosCacheInstance, type CacheAxiosResponse } from 'axios-cache-interceptor';
import { install, subscribe, type Interceptor } from './index.js';

declare global {
  // Its types name one of the browser's.
  interface Storage {
    readonly length: number;
  }
}

/** A client with axios-cache-interceptor and a pipeline, and what came through each of them. */
function cached(order: 'cache first' | 'pipeline first', script?: Parameters<typeof scriptedTransport>[0]) {
  const service = scriptedTransport(script ?? ((_, number) => ({ status: 200, data: `"answer ${number}"` })));
  const seen = { pipeline: 0 };
  const counting: Interceptor = (next) => (config) => {
    seen.pipeline += 1;
    return next(config);
  };
  const client = axios.create({ baseURL: 'https://api.test', adapter: service.adapter });
  if (order === 'pipeline first') install(client, [counting]);
  const cache: AxiosCacheInstance = setupCache(client);
  if (order === 'cache first') install(client, [counting]);
  return { cache, service, seen };
}

describe('axios-cache-interceptor set up before the pipeline', () => {
  it('answers from its cache without the pipeline: no token, no retry, no open circuit', async () => {
    const { cache, service, seen } = cached('cache first');
    const answers: CacheAxiosResponse[] = [];
    for (let call = 0; call < 3; call += 1) answers.push(await cache.get('/7'));
    expect(answers.map(({ data, cached: hit }) => [data, hit])).toEqual([
      ['answer 1', false],
      ['answer 1', true],
      ['answer 1', true],
    ]);
    expect([service.requests.length, seen.pipeline]).toEqual([1, 1]);
  });

  it('gives calls that are made together one answer, by one call of the pipeline', async () => {
    const { cache, service, seen } = cached('cache first');
    const answers = await Promise.all(Array.from({ length: 5 }, () => cache.get('/7')));
    expect(answers.map(({ data }) => data)).toEqual(Array(5).fill('answer 1'));
    expect([service.requests.length, seen.pipeline]).toEqual([1, 1]);
  });

  it('asks again for what has grown stale, and takes a 304 for what it has', async () => {
    const { cache, service } = cached('cache first', (_, number) =>
      number === 1
        ? { status: 200, data: '"first"', headers: { etag: '"a"', 'cache-control': 'max-age=0' } }
        : { status: 304 },
    );
    await cache.get('/7');
    const second = await cache.get('/7');
    expect(service.requests[1]?.headers).toHaveProperty('if-none-match', '"a"');
    expect([second.status, second.data, second.cached]).toEqual([200, 'first', true]);
  });

  it('does not keep a failure', async () => {
    const { cache, service } = cached('cache first', (_, number) => ({ status: number === 1 ? 503 : 200 }));
    await expect(cache.get('/7')).rejects.toHaveProperty('status', 503);
    await expect(cache.get('/7')).resolves.toHaveProperty('status', 200);
    expect(service.requests).toHaveLength(2);
  });
});

describe('axios-cache-interceptor and a token that is on the request only while it is sent', () => {
  /** A service that says who it took the caller for, and that its answers differ by that. */
  function me() {
    const { adapter } = scriptedTransport(({ token }) => ({
      status: 200,
      data: JSON.stringify(token),
      headers: { vary: 'Authorization', 'cache-control': 'max-age=60' },
    }));
    let user = '';
    const asUser: Interceptor = (next) => (config) => {
      config.headers.set('Authorization', `Bearer ${user}`);
      return next(config).finally(() => config.headers.delete('Authorization'));
    };
    const cache = setupCache(axios.create({ baseURL: 'https://api.test', adapter }));
    install(cache, [asUser]);
    return async (name: string, options: object = {}) => {
      user = name;
      return (await cache.get<string>('/me', options)).data;
    };
  }

  it('gives one user the answer of another: `Vary: Authorization` tells them apart no more', async () => {
    const get = me();
    expect([await get('ann'), await get('bob')]).toEqual(['ann', 'ann']);
  });

  it('gives each user his own where requests for several users have an id, or no cache', async () => {
    const get = me();
    const byId = [await get('ann', { id: 'ann' }), await get('bob', { id: 'bob' })];
    expect(byId).toEqual(['ann', 'bob']);
    expect([await get('ann', { cache: false }), await get('bob', { cache: false })]).toEqual(['ann', 'bob']);
  });
});

describe('axios-cache-interceptor set up after the pipeline', () => {
  it('takes its answers through the pipeline: an open circuit would refuse what is in the cache', async () => {
    const { cache, service, seen } = cached('pipeline first');
    for (let call = 0; call < 3; call += 1) await cache.get('/7');
    expect([service.requests.length, seen.pipeline]).toEqual([1, 3]);
  });

  it('can be told by an answer that says it came from the cache', async () => {
    const { adapter } = scriptedTransport([{ status: 200 }]);
    const client = axios.create({ baseURL: 'https://api.test', adapter });
    const hits: unknown[] = [];
    const looking: Interceptor = (next) => (config: InternalAxiosRequestConfig) =>
      next(config).then((response: AxiosResponse & { cached?: boolean }) => {
        hits.push(response.cached);
        return response;
      });
    install(client, [looking]);
    const cache = setupCache(client);
    await cache.get('/7');
    await cache.get('/7');
    expect(hits).toEqual([undefined, true]);
  });

  it.each([
    ['pipeline first', ['CACHE_INSIDE']],
    ['cache first', []],
  ] as const)('is warned about once, and only in that order: %s', async (order, codes) => {
    const heard: string[] = [];
    const stop = subscribe('holdfast:warning', ({ code }) => heard.push(code));
    const { cache } = cached(order);
    await cache.get('/7');
    await cache.get('/8');
    stop();
    expect(heard).toEqual(codes);
  });
});
