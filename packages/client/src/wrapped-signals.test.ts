import { manualClock, staticCredential } from '@holdfast/testing';
import axios, {
  type AxiosError,
  type AxiosInstance,
  type GenericAbortSignal,
  type InternalAxiosRequestConfig,
} from 'axios';
import { getEventListeners, type EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attemptTimeout, callOf, createServiceClient, install, type Interceptor } from './index.js';

const caught = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as AxiosError,
  );

let server: Server;
let url: string;
let arrived: Promise<void>;

beforeEach(async () => {
  let arrive: () => void;
  arrived = new Promise((resolve) => (arrive = resolve));
  server = createServer((request, response) => {
    if (request.url === '/body') response.write('the beginning');
    if (request.url === '/whole') response.end('all of it');
    arrive();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('trap 43: a light signal under the fetch adapter', () => {
  /** As a first attempt has it: an emitter, whose listeners are called as plain functions. */
  class LightSignal implements GenericAbortSignal {
    aborted = false;
    readonly reason: Error = new Error('took too long');
    readonly #listeners: ((event?: unknown) => void)[] = [];
    onabort = null;

    addEventListener(_type: string, listener: (event?: unknown) => void): void {
      this.#listeners.push(listener);
    }

    removeEventListener(): void {
      this.#listeners.length = 0;
    }

    abort(): void {
      this.aborted = true;
      for (const listener of [...this.#listeners]) listener();
    }
  }

  it('naive: ends nothing: axios looks for its reason on `this`', async () => {
    const signal = new LightSignal();
    const client = axios.create({ baseURL: url, adapter: 'fetch' });
    let settled = false;
    const call = client.get('/silent', { signal }).then(
      () => (settled = true),
      () => (settled = true),
    );
    await arrived;
    expect(() => {
      signal.abort();
    }).toThrow(TypeError);
    await turn();
    expect(settled).toBe(false);
    server.closeAllConnections();
    await call;
  });

  it('holdfast: ends the call', async () => {
    using clock = manualClock({ fakeGlobals: false });
    const client = axios.create({ baseURL: url, adapter: 'fetch' });
    install(client, [attemptTimeout({ timeoutMs: 1_000, clock })], { clock });
    const error = caught(client.get('/silent'));
    await arrived;
    await clock.advance(1_000);
    expect(await error).toHaveProperty('code', 'ERR_ATTEMPT_TIMEOUT');
  });
});

describe('trap 44: an abort after the headers of a stream', () => {
  /** A time limit around the adapter that listens to the caller's signal for as long as the promise lasts. */
  const untilTheHeaders: Interceptor = (next) => async (config) => {
    const controller = new AbortController();
    const follow = () => {
      controller.abort();
    };
    const { signal } = config;
    signal?.addEventListener?.('abort', follow);
    config.signal = controller.signal;
    try {
      return await next(config);
    } finally {
      signal?.removeEventListener?.('abort', follow);
      config.signal = signal!;
    }
  };
  /** The same, never unhooked. */
  const forEver: Interceptor = (next) => (config) => {
    const controller = new AbortController();
    config.signal?.addEventListener?.('abort', () => {
      controller.abort();
    });
    config.signal = controller.signal;
    return next(config);
  };

  function wrapped(by: Interceptor): AxiosInstance {
    const client = axios.create({ baseURL: url, adapter: 'http', responseType: 'stream' });
    const send = axios.getAdapter('http', {} as InternalAxiosRequestConfig);
    client.defaults.adapter = by(send);
    return client;
  }

  function held(): AxiosInstance {
    const client = axios.create({ baseURL: url, adapter: 'http', responseType: 'stream' });
    install(client, [attemptTimeout()]);
    return client;
  }

  async function endsTheStream(client: AxiosInstance): Promise<boolean> {
    const controller = new AbortController();
    const { data } = await client.get<EventEmitter>('/body', { signal: controller.signal });
    let ended = false;
    data.on('error', () => (ended = true));
    controller.abort();
    await turn();
    return ended;
  }

  async function listenersAfterThreeCalls(client: AxiosInstance): Promise<number> {
    const { signal } = new AbortController();
    for (let call = 0; call < 3; call += 1) {
      const { data } = await client.get<NodeJS.ReadableStream>('/whole', { signal });
      data.resume();
      await new Promise((resolve) => data.once('close', resolve));
    }
    return getEventListeners(signal, 'abort').length;
  }

  it('naive: does nothing, or leaves a listener per call on a signal that calls share', async () => {
    expect(await endsTheStream(wrapped(untilTheHeaders))).toBe(false);
    expect(await listenersAfterThreeCalls(wrapped(forEver))).toBe(3);
  });

  it('holdfast: ends the stream, and leaves no listener', async () => {
    expect(await endsTheStream(held())).toBe(true);
    expect(await listenersAfterThreeCalls(held())).toBe(0);
  });
});

describe('trap 38: the reason given to abort()', () => {
  const reason = new Error('the user left');

  it('naive: is dropped', async () => {
    const controller = new AbortController();
    const error = caught(axios.get(`${url}/silent`, { signal: controller.signal, adapter: 'http' }));
    await arrived;
    controller.abort(reason);
    expect((await error).cause).toBeUndefined();
  });

  it('holdfast: is the cause of a call that was given up while it waited', async () => {
    const credential = staticCredential(() => new Promise(() => undefined));
    const client = createServiceClient({ name: 'orders', baseURL: url, scopes: 's', credential });
    const controller = new AbortController();
    const error = caught(client.get('/silent', { signal: controller.signal }));
    await turn();
    controller.abort(reason);
    expect((await error).cause).toBe(reason);
    expect(callOf(await error)?.sends).toBe(0);
  });
});
