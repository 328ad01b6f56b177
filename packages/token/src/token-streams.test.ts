import { install, type Interceptor } from '@holdfast/core';
import { staticCredential } from '@holdfast/testing';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { attachToken } from './index.js';

const SECRET = 'a-very-secret-token';
const open: Server[] = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listening(server: Server | Http2Server): Promise<string> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stream(
  baseURL: string,
  config: AxiosRequestConfig = {},
  around: readonly Interceptor[] = [],
): Promise<AxiosResponse<Readable>> {
  const client = axios.create({ baseURL, adapter: 'http' });
  install(client, [...around, attachToken(staticCredential(SECRET), { scopes: 'a/.default' })]);
  return client.get('/', { ...config, responseType: 'stream' });
}

describe('the body of an answer that comes as a stream', () => {
  const answering: RequestListener = (_request, response) => response.end('x'.repeat(10_000));

  it('is whole, and leads neither a logger nor anybody else to the token', async () => {
    const { data } = await stream(await listening(createServer(answering)));
    expect(inspect(data, { depth: Infinity, showHidden: true })).not.toContain(SECRET);
    const chunks = await data.toArray();
    expect(Buffer.concat(chunks as Buffer[])).toHaveLength(10_000);
  });

  it('ends when the caller gives up, although all of it has arrived', async () => {
    const controller = new AbortController();
    let arrived: () => void = () => undefined;
    const everything = new Promise<void>((resolve) => (arrived = resolve));
    const server = createServer((request, response) => {
      answering(request, response);
      response.once('close', arrived);
    });
    const { data } = await stream(await listening(server), { signal: controller.signal });
    await everything;
    // Until axios has seen the end of it, and takes the call for over.
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await expect(data.toArray()).rejects.toMatchObject({ code: 'ERR_CANCELED' });
  });

  it('over HTTP/2 does not lead there either', async () => {
    const server = createHttp2Server((_request, response) => response.end('over HTTP/2'));
    const sessions: { destroy(): void }[] = [];
    server.on('session', (session) => sessions.push(session));
    const { data } = await stream(await listening(server), { httpVersion: 2 });
    expect(data).not.toHaveProperty('sentHeaders');
    expect(Buffer.concat((await data.toArray()) as Buffer[]).toString()).toBe('over HTTP/2');
    for (const session of sessions) session.destroy();
  });
});

describe('the answer that wins a race of two sends', () => {
  it('has no token on it while the other one is under way', async () => {
    let answered = 0;
    const server = createServer((_request, response) => {
      answered += 1;
      if (answered === 1) response.end('first');
    });
    const controller = new AbortController();
    const hedging: Interceptor = (next) => (config) => Promise.race([next(config), next(config)]);
    const { config } = await stream(await listening(server), { signal: controller.signal }, [hedging]);
    expect(JSON.stringify(config.headers)).not.toContain(SECRET);
    server.closeAllConnections();
  });
});
