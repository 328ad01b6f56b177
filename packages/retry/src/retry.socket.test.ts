import { callOf, install, outcomeOfError } from '@holdfast/core';
import axios from 'axios';
import { Agent, createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RetryBudget, retry } from './index.js';

let server: Server;
let connections = 0;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const noBudget = () => new RetryBudget({ ratio: 0, minPerSecond: 0 });

async function serve(listener: RequestListener): Promise<string> {
  connections = 0;
  server = createServer(listener).listen(0, '127.0.0.1');
  server.on('connection', () => (connections += 1));
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
});

describe('a kept-alive connection', () => {
  it('that the server closes under a request costs a connection, and no retry', async () => {
    const served = new WeakSet();
    const url = await serve((request, response) => {
      if (served.has(request.socket)) request.socket.destroy();
      else response.end('ok');
      served.add(request.socket);
    });
    const client = axios.create({ baseURL: url, httpAgent: agent });
    install(client, [retry({ budget: noBudget() })]);
    await client.get('/1');
    const response = await client.get('/2');
    expect(response.data).toBe('ok');
    expect(connections).toBe(2);
    expect(String(callOf(response))).toContain(
      'sent again at once: the kept-alive connection had been closed',
    );
  });

  it('that breaks in the middle of an answer is a lost request, not a stale connection', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 1) {
        response.end('ok');
        return;
      }
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => request.socket.resetAndDestroy());
    });
    const client = axios.create({ baseURL: url, httpAgent: agent });
    install(client, [retry({ budget: noBudget() })]);
    await client.get('/1');
    const error: unknown = await client.get('/2').catch((failure: unknown) => failure);
    expect(outcomeOfError(error)).toBe('lost');
    expect(requests).toBe(2);
  });
});

describe.each(['http', 'fetch'])('a POST that was acted on and redirected (%s adapter)', (adapter) => {
  it('to a port where nobody listens is not sent again', async () => {
    let posts = 0;
    const url = await serve((_request, response) => {
      posts += 1;
      response.writeHead(303, { location: 'http://127.0.0.1:9/done' }).end();
    });
    const client = axios.create({ baseURL: url, adapter });
    install(client, [retry({ baseDelayMs: 1 })]);
    await expect(client.post('/orders', {})).rejects.toThrow();
    expect(posts).toBe(1);
  });

  it('is sent again where the service itself cannot be reached', async () => {
    const url = await serve(() => undefined);
    server.close();
    const client = axios.create({ baseURL: url, adapter });
    install(client, [retry({ baseDelayMs: 1 })]);
    const error: unknown = await client.post('/orders', {}).catch((failure: unknown) => failure);
    expect(outcomeOfError(error)).toBe('not-sent');
    expect(callOf(error)?.sends).toBe(4);
  });
});
