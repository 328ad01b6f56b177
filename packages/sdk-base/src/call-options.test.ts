import { createServiceClient, retry } from '@holdfast/client';
import { install } from '@holdfast/core';
import { scriptedTransport, staticCredential } from '@holdfast/testing';
import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios';
import type { CallOptions, SdkSettings } from './call-options.js';
import { BASE, FOUND, Orders, failureOf, ordersClient } from './made-orders-sdk.js';

/** One GET with these options, as it was sent, with the URL as it stands on the wire. */
async function sentWith(options: CallOptions, settings: SdkSettings = {}, client?: AxiosInstance) {
  const { client: usual, requests } = ordersClient();
  const sent: InternalAxiosRequestConfig[] = [];
  const used = client ?? usual;
  used.interceptors.request.use((config) => {
    sent.push(config);
    return config;
  });
  await new Orders(used, settings).get('7', options);
  const [config] = sent;
  return { ...requests[0], asked: config?.holdfast, query: new URL(axios.getUri(config)).search };
}

describe('an option of a call', () => {
  it('reaches the service, or the interceptor that reads it', async () => {
    const credential = staticCredential('ada');
    const { headers, token, asked } = await sentWith({
      headers: { 'X-Shop': 'north', 'x-none': undefined },
      idempotencyKey: 'order-7',
      ifMatch: '"v7"',
      ifNoneMatch: 'W/"v6", "v5"',
      correlationId: 'from-the-caller',
      credential,
      deadlineMs: 2_000,
      attemptTimeoutMs: false,
      retry: { retries: 1 },
    });
    expect(headers).toMatchObject({
      'x-shop': 'north',
      'idempotency-key': '"order-7"',
      'if-match': '"v7"',
      'if-none-match': 'W/"v6", "v5"',
      'client-request-id': 'from-the-caller',
    });
    expect(headers).not.toHaveProperty('x-none');
    expect(token).toBe('ada');
    expect(asked).toMatchObject({ deadlineMs: 2_000, attemptTimeoutMs: false, retry: { retries: 1 } });
  });

  it('query: dates as ISO 8601, each of a list by itself, undefined left out, beside what the client adds', async () => {
    const { client } = ordersClient(FOUND, { axios: { params: { 'api-version': '1' } } });
    const query = {
      text: 'a b&c=d/é',
      since: new Date(0),
      id: ['1', undefined, 2, 3n],
      'tag[]': ['x', 'y'],
      'json{}': ['z'],
      open: true,
      none: undefined,
    };
    const sent = await sentWith({ query }, {}, client);
    expect([...new URLSearchParams(sent.query)]).toEqual([
      ['api-version', '1'],
      ['text', 'a b&c=d/é'],
      ['since', '1970-01-01T00:00:00.000Z'],
      ['id', '1'],
      ['id', '2'],
      ['id', '3'],
      ['tag[]', 'x'],
      ['tag[]', 'y'],
      ['json{}', 'z'],
      ['open', 'true'],
    ]);
  });

  it('query: stands beside what the client adds, also where that is a URLSearchParams', async () => {
    const params = new URLSearchParams([
      ['api-version', '1'],
      ['scope', 'a'],
      ['scope', 'b'],
      ['top', '50'],
    ]);
    const { client } = ordersClient(FOUND, { axios: { params } });
    const { query } = await sentWith({ query: { top: 1, text: 'x', scope: undefined } }, {}, client);
    expect(query).toBe('?api-version=1&scope=a&scope=b&top=1&text=x');
    const { client: other } = ordersClient(FOUND, { axios: { params } });
    expect((await sentWith({}, {}, other)).query).toBe(`?${params.toString()}`);
  });

  it("query: the client's own encoding holds", async () => {
    const encode = (text: string) => encodeURIComponent(text);
    const { client } = ordersClient(FOUND, { axios: { paramsSerializer: { encode } } });
    const sent = await sentWith({ query: { at: ['10:00 h'] } }, {}, client);
    expect(sent.query).toBe('?at=10%3A00%20h');
  });

  it('query: who writes it himself gets its names as they are', async () => {
    const serialize = (params: object) => encodeURIComponent(JSON.stringify(params));
    for (const paramsSerializer of [serialize, { serialize }]) {
      const { client } = ordersClient(FOUND, { axios: { paramsSerializer: paramsSerializer as never } });
      const { query } = await sentWith({ query: { 'tag[]': ['x'], a: 1 } }, {}, client);
      expect(JSON.parse(decodeURIComponent(query.slice(1)))).toEqual({ 'tag[]': ['x'], a: '1' });
    }
  });

  it('correlationId: stands in the header that the client has for it', async () => {
    const { client, requests } = ordersClient(FOUND, { correlation: { header: 'X-Request-Id' } });
    const { call } = await new Orders(client).get('7', { correlationId: 'from-the-caller' }).withResponse();
    expect(requests[0]?.headers).toMatchObject({ 'x-request-id': 'from-the-caller' });
    expect(requests[0]?.headers).not.toHaveProperty('client-request-id');
    expect(call.correlationId).toBe('from-the-caller');
  });

  it("signal: ends the call, and so does the SDK's own", async () => {
    for (const which of ['call', 'sdk']) {
      const { client } = ordersClient(['hang']);
      const [call, sdk] = [new AbortController(), new AbortController()];
      const got = failureOf(new Orders(client, { signal: sdk.signal }).get('7', { signal: call.signal }));
      (which === 'call' ? call : sdk).abort();
      await expect(got).resolves.toHaveProperty('code', 'ERR_CANCELED');
    }
  });

  it('deadlineMs: ends the call at its instant', async () => {
    const { client, clock } = ordersClient(['hang']);
    const got = failureOf(new Orders(client).get('7', { deadlineMs: 2_000 }));
    await clock.advance(1_999);
    await clock.advance(1);
    await expect(got).resolves.toMatchObject({ code: 'ERR_DEADLINE_EXCEEDED', deadlineMs: 2_000 });
  });

  it('retry: false sends once what the client would send again', async () => {
    const { client, requests } = ordersClient(() => ({ status: 500 }));
    await expect(failureOf(new Orders(client).get('7', { retry: false }))).resolves.toHaveProperty(
      'status',
      500,
    );
    expect(requests).toHaveLength(1);
  });

  it("goes over the SDK's own: headers by name, options of retry by name", async () => {
    const settings = {
      headers: { 'x-a': 'sdk', 'X-B': 'sdk' },
      retry: { retries: 1, shouldResetTimeout: false },
      deadlineMs: 9_000,
    };
    const { headers, asked } = await sentWith(
      { headers: { 'x-b': 'call' }, retry: { retries: 2 } },
      settings,
    );
    expect(headers).toMatchObject({ 'x-a': 'sdk', 'x-b': 'call' });
    expect(asked).toEqual({ deadlineMs: 9_000, retry: { retries: 2, shouldResetTimeout: false } });
  });

  it('credential: a plain object is asked for a token once, not once for each call', async () => {
    let asked = 0;
    const credential = {
      getToken: () =>
        Promise.resolve({ token: `token-${(asked += 1)}`, expiresOnTimestamp: Date.UTC(2100, 0) }),
    };
    const { client, requests } = ordersClient();
    const orders = new Orders(client);
    await orders.get('7', { credential });
    await orders.as(credential).get('8');
    await orders.get('9', { credential });
    expect(requests.map(({ token }) => token)).toEqual(['token-1', 'token-1', 'token-1']);
  });
});

