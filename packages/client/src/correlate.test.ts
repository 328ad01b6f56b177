import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import axios, { AxiosHeaders, type AxiosAdapter, type AxiosError, type AxiosInstance } from 'axios';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  TokenAcquisitionError,
  callOf,
  correlate,
  createServiceClient,
  errorSummary,
  install,
  type CorrelateOptions,
  type ServiceClientOptions,
} from './index.js';

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const ID = 'client-request-id';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

function orders(script: readonly Step[], options: Partial<ServiceClientOptions> = {}) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client: AxiosInstance = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: 'api://orders/.default',
    credential: staticCredential(['old', 'new']),
    clock,
    random: () => 1,
    axios: { adapter },
    ...options,
  });
  return { client, requests, sent: (name = ID) => requests.map(({ headers }) => headers[name]) };
}

/** A client that does nothing but correlate. */
function correlated(script: readonly Step[], options?: CorrelateOptions) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  install(client, [correlate(options)], { clock });
  return { client, sent: (name = ID) => requests.map(({ headers }) => headers[name]) };
}

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);
const failing = (promise: Promise<unknown>): Promise<AxiosError> =>
  run(
    promise.then(
      () => Promise.reject(new Error('it resolved')),
      (error: unknown) => error as AxiosError,
    ),
  );
const ok: Step = { status: 200 };
const challenge: Step = {
  status: 401,
  headers: { 'www-authenticate': challengeHeader({ claims: { a: 1 } }) },
};

describe('the id of a call', () => {
  it('is another UUID for each call, and the one that the service finds it by', async () => {
    const { client, sent } = orders([ok, ok]);
    const responses = [await run(client.get('/7')), await run(client.get('/7'))];
    const ids = responses.map((response) => callOf(response)?.correlationId);
    expect(ids).toEqual([expect.stringMatching(UUID), expect.stringMatching(UUID)]);
    expect(new Set(ids).size).toBe(2);
    expect(sent()).toEqual(ids);
  });

  it('is the same on every attempt, on the resend of a stale socket, and after a challenge', async () => {
    const stale: Step = { error: 'ECONNRESET', reusedSocket: true };
    const { client, sent } = orders([{ status: 503 }, stale, challenge, ok]);
    const response = await run(client.get('/7'));
    const id = callOf(response)?.correlationId;
    expect(id).toMatch(UUID);
    expect(sent()).toEqual([id, id, id, id]);
  });

  it('is another one when the request of a response or of an error is submitted again', async () => {
    const { client, sent } = correlated([ok, ok, { status: 404 }, ok]);
    const response = await client.get('/7');
    await client.request(response.config);
    const error = await failing(client.get('/7'));
    await client.request(error.config!);
    expect(new Set(sent()).size).toBe(4);
    for (const id of sent()) expect(id).toMatch(UUID);
    expect(callOf(error)?.correlationId).toBe(sent()[2]);
  });

  it.each([
    ['a success', ok],
    ['a status', { status: 404 }],
    ['a network failure', { error: 'ECONNREFUSED' }],
  ])('is not left on the request after %s', async (_, step: Step) => {
    const { client, sent } = correlated([step]);
    const outcome = await client.get('/7').catch((error: unknown) => error as AxiosError);
    expect(sent()).toEqual([expect.stringMatching(UUID)]);
    expect(new AxiosHeaders(outcome.config?.headers).has(ID)).toBe(false);
  });

  it('is not left on a copy of the request that an adapter answers with', async () => {
    const adapter: AxiosAdapter = (config) => {
      const copy = { ...config, headers: new AxiosHeaders(config.headers) };
      expect(copy.headers.get(ID)).toMatch(UUID);
      return Promise.resolve({ status: 200, statusText: '', data: '', headers: {}, config: copy });
    };
    const client = axios.create({ adapter });
    install(client, [correlate()]);
    const response = await client.get('https://orders.test/7');
    expect(response.config.headers.has(ID)).toBe(false);
    expect(callOf(response)?.correlationId).toMatch(UUID);
    expect.assertions(3);
  });

  it('is in the story of the call as JSON', async () => {
    const { client } = orders([{ status: 404 }]);
    const call = callOf(await failing(client.get('/7')))!;
    const { correlationId } = call;
    expect(JSON.parse(JSON.stringify({ call }))).toMatchObject({ call: { correlationId } });
    expect(correlationId).toMatch(UUID);
  });

  it('is in the summary of an error that has none of its own', async () => {
    const { client, sent } = orders([{ status: 404 }]);
    const summary = errorSummary(await failing(client.get('/7')));
    expect(summary).toMatchObject({ status: 404, correlationId: sent()[0] });
  });

  it('does not take the place of the one that the identity provider knows a failed token request by', async () => {
    const known = { scopes: [], service: 'the identity provider', retryAfterMs: undefined };
    const failure = { ...known, message: 'No token', correlationId: 'of-the-provider', transient: false };
    const credential = staticCredential(new TokenAcquisitionError(failure));
    const error = await failing(orders([], { credential }).client.get('/7'));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', correlationId: 'of-the-provider' });
    expect(errorSummary(error).correlationId).toBe('of-the-provider');
    expect(callOf(error)?.correlationId).toMatch(UUID);
  });
});

