import { staticCredential } from '@holdfast/testing';
import type { AxiosInstance, AxiosProxyConfig } from 'axios';
import { HttpsProxyAgent } from 'https-proxy-agent';
import https from 'node:https';
import { inspect } from 'node:util';
import { madeCertificate } from '../../msal/src/made-certificates.js';
import {
  callOf,
  createServiceClient,
  errorSummary,
  subscribe,
  type AttemptEvent,
  type CallEvent,
  type ServiceClientOptions,
} from './index.js';
import { LoopbackProxy, type Manner } from './made-proxy.js';
import { SocketServer } from './made-transports.js';

const { keyPem: key, certificatePem: cert } = madeCertificate({ subject: 'the API' });
const TRUST = { ca: cert, checkServerIdentity: () => undefined };
const PASSWORD = 'for-the-proxy-alone';
const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

let proxy: LoopbackProxy;
let plain: SocketServer;
let secure: SocketServer;

beforeEach(async () => {
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
  proxy = await LoopbackProxy.start();
  plain = await SocketServer.start();
  secure = await SocketServer.on(https.createServer({ key, cert }));
});

afterEach(() => {
  for (const one of [proxy, plain, secure]) one.close();
  for (const name of VARIABLES)
    if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = before[name];
});

function orders(baseURL: string, options: Partial<ServiceClientOptions> = {}): AxiosInstance {
  return createServiceClient({
    ...{ name: 'orders', baseURL, retry: false, scopes: 'api://orders/.default' },
    ...{ credential: staticCredential('a-secret-token') },
    ...options,
  });
}

const secureURL = () => `https://localhost:${secure.port}`;
const proxyURL = () => `http://app:${PASSWORD}@127.0.0.1:${proxy.port}`;
const byOption = (): { readonly proxy: AxiosProxyConfig } => ({
  proxy: {
    ...{ protocol: 'http', host: '127.0.0.1', port: proxy.port },
    auth: { username: 'app', password: PASSWORD },
  },
});

/** The ways in which a client comes to use a proxy for https. */
const WAYS: Record<string, () => NonNullable<ServiceClientOptions['axios']>> = {
  'the option proxy': () => ({ ...byOption(), httpsAgent: new https.Agent(TRUST) }),
  HTTPS_PROXY: () => {
    process.env['HTTPS_PROXY'] = proxyURL();
    return { httpsAgent: new https.Agent(TRUST) };
  },
  'an agent that tunnels': () => {
    const httpsAgent = new HttpsProxyAgent(proxyURL(), { keepAlive: true });
    // What its constructor takes is for the connection to the proxy.
    Object.assign(httpsAgent.options, TRUST);
    return { proxy: false, httpsAgent };
  },
};

describe.each(Object.keys(WAYS))('a proxy by %s, to an API by https', (way) => {
  it('makes a tunnel, and can read neither token nor request', async () => {
    const client = orders(secureURL(), { axios: WAYS[way]!() });
    await expect(client.post('/secret-path', { a: 'secret-order' })).resolves.toHaveProperty('status', 200);
    expect(proxy.tunnels).toEqual([`localhost:${secure.port}`]);
    expect(secure.requests).toMatchObject([{ path: '/secret-path', token: 'a-secret-token' }]);
    expect(proxy.passwords).toEqual([`app:${PASSWORD}`]);
    expect(proxy.read.length).toBeGreaterThan(500);
    for (const word of ['a-secret-token', 'secret-order', '/secret-path'])
      expect(proxy.read).not.toContain(word);
  });

  it.each<[Manner, string]>([
    ['asks for a password', 'answered'],
    ['cannot reach the API', 'unavailable'],
  ])(
    'that %s fails the call, and its password stands in no event, message or log',
    async (manner, outcome) => {
      proxy.manner = manner;
      const events: (AttemptEvent | CallEvent)[] = [];
      const stops = [
        subscribe('tracing:holdfast:attempt:asyncEnd', (event) => events.push(event)),
        subscribe('tracing:holdfast:call:asyncEnd', (event) => events.push(event)),
      ];
      const error: unknown = await orders(secureURL(), { axios: WAYS[way]!() })
        .get('/7')
        .catch((failure: unknown) => failure);
      for (const stop of stops) stop();
      expect(events).toHaveLength(2);
      expect(secure.requests).toHaveLength(0);
      expect(callOf(error)?.outcome).toBe(outcome);
      expect(proxy.read).not.toContain('a-secret-token');
      const shown = [
        String(error),
        String(callOf(error)),
        inspect(errorSummary(error)),
        inspect(events, { depth: Infinity }),
      ];
      for (const text of shown) {
        expect(text).not.toContain(PASSWORD);
        expect(text).not.toContain(Buffer.from(`app:${PASSWORD}`).toString('base64'));
        expect(text).not.toContain('a-secret-token');
      }
    },
  );
});

