import { staticCredential } from '@holdfast/testing';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import http from 'node:http';
import https from 'node:https';
import { inspect } from 'node:util';
import { agentsOf } from './agents.js';
import { createServiceClient, type ServiceClientOptions } from './index.js';
import { SocketServer } from './made-transports.js';

let server: SocketServer;

beforeEach(async () => {
  server = await SocketServer.start();
});

afterEach(() => {
  server.close();
});

function orders(options: Partial<ServiceClientOptions> | object = {}): AxiosInstance {
  return createServiceClient({
    ...{ name: 'orders', baseURL: server.url },
    ...{ scopes: 'api://orders/.default', credential: staticCredential('a-secret-token') },
    ...options,
  });
}

const agentOf = (client: AxiosInstance) => client.defaults.httpAgent as http.Agent;

describe('the agents of a client', () => {
  it('are its own for http and https, and bounded', () => {
    const [one, other] = [orders(), orders({ agent: { maxSockets: 8, maxFreeSockets: 2 } })];
    expect(one.defaults.httpAgent).toBeInstanceOf(http.Agent);
    expect(one.defaults.httpsAgent).toBeInstanceOf(https.Agent);
    expect(one.defaults.httpAgent).not.toBe(other.defaults.httpAgent);
    expect(one.defaults.httpsAgent).toMatchObject({ maxSockets: 100, maxFreeSockets: 100 });
    expect(other.defaults.httpsAgent).toMatchObject({ maxSockets: 8, maxFreeSockets: 2 });
  });

  it('may keep a single connection, and show none of those that they have to who lists their members', () => {
    const agent = agentOf(orders({ agent: { maxSockets: 1, maxFreeSockets: 1 } }));
    expect(agent).toMatchObject({ maxSockets: 1, maxFreeSockets: 1 });
    const members = Object.keys(agent);
    for (const member of ['sockets', 'freeSockets', 'requests']) expect(members).not.toContain(member);
  });

  it.each(['httpAgent', 'httpsAgent'] as const)('are not made in place of an %s that was given', (name) => {
    const given = name === 'httpAgent' ? new http.Agent() : new https.Agent();
    const { defaults } = orders({ axios: { [name]: given } });
    expect(defaults[name]).toBe(given);
    expect(Object.keys(given)).toContain('sockets');
    const missing = name === 'httpAgent' ? defaults.httpsAgent : defaults.httpAgent;
    expect(missing).toMatchObject({ maxSockets: 100 });
  });

  it.each<[string, object]>([
    ['agent: false', { agent: false }],
    ['the fetch adapter', { axios: { adapter: 'fetch' } }],
    ['an adapter of the user', { axios: { adapter: () => undefined } }],
  ])('are none with %s', (_, options) => {
    const { defaults } = orders(options);
    expect(defaults).not.toHaveProperty('httpAgent');
    expect(defaults).not.toHaveProperty('httpsAgent');
  });

  it('are there where http is one of several adapters', () => {
    expect(orders({ axios: { adapter: ['http', 'fetch'] } }).defaults.httpAgent).toBeInstanceOf(http.Agent);
  });

  it('can be another one for a single request', async () => {
    const client = orders();
    const httpAgent = new http.Agent();
    await client.get('/7', { httpAgent });
    expect(Object.keys(agentOf(client).freeSockets)).toHaveLength(0);
  });

  it.each<[string, (error: object) => string]>([
    ['a log', (error) => inspect(error, { depth: Infinity, showHidden: true })],
    ['JSON', (error) => JSON.stringify(error)],
    ['JSON of a copy', (error) => JSON.stringify({ ...(error as { config: object }).config })],
  ])('show in %s of a failed call no token of the calls that they are sending', async (_, shown) => {
    const client = orders({ agent: { maxSockets: 1 } });
    const calls = [client.get('/held'), client.get('/queueing')];
    await server.arrived('/held');
    const error = await client
      .get('http://127.0.0.1:1/', { holdfast: { token: false, retry: false } })
      .catch((failure: unknown) => failure as { readonly config: AxiosRequestConfig });
    expect(error.config).toHaveProperty('httpAgent', agentOf(client));
    const text = shown(error);
    expect(text).toContain('httpAgent');
    expect(text).not.toContain('a-secret-token');
    server.finish('/held');
    await Promise.all(calls);
  });

  it.each<[object, RegExp]>([
    [{ agent: true }, /createServiceClient\(\): the option "agent" must be an object of options, or false/],
    [{ agent: { maxSockets: 0 } }, /agent\(\): the option "maxSockets" must be a whole number, 1 or more/],
    [{ agent: { maxFreeSockets: 0 } }, /agent\(\): the option "maxFreeSockets" must be/],
    [{ agent: { idleMs: 0 } }, /agent\(\): the option "idleMs" must be a number of milliseconds above 0/],
    [{ agent: { idleMs: Infinity } }, /"idleMs" must be a number of milliseconds above 0, up to 2147483647/],
    [{ agent: { maxSocket: 1 } }, /agent\(\): there is no option "maxSocket"/],
    [{ agent: { maxSockets: 0 }, axios: { adapter: 'fetch' } }, /"maxSockets"/],
    [{ axios: 'http' }, /createServiceClient\(\): the option "axios" must be an object of axios defaults/],
  ])('refuse %p', (options, message) => {
    expect(() => orders(options)).toThrow(message);
  });
});

