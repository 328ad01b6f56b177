import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosRequestConfig } from 'axios';
import { callOf, install, outcomeOfError, POLICY, type Interceptor } from '@holdfast/core';
import { staticCredential } from '@holdfast/testing';
import { attachToken, type AttachTokenOptions } from './index.js';

let server: Server;
let base = '';
let elsewhere = '';
let seen: (readonly [url: string, authorization: string | undefined, key: unknown])[] = [];

beforeAll(async () => {
  server = createServer(({ url = '', headers }, response) => {
    seen.push([url, headers.authorization, headers['x-api-key']]);
    if (url === '/redirect') response.writeHead(302, { location: elsewhere }).end('moved');
    else if (url === '/no-location') response.writeHead(302).end('moved');
    else response.end('body');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  elsewhere = `http://localhost:${port}/elsewhere?sig=a-signature`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => (seen = []));

function client(
  config: AxiosRequestConfig = {},
  options: Partial<AttachTokenOptions> = {},
  around: readonly Interceptor[] = [],
) {
  const instance = axios.create({
    baseURL: base,
    adapter: 'fetch',
    headers: { 'X-API-Key': 'k-secret' },
    ...config,
  });
  const settings = { scopes: 's', sensitiveHeaders: ['X-Api-Key'], ...options };
  install(instance, [...around, attachToken(staticCredential('t-secret'), settings)]);
  return instance;
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error,
  );

describe('a redirect that fetch would follow with a secret header', () => {
  it.each<[string, AxiosRequestConfig]>([
    ['with the token', {}],
    ['without a token', { holdfast: { token: false } }],
    ['with an Authorization of the caller’s own', { headers: { Authorization: 'Bearer mine' } }],
    ['with other options for fetch', { fetchOptions: { keepalive: false } }],
    ['with the adapter as a function', { adapter: axios.getAdapter('fetch') }],
    ['with a streamed answer', { responseType: 'stream' }],
  ])('is refused, and nothing goes elsewhere: %s', async (_, config) => {
    const error = await caught(client().get('/redirect', config));
    expect(error).toMatchObject({
      code: 'ERR_TOKEN_ORIGIN',
      message: expect.stringMatching(/x-api-key.*http adapter.*fetchOptions/) as unknown,
    });
    expect(seen.map(([url]) => url)).toEqual(['/redirect']);
  });

  it('is no failure of the service, and nothing that a retry would help', async () => {
    const error = await caught(client().get('/redirect'));
    expect(POLICY[outcomeOfError(error)]).toEqual({ health: 'ignored', retry: 'never' });
    expect(callOf(error)?.refusals).toEqual(['redirect not followed: fetch would take x-api-key along']);
  });

  it('tells neither the token, nor the header, nor where it leads', async () => {
    const error = await caught(client().get('/redirect'));
    expect(`${String(error)} ${JSON.stringify(error)} ${String(callOf(error))}`).not.toMatch(
      /t-secret|k-secret|a-signature/,
    );
  });

  it('is refused where a fetch by the book hides what it is', async () => {
    const hiding: typeof fetch = (input, init) => {
      expect(input instanceof Request && input.redirect).toBe('manual');
      return fetch(input, init).then((response) => {
        Object.defineProperty(response, 'status', { value: 0 });
        return response;
      });
    };
    const error = await caught(client({ env: { fetch: hiding } }).get('/redirect'));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ORIGIN' });
    expect(seen).toHaveLength(1);
  });
});

describe('a redirect by fetch', () => {
  it('is followed by a request without such a header, and the token stays behind', async () => {
    const { data } = await client({ headers: {} }).get<string>('/redirect');
    const off = await client().get<string>('/redirect', { headers: { 'x-api-key': null } });
    expect([data, off.data]).toEqual(['body', 'body']);
    const [there, away] = [
      ['/redirect', 'Bearer t-secret', undefined],
      ['/elsewhere?sig=a-signature', undefined, undefined],
    ];
    expect(seen).toEqual([there, away, there, away]);
  });

  it('is the caller’s where he wants none followed', async () => {
    for (const config of [{ maxRedirects: 0 }, { fetchOptions: { redirect: 'manual' } }]) {
      const response = await client().get('/redirect', { ...config, validateStatus: () => true });
      expect(response.status).toBe(302);
      expect(response.headers['location']).toBe(elsewhere);
    }
    await expect(client().get('/redirect', { fetchOptions: { redirect: 'error' } })).rejects.toMatchObject({
      code: 'ERR_NETWORK',
    });
    expect(seen.map(([url]) => url)).toEqual(['/redirect', '/redirect', '/redirect']);
  });

  it('that leads nowhere is an answer', async () => {
    await expect(client().get('/no-location')).rejects.toMatchObject({ response: { status: 302 } });
    await expect(client().get('/ok')).resolves.toMatchObject({ data: 'body' });
  });
});

it('an adapter that follows no redirect may answer with one', async () => {
  const http = client({ adapter: 'http', maxRedirects: 0, validateStatus: () => true });
  await expect(http.get('/redirect')).resolves.toMatchObject({ status: 302 });
  const own: AxiosRequestConfig['adapter'] = (config) =>
    Promise.resolve({ data: '', status: 302, statusText: '', headers: { location: elsewhere }, config });
  await expect(client({ adapter: own }).get('/redirect')).resolves.toMatchObject({ status: 302 });
});