describe('a proxy that the environment names', () => {
  it('is used for plain http to loopback, where it can read the token', async () => {
    process.env['HTTP_PROXY'] = proxyURL();
    await expect(orders(plain.url).get('/7')).resolves.toHaveProperty('status', 200);
    expect(proxy.forwarded).toEqual([`${plain.url}/7`]);
    expect(plain.requests).toMatchObject([{ path: '/7', token: 'a-secret-token' }]);
    expect(proxy.read).toContain('a-secret-token');
  });

  it('is never given a token for plain http to any other host', async () => {
    process.env['HTTP_PROXY'] = proxyURL();
    await expect(orders('http://orders.test').get('/7')).rejects.toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
    expect(proxy.read).toBe('');
  });

  it.each<[string, () => Partial<ServiceClientOptions>]>([
    ['NO_PROXY says so', () => ((process.env['NO_PROXY'] = '127.0.0.1'), {})],
    ['the client says proxy: false', () => ({ axios: { proxy: false } })],
  ])('is passed by where %s', async (_, options) => {
    process.env['HTTP_PROXY'] = proxyURL();
    await expect(orders(plain.url, options()).get('/7')).resolves.toHaveProperty('status', 200);
    expect(proxy.forwarded).toEqual([]);
    expect(plain.requests).toHaveLength(1);
  });

  it('keeps the connection of a client to it for plain http', async () => {
    process.env['HTTP_PROXY'] = proxyURL();
    const client = orders(plain.url, { agent: { maxSockets: 1 } });
    for (const path of ['/1', '/2', '/3']) await client.get(path);
    expect(proxy.forwarded).toHaveLength(3);
    expect(Object.values(client.defaults.httpAgent.freeSockets).flat()).toHaveLength(1);
  });

  it.each<[Manner, number, string]>([
    ['asks for a password', 407, 'answered'],
    ['cannot reach the API', 502, 'unavailable'],
  ])('and that %s, for plain http, answers in the place of the API', async (manner, status, outcome) => {
    process.env['HTTP_PROXY'] = proxyURL();
    proxy.manner = manner;
    const error: unknown = await orders(plain.url)
      .get('/7')
      .catch((failure: unknown) => failure);
    expect(error).toMatchObject({ response: { status } });
    expect(callOf(error)?.outcome).toBe(outcome);
  });

  it('and that is not there is nothing sent', async () => {
    process.env['HTTP_PROXY'] = proxyURL();
    proxy.close();
    const error: unknown = await orders(plain.url)
      .post('/7')
      .catch((failure: unknown) => failure);
    expect(callOf(error)?.outcome).toBe('not-sent');
  });
});

describe("a client's own agents below a proxy", () => {
  it('limit by idleMs no time in which a tunnel is made', async () => {
    const client = orders(secureURL(), {
      agent: { idleMs: 1 },
      axios: { proxy: byOption().proxy },
    });
    Object.assign(client.defaults.httpsAgent.options as object, TRUST);
    await expect(client.get('/7')).resolves.toHaveProperty('status', 200);
    expect(proxy.tunnels).toHaveLength(1);
  });
});

it('an API that wants a certificate of its clients gets that of the given agent', async () => {
  const own = madeCertificate({ subject: 'the client' });
  const mutual = await SocketServer.on(
    https.createServer({ key, cert, requestCert: true, rejectUnauthorized: true, ca: own.certificatePem }),
  );
  const baseURL = `https://127.0.0.1:${mutual.port}`;
  const httpsAgent = new https.Agent({ ...TRUST, key: own.keyPem, cert: own.certificatePem });
  await expect(orders(baseURL, { axios: { httpsAgent } }).get('/7')).resolves.toHaveProperty('status', 200);
  expect(mutual.requests).toMatchObject([{ token: 'a-secret-token' }]);
  const without = orders(baseURL, { axios: { httpsAgent: new https.Agent(TRUST) } });
  const error: unknown = await without.get('/7').catch((failure: unknown) => failure);
  expect(error).toHaveProperty('code');
  expect(mutual.requests).toHaveLength(1);
  mutual.close();
});
