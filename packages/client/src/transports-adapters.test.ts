import { challengeHeader, manualClock, staticCredential, type ManualClock } from '@holdfast/testing';
import axios, { type AxiosAdapter, type AxiosInstance } from 'axios';
import { inspect } from 'node:util';
import { callOf, createServiceClient, type ServiceClientOptions } from './index.js';
import { SocketServer, type Reply } from './made-transports.js';

/** How requests are sent: by either of axios's adapters, and by its http adapter over HTTP/2. */
const TRANSPORTS: Record<string, { readonly adapter: 'http' | 'fetch'; readonly httpVersion?: 1 | 2 }> = {
  http: { adapter: 'http' },
  fetch: { adapter: 'fetch' },
  'HTTP/2': { adapter: 'http', httpVersion: 2 },
};

const CHALLENGE = challengeHeader({ claims: { access_token: { nbf: { essential: true, value: '1' } } } });
const busy: Reply = { status: 503 };
const OK: Reply = { status: 200, body: '{"id":7}' };

let server: SocketServer;
let clock: ManualClock;
/** Requests that their adapter has and has not settled. */
let inFlight: number;

beforeEach(() => {
  clock = manualClock();
  inFlight = 0;
});

afterEach(() => {
  server.close();
  clock.uninstall();
});

async function orders(
  transport: string,
  script: readonly Reply[],
  options: Partial<ServiceClientOptions> = {},
): Promise<AxiosInstance> {
  const { httpVersion } = TRANSPORTS[transport]!;
  server = await SocketServer.start(script, httpVersion === 2 ? 'http2' : 'http');
  return createServiceClient({
    ...{ name: 'orders', baseURL: server.url, scopes: 'api://orders/.default', clock, random: () => 0.5 },
    ...{ credential: staticCredential(['an-old-secret', 'a-new-secret']) },
    axios: TRANSPORTS[transport]!,
    ...options,
  });
}

/** The same adapter, watched. Not by its name, fetch cannot tell where an answer came from. */
function watched(transport: string): Partial<ServiceClientOptions> {
  const { adapter, ...others } = TRANSPORTS[transport]!;
  const real = axios.getAdapter(adapter);
  const watching: AxiosAdapter = async (config) => {
    inFlight += 1;
    try {
      return await real(config);
    } finally {
      inFlight -= 1;
    }
  };
  return { axios: { ...others, adapter: watching } };
}

// Far more than any call here takes: it says what hangs.
const MOST_TURNS = 100_000;
const nextTurn = setImmediate;

const failureOf = (error: unknown) => error;

/** What a call of a watched client comes to. Time passes while nothing is on its way. */
async function ending(call: Promise<unknown>): Promise<unknown> {
  let ended: { readonly value: unknown } | undefined;
  const end = (value: unknown) => (ended = { value });
  call.then(end, end);
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    await new Promise((resolve) => nextTurn(resolve));
    if (ended !== undefined) return ended.value;
    if (inFlight === 0) await clock.advance(50);
  }
  throw new Error('The call has not ended');
}

const statusesOf = (subject: unknown) => callOf(subject)?.attempts.map(({ status }) => status);

describe.each(Object.keys(TRANSPORTS))('the standard pipeline by %s', (transport) => {
  it('sends a token', async () => {
    const client = await orders(transport, [OK]);
    expect(await client.get('/7')).toMatchObject({ status: 200, data: { id: 7 } });
    expect(server.requests).toMatchObject([{ path: '/7', token: 'an-old-secret' }]);
  });

  it('sends a PUT again after a 503, with its body, and a POST not', async () => {
    const bodies: string[] = [];
    const reading: Reply = (asked, answered) => {
      asked.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      asked.on('end', () => {
        answered.statusCode = bodies.length % 2 === 1 ? 503 : 200;
        (answered as { end(): void }).end();
      });
    };
    const client = await orders(transport, [reading, reading, reading], watched(transport));
    expect(await ending(client.put('/7', { a: 1 }))).toHaveProperty('status', 200);
    expect(await ending(client.post('/7', { a: 2 }))).toMatchObject({ response: { status: 503 } });
    expect(bodies).toEqual(['{"a":1}', '{"a":1}', '{"a":2}']);
  });

  it('comes back after a 429 when it was told to, and not before', async () => {
    const at: number[] = [];
    const throttled: Reply = (_, answered) => {
      at.push(clock.now());
      answered.statusCode = 429;
      answered.setHeader('retry-after', '3');
      (answered as { end(): void }).end();
    };
    const well: Reply = (_, answered) => {
      at.push(clock.now());
      (answered as { end(): void }).end();
    };
    const client = await orders(transport, [throttled, well], watched(transport));
    expect(await ending(client.post('/7'))).toHaveProperty('status', 200);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(3_000);
  });

  it('sends nothing more to a service that is down', async () => {
    const client = await orders(transport, Array<Reply>(100).fill(busy), { retry: false });
    const codes = [];
    for (let call = 0; call < 40; call += 1)
      codes.push(((await client.get('/7').catch(failureOf)) as { readonly code: string }).code);
    expect(codes.at(-1)).toBe('ERR_CIRCUIT_OPEN');
    expect(server.requests.length).toBe(codes.filter((code) => code === 'ERR_BAD_RESPONSE').length);
    expect(server.requests.length).toBeLessThan(40);
  });

  it('answers a challenge by another token, within the same call', async () => {
    const client = await orders(transport, [{ status: 401, headers: { 'www-authenticate': CHALLENGE } }, OK]);
    const response = await client.post('/7', { a: 1 });
    expect(statusesOf(response)).toEqual([401, 200]);
    expect(server.requests.map(({ token }) => token)).toEqual(['an-old-secret', 'a-new-secret']);
  });

  it('ends an attempt that nobody answers by its time limit', async () => {
    const client = await orders(transport, ['hang', OK], watched(transport));
    const ended = ending(client.get('/7'));
    await server.arrived('/7');
    await clock.advance(10_000);
    expect(callOf(await ended)?.attempts.map(({ decisions }) => decisions[0])).toEqual([
      'timed out after 10000 ms',
      undefined,
    ]);
  });

  it('ends a call that is cancelled', async () => {
    const client = await orders(transport, ['hang']);
    const controller = new AbortController();
    const ended = client.get('/7', { signal: controller.signal }).catch(failureOf);
    await server.arrived('/7');
    controller.abort();
    expect(await ended).toHaveProperty('code', 'ERR_CANCELED');
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ['an answer', OK],
    ['a failure', busy],
  ])('shows its token nowhere in %s', async (_, reply) => {
    const client = await orders(transport, [reply], { retry: false });
    const outcome = await client.get('/7').catch(failureOf);
    expect(server.requests[0]?.token).toBe('an-old-secret');
    const text = inspect(outcome, { depth: Infinity, showHidden: true }) + JSON.stringify(outcome);
    expect(text).not.toContain('secret');
  });
});
