import { scriptedTransport } from '@holdfast/testing';
import axios, { type AxiosAdapter } from 'axios';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callOf, install, type Interceptor } from './index.js';

/** Sends as often as it has to until the status is a success. */
const again: Interceptor = (next) =>
  async function again(config) {
    for (;;) {
      const response = await next(config);
      if (response.status < 400) return response;
    }
  };

let server: Server;
let url: string;
let requests: string[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(requests.length === 1 ? 503 : 200).end(`answer ${requests.length}`);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe.each<[string, string | string[] | undefined]>([
  ['axios’s default', undefined],
  ['http', 'http'],
  ['fetch', 'fetch'],
  ['the first of a list that works', ['xhr', 'fetch', 'http']],
])('the adapter: %s', (_, adapter) => {
  it('sends every attempt of the pipeline to the server', async () => {
    const client = axios.create({
      baseURL: url,
      ...(adapter !== undefined && { adapter: adapter as 'http' }),
    });
    install(client, [again]);
    const response = await client.get('/7');
    expect(response.data).toBe('answer 2');
    expect(requests).toEqual(['GET /7', 'GET /7']);
    expect(callOf(response)?.attempts.map(({ status }) => status)).toEqual([503, 200]);
  });

  it('can be set on the client after the pipeline was installed', async () => {
    const client = axios.create({ baseURL: url, adapter: scriptedTransport([]).adapter });
    install(client, [again]);
    // `undefined` is what a client has that never named one.
    Object.assign(client.defaults, { adapter: adapter ?? axios.defaults.adapter });
    await expect(client.get('/7')).resolves.toHaveProperty('data', 'answer 2');
  });
});

describe('the adapter of one request', () => {
  it('sends that request and no other, and the pipeline is around it', async () => {
    const client = axios.create({ baseURL: url });
    install(client, [again]);
    const own = scriptedTransport([{ status: 503 }, { status: 200, data: '"own"' }]);
    await expect(client.get('/7', { adapter: own.adapter })).resolves.toHaveProperty('data', 'own');
    expect(own.requests).toHaveLength(2);
    await expect(client.get('/8')).resolves.toHaveProperty('data', 'answer 2');
    expect(own.requests).toHaveLength(2);
  });

  it('that wraps the client’s own, as caches and mocks do, runs inside the pipeline and sends by that one', async () => {
    const client = axios.create({ baseURL: url });
    install(client, [again]);
    let wrapped = 0;
    const wrapping: AxiosAdapter = (config) => {
      wrapped += 1;
      return axios.getAdapter(client.defaults.adapter, config)(config);
    };
    await client.get('/7', { adapter: wrapping });
    expect([wrapped, requests.length]).toEqual([2, 2]);
  });
});
