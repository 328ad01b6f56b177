import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import axios, { AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { currentCall, callOf, install, type Interceptor } from '@holdfast/core';
import { staticCredential } from '@holdfast/testing';
import { attachToken, cachedCredential } from './index.js';

const SECRET = 'eyJ-a-token-that-nobody-may-see';

let server: Server;
let seen: (string | undefined)[] = [];
let elsewhere = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    if (request.url === '/reset') request.socket.destroy();
    else if (request.url === '/cut') response.write('half', () => request.socket.destroy());
    else if (request.url === '/chunked') response.write('bo', () => response.end('dy'));
    else if (request.url === '/redirect') response.writeHead(302, { location: elsewhere }).end();
    else response.writeHead(request.url === '/bad' ? 500 : 200).end('body');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  elsewhere = `http://localhost:${(server.address() as AddressInfo).port}/ok`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => (seen = []));

function client(config: AxiosRequestConfig = {}, inside: readonly Interceptor[] = []) {
  const { port } = server.address() as AddressInfo;
  const instance = axios.create({ baseURL: `http://127.0.0.1:${port}`, ...config });
  const credential = staticCredential(SECRET);
  install(instance, [attachToken(credential, { scopes: 'api://orders/.default' }), ...inside]);
  return instance;
}

/** Every way in which a value ends up in a log. */
function shown(value: unknown): string {
  const call = callOf(value);
  const error = value as AxiosError & { cause?: unknown };
  return [
    inspect(value, { depth: Infinity, showHidden: true, getters: true }),
    inspect({ ...(value as object) }, { depth: Infinity, getters: true }),
    inspect(call, { depth: Infinity, showHidden: true, getters: true }),
    String(call),
    String(value),
    value instanceof Error
      ? `${value.stack} ${JSON.stringify(error)}`
      : JSON.stringify({ ...(value as object), config: 0 }),
  ].join('\n');
}

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('a token that was sent shows nowhere afterwards', () => {
  // The agent's sockets, which hold what they are sending, are Node's own.
  it.each([
    ['a response', '/ok', {}],
    ['an error with a status', '/bad', {}],
    ['a reset connection', '/reset', {}],
    ['an answer that was cut', '/cut', {}],
    ['a size limit', '/ok', { maxContentLength: 1 }],
    ['a time-out', '/ok', { timeout: 1, timeoutErrorMessage: 'slow' }],
    ['a response by fetch', '/ok', { adapter: 'fetch' }],
    ['a reset connection by fetch', '/reset', { adapter: 'fetch' }],
    ['an upper-case rewrite of header names', '/ok', { headers: { 'X-A': 'b' } }],
  ] as [string, string, AxiosRequestConfig][])('in %s', async (_, url, config) => {
    const value = await settled(client().get(url, config));
    expect(seen.length === 0 || seen.includes(`Bearer ${SECRET}`)).toBe(true);
    expect(shown(value)).not.toContain(SECRET);
  });

  it('in a cancelled call', async () => {
    const controller = new AbortController();
    const call = settled(client().get('/ok', { signal: controller.signal }));
    setImmediate(() => {
      controller.abort();
    });
    expect(shown(await call)).not.toContain(SECRET);
  });

  it('in an error that a stream raises later', async () => {
    const { data } = await client().get<Readable>('/ok', { responseType: 'stream', maxContentLength: 1 });
    const error = await settled(data.toArray());
    expect(error).toBeInstanceOf(AxiosError);
    expect(shown(error)).not.toContain(SECRET);
  });

  it('in an error that a stream of fetch raises later, and nothing of the stream is lost', async () => {
    const byFetch = client({ adapter: 'fetch', responseType: 'stream' });
    const cut = await byFetch.get<ReadableStream<Uint8Array>>('/ok', { maxContentLength: 200_000 });
    const error = await settled(
      byFetch
        .get<ReadableStream<Uint8Array>>('/chunked', { maxContentLength: 1 })
        .then(({ data }) => new Response(data).text()),
    );
    expect(seen).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
    expect(error).toBeInstanceOf(AxiosError);
    expect(shown(error)).not.toContain(SECRET);
    expect(await new Response(cut.data).text()).toBe('body');
  });

  it('in an error that many failures made, nor in its answers', async () => {
    const all: Interceptor = (next) => (config) => {
      const twice = [next(config), next(config)].map((send) =>
        send.then((response) =>
          Promise.reject(new AxiosError('no', 'NO', config, response.request, response)),
        ),
      );
      return Promise.any(twice);
    };
    const error = await settled(client({}, [all]).get('/bad'));
    expect(error).toBeInstanceOf(AggregateError);
    expect(shown(error)).not.toContain(SECRET);
  });

  it('where the adapter cannot be found, and nothing is sent', async () => {
    const error = await settled(client().get('/ok', { adapter: 'no-such-adapter' }));
    expect(error).toMatchObject({ message: "Unknown adapter 'no-such-adapter'" });
    expect(shown(error)).not.toContain(SECRET);
  });

  it('in an answer that was thrown away for a second send', async () => {
    const again: Interceptor = (next) => (config) =>
      next(config).then(() => {
        config.url = '/ok';
        return next(config);
      });
    const response = await client({}, [again]).get('/bad');
    expect(seen).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
    expect(shown(response)).not.toContain(SECRET);
  });
});

