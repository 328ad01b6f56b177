import { createServiceClient, type StandardInterceptorsOptions } from '@holdfast/client';
import { staticCredential, type Step } from '@holdfast/testing';
import axios from 'axios';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { CallPromise } from './call-promise.js';
import { SdkConnection } from './connection.js';
import { API, json, operationStage } from './made-operations.js';
import { startOperation } from './operation-start.js';
import { send } from './send.js';

const servers: Server[] = [];

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers });
    answer(request, response);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

afterEach(() => {
  delete axios.defaults.headers.common['x-everywhere'];
  delete axios.defaults.params;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const FOREIGN = 'https://monitor.test/1';
const DONE = json(200, { status: 'Succeeded', result: 7 });

describe('a monitor on another origin', () => {
  it.each(['http', 'fetch'])(
    'sees no token, no header, no cookie and no parameter of the client: %s',
    async (adapter) => {
      const monitor = await serve((_, response) => {
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('{"status":"Succeeded","result":7}');
      });
      const api = await serve((request, response) => {
        request.resume();
        response
          .writeHead(202, {
            'operation-location': `${monitor.origin}/1?of=the-service`,
            'retry-after-ms': '0',
          })
          .end();
      });
      axios.defaults.headers.common['x-everywhere'] = 'a-secret-default';
      axios.defaults.params = { everywhere: 'a-secret-default' };
      const client = createServiceClient({
        name: 'api',
        baseURL: api.origin,
        credential: staticCredential('a-secret-token'),
        scopes: 'api://api/.default',
        before: {
          retry: (next) => (config) => (config.headers.set('x-signed', 'a-secret-signature'), next(config)),
        },
        axios: {
          adapter,
          params: { key: 'a-secret-key' },
          headers: { 'x-api-key': 'a-secret-key', cookie: 'a-secret-cookie' },
        },
      });
      client.interceptors.request.use((config) => (config.headers.set('x-own', 'a-secret-own'), config));
      const connection = new SdkConnection(() => client, { headers: { 'x-sdk': 'a-secret-setting' } });
      const sent = send(connection, { method: 'post', url: '/exports', data: {} });
      const start = new CallPromise(sent.then((response) => ({ data: response.data as unknown, response })));
      const options = { headers: { 'x-call': 'a-secret-call' }, intervalMs: 100 };
      await expect(startOperation(connection, start, options).pollUntilDone()).resolves.toBe(7);
      expect(JSON.stringify(api.seen)).toContain('a-secret-token');
      expect(monitor.seen.map(({ url }) => url)).toEqual(['/1?of=the-service']);
      expect(JSON.stringify(monitor.seen)).not.toContain('a-secret');
      expect(monitor.seen[0]?.headers).not.toHaveProperty('client-request-id');
    },
  );

  it('gets no certificate of the client: its agents stay at home', async () => {
    const agents: unknown[] = [];
    const stage = operationStage(
      [json(202, {}, { Location: FOREIGN }), json(200, 7)],
      {},
      { httpsAgent: new https.Agent({ cert: '' }) },
    );
    const { adapter } = stage.client.defaults;
    stage.client.defaults.adapter = (config) => {
      agents.push(config.httpsAgent);
      return (adapter as Exclude<typeof adapter, string | undefined | readonly unknown[]>)(config);
    };
    await expect(stage.clock.runUntilSettled(stage.start({ url: '/exports' }).pollUntilDone())).resolves.toBe(
      7,
    );
    expect(agents.map((agent) => agent !== undefined)).toEqual([true, false]);
  });

  it.each<[string, number, Partial<StandardInterceptorsOptions>, string]>([
    ['throttles closes no gate', 429, { throttleGate: { maxWaiters: 0 } }, 'ERR_THROTTLED'],
    [
      'is down opens no circuit',
      500,
      { circuitBreaker: { consecutiveFailures: 1, consecutiveSpanMs: 0, minimumAttempts: 1 } },
      'ERR_CIRCUIT_OPEN',
    ],
  ])('that %s of the service', async (_, status, options, code) => {
    const refused: Step = { status, headers: { 'Retry-After': '600' } };
    const script = [json(202, {}, { 'Operation-Location': FOREIGN }), refused, json(200, 'at home')];
    const stage = operationStage(script, { key: () => 'one key for all', ...options });
    const operation = stage.start({ url: '/exports' });
    await stage.clock.settle();
    await expect(operation.poll()).rejects.toHaveProperty('response.status', status);
    await expect(operation.poll()).rejects.toHaveProperty('code', code);
    await expect(stage.client.get('/7')).resolves.toHaveProperty('data', 'at home');
    expect(stage.requests).toHaveLength(3);
  });

  it.each([
    ['by plain http', 'http://monitor.test/1'],
    ['with a user name', 'https://a:b@monitor.test/1'],
    ['of another kind', 'file:///etc/passwd'],
  ])('is refused before anything is sent: %s', async (_, url) => {
    const stage = operationStage([json(202, {}, { 'Operation-Location': url })]);
    const done = stage.start({ url: '/exports' }).pollUntilDone();
    await expect(stage.clock.runUntilSettled(done)).rejects.toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
    expect(stage.requests).toHaveLength(1);
  });

  it('may be named by a redirect, by the monitor, or as the place of the result: each is judged anew', async () => {
    const stage = operationStage([
      json(202, {}, { 'Operation-Location': '/v1/a' }),
      { status: 307, headers: { Location: FOREIGN } },
      json(200, { status: 'Running' }, { 'Operation-Location': `${API}/b` }),
      json(200, { status: 'Succeeded', resourceLocation: 'https://files.test/7' }),
      json(200, 7),
    ]);
    await expect(stage.clock.runUntilSettled(stage.start({ url: '/exports' }).pollUntilDone())).resolves.toBe(
      7,
    );
    const token = 'a-secret-token';
    expect(stage.requests.map((request) => request.token)).toEqual([
      token,
      token,
      undefined,
      token,
      undefined,
    ]);
  });

  it('that gets the token anyway, and one below the base, are asked with it and with the headers of the call', async () => {
    for (const url of [`${API}/1`, FOREIGN]) {
      const stage = operationStage([json(202, {}, { 'Operation-Location': url }), DONE], {
        origins: ['https://monitor.test'],
      });
      const done = stage
        .start({ url: '/exports' }, { headers: { 'x-call': 'yes' }, ifMatch: '"1"' })
        .pollUntilDone();
      await expect(stage.clock.runUntilSettled(done)).resolves.toBe(7);
      expect(stage.requests[1]).toHaveProperty('token', 'a-secret-token');
      expect(stage.requests[1]?.headers).toHaveProperty('x-call', 'yes');
      expect(stage.requests[1]?.headers).not.toHaveProperty('if-match');
    }
  });

  it('on the same host, but out of the base path, gets no token', async () => {
    const stage = operationStage([json(202, {}, { 'Operation-Location': '/other/1' }), DONE]);
    await expect(stage.clock.runUntilSettled(stage.start({ url: '/exports' }).pollUntilDone())).resolves.toBe(
      7,
    );
    expect(stage.requests.map(({ token }) => token)).toEqual(['a-secret-token', undefined]);
  });
});
