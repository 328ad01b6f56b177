import { manualClock, staticCredential } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createServiceClient, type TokenCredential } from './index.js';

const SECRET = 'eyJ-a-token-that-nobody-may-see';

interface Service {
  readonly server: Server;
  readonly url: string;
  /** The Authorization field of every request that came in. */
  readonly seen: (string | undefined)[];
}

let orders: Service;
let elsewhere: Service;

async function start(): Promise<Service> {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(request.url === '/missing' ? 404 : 200).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

beforeEach(async () => {
  [orders, elsewhere] = await Promise.all([start(), start()]);
});

afterEach(() => {
  for (const { server } of [orders, elsewhere]) {
    server.closeAllConnections();
    server.close();
  }
});

/** A token interceptor, as everybody writes it. */
function naive(credential: TokenCredential): AxiosInstance {
  const client = axios.create({ baseURL: orders.url });
  client.interceptors.request.use(async (config) => {
    const access = await credential.getToken('s');
    config.headers.set('Authorization', `Bearer ${access?.token}`);
    return config;
  });
  return client;
}

function holdfast(credential: TokenCredential): AxiosInstance {
  return createServiceClient({ name: 'orders', baseURL: orders.url, scopes: 's', credential, retry: false });
}

describe('trap 2: a link that leads to another origin', () => {
  it('naive: takes the token there', async () => {
    await naive(staticCredential(SECRET)).get(`${elsewhere.url}/next`);
    expect(elsewhere.seen).toEqual([`Bearer ${SECRET}`]);
  });

  it('holdfast: is refused, unless it goes without the token', async () => {
    const client = holdfast(staticCredential(SECRET));
    const link = `${elsewhere.url}/next`;
    await expect(client.get(link)).rejects.toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
    await client.get(link, { holdfast: { token: false } });
    expect(elsewhere.seen).toEqual([undefined]);
  });
});

describe('trap 5: 20 calls at once without a token', () => {
  const callTwenty = (client: AxiosInstance) =>
    Promise.all(Array.from({ length: 20 }, () => client.get('/7')));

  it('naive: make 20 token requests', async () => {
    const credential = staticCredential(SECRET);
    await callTwenty(naive(credential));
    expect(credential.requests).toHaveLength(20);
  });

  it('holdfast: make one', async () => {
    const credential = staticCredential(SECRET);
    await callTwenty(holdfast(credential));
    expect(credential.requests).toHaveLength(1);
    expect(orders.seen).toEqual(Array(20).fill(`Bearer ${SECRET}`));
  });
});

describe('trap 6: a request with a user name and password', () => {
  const auth = { username: 'me', password: 'pw' };
  const basic = `Basic ${Buffer.from('me:pw').toString('base64')}`;

  it('naive: is sent with those, and without the token, without a word', async () => {
    const client = naive(staticCredential(SECRET));
    await client.get('/7', { auth });
    await client.get(orders.url.replace('//', '//me:pw@'));
    expect(orders.seen).toEqual([basic, basic]);
  });

  it('holdfast: is refused with the reason', async () => {
    const client = holdfast(staticCredential(SECRET));
    await expect(client.get('/7', { auth })).rejects.toThrow('`auth`');
    await expect(client.get(orders.url.replace('//', '//me:pw@'))).rejects.toThrow('user name in the URL');
    expect(orders.seen).toEqual([]);
  });
});

describe('trap 7: a token in what a failed call leaves behind', () => {
  async function shown(client: AxiosInstance): Promise<string> {
    const error: unknown = await client.get('/missing').catch((failure: unknown) => failure);
    expect(error).toHaveProperty('status', 404);
    return inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error);
  }

  it('naive: shows in a log', async () => {
    expect(await shown(naive(staticCredential(SECRET)))).toContain(SECRET);
  });

  it('holdfast: shows nowhere', async () => {
    expect(await shown(holdfast(staticCredential(SECRET)))).not.toContain(SECRET);
    expect(orders.seen).toEqual([`Bearer ${SECRET}`]);
  });
});

describe('trap 9: a refresh ahead of expiry that fails', () => {
  it('holdfast: is no unhandled rejection, and the token is used on', async () => {
    using clock = manualClock({ fakeGlobals: false });
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const token = () => ({ token: SECRET, expiresOnTimestamp: clock.now() + 3_600_000 });
      const credential = staticCredential((_, number) => (number === 1 ? token() : new Error('down')));
      const options = { name: 'orders', baseURL: orders.url, scopes: 's', credential, clock };
      const client = createServiceClient({ ...options, random: () => 0.5 });
      await client.get('/7');
      await clock.advance(56 * 60_000);
      await client.get('/7');
      await clock.advance(1_000);
      expect(credential.requests).toHaveLength(2);
      expect(orders.seen).toHaveLength(2);
    } finally {
      process.off('unhandledRejection', unhandled);
    }
    expect(unhandled).not.toHaveBeenCalled();
  });
});
