import { manualClock, scriptedTransport, staticCredential } from '@holdfast/testing';
import axios, { AxiosError, type AxiosAdapter } from 'axios';
import { attemptTimeout, createServiceClient, install, isHoldfastError, type Interceptor } from './index.js';

const failing = () => scriptedTransport(() => ({ status: 503 }));

const caught = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as AxiosError,
  );

/** Counts the sends that come through it. */
function counting(): { sends: number; wrap: Interceptor } {
  const counter = {
    sends: 0,
    wrap: ((next) => (config) => {
      counter.sends += 1;
      return next(config);
    }) satisfies Interceptor,
  };
  return counter;
}

describe('trap 42: the adapter of one request', () => {
  it('naive: bypasses a breaker that was put into the defaults', async () => {
    const breaker = counting();
    const client = axios.create({ adapter: breaker.wrap(failing().adapter) });
    await caught(client.get('/7', { adapter: failing().adapter }));
    expect(breaker.sends).toBe(0);
  });

  it('holdfast: is sent by inside the pipeline', async () => {
    const breaker = counting();
    const client = axios.create({ adapter: failing().adapter });
    install(client, [breaker.wrap]);
    await caught(client.get('/7', { adapter: failing().adapter }));
    expect(breaker.sends).toBe(1);
  });
});

describe('trap 42: a request that is submitted again', () => {
  it('naive: goes through one more layer each time when every request is wrapped', async () => {
    const breaker = counting();
    const client = axios.create({ adapter: failing().adapter });
    client.interceptors.request.use((config) => {
      config.adapter = breaker.wrap(axios.getAdapter(config.adapter ?? 'http', config));
      return config;
    });
    let { config } = await caught(client.get('/7'));
    for (let time = 0; time < 2; time += 1) ({ config } = await caught(client.request(config!)));
    expect(breaker.sends).toBe(1 + 2 + 3);
  });

  it('holdfast: goes through the pipeline once each time', async () => {
    const breaker = counting();
    const client = axios.create({ adapter: failing().adapter });
    install(client, [breaker.wrap]);
    let { config } = await caught(client.get('/7'));
    for (let time = 0; time < 2; time += 1) ({ config } = await caught(client.request(config!)));
    expect(breaker.sends).toBe(3);
  });
});

describe('trap 45: an error of a time limit that aborts the send', () => {
  it('naive: is replaced by ERR_CANCELED, as if the caller had given up', async () => {
    const client = axios.create({ adapter: scriptedTransport(['hang']).adapter });
    client.interceptors.request.use((config) => {
      const send = axios.getAdapter(config.adapter ?? 'http', config);
      const controller = new AbortController();
      config.signal = controller.signal;
      config.adapter = (request) => {
        queueMicrotask(() => {
          controller.abort();
        });
        return send(request).catch(() => {
          throw new AxiosError('took too long', 'ETIMEDOUT', request);
        });
      };
      return config;
    });
    expect(await caught(client.get('/7'))).toHaveProperty('code', 'ERR_CANCELED');
  });

  it('holdfast: is what the caller gets', async () => {
    using clock = manualClock();
    const client = axios.create({ adapter: scriptedTransport(['hang'], { clock }).adapter });
    install(client, [attemptTimeout({ timeoutMs: 1_000, clock })], { clock });
    const error = await clock.runUntilSettled(caught(client.get('/7')));
    expect(isHoldfastError(error, 'ERR_ATTEMPT_TIMEOUT')).toBe(true);
  });
});

describe('trap 46: a request with a base URL of its own', () => {
  const baseURL = 'https://orders.test';
  const theirs = { baseURL: 'https://evil.test' };

  it('naive: carries the token there, past a check of the origin in the adapter', async () => {
    const { adapter, requests } = scriptedTransport(() => ({ status: 200 }));
    const checked: AxiosAdapter = (config) => {
      const { origin } = new URL(axios.getUri(config));
      if (origin === new URL(config.baseURL ?? '').origin) config.headers.set('Authorization', 'Bearer t');
      return adapter(config);
    };
    await axios.create({ baseURL, adapter: checked }).get('/7', theirs);
    expect(requests[0]).toMatchObject({ token: 't', baseURL: 'https://evil.test' });
  });

  it('holdfast: is refused, for it is not below the client’s own', async () => {
    const { adapter, requests } = scriptedTransport(() => ({ status: 200 }));
    const client = createServiceClient({
      name: 'orders',
      baseURL,
      scopes: 'api://orders/.default',
      credential: staticCredential('t'),
      axios: { adapter },
    });
    expect(await caught(client.get('/7', theirs))).toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
    expect(requests).toHaveLength(0);
    await client.get('/7');
    expect(requests[0]).toMatchObject({ token: 't', baseURL });
  });
});
