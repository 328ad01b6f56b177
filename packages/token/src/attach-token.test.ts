import { inspect } from 'node:util';
import axios, { type AxiosError, type AxiosRequestConfig } from 'axios';
import { callOf, currentCall, install, type Interceptor } from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ScriptFunction,
  type StaticCredential,
  type Step,
} from '@holdfast/testing';
import { attachToken, cachedCredential, type AttachTokenOptions, type TokenCredential } from './index.js';

const OK: Step = { status: 200 };
const scopes = 'api://orders/.default';

function setUp({
  script = () => OK,
  credential = staticCredential('t-1'),
  options = {},
  config = {},
  around = [],
  inside = [],
}: {
  script?: readonly Step[] | ScriptFunction;
  credential?: TokenCredential;
  options?: Partial<AttachTokenOptions>;
  config?: AxiosRequestConfig;
  around?: readonly Interceptor[];
  inside?: readonly Interceptor[];
} = {}) {
  const clock = manualClock({ fakeGlobals: false });
  const transport = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://orders.test/v1', adapter: transport.adapter, ...config });
  const token = attachToken(credential, { scopes, clock, random: () => 0.5, ...options });
  install(client, [...around, token, ...inside], { clock });
  const tokens = () => transport.requests.map(({ token: sent }) => sent);
  return { client, clock, transport, tokens };
}

const twice: Interceptor = (next) => (config) => next(config).then(() => next(config));

