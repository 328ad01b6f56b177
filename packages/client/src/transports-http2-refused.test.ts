import { staticCredential } from '@holdfast/testing';
import { inspect } from 'node:util';
import { callOf, createServiceClient } from './index.js';
import { SocketServer } from './made-transports.js';

it('a client by HTTP/2 says that nothing was sent where nobody listens', async () => {
  const server = await SocketServer.start([], 'http2');
  const { url } = server;
  server.close();
  const client = createServiceClient({
    ...{ name: 'orders', baseURL: url, scopes: 'api://orders/.default', retry: false },
    ...{ credential: staticCredential('a-secret'), axios: { httpVersion: 2 } },
  });
  const error: unknown = await client.post('/7').catch((failure: unknown) => failure);
  expect(callOf(error)?.outcome).toBe('not-sent');
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('secret');
});
