import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import axios, { type AxiosInstance, type AxiosRequestConfig, type InternalAxiosRequestConfig } from 'axios';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServiceClient } from './index.js';

const standard = { name: 'orders', scopes: 'api://orders/.default' };

/** Everything that a caller can tell two requests apart by: functions, signals and streams by being the same ones. */
function shown(request: InternalAxiosRequestConfig): object {
  const { headers, ...rest } = request;
  return { ...rest, headers: headers.toJSON(), keys: Reflect.ownKeys(request).map(String).sort() };
}

async function requestAfter(call: Promise<unknown>): Promise<InternalAxiosRequestConfig> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  return (outcome as { config: InternalAxiosRequestConfig }).config;
}

const challenge = { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) };

const SCRIPTS: [string, readonly Step[]][] = [
  ['at once', [{ status: 200 }]],
  ['after two failures', [{ status: 503 }, { error: 'ECONNRESET' }, { status: 200 }]],
  ['after a throttle', [{ status: 429, headers: { 'retry-after': '2' } }, { status: 200 }]],
  ['after a challenge', [{ status: 401, headers: challenge }, { status: 200 }]],
  ['with a status that is none', [{ status: 404 }]],
  ['with a network failure', [{ error: 'CERT_HAS_EXPIRED' }]],
  ['with attempts that time out', Array<Step>(4).fill('hang')],
  ['with a deadline', Array<Step>(9).fill({ status: 200, delayMs: 60_000 })],
];

describe('the request of a call that ended', () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = manualClock();
  });

  afterEach(() => {
    clock.uninstall();
  });

  it.each(SCRIPTS)('%s is what bare axios would leave', async (ending, script) => {
    const { adapter } = scriptedTransport(script, { clock });
    const held = createServiceClient({
      ...standard,
      baseURL: 'https://orders.test',
      credential: staticCredential(['old', 'new']),
      ...(ending === 'with a deadline' && { attemptTimeoutMs: false }),
      clock,
      random: () => 1,
      axios: { adapter },
    });
    const bare = axios.create({
      baseURL: 'https://orders.test',
      adapter: scriptedTransport([{ status: 404 }]).adapter,
    });
    const { signal } = new AbortController();
    const given: AxiosRequestConfig = {
      signal,
      validateStatus: (status) => status === 200,
      transformRequest: [(data: unknown) => data],
      transformResponse: [(data: unknown) => data],
      headers: { 'x-own': 'kept' },
    };
    const after = await clock.runUntilSettled(requestAfter(held.put('/7', 'body', given)));
    const expected = await requestAfter(bare.put('/7', 'body', given));
    expect(shown(after)).toEqual({ ...shown(expected), adapter });
    expect(after.adapter).toBe(adapter);
    expect(after.signal).toBe(signal);
    expect(after.validateStatus).toBe(given.validateStatus);
  });
});

describe.each(['http', 'fetch'] as const)('the request of a call by the %s adapter', (adapter) => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    server = createServer((request, response) => {
      if (request.url === '/cut') request.socket.destroy();
      else response.writeHead(request.url === '/missing' ? 404 : 200).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const given: AxiosRequestConfig[] = [{}, { env: { fetch: (...input) => fetch(...input) } }];

  it.each(['/7', '/missing', '/cut'])('%s is what bare axios would leave, `env` included', async (path) => {
    const credential = staticCredential('a-token');
    const held: AxiosInstance = createServiceClient({
      ...standard,
      baseURL: url,
      credential,
      retry: false,
      axios: { adapter },
    });
    // Its agents are a client's defaults, and no doing of the pipeline's.
    const { httpAgent, httpsAgent } = held.defaults;
    const agents = httpAgent === undefined ? {} : { httpAgent, httpsAgent };
    const bare = axios.create({ baseURL: url, adapter, ...agents });
    for (const options of given) {
      const after = await requestAfter(held.get(path, options));
      expect(shown(after)).toEqual(shown(await requestAfter(bare.get(path, options))));
    }
  });
});
