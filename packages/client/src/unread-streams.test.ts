import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { manualClock } from '@holdfast/testing';
import { createServiceClient } from './index.js';

let server: Server;

beforeEach(async () => {
  server = createServer((_, response) => {
    // Without a body: that has all come by the time the headers are there.
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('an answer as a stream that nobody reads', () => {
  it('ends no process when its call is out of time while another token is asked for', async () => {
    using clock = manualClock();
    const good = { token: 'a-token', expiresOnTimestamp: Date.UTC(2100, 0, 1) };
    let asksAgain: () => void = () => undefined;
    const askedAgain = new Promise<void>((resolve) => (asksAgain = resolve));
    const getToken = jest.fn().mockResolvedValueOnce(good);
    getToken.mockImplementation(() => {
      asksAgain();
      return new Promise(() => undefined);
    });
    const orders = createServiceClient({
      name: 'orders',
      baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credential: { getToken },
      scopes: 'api://orders/.default',
      deadlineMs: 500,
      clock,
    });
    const failure = orders.get('/7', { responseType: 'stream' }).catch((error: unknown) => error);
    await askedAgain;
    await clock.advance(500);
    expect(await failure).toMatchObject({ code: 'ERR_DEADLINE_EXCEEDED' });
    // An exception that nobody catches fails the test.
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  });
});
