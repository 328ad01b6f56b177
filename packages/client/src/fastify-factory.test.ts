import { clientCredential } from '@holdfast/msal';
import {
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
} from '@holdfast/testing';
import fastify, { type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { createClientFactory, httpReplyFor } from './index.js';

let idp: IdentityProvider;
let api: ProtectedApi;

beforeEach(async () => {
  idp = await startIdentityProvider();
  api = await startProtectedApi({ idp, audience: 'api://orders' });
});

afterEach(async () => {
  await api.close();
  await idp.close();
});

const scopes = 'api://orders/.default';

function factory() {
  return createClientFactory({
    credential: clientCredential({ ...idp.app }),
    services: { orders: { baseURL: api.url, scopes }, stock: { baseURL: api.url, scopes } },
  });
}

type Factory = ReturnType<typeof factory>;

/** The factory decorates the application, and the hook of its name closes it. */
function application(clients: Factory, hook: 'onClose' | 'preClose'): FastifyInstance {
  const app = fastify();
  app.decorate('clients', clients);
  app.addHook(hook, async () => {
    await clients.close();
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const answer = httpReplyFor(error);
    if (answer === undefined) throw error;
    return reply.code(answer.status).headers(answer.headers).send(answer.problem);
  });
  app.get<{ Params: { id: string } }>('/orders/:id', async ({ server, params }) => {
    const { orders } = server.getDecorator<Factory>('clients');
    const first = await orders.get<object>(`/${params.id}`);
    const second = await orders.get<object>(`/${params.id}/lines`);
    return { answered: [first.status, second.status] };
  });
  return app;
}

async function get(app: FastifyInstance, path: string): Promise<{ status: number; body: unknown }> {
  const { port } = app.server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
  return { status: response.status, body: await response.json() };
}

const used = (clients: Factory) =>
  Object.entries(clients.snapshot().services).flatMap(([name, service]) => (service.used ? [name] : []));

/** The API holds the next request until it is let go. */
function held(): { come: Promise<void>; letGo: () => void } {
  let letGo = (): void => undefined;
  const letGone = new Promise<void>((resolve) => (letGo = resolve));
  const come = new Promise<void>((resolve) => {
    api.handle = async () => {
      api.handle = undefined;
      resolve();
      await letGone;
      return undefined;
    };
  });
  return { come, letGo };
}

describe('a Fastify application', () => {
  it('is started with a factory as its decorator, calls through it, and no client was made before that', async () => {
    const clients = factory();
    const app = application(clients, 'onClose');
    await app.listen({ port: 0, host: '127.0.0.1' });
    expect(used(clients)).toEqual([]);
    expect(await get(app, '/orders/7')).toEqual({ status: 200, body: { answered: [200, 200] } });
    expect(used(clients)).toEqual(['orders']);
    expect(idp.tokenRequests).toHaveLength(1);
    await app.close();
  });

  it('that is told to end lets a request finish, with the calls that it has still to make, and makes none afterwards', async () => {
    const clients = factory();
    const app = application(clients, 'onClose');
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { come, letGo } = held();
    const request = get(app, '/orders/7');
    await come;
    const closed = app.close();
    letGo();
    expect(await request).toEqual({ status: 200, body: { answered: [200, 200] } });
    await closed;
    expect(clients.snapshot().closed).toBe(true);
    const sent = api.requests.length;
    await expect(clients.orders.get('/7')).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED', sent: false });
    expect(api.requests).toHaveLength(sent);
  });

  it('that closes its clients in preClose answers 503 to a request that has still a call to make', async () => {
    const clients = factory();
    const app = application(clients, 'preClose');
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { come, letGo } = held();
    const request = get(app, '/orders/7');
    await come;
    const closed = app.close();
    letGo();
    expect(await request).toMatchObject({ status: 503, body: { title: 'Service Unavailable' } });
    await closed;
  });
});
