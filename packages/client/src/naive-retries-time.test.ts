import { manualClock, type ManualClock } from '@holdfast/testing';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { createServiceClient } from './index.js';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

let clock: ManualClock;
let server: Server;
let url: string;
let agent: Agent;
/** By path. */
let arrivals: Map<string, Exchange>;
let isOver: boolean;

beforeEach(async () => {
  isOver = false;
  clock = manualClock({ fakeGlobals: false });
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  arrivals = new Map();
  server = createServer((request, response) => {
    arrivals.set(request.url ?? '', { request, response });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  isOver = true;
  agent.destroy();
  server.closeAllConnections();
  server.close();
});

/** Ends with its test, where what it waits for does not come. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) {
    if (isOver) throw new Error('The test ended before that');
    await turn();
  }
}

async function arrived(path: string): Promise<Exchange> {
  await until(() => arrivals.has(path));
  return arrivals.get(path)!;
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );

/** Whether something has happened by now, and its end. */
function watch<T>(promise: Promise<T>) {
  const seen: { settled: boolean } = { settled: false };
  const ended = promise.finally(() => (seen.settled = true));
  return { seen, ended };
}

const holdfast = (axiosConfig: AxiosRequestConfig = {}, timeoutMs = 10_000): AxiosInstance =>
  createServiceClient({
    name: 'orders',
    baseURL: url,
    credential: false,
    clock,
    retry: false,
    attemptTimeoutMs: timeoutMs,
    deadlineMs: false,
    axios: { ...axiosConfig, adapter: 'http' },
  });

describe('trap 36: a time-out of a call that queues for a socket', () => {
  /** `/first` has the only socket, and is not answered. */
  async function queued(client: AxiosInstance, config: AxiosRequestConfig) {
    const first = codeOf(client.get('/first', { httpAgent: agent, timeout: 0 }));
    await arrived('/first');
    const second = watch(codeOf(client.get('/second', { httpAgent: agent, ...config })));
    await until(() => Object.keys(agent.requests).length > 0);
    return { first, second };
  }

  it('naive: does not begin before it has one', async () => {
    const client = axios.create({ baseURL: url });
    const timeout = 50;
    const { first, second } = await queued(client, { timeout });
    // Sent later, with a socket of its own: when its time is over, so is that of the one that queues.
    expect(await codeOf(client.get('/later', { timeout }))).toBe('ECONNABORTED');
    expect(second.seen.settled).toBe(false);
    (await arrived('/first')).response.end();
    await first;
    (await arrived('/second')).response.end();
    expect(await second.ended).toBeUndefined();
  });

  it('holdfast: counts from the moment at which it is sent', async () => {
    const { first, second } = await queued(holdfast({}, 10_000), {});
    await clock.advance(10_000);
    expect(await second.ended).toBe('ERR_ATTEMPT_TIMEOUT');
    expect(arrivals.has('/second')).toBe(false);
    expect(await first).toBe('ERR_ATTEMPT_TIMEOUT');
  });
});

describe('trap 36: a time-out of a call whose answer drips', () => {
  const drip = ({ response }: Exchange) => {
    const dripping = setInterval(() => response.write('.'), 2);
    response.once('close', () => {
      clearInterval(dripping);
    });
  };

  it('naive: never ends it', async () => {
    const client = axios.create({ baseURL: url });
    const controller = new AbortController();
    const timeout = 300;
    const dripping = watch(codeOf(client.get('/drips', { timeout, signal: controller.signal })));
    drip(await arrived('/drips'));
    expect(await codeOf(client.get('/later', { timeout }))).toBe('ECONNABORTED');
    expect(dripping.seen.settled).toBe(false);
    controller.abort();
    expect(await dripping.ended).toBe('ERR_CANCELED');
  });

  it('holdfast: ends it, by the clock on the wall', async () => {
    const dripping = watch(codeOf(holdfast().get('/drips')));
    drip(await arrived('/drips'));
    await clock.advance(9_999);
    expect(dripping.seen.settled).toBe(false);
    await clock.advance(1);
    expect(await dripping.ended).toBe('ERR_ATTEMPT_TIMEOUT');
  });
});

describe('trap 48: a large transfer under a time limit of 10 s', () => {
  const PIECE = 'x'.repeat(1_000);

  /** What people write who know that axios's own time-out is none: a timer that aborts. */
  function limited(): AxiosInstance {
    const client = axios.create({ baseURL: url, adapter: 'http' });
    client.interceptors.request.use((config) => {
      const controller = new AbortController();
      clock.setTimeout(() => {
        controller.abort();
      }, 10_000);
      return { ...config, signal: controller.signal };
    });
    return client;
  }

  /** Five pieces, one every 5 s. */
  async function downloaded(client: AxiosInstance): Promise<number | string> {
    const call = client.get<Readable>('/export', { responseType: 'stream' });
    const { response } = await arrived('/export');
    response.write(PIECE);
    const { data } = await call;
    let bytes = 0;
    let failure: unknown;
    data.on('data', (chunk: Buffer) => (bytes += chunk.length));
    data.on('error', (error: unknown) => (failure = error));
    for (let pieces = 1; failure === undefined && pieces <= 5; pieces += 1) {
      await until(() => failure !== undefined || bytes >= pieces * PIECE.length);
      await clock.advance(5_000);
      if (pieces < 5) response.write(PIECE);
      else response.end();
    }
    await until(() => failure !== undefined || data.readableEnded);
    return failure === undefined ? bytes : `cut after ${bytes}`;
  }

  /** Three megabytes from a source that has half of one every 5 s. */
  async function uploaded(client: AxiosInstance): Promise<unknown> {
    const piece = Buffer.alloc(500_000);
    const body = new Readable({ read: () => undefined });
    const { seen, ended } = watch(codeOf(client.put('/import', body, { maxRedirects: 0 })));
    // The headers go with the first bytes.
    body.push(piece);
    const { request, response } = await arrived('/import');
    let taken = 0;
    request.on('data', (chunk: Buffer) => (taken += chunk.length));
    request.on('error', () => undefined);
    for (let pieces = 1; pieces <= 6; pieces += 1) {
      if (pieces > 1) body.push(piece);
      await until(() => seen.settled || taken >= pieces * piece.length);
      if (seen.settled) break;
      await clock.advance(5_000);
    }
    body.push(null);
    response.end();
    return (await ended) ?? taken;
  }

  it('naive: is cut in the middle of a download', async () => {
    expect(await downloaded(limited())).toBe('cut after 2000');
  });

  it('holdfast: is downloaded to its end', async () => {
    expect(await downloaded(holdfast())).toBe(5_000);
  });

  it('naive: is cut in the middle of an upload', async () => {
    expect(await uploaded(limited())).toBe('ERR_CANCELED');
  });

  it('holdfast: is uploaded to its end', async () => {
    expect(await uploaded(holdfast())).toBe(3_000_000);
  });
});
