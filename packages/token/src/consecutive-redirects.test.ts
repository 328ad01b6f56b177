import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { install } from '@holdfast/core';
import { staticCredential } from '@holdfast/testing';
import { attachToken } from './index.js';

let server: Server;
let port = 0;
let seen: (readonly [url: string, authorization: string | undefined, key: unknown])[] = [];
let orders: AxiosInstance;

beforeAll(async () => {
  server = createServer(({ url = '', headers }, response) => {
    seen.push([url, headers.authorization, headers['x-api-key']]);
    const location = /\?to=(.*)/.exec(url)?.[1];
    if (location === undefined) response.end('body');
    else response.writeHead(302, { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  orders = axios.create({ baseURL: `http://127.0.0.1:${port}/v1`, headers: { 'x-api-key': 'k-1' } });
  install(orders, [attachToken(staticCredential('t-1'), { scopes: 's', sensitiveHeaders: ['x-api-key'] })]);
  await orders.get('/a?to=/v1/b');
  seen = [];
});

/** The last request that came of it. */
async function last(url: string, config: AxiosRequestConfig = {}) {
  await orders.get(url, config);
  return seen.at(-1);
}

describe('a redirect of a request that is unlike the one before', () => {
  it('takes a header of the caller’s own out of the base path, where the token does not go', async () => {
    const headers = { authorization: 'Bearer mine' };
    expect(await last('/a?to=/admin', { headers })).toEqual(['/admin', 'Bearer mine', 'k-1']);
    expect(await last('/a?to=/admin')).toEqual(['/admin', undefined, 'k-1']);
  });

  it('is followed within the origin that this request went to', async () => {
    const config = { holdfast: { token: false as const } };
    await last('/a?to=/v1/b', config);
    const url = `http://localhost:${port}/a?to=/b`;
    expect(await last(url, config)).toEqual(['/b', undefined, 'k-1']);
  });

  it('keeps the token below the base URL that this request has', async () => {
    const config = { baseURL: `http://127.0.0.1:${port}/v1/deep` };
    expect(await last('/a?to=/v1/b', config)).toEqual(['/v1/b', undefined, 'k-1']);
    expect(await last('/a?to=/v1/b')).toEqual(['/v1/b', 'Bearer t-1', 'k-1']);
  });

  it('keeps the token below the base URL of the client, whatever base URL this request has', async () => {
    const config = { baseURL: `http://127.0.0.1:${port}` };
    expect(await last('/v1/a?to=/v1/b', config)).toEqual(['/v1/b', 'Bearer t-1', 'k-1']);
    expect(await last('/v1/a?to=/admin', config)).toEqual(['/admin', undefined, 'k-1']);
  });

  it('is told to the hook of this request', async () => {
    const beforeRedirect = jest.fn();
    await last('/a?to=/v1/b', { beforeRedirect });
    expect(beforeRedirect).toHaveBeenCalledTimes(1);
    await last('/a?to=/v1/b');
    expect(beforeRedirect).toHaveBeenCalledTimes(1);
  });
});