describe('agents that are closed', () => {
  const close = (client: AxiosInstance) => agentsOf(client)?.close();

  /** Who waited for the end of a connection that was kept would wait for ever: a call that takes it up tells at once. */
  async function expectAnotherConnection(client: AxiosInstance): Promise<void> {
    const before = server.connections;
    await client.get('/another');
    expect(server.connections).toBe(before + 1);
  }

  it('end what is idle at once, and what is in use when it is done with', async () => {
    const client = orders({ agent: { idleMs: 60_000 } });
    const slow = client.get('/held');
    await server.arrived('/held');
    await client.get('/7');
    expect(server.open.size).toBe(2);
    close(client);
    await expectAnotherConnection(client);
    await server.until(() => server.open.size === 1);
    server.finish('/held');
    await expect(slow).resolves.toHaveProperty('data', 'held');
    await expectAnotherConnection(client);
    await server.until(() => server.open.size === 0);
  });

  it('cut no stream that somebody still reads', async () => {
    const client = orders();
    const sent = client.get<AsyncIterable<Buffer>>('/held', { responseType: 'stream' });
    await server.arrived('/held');
    server.begin('/held');
    const { data } = await sent;
    close(client);
    server.finish('/held', 'to the end');
    const chunks: Buffer[] = [];
    for await (const chunk of data) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('begun to the end');
    await expectAnotherConnection(client);
    await server.until(() => server.open.size === 0);
  });

  it('send what queues for a connection all the same', async () => {
    const client = orders({ agent: { maxSockets: 1 } });
    const calls = [client.get('/held'), client.get('/1'), client.get('/2')];
    await server.arrived('/held');
    close(client);
    server.finish('/held');
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200]);
    await expectAnotherConnection(client);
    await server.until(() => server.open.size === 0);
  });

  it('keep no connection of a later call', async () => {
    const client = orders({ agent: { idleMs: 60_000 } });
    close(client);
    await client.get('/7');
    await expectAnotherConnection(client);
    await server.until(() => server.open.size === 0);
    expect(server.connections).toBe(2);
  });

  it('leave the agents alone that were given', async () => {
    const httpAgent = new http.Agent({ keepAlive: true });
    const client = orders({ axios: { httpAgent } });
    close(client);
    for (const path of ['/1', '/2']) await client.get(path);
    expect(server.connections).toBe(1);
    httpAgent.destroy();
  });
});
