import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import axios, { AxiosError, type AxiosAdapter, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { callOf, install } from '@holdfast/core';
import { challengeHeader, staticCredential } from '@holdfast/testing';
import { attachToken } from '@holdfast/token';
import fc from 'fast-check';
import { claimsChallenge } from './index.js';

const CHALLENGE = challengeHeader({ claims: '{"access_token":{"nbf":{"value":"1"}}}' });

function setUp(config: AxiosRequestConfig) {
  const source = staticCredential((_, number) => `t-${number}`);
  const client = axios.create({ baseURL: 'https://orders.test', ...config });
  install(client, [attachToken(source, { scopes: 's' }), claimsChallenge()]);
  return { client, source };
}

/** Answers with these headers, as they are. */
const answering =
  (headers: unknown, status = 401): AxiosAdapter =>
  (config) =>
    Promise.resolve({ status, statusText: '', data: 'no', headers, config } as AxiosResponse);

describe('a 401 of a custom adapter', () => {
  it.each<[string, unknown]>([
    ['a plain object', { 'WWW-Authenticate': CHALLENGE }],
    ['a list of lines', { 'www-authenticate': ['Negotiate', CHALLENGE] }],
    ['lines of which some are none', { 'www-authenticate': [7, null, CHALLENGE] }],
    ['fetch’s headers', new Headers({ 'www-authenticate': CHALLENGE })],
    ['a map', new Map([['www-authenticate', CHALLENGE]])],
  ])('is answered when its headers are %s', async (_, headers) => {
    let sends = 0;
    const adapter: AxiosAdapter = (config) => answering(headers, (sends += 1) === 1 ? 401 : 200)(config);
    const { client } = setUp({ adapter });
    expect(await client.get('/7')).toMatchObject({ status: 200 });
    expect(sends).toBe(2);
  });

  it('goes to the caller, and nothing else happens, when its headers are junk', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom('www-authenticate', 'WWW-Authenticate', 'x'), fc.anything()),
          fc.record({ 'www-authenticate': fc.array(fc.oneof(fc.string(), fc.anything())) }),
        ),
        async (headers) => {
          const bare = axios.create({ adapter: answering(headers) });
          const held = setUp({ adapter: answering(headers) });
          const endOf = (promise: Promise<AxiosResponse>) =>
            promise.then(
              ({ status }) => status,
              (error: unknown) => String(error),
            );
          expect(await endOf(held.client.get('/7'))).toBe(await endOf(bare.get('https://orders.test/7')));
          expect(held.source.requests.length).toBe(1);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a 401 over a real socket', () => {
  let server: Server;
  let baseURL = '';
  let connections = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeAll(async () => {
    server = createServer(({ url, headers }, response) => {
      if (headers.authorization === 'Bearer t-1' || url === '/never')
        response.writeHead(401, { 'www-authenticate': CHALLENGE }).end('n'.repeat(100_000));
      else if (url === '/moved') response.writeHead(302, { location: '/elsewhere' }).end();
      else response.end('fine');
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });

  it('whose body is a stream that nobody reads does not hold the only socket', async () => {
    const { client } = setUp({ baseURL, httpAgent: agent, responseType: 'stream' });
    for (let call = 0; call < 3; call += 1) {
      const { data } = await client.get<Readable>('/7');
      expect(await text(data)).toBe('fine');
    }
  });

  it('that is not answered comes with its stream, all of it', async () => {
    const { client } = setUp({
      ...{ baseURL, httpAgent: agent, responseType: 'stream' as const },
      validateStatus: () => true,
    });
    const { status, data } = await client.get<Readable>('/never');
    expect(status).toBe(401);
    expect(await text(data)).toHaveLength(100_000);
    expect(connections).toBeLessThan(10);
  });

  it.each<[string, AxiosRequestConfig['validateStatus'], boolean]>([
    ['by default', undefined, true],
    ['that takes everything for a success', () => true, false],
    ['that takes a 401 for one', (status) => status === 401, false],
    ['of none', null, false],
  ])('twice is settled by the caller’s own validateStatus: one %s', async (_, validateStatus, fails) => {
    const { client } = setUp({ baseURL, ...(validateStatus !== undefined && { validateStatus }) });
    const end = await client.get('/never').catch((error: unknown) => error as AxiosError);
    expect(end instanceof AxiosError).toBe(fails);
    expect(end instanceof AxiosError ? end.response?.status : end.status).toBe(401);
    expect(callOf(end)?.attempts).toHaveLength(2);
  });

  it('is answered, and the redirect of the second answer is the caller’s, with maxRedirects: 0', async () => {
    const { client } = setUp({ baseURL, maxRedirects: 0, validateStatus: () => true });
    const response = await client.get('/moved');
    expect(response).toMatchObject({ status: 302, headers: { location: '/elsewhere' } });
    expect(callOf(response)?.attempts).toMatchObject([{ status: 401 }, { status: 302 }]);
  });
});
