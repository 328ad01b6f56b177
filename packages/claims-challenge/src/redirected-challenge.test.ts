import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosRequestConfig } from 'axios';
import { callOf, install } from '@holdfast/core';
import { challengeHeader, staticCredential } from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import { claimsChallenge } from './index.js';

const CHALLENGE = {
  'www-authenticate': challengeHeader({ claims: '{"access_token":{"nbf":{"value":"1"}}}' }),
};

let server: Server;
let base = '';
let elsewhere = '';

beforeAll(async () => {
  server = createServer(({ url, headers }, response) => {
    if (url === '/redirect') response.writeHead(302, { location: elsewhere }).end();
    else if (headers.authorization === 'Bearer t-2') response.end('fine');
    else response.writeHead(401, CHALLENGE).end();
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  elsewhere = `http://localhost:${port}/`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function setUp(config: AxiosRequestConfig) {
  const source = staticCredential((_, number) => `t-${number}`);
  const client = axios.create({ baseURL: base, validateStatus: () => true, ...config });
  install(client, [attachToken(source, { scopes: 's' }), claimsChallenge()]);
  return { client, source };
}

describe('a challenge', () => {
  it('from where a redirect led is not answered, whatever adapter says so', async () => {
    const adapter: AxiosRequestConfig['adapter'] = (config) => {
      const request = { res: { responseUrl: 'https://evil.test/7' } };
      return Promise.resolve({ status: 401, statusText: '', data: '', headers: CHALLENGE, config, request });
    };
    const { client, source } = setUp({ adapter });
    const response = await client.get('/7');
    expect(response.status).toBe(401);
    expect(source.requests).toHaveLength(1);
    expect(String(callOf(response))).toContain('it came from another origin');
  });

  it.each(['http', 'fetch'] as const)('from where a redirect led is not answered by %s', async (adapter) => {
    const { client, source } = setUp({ adapter });
    const response = await client.get('/redirect');
    expect(response.status).toBe(401);
    expect(source.requests).toHaveLength(1);
    expect(String(callOf(response))).toContain('it came from another origin');
  });

  it.each(['http', 'fetch'] as const)('of the API itself is answered by %s', async (adapter) => {
    const { client, source } = setUp({ adapter });
    expect(await client.get('/7')).toMatchObject({ status: 200, data: 'fine' });
    expect(source.requests).toHaveLength(2);
  });

  it('is not answered where fetch may have followed a redirect and does not tell', async () => {
    const byHand: AxiosRequestConfig = { adapter: axios.getAdapter('fetch') };
    const { client, source } = setUp(byHand);
    const response = await client.get('/7');
    expect(response.status).toBe(401);
    expect(source.requests).toHaveLength(1);
    expect(String(callOf(response))).toContain('fetch does not tell where it came from');

    const direct = setUp({ ...byHand, fetchOptions: { redirect: 'error' } });
    expect(await direct.client.get('/7')).toMatchObject({ status: 200 });
  });
});
