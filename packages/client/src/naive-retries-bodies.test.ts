import axios, { type AxiosError, type AxiosInstance } from 'axios';
import { Agent, createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { callOf, createServiceClient } from './index.js';

/** What of axios-retry is used here: the copy that `@holdfast/retry` drives. */
const { default: axiosRetry } = createRequire(require.resolve('@holdfast/retry'))('axios-retry') as {
  readonly default: (client: AxiosInstance, options: { readonly retryDelay: () => number }) => void;
};

let server: Server;
let url: string;
let statuses: number[];
let received: string[];

beforeEach(async () => {
  statuses = [];
  received = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push(body);
      const status = statuses.shift() ?? 200;
      // More than any buffer on its way has room for.
      response.writeHead(status).end(status === 200 ? 'an answer' : Buffer.alloc(20_000_000));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function naive(httpAgent?: Agent): AxiosInstance {
  const client = axios.create({ baseURL: url, ...(httpAgent && { httpAgent }) });
  axiosRetry(client, { retryDelay: () => 0 });
  return client;
}

const holdfast = (httpAgent?: Agent): AxiosInstance =>
  createServiceClient({
    name: 'orders',
    baseURL: url,
    credential: false,
    retry: { baseDelayMs: 0 },
    ...(httpAgent && { axios: { httpAgent } }),
  });

describe('trap 22: an upload from a stream that the service could not take', () => {
  const report = () => Readable.from([Buffer.from('the '), Buffer.from('report')]);
  const headers = { 'content-type': 'text/plain' };

  beforeEach(() => (statuses = [503, 200]));

  it('naive: is sent again without its bytes, and passes for done', async () => {
    const { status } = await naive().put('/report', report(), { headers });
    expect(status).toBe(200);
    expect(received).toEqual(['the report', '']);
  });

  it('holdfast: is sent once, and the caller hears of the 503 and why', async () => {
    const error: unknown = await holdfast()
      .put('/report', report(), { headers })
      .catch((failure: unknown) => failure);
    expect((error as AxiosError).status).toBe(503);
    expect(received).toEqual(['the report']);
    expect(String(callOf(error))).toContain('not retried: the body was a stream');
  });

  it('holdfast: is sent again whole where the caller says how to make it anew', async () => {
    const { status } = await holdfast().put('/report', undefined, { headers, holdfast: { body: report } });
    expect(status).toBe(200);
    expect(received).toEqual(['the report', 'the report']);
  });
});

describe('trap 23: a download as a stream that begins with a 503', () => {
  let agent: Agent;

  beforeEach(() => {
    statuses = [503, 200];
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });

  afterEach(() => {
    agent.destroy();
  });

  it('naive: hangs, for nobody reads the failed answer, and it holds the only socket', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const call = naive(agent).get('/report', { responseType: 'stream', signal });
    const seen: { settled: boolean } = { settled: false };
    const ended = call.catch((error: unknown) => error).finally(() => (seen.settled = true));
    // The retry stands in the queue for a socket.
    while (Object.keys(agent.requests).length === 0 && !seen.settled) await turn();
    expect(received).toHaveLength(1);
    controller.abort();
    expect(await ended).toHaveProperty('code', 'ERR_CANCELED');
    expect(received).toHaveLength(1);
  });

  it('holdfast: arrives with the second attempt', async () => {
    const { data } = await holdfast(agent).get<Readable>('/report', { responseType: 'stream' });
    expect(await data.toArray()).toEqual([Buffer.from('an answer')]);
    expect(received).toHaveLength(2);
  });
});
