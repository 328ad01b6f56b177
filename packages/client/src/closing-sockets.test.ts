import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createClientFactory } from './index.js';

let server: Server;
let baseURL: string;
let handle: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  handle = (_, response) => response.end('ok');
  server = createServer((request, response) => {
    handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const factory = (options: object = {}) =>
  createClientFactory({ credential: false, services: { orders: { baseURL, ...options } } });
describe('the connections of a client factory', () => {
  it('are seen in its snapshot, in use and idle, and are gone when it is closed', async () => {
    const clients = factory();
    let answer: (() => void) | undefined;
    handle = (_, response) => (answer = () => response.end('ok'));
    const call = clients.orders.get('/7');
    const [socket] = (await once(server, 'connection')) as [Socket];
    const gone = once(socket, 'close');
    await once(server, 'request');
    const sockets = () => clients.snapshot().services['orders']?.sockets;
    expect(sockets()).toEqual({ inUse: 1, free: 0, queued: 0 });
    answer?.();
    await call;
    await new Promise((resolve) => setImmediate(resolve));
    expect(sockets()).toEqual({ inUse: 0, free: 1, queued: 0 });
    await clients.close();
    await gone;
    expect(sockets()).toEqual({ inUse: 0, free: 0, queued: 0 });
  });

  it.each([
    ['with its limits', {}],
    ['without any limit', { deadlineMs: false, attemptTimeoutMs: false, stallMs: false }],
  ])(
    'that still carry a response stream carry it to its end, whatever the grace (%s)',
    async (_, options) => {
      const clients = factory(options);
      let more: (() => void) | undefined;
      handle = (_request, response) => {
        response.write('first ');
        more = () => response.end('last');
      };
      const own = new AbortController();
      const { data } = await clients.orders.get<IncomingMessage>('/7', {
        responseType: 'stream',
        signal: own.signal,
      });
      await clients.close({ graceMs: 0 });
      more?.();
      let read = '';
      for await (const chunk of data) read += String(chunk);
      expect(read).toBe('first last');
    },
  );

  it('are cut off when a grace is over, and the service sees it', async () => {
    const clients = factory();
    const cut = new Promise((resolve) => {
      handle = (request) => request.once('close', resolve);
    });
    const call = clients.orders.get('/7').catch((error: unknown) => error);
    await once(server, 'request');
    await clients.close({ graceMs: 1 });
    expect(await call).toMatchObject({ code: 'ERR_CLIENT_CLOSED', sent: true });
    await cut;
  });
});

const PROGRAM = `
  import { createServer } from 'node:http';
  import { once } from 'node:events';
  import { createClientFactory } from '@holdfast/client';

  const server = createServer((request, response) => {
    if (request.url === '/failing') response.writeHead(500).end();
    else response.end('ok');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseURL = 'http://127.0.0.1:' + server.address().port;

  const started = new Set();
  const { setTimeout: start, clearTimeout: end } = globalThis;
  globalThis.setTimeout = (callback, ...rest) => {
    const timer = start((...args) => { started.delete(timer); callback(...args); }, ...rest);
    started.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => { started.delete(timer); end(timer); };

  const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const before = listeners();
  const clients = createClientFactory({
    credential: { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    defaults: { scopes: 's', retry: false },
    services: { orders: { baseURL }, stock: { baseURL } },
  });
  for (let call = 0; call < 5; call += 1) await clients.orders.get('/7');
  for (let call = 0; call < 40; call += 1) await clients.stock.get('/failing').catch(() => undefined);
  clients.breakers.get('orders').forceOpen({ forMs: 600_000, reason: 'INC-4711' });
  const running = started.size;
  await clients.close();
  const timers = started.size;
  server.close();
  await once(server, 'close');
  const resources = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name));
  // What has been closed takes some turns to go.
  for (let turn = 0; turn < 20 && resources().length > 0; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const left = resources();
  console.log(JSON.stringify({ ran: running > 0, timers, listeners: listeners() - before, left }));
`;

it('a program that closes its factory has no timer, socket or listener of it left, and ends by itself', async () => {
  const flags = ['--conditions=@holdfast/source', '--import=tsx', '--input-type=module', '--eval', PROGRAM];
  const child = spawn(process.execPath, flags, {
    cwd: join(__dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  try {
    let printed = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect(complaint).toBe('');
    expect(JSON.parse(printed)).toEqual({ ran: true, timers: 0, listeners: 0, left: [] });
    expect(exitCode).toBe(0);
  } finally {
    child.kill();
  }
}, 60_000);
