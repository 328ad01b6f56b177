import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { install, type Interceptor, type SentRequest } from '@holdfast/core';
import { staticCredential } from '@holdfast/testing';
import { attachToken } from './index.js';

let server: Server;
let base = '';
let elsewhere = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: elsewhere }).end();
    else if (request.url === '/reset') request.socket.destroy();
    else response.end('body');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  elsewhere = `http://localhost:${port}/ok`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function client(config: AxiosRequestConfig, inside: readonly Interceptor[] = []) {
  const instance = axios.create({ baseURL: base, ...config });
  install(instance, [attachToken(staticCredential('t-1'), { scopes: 's' }), ...inside]);
  return instance;
}

const finalUrlOf = ({ request }: AxiosResponse) => (request as SentRequest).res?.responseUrl;

describe('an answer by fetch', () => {
  it('says where it came from, as one of the http adapter does', async () => {
    for (const adapter of ['http', 'fetch', ['fetch', 'http'] as 'fetch'[]] as const) {
      const orders = client({ adapter: adapter as AxiosRequestConfig['adapter'] & string });
      expect(finalUrlOf(await orders.get('/ok'))).toBe(`${base}/ok`);
      expect(finalUrlOf(await orders.get('/redirect'))).toBe(elsewhere);
    }
  });

  it('says so with a fetch of the caller’s own, which comes back as it was', async () => {
    const own = jest.fn<Promise<Response>, Parameters<typeof fetch>>((input, init) => fetch(input, init));
    const orders = client({ adapter: 'fetch', env: { fetch: own } });
    const first = await orders.get('/redirect');
    const second = await orders.request(first.config);
    expect([finalUrlOf(first), finalUrlOf(second)]).toEqual([elsewhere, elsewhere]);
    expect([first.config.env?.fetch, second.config.env?.fetch]).toEqual([own, own]);
    expect(own).toHaveBeenCalledTimes(2);
  });

  it('claims no URL that it does not know: a response made by hand has none', async () => {
    const response = await client({
      adapter: 'fetch',
      env: { fetch: () => Promise.resolve(new Response('body')) },
    }).get('/ok');
    expect(response.data).toBe('body');
    expect(finalUrlOf(response)).toBeUndefined();
  });

  it('leaves nothing on the request, whatever becomes of it', async () => {
    const environments: unknown[] = [];
    const spy: Interceptor = (next) => (config) => {
      environments.push(config.env?.fetch);
      return next(config);
    };
    const orders = client({ adapter: 'fetch' }, [spy]);
    const error: unknown = await orders.get('/reset').catch((caught: unknown) => caught);
    expect(environments).toEqual([expect.any(Function)]);
    expect(error).toMatchObject({ code: 'ERR_NETWORK' });
    expect((error as AxiosResponse).config.env).not.toHaveProperty('fetch');
  });
});
