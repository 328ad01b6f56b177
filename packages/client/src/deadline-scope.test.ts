import { manualClock, scriptedTransport } from '@holdfast/testing';
import express from 'express';
import fastify from 'fastify';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServiceClient, httpReplyFor, withDeadline, type TokenCredential } from './index.js';

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const FRAMEWORKS = ['Express', 'Fastify'];

it.each(FRAMEWORKS)(
  'a call made while %s answers a request ends with that request’s deadline',
  async (name) => {
    const clock = manualClock({ fakeGlobals: false });
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const silent = createServer(() => {
      arrive();
    });
    const orders = createServiceClient({
      name: 'orders',
      baseURL: await listening(silent),
      credential: false,
      clock,
    });
    const answer = async (): Promise<number> => {
      const { status } = await orders
        .get('/7')
        .catch((error: unknown) => httpReplyFor(error) ?? { status: 500 });
      return status;
    };
    let server: Server;
    if (name === 'Express') {
      const app = express();
      app.use((request, _response, next) => {
        withDeadline(Number(request.get('x-time-left-ms')), next, { clock });
      });
      app.get('/', async (_request, response) => {
        response.sendStatus(await answer());
      });
      server = createServer(app);
    } else {
      const app = fastify();
      app.addHook('onRequest', (request, _reply, done) => {
        withDeadline(Number(request.headers['x-time-left-ms']), done, { clock });
      });
      app.get('/', async (_request, reply) => reply.code(await answer()).send());
      await app.ready();
      server = app.server;
    }
    const url = await listening(server);
    const status = new Promise((resolve) => {
      get(url, { headers: { 'x-time-left-ms': '700' } }, (response) => {
        resolve(response.resume().statusCode);
      });
    });
    await arrived;
    await clock.advance(699);
    await clock.advance(1);
    expect(await status).toBe(504);
    for (const one of [server, silent]) {
      one.closeAllConnections();
      one.close();
    }
  },
);

it('a token that others wait for as well does not end with the deadline of the call that asked first', async () => {
  const clock = manualClock({ fakeGlobals: false });
  const vaultTransport = scriptedTransport([{ status: 200, delayMs: 1_000 }], { clock });
  const vault = createServiceClient({
    ...{ name: 'vault', baseURL: 'https://vault.test', credential: false, clock },
    axios: { adapter: vaultTransport.adapter },
  });
  const credential: TokenCredential = {
    getToken: async () => {
      await vault.get('/secrets/orders');
      return { token: 'a-token', expiresOnTimestamp: clock.now() + 3_600_000 };
    },
  };
  const transport = scriptedTransport(() => ({ status: 200 }), { clock });
  const orders = createServiceClient({
    ...{ name: 'orders', baseURL: 'https://orders.test', scopes: 'orders', credential, clock },
    axios: { adapter: transport.adapter },
  });
  const ending = (call: Promise<{ readonly status: number }>) =>
    call.then(
      ({ status }) => status,
      (error: unknown) => (error as { readonly code: string }).code,
    );
  const hurried = withDeadline(100, () => ending(orders.get('/7')), { clock });
  const patient = ending(orders.get('/8'));
  await clock.advance(1_000);
  expect([await hurried, await patient]).toEqual(['ERR_DEADLINE_EXCEEDED', 200]);
  expect([vaultTransport.requests.length, transport.requests.length]).toEqual([1, 1]);
});