describe('a call with a bad option', () => {
  const circular: Record<string, unknown> = {};
  const bad: [string, object, RegExp][] = [
    ['a misspelt name', { deadlineMS: 1 }, /http\.get\(\): there is no option "deadlineMS"/],
    ['no signal', { signal: {} }, /"signal" must be an AbortSignal/],
    ['a limit of 0', { deadlineMs: 0 }, /"deadlineMs" must be a number of milliseconds above 0/],
    ['a text for a limit', { attemptTimeoutMs: '1' }, /"attemptTimeoutMs" must be/],
    ['a line break in a header', { headers: { 'x-a': 'a\r\nx-b: secret' } }, /"headers" must be/],
    ['a header above U+00FF', { headers: { 'x-a': '€' } }, /"headers" must be/],
    ['a header with a bad name', { headers: { 'x a': 'a' } }, /"headers" must be/],
    ['a number in the headers', { headers: { 'x-a': 1 } }, /"headers" must be/],
    ['NaN in the query', { query: { a: Number.NaN } }, /"query" must be/],
    ['Infinity in a list of the query', { query: { a: [1, Number.POSITIVE_INFINITY] } }, /"query" must be/],
    ['an object in the query', { query: { a: circular } }, /"query" must be/],
    ['null in the query', { query: { a: null } }, /"query" must be/],
    ['no date in the query', { query: { a: new Date(Number.NaN) } }, /"query" must be/],
    ['half of a letter in the query', { query: { a: '\ud800' } }, /"query" must be/],
    ['a name that axios leaves out', { query: { constructor: 'acme' } }, /"query" must be .*constructor/],
    ['another', { query: { prototype: 'p-1' } }, /"query" must be/],
    ['a third', { query: JSON.parse('{"__proto__":"x"}') as object }, /"query" must be/],
    ['one of a header', { headers: JSON.parse('{"__proto__":"x"}') as object }, /"headers" must be/],
    ['a list for the query', { query: ['a'] }, /"query" must be/],
    ['an empty key', { idempotencyKey: '' }, /"idempotencyKey" must be/],
    ['a key of other letters', { idempotencyKey: 'é' }, /"idempotencyKey" must be/],
    ['a tag without quotes', { ifMatch: 'v7' }, /"ifMatch" must be an entity tag/],
    ['a line break in a tag', { ifNoneMatch: '"v7"\r\nx-b: c' }, /"ifNoneMatch" must be an entity tag/],
    ['a credential without tokens', { credential: {} }, /"credential" must be/],
    ['a number for retry', { retry: 3 }, /"retry" must be/],
    ['a line break in the id', { correlationId: 'a\nb' }, /"correlationId" must be/],
    ['an empty id', { correlationId: '' }, /"correlationId" must be/],
    ['no validator', { schema: {} }, /"schema" must be/],
  ];
  it.each(bad)('rejects and sends nothing: %s', async (_, options, message) => {
    const { client, requests } = ordersClient();
    const error = await failureOf(new Orders(client).get('7', options));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('secret');
    expect(requests).toHaveLength(0);
  });

  it.each<[CallOptions, string]>([
    [{ deadlineMs: 1 }, 'deadline'],
    [{ attemptTimeoutMs: 1 }, 'attemptTimeout'],
    [{ idempotencyKey: true }, 'retry'],
    [{ retry: {} }, 'retry'],
    [{ credential: staticCredential() }, 'attachToken'],
    [{ correlationId: 'an-id' }, 'correlate'],
  ])('rejects and sends nothing: %p where the pipeline has no %s()', async (options, interceptor) => {
    const { adapter, requests } = scriptedTransport(FOUND);
    const client = axios.create({ baseURL: BASE, adapter });
    install(client, []);
    const [name] = Object.keys(options);
    const error = await failureOf(new Orders(client).get('7', options));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(`"${name}" needs the interceptor ${interceptor}()`);
    expect(requests).toHaveLength(0);
  });

  it('is looked at by the pipeline that the client has by now', async () => {
    const { adapter, requests } = scriptedTransport(FOUND);
    const client = axios.create({ baseURL: BASE, adapter });
    const pipeline = install(client, []);
    const orders = new Orders(client);
    await expect(failureOf(orders.get('7', { retry: {} }))).resolves.toBeInstanceOf(TypeError);
    await orders.get('7', { retry: false, deadlineMs: false });
    pipeline.replace([retry()]);
    await orders.get('7', { retry: {} });
    pipeline.eject();
    await expect(failureOf(orders.get('7'))).resolves.toThrow(/must have a Holdfast pipeline/);
    expect(requests).toHaveLength(2);
  });

  it('of the SDK itself is refused when it is made', () => {
    const { client } = ordersClient();
    const settings: [object, RegExp][] = [
      [{ deadlineMS: 1 }, /Orders\(\): there is no option "deadlineMS"/],
      [{ query: {} }, /there is no option "query"/],
      [{ logLevel: 'loud' }, /"logLevel" must be "off", .*, and is "loud"/],
      [{ logger: {} }, /logger/],
      [{ product: { name: 'a b', version: '1' } }, /product\.name/],
      [{ product: 'shop' }, /"product" must be/],
    ];
    for (const [one, message] of settings) {
      expect(() => new Orders(client, one)).toThrow(message);
      expect(() => new Orders(client).withOptions(one)).toThrow(TypeError);
    }
    expect(
      () => new Orders(createServiceClient({ name: 'a', baseURL: BASE, credential: false })),
    ).not.toThrow();
  });
});