describe("a caller's own id", () => {
  it.each([ID, 'Client-Request-Id', 'CLIENT-REQUEST-ID'])(
    'stays, on a request or in the client’s defaults, as %s',
    async (name) => {
      const { client, sent } = orders([{ status: 503 }, ok, ok]);
      const first = await run(client.get('/7', { headers: { [name]: 'mine' } }));
      client.defaults.headers.common[name] = 'of all';
      const second = await run(client.get('/7'));
      expect(sent()).toEqual(['mine', 'mine', 'of all']);
      expect([first, second].map((response) => callOf(response)?.correlationId)).toEqual(['mine', 'of all']);
      expect([first, second].map(({ config }) => config.headers.get(ID))).toEqual(['mine', 'of all']);
    },
  );

  it.each([null, false])('may be none for one request: %p', async (none) => {
    const { client, sent } = correlated([ok]);
    const { config } = await client.get('/7', { headers: { [ID]: none as null } });
    expect(sent()).toEqual([undefined]);
    expect(config.headers[ID]).toBe(none);
    expect(callOf(config)?.correlationId).toBeUndefined();
  });

  it.each([ID, 'Client-Request-Id'])(
    'that is undefined, as %s, is as good as nothing, and leaves ours behind nowhere',
    async (name) => {
      const { client, sent } = correlated([ok, ok]);
      const { config } = await client.get('/7', { headers: { [name]: undefined } });
      expect(config.headers.get(ID)).toBeFalsy();
      await client.request(config);
      expect(sent()).toEqual([expect.stringMatching(UUID), expect.stringMatching(UUID)]);
      expect(sent()[0]).not.toBe(sent()[1]);
    },
  );
});

describe('the options of correlate()', () => {
  it('id: takes that of the request being served, and else a fresh UUID', async () => {
    const store = new AsyncLocalStorage<{ readonly requestId: string }>();
    const { client, sent } = orders([{ status: 503 }, ok, ok], {
      correlation: { header: 'client-request-id', id: () => store.getStore()?.requestId },
    });
    await store.run({ requestId: 'served-7' }, () => run(client.get('/7')));
    await run(client.get('/7'));
    expect(sent()).toEqual(['served-7', 'served-7', expect.stringMatching(UUID)]);
  });

  it('id: is asked once for each call, and tells the calls apart by their requests', async () => {
    const id = jest.fn(({ url }: { readonly url?: string }) => `of ${url}`);
    const { client, sent } = orders([{ status: 503 }, challenge, ok], { correlation: { id } });
    await run(client.get('/7'));
    expect(id).toHaveBeenCalledTimes(1);
    expect(sent()).toEqual(['of /7', 'of /7', 'of /7']);
  });

  it.each(['id', 'traceparent'])('%s: what it throws, the caller gets, and nothing is sent', async (name) => {
    const thrown = new Error('no store');
    const source = () => {
      throw thrown;
    };
    const { client, sent } = orders([ok], { correlation: { [name]: source } });
    expect(await failing(client.get('/7'))).toBe(thrown);
    expect(sent()).toEqual([]);
  });

  it('header: may be another one that the service logs', async () => {
    const { client, sent } = orders([ok], { correlation: { header: 'X-Correlation-Id' } });
    const response = await run(client.get('/7'));
    expect(sent('x-correlation-id')).toEqual([callOf(response)?.correlationId]);
    expect(sent()).toEqual([undefined]);
    expect(response.config.headers.has('x-correlation-id')).toBe(false);
  });

  it.each(['', 'request id', 'id:', 'id\r\nx: y', 'naïve', 7])('header: refuses %j', (header) => {
    expect(() => correlate({ header: header as string })).toThrow(
      'correlate(): the option "header" must be the name of a header',
    );
  });

  it('traceparent: goes along on every attempt, and neither it nor the id is left on the request', async () => {
    const { client, sent } = orders([{ status: 503 }, ok], {
      correlation: { traceparent: ({ url }) => (url === '/7' ? '00-a-b-01' : undefined) },
    });
    const { config } = await run(client.get('/7'));
    expect(sent('traceparent')).toEqual(['00-a-b-01', '00-a-b-01']);
    expect(config.headers.has('traceparent')).toBe(false);
    expect(config.headers.has(ID)).toBe(false);
  });

  it('traceparent: of the request itself arrives unchanged on every attempt', async () => {
    const traceparent = () => '00-a-b-01';
    const { client, sent } = orders([{ status: 503 }, challenge, ok], { correlation: { traceparent } });
    const { config } = await run(client.get('/7', { headers: { Traceparent: '00-c-d-01' } }));
    expect(sent('traceparent')).toEqual(['00-c-d-01', '00-c-d-01', '00-c-d-01']);
    expect(config.headers.get('traceparent')).toBe('00-c-d-01');
  });

  it('false: the service gets no id, and the call has none', async () => {
    const { client, sent } = orders([ok], { correlation: false });
    const response = await run(client.get('/7', { headers: { traceparent: '00-c-d-01' } }));
    expect(sent()).toEqual([undefined]);
    expect(sent('traceparent')).toEqual(['00-c-d-01']);
    expect(callOf(response)?.correlationId).toBeUndefined();
  });
});

describe.each(['http', 'fetch'])('over the %s adapter', (adapter) => {
  it('the id arrives on each attempt, and is gone from the request afterwards', async () => {
    const arrived: unknown[] = [];
    const server = createServer(({ headers }, response) => {
      arrived.push([headers[ID], headers['traceparent']]);
      response.writeHead(arrived.length === 1 ? 503 : 200).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const client = createServiceClient({
        name: 'orders',
        baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        credential: false,
        retry: { baseDelayMs: 0 },
        axios: { adapter },
      });
      const headers = { traceparent: '00-c-d-01' };
      const response = await run(client.get('/7', { headers }));
      const id = callOf(response)?.correlationId;
      expect(id).toMatch(UUID);
      expect(arrived).toEqual([
        [id, '00-c-d-01'],
        [id, '00-c-d-01'],
      ]);
      expect(response.config.headers.has(ID)).toBe(false);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
