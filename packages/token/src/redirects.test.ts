import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosRequestConfig } from 'axios';
import { install, type Interceptor } from '@holdfast/core';
import { staticCredential } from '@holdfast/testing';
import { attachToken, type AttachTokenOptions } from './index.js';

/** A request as it arrived; `at` is the host it was for, without the port, and its path. */
interface Arrival {
  readonly at: string;
  readonly authorization: string | undefined;
  readonly key: string | undefined;
}

const servers: Server[] = [];
let arrivals: Arrival[] = [];

/** Redirects to what stands behind `/to/`, in base64, since a path with dots in it would climb. */
async function start(): Promise<number> {
  const server = createServer(({ url = '', headers }, response) => {
    const key = headers['x-api-key'];
    arrivals.push({
      at: `${headers.host?.replace(/:\d+$/, '') ?? ''}${url.replace(/\/to\/.*/, '/to')}`,
      authorization: headers.authorization,
      key: typeof key === 'string' ? key : undefined,
    });
    const location = /\/to\/(.*)/.exec(url)?.[1];
    if (location === undefined) response.end('body');
    else response.writeHead(307, { location: Buffer.from(location, 'base64url').toString() }).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

let port = 0;
let otherPort = 0;
let origin = '';

beforeAll(async () => {
  [port, otherPort] = await Promise.all([start(), start()]);
  origin = `http://localhost:${port}`;
});

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

beforeEach(() => (arrivals = []));

/** Every name is this machine's. */
const lookup = (_host: string, options: object, done: (...results: unknown[]) => void): void => {
  if ('all' in options && options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};

function client(
  options: Partial<AttachTokenOptions> = {},
  config: AxiosRequestConfig = {},
  { around = [], inside = [] }: Partial<Record<'around' | 'inside', readonly Interceptor[]>> = {},
) {
  const headers = { 'X-API-Key': 'k-1' };
  const instance = axios.create({
    baseURL: `${origin}/v1`,
    headers,
    lookup,
    ...config,
  } as AxiosRequestConfig);
  const token = attachToken(staticCredential('t-1'), {
    scopes: 's',
    sensitiveHeaders: ['x-api-key'],
    ...options,
  });
  install(instance, [...around, token, ...inside]);
  return instance;
}

const to = (...places: readonly string[]): string =>
  places.reduceRight((onwards, place) => `${place}/to/${Buffer.from(onwards).toString('base64url')}`);
const away = (): string => `http://127.0.0.1:${otherPort}/x`;

const KEPT = { authorization: 'Bearer t-1', key: 'k-1' };
const NONE = { authorization: undefined, key: undefined };

describe('a redirect', () => {
  it.each([
    ['another port', away, '127.0.0.1/x'],
    ['another host', () => `http://127.0.0.1:${port}/v1/x`, '127.0.0.1/v1/x'],
    ['another host, without a scheme', () => `//127.0.0.1:${port}/v1/x`, '127.0.0.1/v1/x'],
    ['a subdomain', () => `http://eu.localhost:${port}/v1/x`, 'eu.localhost/v1/x'],
  ])('to %s carries neither the token nor a secret header that was named', async (_, place, at) => {
    await client().get(to('', place()));
    expect(arrivals).toEqual([
      { at: 'localhost/v1/to', ...KEPT },
      { at, ...NONE },
    ]);
  });

  it('below the base URL carries both, and from there to another origin neither', async () => {
    await client().get(to('', '/v1/again', away()));
    expect(arrivals).toEqual([
      { at: 'localhost/v1/to', ...KEPT },
      { at: 'localhost/v1/again/to', ...KEPT },
      { at: '127.0.0.1/x', ...NONE },
    ]);
  });

  it('that comes back from another origin brings neither back', async () => {
    await client().get(to('', `http://127.0.0.1:${otherPort}`, `${origin}/v1/x`));
    expect(arrivals.map(({ authorization, key }) => [authorization, key])).toEqual([
      ['Bearer t-1', 'k-1'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('that comes back brings nothing back that was for the other origin', async () => {
    const beforeRedirect: AxiosRequestConfig['beforeRedirect'] = (options) => {
      if (new URL(options['href'] as string).port === String(otherPort))
        Object.assign(options['headers'] as object, { 'x-api-key': 'k-of-the-other' });
    };
    await client({}, { beforeRedirect }).get(
      to('', `http://127.0.0.1:${otherPort}`, `${origin}/v1`, '/v1/x'),
    );
    expect(arrivals.map(({ key }) => key)).toEqual(['k-1', 'k-of-the-other', undefined, undefined]);
  });

  it('that a Host header of the caller’s own sends to another host carries neither', async () => {
    await client().get(to('', '/v1/x'), { headers: { Host: `eu.localhost:${port}` } });
    expect(arrivals).toEqual([
      { at: 'eu.localhost/v1/to', ...KEPT },
      { at: 'eu.localhost/v1/x', ...NONE },
    ]);
  });

  it.each(['/admin', '/v10/x', '/v1/../admin', '/v1/..%2fadmin', '/v1/%2E.%5Cadmin'])(
    'to %s, which is not below the base URL, does not carry the token',
    async (path) => {
      await client().get(to('', path));
      expect(arrivals.map(({ authorization }) => authorization)).toEqual(['Bearer t-1', undefined]);
      expect(arrivals[1]?.key).toBe('k-1');
    },
  );

  it('to anywhere on an origin that was given carries the token', async () => {
    await client({ origins: [origin] }).get(to('', '/admin'));
    expect(arrivals[1]).toEqual({ at: 'localhost/admin', ...KEPT });
  });

  it('of a client without a base URL carries the token within the origins it was given', async () => {
    await client({ origins: [origin] }, { baseURL: '' }).get(to(`${origin}/v1`, '/v1/x', away()));
    expect(arrivals.map(({ authorization }) => authorization)).toEqual([
      'Bearer t-1',
      'Bearer t-1',
      undefined,
    ]);
  });

  it('of a request with token: false does not carry what was named either', async () => {
    await client().get(to('', `http://eu.localhost:${port}/v1/x`), { holdfast: { token: false } });
    expect(arrivals.map(({ key }) => key)).toEqual(['k-1', undefined]);
  });

  it('of a request with an Authorization of its own carries that within the origin, and not out of it', async () => {
    const headers = { authorization: 'Bearer mine' };
    await client().get(to('', '/admin', `http://eu.localhost:${port}/v1/x`), { headers });
    expect(arrivals.map(({ authorization, key }) => [authorization, key])).toEqual([
      ['Bearer mine', 'k-1'],
      ['Bearer mine', 'k-1'],
      [undefined, undefined],
    ]);
  });

  it('takes a header along that nobody has named as secret', async () => {
    await client({ sensitiveHeaders: [] }).get(to('', away()));
    expect(arrivals[1]).toEqual({ at: '127.0.0.1/x', authorization: undefined, key: 'k-1' });
  });

  it('is still told to a beforeRedirect of the caller’s own, which may add a header of its own', async () => {
    const told: unknown[] = [];
    const Authorization = 'Basic of-the-other-origin';
    const beforeRedirect: AxiosRequestConfig['beforeRedirect'] = (options, { statusCode }, { url }) => {
      told.push([statusCode, new URL(url).host]);
      Object.assign(options['headers'] as object, { Authorization });
    };
    await client({}, { beforeRedirect }).get(to('', `http://127.0.0.1:${otherPort}`, '/y'));
    expect(told).toEqual([
      [307, `localhost:${port}`],
      [307, `127.0.0.1:${otherPort}`],
    ]);
    expect(arrivals.map(({ authorization }) => authorization)).toEqual([
      'Bearer t-1',
      Authorization,
      Authorization,
    ]);
  });

  it('does not carry the token where a beforeRedirect hands on what the request before had', async () => {
    const beforeRedirect: AxiosRequestConfig['beforeRedirect'] = (options, _, { headers }) => {
      Object.assign(options['headers'] as object, { authorization: headers['Authorization'] });
    };
    await client({}, { beforeRedirect }).get(to('', away()));
    expect(arrivals.map(({ authorization }) => authorization)).toEqual(['Bearer t-1', undefined]);
  });
});

describe('what the guard puts on a request', () => {
  const beforeRedirect = () => undefined;
  const fetchOptions = { keepalive: false };

  it.each<[string, AxiosRequestConfig, string]>([
    ['an answer', {}, '/x'],
    ['an answer by fetch', { adapter: 'fetch' }, '/x'],
    ['a refused redirect', { adapter: 'fetch' }, '/to/x'],
    ['an error', { maxContentLength: 1 }, '/x'],
    ['a send without a token', { holdfast: { token: false } }, '/x'],
    ['an error without a token', { holdfast: { token: false }, maxContentLength: 1 }, '/x'],
  ])('is taken off again after %s, and the caller’s own is back', async (_, config, url) => {
    const on: unknown[] = [];
    const spy: Interceptor = (next) => (request) => {
      on.push(request.beforeRedirect);
      return next(request);
    };
    for (const own of [{}, { beforeRedirect, fetchOptions }]) {
      const settled: unknown = await client({}, { ...config, ...own }, { inside: [spy] })
        .get(url)
        .catch((error: unknown) => error);
      const { config: left } = settled as { config: AxiosRequestConfig };
      expect(left.beforeRedirect).toBe('beforeRedirect' in own ? beforeRedirect : undefined);
      expect(left.fetchOptions).toEqual('fetchOptions' in own ? fetchOptions : undefined);
      expect(Object.hasOwn(left, 'beforeRedirect')).toBe('beforeRedirect' in own);
    }
    expect(on).toEqual([expect.any(Function), expect.any(Function)]);
    expect(on[1]).not.toBe(beforeRedirect);
  });

  it('is on none of the copies with which an adapter answers or fails', async () => {
    for (const how of ['an answer', 'an error', 'an error with an answer']) {
      const copying: AxiosRequestConfig['adapter'] = (request) => {
        const [config, other] = [{ ...request }, { ...request }];
        const response = { data: '', status: 200, statusText: '', headers: {}, config };
        if (how === 'an answer') return Promise.resolve(response);
        const answer = how === 'an error' ? undefined : { ...response, config: other };
        return Promise.reject(new axios.AxiosError('no', 'NO', config, {}, answer));
      };
      const settled: unknown = await client({}, { adapter: copying })
        .get('/x')
        .catch((error: unknown) => error);
      const { config, response } = settled as { config: object; response?: { config: object } };
      for (const left of [config, response?.config ?? {}]) {
        expect(left).not.toHaveProperty('beforeRedirect');
        expect(left).not.toHaveProperty('fetchOptions');
      }
    }
  });

  it('stays until the last of several sends at once has ended', async () => {
    const [first, second] = [deferred(), deferred()];
    const gates = [first, second];
    const waits: Interceptor = (next) => (request) => gates.shift()!.promise.then(() => next(request));
    const hedging: Interceptor = (next) => (request) => {
      const sends = [next(request), next(request)];
      void sends[0]?.then(second.resolve);
      first.resolve();
      return Promise.all(sends).then(([, last]) => last!);
    };
    const { config } = await client({}, { beforeRedirect }, { around: [hedging], inside: [waits] }).get(
      to('', away()),
    );
    expect(arrivals.map(({ authorization, key }) => [authorization, key])).toEqual([
      ['Bearer t-1', 'k-1'],
      [undefined, undefined],
      ['Bearer t-1', 'k-1'],
      [undefined, undefined],
    ]);
    expect(config.beforeRedirect).toBe(beforeRedirect);
  });
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

describe('attachToken({ sensitiveHeaders })', () => {
  it.each([['x-api-key'], [['x api key']], [['']], [[5]], [null]])('refuses %j by name', (value) => {
    const options = { scopes: 's' };
    Object.assign(options, { sensitiveHeaders: value });
    expect(() => attachToken(staticCredential(), options)).toThrow(
      'attachToken(): the option "sensitiveHeaders" must be a list of header names',
    );
  });
});
