import { manualClock, staticCredential, type ManualClock } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { RetryBudget, createServiceClient } from './index.js';
import { tally } from './made-challenge-storm.js';

/** What of axios-retry is used here: the copy that `@holdfast/retry` drives. */
const { default: axiosRetry } = createRequire(require.resolve('@holdfast/retry'))('axios-retry') as {
  readonly default: (client: AxiosInstance) => void;
};

const CALLERS = 200;
const RAMP_MS = 1_000;
const STEP_MS = 10;
const SLOT_MS = 50;

interface Seen {
  readonly client: string;
  readonly caller: string;
  readonly at: number;
  answeredAt: number;
}

let clock: ManualClock;
let server: Server;
let agents: Agent[];
let url: string;
/** What was told to come back. */
let told: Seen[];
/** What came after that. */
let back: Seen[];
/** Those who wait for their turn, of each client, in the order in which they began to. */
let waiting: Record<string, string[]>;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { 'x-client': client = '' } = request.headers;
  const seen = { client: String(client), caller: request.url ?? '', at: clock.now(), answeredAt: Infinity };
  if (told.length < CALLERS) {
    told.push(seen);
    response.writeHead(429, { 'retry-after': '1' }).end();
    return;
  }
  back.push(seen);
  clock.setTimeout(() => {
    seen.answeredAt = clock.now();
    response.end('{}');
  }, 2 * STEP_MS);
}

beforeEach(async () => {
  clock = manualClock();
  [told, back, agents, waiting] = [[], [], [], {}];
  server = createServer(answer);
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  for (const agent of agents) agent.destroy();
  server.closeAllConnections();
  server.close();
  clock.uninstall();
});

function transportOf(number: number) {
  const httpAgent = new Agent({ keepAlive: true });
  agents.push(httpAgent);
  return { httpAgent, proxy: false as const, headers: { 'x-client': String(number) } };
}

function holdfast(number: number): AxiosInstance {
  const order: string[] = (waiting[number] = []);
  return createServiceClient({
    ...{ name: 'orders', baseURL: url, scopes: 'api://orders/.default', clock },
    credential: staticCredential('a-token'),
    retry: {
      // All of them may come back.
      budget: new RetryBudget({ ratio: 1, minPerSecond: CALLERS }),
      onRetry: (_retry, _error, { url: caller }) => {
        order.push(String(caller));
      },
    },
    throttleGate: { rampMs: RAMP_MS },
    axios: transportOf(number),
  });
}

function naive(number: number): AxiosInstance {
  const client = axios.create({ baseURL: url, ...transportOf(number) });
  axiosRetry(client);
  return client;
}

/** Everybody calls at once, and time passes until all have their answer. */
async function herd(clients: readonly AxiosInstance[]): Promise<number[]> {
  const each = CALLERS / clients.length;
  let pending = CALLERS;
  const calls = clients.flatMap((client) =>
    Array.from({ length: each }, async (_, caller) => {
      const { status } = await client.get(`/${caller}`).finally(() => (pending -= 1));
      return status;
    }),
  );
  while (told.length < CALLERS) await clock.settle();
  while (pending > 0) await clock.advance(STEP_MS);
  return Promise.all(calls);
}

const instant = () => Math.max(...told.map(({ at }) => at)) + 1_000;
const mostInASlot = () => Math.max(...Object.values(tally(back.map(({ at }) => Math.floor(at / SLOT_MS)))));
const span = () => back.at(-1)!.at - back[0]!.at;

describe.each([1, 10])('200 callers at once, told to come back in 1 s, on %d clients', (count) => {
  const clientsOf = (make: (number: number) => AxiosInstance) =>
    Array.from({ length: count }, (_, number) => make(number));

  it('naive: come back within 100 ms of each other', async () => {
    const statuses = await herd(clientsOf(naive));
    expect(tally(statuses)).toEqual({ 200: CALLERS });
    expect(span()).toBeLessThanOrEqual(100);
    expect(mostInASlot()).toBeGreaterThanOrEqual(CALLERS / 4);
  });

  it('holdfast: all are answered, none too early, spread over the ramp, and in order', async () => {
    const statuses = await herd(clientsOf(holdfast));
    expect(tally(statuses)).toEqual({ 200: CALLERS });
    expect(back).toHaveLength(CALLERS);
    expect(back[0]!.at).toBeGreaterThanOrEqual(instant());
    expect(span()).toBeGreaterThanOrEqual(RAMP_MS / 2);
    // Evenly it would be a twentieth.
    expect(mostInASlot()).toBeLessThanOrEqual(CALLERS / 5);
    for (const [client, order] of Object.entries(waiting)) {
      const [probe, ...others] = back.filter((seen) => seen.client === client);
      expect([probe, ...others].map((seen) => seen?.caller)).toEqual(order);
      expect(order).toHaveLength(CALLERS / count);
      // Nobody else before its answer.
      expect(others[0]!.at).toBeGreaterThanOrEqual(probe!.answeredAt);
    }
  });
});
