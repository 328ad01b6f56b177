import { scriptedTransport, type Step } from '@holdfast/testing';
import axios, { type AxiosAdapter, type AxiosError, type AxiosInstance } from 'axios';
import { inspect } from 'node:util';
import { callOf, currentCall, install, retryDelayOf, type Call } from './index.js';

/** A client whose requests are answered from a script. */
function scripted(steps: readonly Step[]): {
  client: AxiosInstance;
  requests: readonly { url: string; data: unknown }[];
} {
  const { adapter, requests } = scriptedTransport(steps);
  return { client: axios.create({ baseURL: 'https://api.test/v1', adapter }), requests };
}

const caught = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => Promise.reject(new Error('it resolved')),
    (error: unknown) => error as AxiosError,
  );

describe('a call and its journal', () => {
  it('is found by request, response and error, and is silent about a call that succeeded at once', async () => {
    const { client } = scripted([{ status: 200 }]);
    let inside: Call | undefined;
    install(client, [
      (next) => (config) => {
        inside = callOf(config);
        return next(config);
      },
    ]);
    const response = await client.get('/x');
    expect(callOf(response)).toBe(inside);
    expect(inside).toMatchObject({ service: 'https://api.test', method: 'get', sends: 1, attempts: [] });
  });

  it('tells one line per attempt, without query, headers or body', async () => {
    const { client } = scripted([{ status: 503 }, { error: 'ECONNRESET' }]);
    install(client, [
      (next) => (config) =>
        next(config).then(() => {
          currentCall(config).note('once more');
          return next(config);
        }),
    ]);
    const error = await caught(
      client.post('/orders?sig=secret', 'body', { headers: { 'x-api-key': 'secret' } }),
    );
    expect(String(callOf(error))).toMatch(
      /^POST https:\/\/api\.test \/orders\n {2}#1 \(\+\d+ ms, took \d+ ms\): 503; once more\n {2}#2 \(\+\d+ ms, took \d+ ms\): ECONNRESET$/,
    );
  });

  it.each([
    ['/orders/7', 'https://api.test', true],
    ['orders/7', 'https://api.test', true],
    ['https://api.test/v1/orders?$skiptoken=2', 'https://api.test', true],
    ['https://api.test/v2/orders', 'https://api.test', false],
    ['../v2/orders', 'https://api.test', false],
    ['%2e%2e/v2/orders', 'https://api.test', false],
    ['https://evil.test/v1/orders', 'https://evil.test', false],
    ['/..%2fadmin', 'https://api.test', false],
    ['/%2e%2e%5Cadmin', 'https://api.test', false],
    ['/a%2F..%2Fadmin', 'https://api.test', false],
    ['/..;/admin', 'https://api.test', false],
    // For axios this is absolute; Node cannot send it, but an adapter that knows a page's origin can.
    ['//evil.test/v1', '', false],
    ['https://api.test:444/v1/', 'https://api.test:444', false],
  ])('knows where %s goes', async (url, origin, withinBase) => {
    const { client } = scripted([{ status: 200 }]);
    let target;
    install(client, [
      (next) => (config) => {
        target = callOf(config)?.target;
        return next(config);
      },
    ]);
    await client.get(url);
    expect(target).toMatchObject({ origin, withinBase });
  });

  it('knows that a base URL with a user in it sends that one in place of a token, and does not tell it', async () => {
    const { adapter } = scriptedTransport([{ status: 500 }]);
    const client = axios.create({ baseURL: 'https://user:secret@api.test', adapter });
    install(client, []);
    const call = callOf(await caught(client.get('/x')));
    expect(call?.target).toMatchObject({ origin: 'https://api.test', withinBase: true, userinfo: true });
    const other = callOf(await caught(client.get('https://user:secret@api.test/x')));
    expect(String(call) + String(other)).not.toContain('secret');
  });

  it.each([
    ['a line of its own', '/7\n2026 WARN all is well', 'GET https://api.test /7\\u{a}2026 WARN all is well'],
    ['a colour', '/7\u001b[31m', 'GET https://api.test /7\\u{1b}[31m'],
    ['the content of a data: URL', 'data:text/plain,a-secret', 'GET https://api.test data:'],
  ])('tells its story without %s that stands in the path', async (_, url, title) => {
    const { client } = scripted([{ status: 500 }]);
    install(client, []);
    const call = callOf(await caught(client.get(url)));
    expect(String(call).split('\n')[0]).toBe(title);
  });

  it('is not told where it goes by a base URL that somebody set on axios itself', async () => {
    const { client } = scripted([{ status: 200 }]);
    install(client, []);
    axios.defaults.baseURL = 'https://elsewhere.test';
    try {
      const response = await client.get('https://files.test/1', { baseURL: '' });
      expect(callOf(response)?.target.origin).toBe('https://files.test');
    } finally {
      delete axios.defaults.baseURL;
    }
  });

  it('knows that a base URL given with the request is not the client’s own', async () => {
    const { client } = scripted([{ status: 200 }]);
    install(client, []);
    const response = await client.get('/orders', { baseURL: 'https://evil.test/v1' });
    expect(callOf(response)?.target).toMatchObject({ origin: 'https://evil.test', withinBase: false });
  });

  it('shows a logger neither body nor cookie nor key, in whatever form it is logged', async () => {
    const { client } = scripted([{ status: 500, data: 'a-secret', headers: { 'set-cookie': 'a-secret' } }]);
    install(client, []);
    const error = await caught(client.post('/x', 'a-secret', { headers: { 'x-api-key': 'a-secret' } }));
    const call = callOf(error);
    expect(JSON.stringify({ call })).toContain('"status":500');
    for (const shown of [
      JSON.stringify({ call }),
      inspect(call, { depth: Infinity, getters: true }),
      inspect(Object.assign({}, call), { depth: Infinity }),
      String(call),
    ]) {
      expect(shown).not.toContain('a-secret');
    }
  });

  it('is not found by a copy of the request: interceptors change the one they are given', async () => {
    const { client } = scripted([{ status: 200 }]);
    install(client, [(next) => (config) => next({ ...config })]);
    expect(await caught(client.get('/x'))).toHaveProperty(
      'message',
      'This request did not come through install(), or is a copy of one that did: change the one you are given',
    );
  });

  it('hears of Retry-After whatever class of headers an adapter answers with', async () => {
    const adapter: AxiosAdapter = (config) =>
      Promise.resolve({
        status: 429,
        statusText: '',
        data: '',
        headers: new Headers({ 'Retry-After': '7' }) as never,
        config,
      });
    const client = axios.create({ adapter });
    const seen: unknown[] = [];
    install(client, [
      (next) => (config) =>
        next(config).then((response) => {
          seen.push(retryDelayOf(response.headers, 0));
          return response;
        }),
    ]);
    await client.get('https://api.test/');
    expect(seen).toEqual([7_000]);
  });
});