it('the token does not follow a redirect to another origin', async () => {
  const response = await client().get('/redirect');
  expect(seen).toEqual([`Bearer ${SECRET}`, undefined]);
  expect((response.request as { res: unknown }).res).toEqual({ responseUrl: elsewhere });
});

it('a custom adapter that answers with a copy of the request does not keep the token there', async () => {
  const copying: AxiosRequestConfig['adapter'] = (config) =>
    Promise.resolve({
      data: '',
      status: 200,
      statusText: '',
      headers: {},
      config: { ...config, headers: config.headers.concat() },
    });
  const response = await client({ adapter: copying }).get('/ok');
  expect(shown(response)).not.toContain(SECRET);
});

it('a custom adapter that fails with an answer to a copy of the request does not keep the token there', async () => {
  const copying: AxiosRequestConfig['adapter'] = (config) => {
    const copy = { ...config, headers: config.headers.concat() };
    const response = { data: '', status: 500, statusText: '', headers: {}, config: copy };
    return Promise.reject(new AxiosError('no', 'ERR_BAD_RESPONSE', config, {}, response));
  };
  const error = await settled(client({ adapter: copying }).get('/ok'));
  expect(error).toHaveProperty('response.status', 500);
  expect(shown(error)).not.toContain(SECRET);
});

it('a token on a request that is sent twice at once is ours, and is gone when both have ended', async () => {
  const answers: (() => void)[] = [];
  const sent: unknown[] = [];
  const adapter: AxiosRequestConfig['adapter'] = (config) => {
    sent.push(config.headers['Authorization']);
    const request = { header: config.headers['Authorization'] as unknown };
    return new Promise((resolve) => {
      answers.push(() => {
        resolve({ data: '', status: 200, statusText: '', headers: {}, config, request });
      });
    });
  };
  const responses: Promise<AxiosResponse>[] = [];
  const hedging: Interceptor = (next) => (config) => {
    responses.push(next(config), next(config));
    return Promise.race(responses);
  };
  const instance = axios.create({ baseURL: 'https://orders.test', adapter });
  const credential = cachedCredential(staticCredential(SECRET));
  await credential.getToken('s');
  install(instance, [hedging, attachToken(credential, { scopes: 's' })]);
  const call = instance.get('/ok');
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
  answers[0]?.();
  // A challenge to the other one can still be answered.
  expect(currentCall((await call).config).authorization).toBeDefined();
  answers[1]?.();
  for (const response of await Promise.all(responses)) {
    expect(shown(response)).not.toContain(SECRET);
    expect(currentCall(response.config).authorization).toBeUndefined();
  }
});
