import { challengeHeader, manualClock, staticCredential, type ManualClock } from '@holdfast/testing';
import { constants, type Http2ServerRequest } from 'node:http2';
import { inspect } from 'node:util';
import { callOf, createServiceClient, type ServiceClientOptions } from './index.js';
import { SocketServer, type Reply } from './made-transports.js';

let server: SocketServer;
let clock: ManualClock;

beforeEach(() => {
  clock = manualClock({ fakeGlobals: false });
});

afterEach(() => {
  server.close();
  clock.uninstall();
});

/** The shortest of all delays. */
const AT_ONCE = { random: () => 0 };

/** Lets a little time pass, over and over, until it has settled: real sockets take real time, of which the clock knows nothing. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const end = () => (settled = true);
  promise.then(end, end);
  while (!settled) await clock.advance(1);
  return promise;
}

/** A client by HTTP/2 in clear text, which a server on loopback takes, before a server that answers by a script. */
async function orders(script: readonly Reply[], options: Partial<ServiceClientOptions> = {}) {
  server = await SocketServer.start(script, 'http2');
  return createServiceClient({
    ...{ name: 'orders', baseURL: server.url, scopes: 'api://orders/.default', clock },
    ...{ credential: staticCredential(['an-old-secret', 'a-new-secret']), retry: { baseDelayMs: 0 } },
    axios: { httpVersion: 2 },
    ...options,
  });
}

const closedBy =
  (code: number): Reply =>
  (asked) => {
    (asked as Http2ServerRequest).stream.close(code);
  };

const gone: Reply = (asked) => {
  (asked as Http2ServerRequest).stream.session?.destroy();
};

const lastWord: Reply = (asked, answered) => {
  (asked as Http2ServerRequest).stream.session?.goaway();
  (answered as { end(body: string): void }).end('{"id":7}');
};

const failureOf = (error: unknown) => error as { readonly code?: string };

describe('a client by HTTP/2', () => {
  it('sends many calls at a time through one connection', async () => {
    const client = await orders([]);
    const calls = Array.from({ length: 200 }, (_, call) => client.get(`/${call}`));
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(200).fill(200));
    expect(server.connections).toBe(1);
    expect(server.requests[0]).toMatchObject({ path: '/0', token: 'an-old-secret' });
  });

  it('answers a challenge within the same call', async () => {
    const challenge = challengeHeader({ claims: { access_token: { nbf: { essential: true, value: '1' } } } });
    const client = await orders([{ status: 401, headers: { 'www-authenticate': challenge } }]);
    const response = await client.get('/7');
    expect(callOf(response)?.attempts.map(({ status }) => status)).toEqual([401, 200]);
    expect(server.requests.map(({ token }) => token)).toEqual(['an-old-secret', 'a-new-secret']);
  });

  it('sends a GET again after a stream that the server resets, and a POST not', async () => {
    const script = [
      closedBy(constants.NGHTTP2_INTERNAL_ERROR),
      { status: 200 },
      closedBy(constants.NGHTTP2_INTERNAL_ERROR),
    ];
    const client = await orders(script, AT_ONCE);
    await expect(inTime(client.get('/7'))).resolves.toHaveProperty('status', 200);
    const error: unknown = await client.post('/7').catch(failureOf);
    expect(error).toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    expect(callOf(error)?.outcome).toBe('lost');
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
  });

  it('sends a POST again that the server has refused: it has done nothing with it', async () => {
    const refused = closedBy(constants.NGHTTP2_REFUSED_STREAM);
    const client = await orders([refused, { status: 200 }, refused], AT_ONCE);
    await expect(inTime(client.post('/7'))).resolves.toHaveProperty('status', 200);
    const error: unknown = await client.post('/8', '', { holdfast: { retry: false } }).catch(failureOf);
    expect(callOf(error)?.outcome).toBe('not-sent');
    expect(server.requests.map(({ path }) => path)).toEqual(['/7', '/7', '/8']);
  });

  it('says of an answer and of a failure which request they belong to', async () => {
    const client = await orders([{ status: 200 }, closedBy(constants.NGHTTP2_INTERNAL_ERROR)], {
      retry: false,
    });
    const told = { protocol: 'http:', host: '127.0.0.1', reusedSocket: false, redirected: false };
    expect((await client.get('/7')).request).toMatchObject({ ...told, method: 'GET', path: '/7' });
    const error: unknown = await client.post('/8').catch(failureOf);
    expect(error).toMatchObject({ request: { ...told, method: 'POST', path: '/8' } });
  });

  it('goes on over a new connection where the server will take no more by the old one', async () => {
    const client = await orders([lastWord]);
    const statuses = [(await client.get('/1')).status, (await client.post('/2')).status];
    expect(statuses).toEqual([200, 200]);
    expect(server.connections).toBe(2);
  });

  it('is not left hanging where the connection goes away below a call: its attempt ends in time', async () => {
    const client = await orders([gone]);
    const ended = client.post('/7').catch(failureOf);
    await server.until(() => server.requests.length === 1 && server.open.size === 0);
    // axios 1.21 says nothing of it to anybody.
    await clock.advance(10_000);
    expect(await ended).toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
  });

  it('ends the stream of a call that is cancelled, and no other', async () => {
    const client = await orders([]);
    const other = client.get('/held/other');
    await server.arrived('/held/other');
    const controller = new AbortController();
    const ended = client.get('/held/7', { signal: controller.signal }).catch(failureOf);
    await server.arrived('/held/7');
    controller.abort();
    expect(await ended).toMatchObject({ code: 'ERR_CANCELED' });
    server.finish('/held/other');
    await expect(other).resolves.toHaveProperty('data', 'held');
    expect(server.connections).toBe(1);
  });

  it.each<[string, Reply]>([
    ['an answer', { status: 200 }],
    ['a failure', { status: 404 }],
    ['a reset', closedBy(constants.NGHTTP2_INTERNAL_ERROR)],
  ])('shows its token nowhere in %s', async (_, reply) => {
    const client = await orders([reply], { retry: false });
    const ending: unknown = await client.get('/7').catch(failureOf);
    const text = inspect(ending, { depth: Infinity, showHidden: true }) + JSON.stringify(ending);
    expect(server.requests[0]?.token).toBe('an-old-secret');
    expect(text).not.toContain('secret');
  });
});
