import { staticCredential } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import { Agent } from 'node:http';
import { createServiceClient, type ServiceClientOptions } from './index.js';
import { SocketServer, type Later, type Reply } from './made-transports.js';

let server: SocketServer;

async function serving(script: readonly Reply[] = []): Promise<void> {
  server = await SocketServer.start(script);
}

afterEach(() => {
  server.close();
});

function orders(options: Partial<ServiceClientOptions> = {}): AxiosInstance {
  return createServiceClient({
    name: 'orders',
    baseURL: server.url,
    scopes: 'api://orders/.default',
    credential: staticCredential('a-token'),
    ...options,
  });
}

/** Resolves when a connection of Node's own agent to another server has been idle for so many milliseconds. */
async function idle(ms: number): Promise<Later> {
  const witness = await SocketServer.start();
  const agent = new Agent({ keepAlive: true, timeout: ms });
  await axios.get(witness.url, { httpAgent: agent });
  const [socket] = Object.values(agent.freeSockets).flat();
  const over = new Promise((resolve) => socket?.once('close', resolve));
  return {
    over,
    end: () => {
      agent.destroy();
      witness.close();
    },
  };
}

describe('the connections of a client', () => {
  it('are one for a hundred calls one after the other', async () => {
    await serving();
    const client = orders();
    for (let call = 0; call < 100; call += 1) await client.post('/7', { call });
    expect(server.requests).toHaveLength(100);
    expect(server.connections).toBe(1);
  });

  it('are its own: where all those of one client hang, another client is answered', async () => {
    await serving();
    const [one, other] = [orders({ agent: { maxSockets: 1 } }), orders({ agent: { maxSockets: 1 } })];
    const hung = one.get('/held');
    await server.arrived('/held');
    await expect(other.get('/7')).resolves.toHaveProperty('status', 200);
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 2]);
    server.finish('/held');
    await hung;
  });

  it('are closed when they are idle for longer than idleMs', async () => {
    await serving();
    const client = orders({ agent: { idleMs: 20 } });
    await Promise.all([client.get('/1'), client.get('/2')]);
    expect(server.connections).toBe(2);
    await server.until(() => server.open.size === 0, await idle(2_000));
    await expect(client.get('/3')).resolves.toHaveProperty('status', 200);
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['which follow redirects', {}],
    ['which follow none', { maxRedirects: 0 }],
  ])('are not closed below a call that takes longer than idleMs (calls %s)', async (_, defaults) => {
    await serving();
    const client = orders({ agent: { idleMs: 20 }, axios: defaults });
    // The first of two slow calls has a new connection, the second one that was idle before.
    for (const path of ['/held/1', '/held/2']) {
      const slow = client.get(path);
      await server.arrived(path);
      await Promise.all([client.get('/3'), client.get('/4')]);
      // The others were idle for longer than idleMs: so the slow one has gone on for longer.
      await server.until(() => server.open.size === 1, await idle(2_000));
      server.begin(path);
      server.finish(path);
      await expect(slow).resolves.toHaveProperty('data', 'begun held');
    }
    expect(server.requests[3]).toMatchObject({ path: '/held/2', connection: 1 });
  });

  it('are not used again where the server says that it closes them within the second', async () => {
    await serving(Array<Reply>(3).fill({ status: 200, headers: { 'keep-alive': 'timeout=1' } }));
    const client = orders();
    for (const path of ['/1', '/2', '/3']) await client.post(path);
    expect(server.connections).toBe(3);
    await server.until(() => server.open.size === 0);
  });

  it('are closed before the server does so where it says when', async () => {
    await serving([{ status: 200, headers: { 'keep-alive': 'timeout=3' } }]);
    const client = orders({ agent: { idleMs: 60_000 } });
    await client.get('/1');
    const { freeSockets } = client.defaults.httpAgent as Agent;
    // Node's own margin is a second.
    expect(Object.values(freeSockets).flat()).toMatchObject([{ timeout: 2_000 }]);
  });

  it('that the server has closed cost no call, not even a POST', async () => {
    await serving();
    const client = orders();
    const { requests } = server;
    for (let call = 1; call <= 5; call += 1) {
      await expect(client.post('/7', { call })).resolves.toHaveProperty('status', 200);
      const idle = Object.values((client.defaults.httpAgent as Agent).freeSockets).flat();
      const gone = new Promise((resolve) => idle[0]?.once('close', resolve));
      for (const socket of server.open) socket.end();
      await gone;
    }
    expect(requests).toHaveLength(5);
    expect(server.connections).toBe(5);
  });

  it('are closed at once where more are idle than maxFreeSockets', async () => {
    await serving();
    const client = orders({ agent: { maxFreeSockets: 1, idleMs: 60_000 } });
    const three = () => Promise.all([1, 2, 3].map((call) => client.get(`/${call}`)));
    await three();
    expect(server.connections).toBe(3);
    await three();
    expect(server.connections).toBe(5);
    await server.until(() => server.open.size === 1);
  });
});
