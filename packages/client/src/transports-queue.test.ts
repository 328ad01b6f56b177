import { manualClock, staticCredential, type ManualClock } from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import type { Agent } from 'node:http';
import { createServiceClient, type ServiceClientOptions } from './index.js';
import { SocketServer } from './made-transports.js';

let server: SocketServer;
let clock: ManualClock;

beforeEach(async () => {
  // Sockets need their real timers.
  clock = manualClock({ fakeGlobals: false });
  server = await SocketServer.start();
});

afterEach(() => {
  server.close();
  clock.uninstall();
});

function orders(options: Partial<ServiceClientOptions> = {}): AxiosInstance {
  return createServiceClient({
    ...{ name: 'orders', baseURL: server.url, clock },
    ...{ scopes: 'api://orders/.default', credential: staticCredential('a-token') },
    agent: { maxSockets: 1 },
    ...options,
  });
}

const queueing = (client: AxiosInstance) =>
  Object.values((client.defaults.httpAgent as Agent).requests).flat().length;

/** Turns of the event loop, until so many calls queue for a connection. */
async function untilQueueing(client: AxiosInstance, calls: number): Promise<void> {
  for (let turn = 0; queueing(client) !== calls; turn += 1) {
    if (turn > 100_000) throw new Error(`${queueing(client)} calls queue, and not ${calls}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A client whose only connection is taken, until the call that is returned is finished. */
async function full(options: Partial<ServiceClientOptions> = {}) {
  const client = orders(options);
  const holding = client.get('/held', { holdfast: { attemptTimeoutMs: false, deadlineMs: false } });
  await server.arrived('/held');
  return { client, holding };
}

const NO_RETRY = { retry: false } as const;

describe('calls that queue for a connection', () => {
  it.each<[string, object, number, string]>([
    ['attempt timeout', { ...NO_RETRY }, 10_000, 'ERR_ATTEMPT_TIMEOUT'],
    ['deadline', { ...NO_RETRY, attemptTimeoutMs: false }, 30_000, 'ERR_DEADLINE_EXCEEDED'],
  ])('leave the queue at their %s, and are never sent', async (_, holdfast, ms, code) => {
    const { client, holding } = await full();
    const calls = [1, 2, 3].map((call) => client.post(`/${call}`, undefined, { holdfast }));
    const ended = Promise.allSettled(calls);
    await untilQueueing(client, 3);
    await clock.advance(ms);
    expect(await ended).toMatchObject(Array(3).fill({ status: 'rejected', reason: { code } }));
    server.finish('/held');
    await holding;
    await client.get('/after');
    expect(server.requests.map(({ path }) => path)).toEqual(['/held', '/after']);
    // Node keeps who has given up in its list until a connection is free, and passes over them then.
    expect(queueing(client)).toBe(0);
    expect(server.connections).toBe(1);
  });

  it('leave the queue when they are cancelled, and those behind them move up', async () => {
    const { client, holding } = await full();
    const controller = new AbortController();
    const given = [1, 2].map((call) => client.get(`/given-up/${call}`, { signal: controller.signal }));
    const ended = Promise.allSettled(given);
    const waiting = client.get('/7');
    await untilQueueing(client, 3);
    controller.abort();
    expect(await ended).toMatchObject(Array(2).fill({ reason: { code: 'ERR_CANCELED' } }));
    server.finish('/held');
    await Promise.all([holding, waiting]);
    expect(server.requests.map(({ path }) => path)).toEqual(['/held', '/7']);
    expect(queueing(client)).toBe(0);
  });

  it('a thousand through eight connections are all answered, eight at a time', async () => {
    const client = orders({ agent: { maxSockets: 8 } });
    const calls = Array.from({ length: 1_000 }, (_, call) => client.get(`/${call}`));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual(Array(1_000).fill(200));
    expect(server.requests).toHaveLength(1_000);
    expect(server.connections).toBe(8);
    expect(server.busiest).toBeLessThanOrEqual(8);
    expect(queueing(client)).toBe(0);
  });

  it('a hundred at a time are sent unless one says otherwise', async () => {
    const client = orders({ agent: {} });
    const calls = Array.from({ length: 101 }, (_, call) => client.get(`/held/${call}`));
    await server.until(() => server.requests.length === 100);
    await untilQueueing(client, 1);
    server.finish(server.requests[0]!.path);
    await server.until(() => server.requests.length === 101);
    for (const { path } of server.requests.slice(1)) server.finish(path);
    await Promise.all(calls);
    expect(server.connections).toBe(100);
  });
});
