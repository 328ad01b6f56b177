import { install } from '@holdfast/core';
import { manualClock } from '@holdfast/testing';
import axios from 'axios';
import { getEventListeners, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attemptTimeout, deadline } from './index.js';

describe('on a real socket', () => {
  let server: Server;
  let url: string;
  let closed: Promise<unknown>;

  beforeEach(async () => {
    let close: (value?: unknown) => void;
    closed = new Promise((resolve) => (close = resolve));
    server = createServer((request, response) => {
      request.socket.on('close', () => {
        close();
      });
      if (request.url === '/drip') {
        response.write('a');
        setInterval(() => response.write('a') && server.emit('drip'), 5).unref();
      }
      if (request.url === '/stream') response.write('first');
      if (request.url === '/short') response.end('all');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(['http', 'fetch'])(
    'a body that drips for ever ends (%s adapter), and so does its connection',
    async (adapter) => {
      const still = manualClock({ fakeGlobals: false });
      const api = axios.create({ baseURL: url, adapter });
      install(api, [attemptTimeout({ timeoutMs: 60, clock: still })], { clock: still });
      const drips = once(server, 'drip');
      const call = expect(api.get('/drip')).rejects.toHaveProperty('code', 'ERR_ATTEMPT_TIMEOUT');
      await drips;
      await still.advance(60);
      await call;
      await closed;
    },
  );

  it('a stream outlives the limit on its headers, still ends by the caller’s abort, and leaves no listener behind', async () => {
    const api = axios.create({ baseURL: url, adapter: 'http', responseType: 'stream' });
    install(api, [deadline(), attemptTimeout()]);
    const controller = new AbortController();
    const { data } = await api.get('/stream', { signal: controller.signal });
    const ended = new Promise((resolve) => data.once('error', resolve));
    const closing = new Promise((resolve) => data.once('close', resolve));
    controller.abort();
    await expect(ended).resolves.toHaveProperty('code', 'ERR_CANCELED');
    await closing;
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('streams that were read to their end leave no listener on a signal that they share', async () => {
    const api = axios.create({ baseURL: url, adapter: 'http', responseType: 'stream' });
    install(api, [deadline(), attemptTimeout()]);
    const { signal } = new AbortController();
    for (let call = 0; call < 3; call += 1) {
      const { data } = await api.get('/short', { signal });
      data.resume();
      await new Promise((resolve) => data.once('close', resolve));
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