describe('the token', () => {
  it('is on every attempt, and on nothing that is left of the call', async () => {
    const { client, tokens } = setUp({ around: [twice] });
    const response = await client.get('/7');
    expect(tokens()).toEqual(['t-1', 't-1']);
    expect(response.config.headers.has('Authorization')).toBe(false);
    expect(currentCall(response.config).authorization).toBeUndefined();
  });

  it('is asked for by one request when 20 calls begin at once', async () => {
    const credential = staticCredential('t-1');
    const { client, tokens } = setUp({ credential });
    await Promise.all(Array.from({ length: 20 }, (_, number) => client.get(`/${number}`)));
    expect(tokens()).toEqual(Array.from({ length: 20 }, () => 't-1'));
    expect(credential.requests).toHaveLength(1);
  });

  it('is a current one on a later attempt, not the stale one of the first', async () => {
    const { clock, ...source } = expiringSource();
    const waits: Interceptor = (next) => async (config) => {
      await next(config);
      await clock.advance(3_600_000);
      return next(config);
    };
    const { client, tokens } = setUp({ credential: source.credential, options: { clock }, around: [waits] });
    await client.get('/7');
    expect(tokens()).toEqual(['t-1', 't-2']);
  });

  it('is a current one on a first attempt that had to wait', async () => {
    const { clock, ...source } = expiringSource();
    const waits: Interceptor = (next) => async (config) => {
      await clock.advance(3_600_000);
      return next(config);
    };
    const { client, tokens } = setUp({ credential: source.credential, options: { clock }, around: [waits] });
    await source.cache.getToken(scopes);
    await client.get('/7');
    expect(tokens()).toEqual(['t-2']);
  });

  it('leaves a caller’s own Authorization alone, in any case, and says nothing of having sent its own', async () => {
    const seen: unknown[] = [];
    const spy: Interceptor = (next) => (config) => {
      seen.push(currentCall(config).authorization);
      return next(config);
    };
    const credential = staticCredential('t-1');
    const { client, tokens } = setUp({ credential, around: [twice], inside: [spy] });
    await client.get('/7', { headers: { authorization: 'Bearer mine' } });
    expect(tokens()).toEqual(['mine', 'mine']);
    expect(seen).toEqual([undefined, undefined]);
    expect(credential.requests).toHaveLength(0);
  });

  it('goes out where a caller’s header is there, but empty', async () => {
    const { client, tokens } = setUp();
    await client.get('/7', { headers: { authorization: undefined } });
    await client.get('/7', { headers: { authorization: null } });
    expect(tokens()).toEqual(['t-1', 't-1']);
  });

  it('is left out where a caller says Authorization: false, as axios understands it', async () => {
    const { client, tokens, transport } = setUp();
    await client.get('/7', { headers: { Authorization: false } });
    expect(tokens()).toEqual([undefined]);
    expect(transport.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('is left out with token: false, wherever the request goes', async () => {
    const { client, tokens } = setUp();
    await client.put('https://blobs.example/x', 'chunk', { holdfast: { token: false } });
    expect(tokens()).toEqual([undefined]);
  });

  it('asks for tokens that can be revoked only when told to', async () => {
    for (const enableCae of [false, true]) {
      const credential = staticCredential('t-1');
      const { client } = setUp({ credential, options: { enableCae } });
      await client.get('/7');
      expect(credential.requests[0]?.options.enableCae === true).toBe(enableCae);
    }
  });
});

describe('a token that cannot be had', () => {
  const down = () => staticCredential(new Error('connect ECONNREFUSED, client_secret=hunter2'));

  it('gives each call an error of its own, with its own request, and sends nothing', async () => {
    const { client, tokens } = setUp({ credential: down() });
    const errors = await Promise.all(
      ['/7', '/8'].map((url) => client.get(url).catch((error: unknown) => error as AxiosError)),
    );
    expect(errors.map(({ config }) => config?.url)).toEqual(['/7', '/8']);
    for (const error of errors) {
      expect(error).toMatchObject({
        code: 'ERR_TOKEN_ACQUISITION',
        service: 'https://orders.test',
        message: 'No token for api://orders/.default: the credential failed (Error)',
      });
      expect(callOf(error)?.refusals).toHaveLength(1);
    }
    expect(tokens()).toEqual([]);
  });

  it('does not look like a failure of the API: no response, no code of a network', async () => {
    // A hand-made credential that calls a token endpoint by axios.
    const endpoint = axios.create({
      adapter: scriptedTransport([{ status: 503, data: 'token response' }]).adapter,
    });
    const credential = {
      getToken: () => endpoint.post('https://idp.test/token', 'client_secret=hunter2').then(() => null),
    };
    const { client } = setUp({ credential });
    const error: unknown = await client.get('/7').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', transient: true });
    expect(error).not.toHaveProperty('response');
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('hunter2');
  });

  it('lets go of a caller who gives up while it is asked for', async () => {
    const { client, tokens } = setUp({ credential: staticCredential(() => new Promise(() => undefined)) });
    const controller = new AbortController();
    const call = client.get('/7', { signal: controller.signal });
    const source = axios.CancelToken.source();
    const older = client.get('/7', { cancelToken: source.token });
    controller.abort();
    source.cancel('enough');
    await expect(call).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await expect(older).rejects.toMatchObject({ message: 'enough' });
    expect(tokens()).toEqual([]);
  });
});

describe('the token stays at home', () => {
  const refusals: [string, string, AxiosRequestConfig][] = [
    ['an absolute URL', 'https://evil.test/v1/7', {}],
    ['an absolute URL that a client insists on', 'https://evil.test/v1/7', { allowAbsoluteUrls: true }],
    ['a URL without a scheme', '//evil.test/v1/7', { allowAbsoluteUrls: true }],
    ['a path that climbs', '/../admin', {}],
    ['an encoded path that climbs', '/%2e%2e/admin', {}],
    ['a path that climbs by an encoded slash', '/..%2fadmin', {}],
    ['a path that climbs by an encoded backslash', '/%2E%2e%5Cadmin', {}],
    ['a subdomain', 'https://eu.orders.test/v1/7', {}],
    ['a base URL of the request’s own', '/7', { baseURL: 'https://evil.test/v1' }],
    ['http', 'http://orders.test/v1/7', {}],
    ['user names in the URL', 'https://me:pw@orders.test/v1/7', {}],
    ['auth', '/7', { auth: { username: 'me', password: 'pw' } }],
  ];

  it.each(refusals)('%s is refused before anything is sent', async (_, url, config) => {
    const credential = staticCredential('t-1');
    const { client, tokens } = setUp({ credential });
    await expect(client.get(url, config)).rejects.toMatchObject({
      code: 'ERR_TOKEN_ORIGIN',
      message: expect.stringContaining('holdfast: { token: false }') as unknown,
    });
    expect(tokens()).toEqual([]);
    expect(credential.requests).toHaveLength(0);
  });

  const elsewhere = refusals.filter(([, url, { baseURL }]) => (baseURL ?? url).startsWith('https:'));
  const climbing = refusals.filter(([what]) => what.includes('climbs'));

  it.each([...elsewhere.filter(([what]) => !what.startsWith('user')), ...climbing])(
    '%s is refused with both ways out',
    async (_, url, config) => {
      const { client, tokens } = setUp();
      await expect(client.get(url, config)).rejects.toThrow(/`origins`.*holdfast: \{ token: false \}/);
      await client.get(url, { ...config, holdfast: { token: false } });
      expect(tokens()).toEqual([undefined]);
    },
  );

  it('an absolute URL that axios is told to take for a path goes home, and so does the token', async () => {
    const { client, tokens, transport } = setUp();
    await client.get('https://evil.test/7', { allowAbsoluteUrls: false });
    const { url, baseURL = '' } = transport.requests[0]!;
    expect(axios.getUri({ url, baseURL, allowAbsoluteUrls: false })).toBe(
      'https://orders.test/v1/https://evil.test/7',
    );
    expect(tokens()).toEqual(['t-1']);
  });

  it('a client whose base URL is plain http is refused', async () => {
    const { client, tokens } = setUp({ config: { baseURL: 'http://orders.test' } });
    await expect(client.get('/7')).rejects.toThrow('http://orders.test is neither https nor loopback');
    expect(tokens()).toEqual([]);
  });

  it('but goes to a page of the same API, and to the origins it was given', async () => {
    const { client, tokens } = setUp({ options: { origins: ['https://files.test'] } });
    await client.get('https://orders.test/v1/7?page=2');
    await client.get('https://files.test/anything');
    expect(tokens()).toEqual(['t-1', 't-1']);
    await expect(client.get('http://files.test/anything')).rejects.toMatchObject({
      code: 'ERR_TOKEN_ORIGIN',
    });
    await expect(client.get('https://files.test:444/x')).rejects.toThrow('add it to the `origins`');
  });
});

describe('attachToken()', () => {
  it('names the option that is wrong', () => {
    const credential = staticCredential();
    expect(() => attachToken(credential, {} as AttachTokenOptions)).toThrow(
      'attachToken(): the option "scopes" must be a scope, or a list of scopes, and is undefined',
    );
    const none = [
      'files.test',
      'https://files.test/path',
      'mailto:a@b',
      'http://files.test',
      'https://*.test',
    ];
    expect(() => attachToken(credential, { scopes, origins: none.slice(1, 2) })).toThrow(
      'and is ["https://files.test/path"]',
    );
    for (const origin of none)
      expect(() => attachToken(credential, { scopes, origins: [origin] })).toThrow(
        '"origins" must be a list of origins',
      );
    expect(() => attachToken({} as StaticCredential, { scopes })).toThrow('an object with getToken()');
  });

  it('takes a plain object with members of its own: axios never sees this one', async () => {
    const credential = {
      token: 'of-the-object',
      getToken() {
        return Promise.resolve({ token: this.token, expiresOnTimestamp: 4e12 });
      },
    };
    const { client, tokens } = setUp({ credential });
    await client.get('/7');
    expect(tokens()).toEqual(['of-the-object']);
  });
});

/** Tokens that live for an hour of a clock that the test owns, by way of a cache that may be filled before. */
function expiringSource() {
  const clock = manualClock({ fakeGlobals: false });
  const source = staticCredential((_, number) => ({
    token: `t-${number}`,
    expiresOnTimestamp: clock.now() + 3_600_000,
  }));
  const cache = cachedCredential(source, { clock });
  return { clock, cache, credential: cache };
}
