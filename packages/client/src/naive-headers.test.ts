import { manualClock, staticCredential } from '@holdfast/testing';
import axios, { type AxiosAdapter, type AxiosInstance } from 'axios';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { attachToken, install, retry, type TokenCredential } from './index.js';

/** What of axios-retry is used here: the copy that `@holdfast/retry` drives. */
const { default: axiosRetry } = createRequire(require.resolve('@holdfast/retry'))('axios-retry') as {
  readonly default: (client: AxiosInstance, options: { readonly retryDelay: () => number }) => void;
};

interface Service {
  readonly server: Server;
  readonly url: string;
  /** `Authorization` and `x-api-key` of every request that came in. */
  readonly seen: (readonly [authorization: string | undefined, key: unknown])[];
}

let orders: Service;
let elsewhere: Service;
let statuses: number[] = [];

async function start(locationOf?: () => string): Promise<Service> {
  const seen: Service['seen'] = [];
  const server = createServer((request, response) => {
    seen.push([request.headers.authorization, request.headers['x-api-key']]);
    if (request.url === '/moved') response.writeHead(302, { location: locationOf?.() }).end();
    else response.writeHead(statuses.shift() ?? 200).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

beforeEach(async () => {
  statuses = [];
  elsewhere = await start();
  orders = await start(() => `${elsewhere.url}/7`);
});

afterEach(() => {
  for (const { server } of [orders, elsewhere]) {
    server.closeAllConnections();
    server.close();
  }
});

/** A token interceptor that leaves a header alone that is there, as everybody writes it who has been told to. */
function setIfAbsent(client: AxiosInstance, credential: TokenCredential): AxiosInstance {
  client.interceptors.request.use(async (config) => {
    const access = await credential.getToken('s');
    config.headers.set('Authorization', `Bearer ${access?.token}`, false);
    return config;
  });
  return client;
}

describe('trap 3: a redirect to another origin', () => {
  const headers = { 'x-api-key': 'k-1' };
  const naive = (adapter: 'http' | 'fetch') =>
    setIfAbsent(axios.create({ baseURL: orders.url, headers, adapter }), staticCredential('t-1'));
  function holdfast(adapter: 'http' | 'fetch'): AxiosInstance {
    const client = axios.create({ baseURL: orders.url, headers, adapter });
    const options = { scopes: 's', sensitiveHeaders: ['x-api-key'] };
    install(client, [retry(), attachToken(staticCredential('t-1'), options)]);
    return client;
  }

  it.each(['http', 'fetch'] as const)('naive: takes a secret header along (%s)', async (adapter) => {
    await naive(adapter).get('/moved');
    expect(orders.seen).toEqual([['Bearer t-1', 'k-1']]);
    expect(elsewhere.seen).toEqual([[undefined, 'k-1']]);
  });

  it('holdfast: takes neither the token along nor a header that was named (http)', async () => {
    await holdfast('http').get('/moved');
    expect(orders.seen).toEqual([['Bearer t-1', 'k-1']]);
    expect(elsewhere.seen).toEqual([[undefined, undefined]]);
  });

  it('holdfast: is refused, and not retried, where such a header cannot be left out (fetch)', async () => {
    await expect(holdfast('fetch').get('/moved')).rejects.toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
    expect(orders.seen).toEqual([['Bearer t-1', 'k-1']]);
    expect(elsewhere.seen).toEqual([]);
  });
});

describe('trap 4: a retry after the token has expired', () => {
  /** A token for a minute, of a clock that goes on by an hour whenever something was sent. */
  function expiring() {
    const clock = manualClock({ fakeGlobals: false });
    const credential = staticCredential((_, number) => ({
      token: `t-${number}`,
      expiresOnTimestamp: clock.now() + 60_000,
    }));
    const http = axios.getAdapter('http');
    const adapter: AxiosAdapter = (config) => http(config).finally(() => clock.advance(3_600_000));
    return { clock, credential, adapter };
  }

  beforeEach(() => (statuses = [503, 200]));

  it('naive: is sent with the stale token, which cannot be told from a header of the caller’s own', async () => {
    const { credential, adapter } = expiring();
    const client = setIfAbsent(axios.create({ baseURL: orders.url, adapter }), credential);
    axiosRetry(client, { retryDelay: () => 0 });
    await client.get('/7');
    expect(orders.seen.map(([authorization]) => authorization)).toEqual(['Bearer t-1', 'Bearer t-1']);
  });

  function holdfast(): AxiosInstance {
    const { clock, credential, adapter } = expiring();
    const client = axios.create({ baseURL: orders.url, adapter });
    const retries = retry({ baseDelayMs: 0 });
    install(client, [retries, attachToken(credential, { scopes: 's', clock })]);
    return client;
  }

  it('holdfast: is sent with a current one', async () => {
    await holdfast().get('/7');
    expect(orders.seen.map(([authorization]) => authorization)).toEqual(['Bearer t-1', 'Bearer t-2']);
  });

  it('holdfast: is sent with a header of the caller’s own where there is one, on every attempt', async () => {
    await holdfast().get('/7', { headers: { authorization: 'Bearer mine' } });
    expect(orders.seen.map(([authorization]) => authorization)).toEqual(['Bearer mine', 'Bearer mine']);
  });
});
