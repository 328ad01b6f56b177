import { staticCredential } from '@holdfast/testing';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { getEventListeners } from 'node:events';
import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServiceClient, type ServiceClientOptions } from './index.js';

let server: Server;
let requests: string[];
/** Settles when the server has seen a request for this path. */
let arrived: (path: string) => Promise<void>;
/** Settles when the connection of this path is closed. */
let closed: (path: string) => Promise<void>;
/** Answers the request for `/held`. */
let finish: () => void;

beforeEach(async () => {
  requests = [];
  const arrivals = signals();
  const closings = signals();
  arrived = arrivals.of;
  closed = closings.of;
  server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    request.socket.once('close', () => {
      closings.give(path);
    });
    if (path === '/body')
      response.write('the beginning', () => {
        arrivals.give(path);
      });
    else arrivals.give(path);
    if (path === '/held') finish = () => response.end();
    if (path === '/whole') response.end('all of it');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Promises by name, that somebody else keeps. */
function signals(): { of: (name: string) => Promise<void>; give: (name: string) => void } {
  const known = new Map<string, { promise: Promise<void>; give: () => void }>();
  const one = (name: string) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    let give: () => void = () => undefined;
    const made = {
      promise: new Promise<void>((resolve) => (give = resolve)),
      give: () => {
        give();
      },
    };
    known.set(name, made);
    return made;
  };
  return {
    of: (name) => one(name).promise,
    give: (name) => {
      one(name).give();
    },
  };
}

type Limits = Pick<ServiceClientOptions, 'deadlineMs' | 'attemptTimeoutMs'>;
const LIMITS: [string, Limits][] = [
  ['with time limits', { deadlineMs: 20_000, attemptTimeoutMs: 10_000 }],
  ['without time limits', { deadlineMs: false, attemptTimeoutMs: false }],
];

function orders(limits: Limits, config: AxiosRequestConfig): AxiosInstance {
  const { port } = server.address() as AddressInfo;
  return createServiceClient({
    name: 'orders',
    baseURL: `http://127.0.0.1:${port}`,
    scopes: 'api://orders/.default',
    credential: staticCredential('a-token'),
    ...limits,
    axios: config as object,
  });
}

interface Way {
  readonly request: AxiosRequestConfig;
  readonly giveUp: () => void;
}

const WAYS: Record<string, () => Way> = {
  signal: () => {
    const controller = new AbortController();
    return {
      request: { signal: controller.signal },
      giveUp: () => {
        controller.abort();
      },
    };
  },
  cancelToken: () => {
    const { token, cancel } = axios.CancelToken.source();
    return { request: { cancelToken: token }, giveUp: cancel };
  },
};

describe.each(LIMITS)('a call that is given up (%s)', (_, limits) => {
  it.each(Object.keys(WAYS))('while it queues for a socket is never sent (%s)', async (way) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const client = orders(limits, { httpAgent: agent });
    const first = client.get('/held');
    await arrived('/held');
    const { request, giveUp } = WAYS[way]!();
    const ended = expect(client.get('/queueing', request)).rejects.toHaveProperty('code', 'ERR_CANCELED');
    await new Promise((resolve) => setImmediate(resolve));
    expect(Object.values(agent.requests).flat()).toHaveLength(1);
    giveUp();
    await ended;
    finish();
    await first;
    await client.get('/whole');
    expect(requests).toEqual(['/held', '/whole']);
    agent.destroy();
  });

  const streaming = ['http', 'fetch'].flatMap((adapter) =>
    Object.keys(WAYS).map((way) => [adapter, way] as const),
  );

  it.each(streaming)(
    'before the headers of a stream ends, connection and all (%s, %s)',
    async (adapter, way) => {
      const client = orders(limits, { adapter, responseType: 'stream' });
      const { request, giveUp } = WAYS[way]!();
      const ended = expect(client.get('/silent', request)).rejects.toHaveProperty('code', 'ERR_CANCELED');
      await arrived('/silent');
      giveUp();
      await ended;
      await closed('/silent');
    },
  );

  it.each(streaming)(
    'while its body streams ends that stream, connection and all (%s, %s)',
    async (adapter, way) => {
      const client = orders(limits, { adapter, responseType: 'stream' });
      const { request, giveUp } = WAYS[way]!();
      const { data } = await client.get<AsyncIterable<Uint8Array>>('/body', request);
      const read = async () => {
        for await (const chunk of data) {
          expect(Buffer.from(chunk).toString()).toBe('the beginning');
          giveUp();
        }
      };
      await expect(read()).rejects.toThrow(/cancell?ed|aborted/);
      await closed('/body');
    },
  );

  it.each(['http', 'fetch'])(
    'leaves no listener on a signal whose streams were read (%s)',
    async (adapter) => {
      const client = orders(limits, { adapter, responseType: 'stream' });
      const { signal } = new AbortController();
      for (let call = 0; call < 3; call += 1) {
        const { data } = await client.get<AsyncIterable<Uint8Array>>('/whole', { signal });
        for await (const chunk of data) expect(Buffer.from(chunk).toString()).toBe('all of it');
        // axios takes its own off one turn after the stream has ended.
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    },
  );
});
