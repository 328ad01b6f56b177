import { scriptedTransport, staticCredential, type Step } from '@holdfast/testing';
import axios from 'axios';
import fc from 'fast-check';
import { inspect } from 'node:util';
import {
  attachToken,
  createServiceClient,
  errorSummary,
  install,
  isHoldfastError,
  paginate,
  type PaginateOptions,
} from './index.js';

const BASE = 'https://api.test/v1';

const json = (data: unknown, headers = {}): Step => ({ status: 200, data: JSON.stringify(data), headers });

/** The first page leads there; whatever is asked for after that is empty. */
function leadingTo(link: string, options: { readonly baseURL?: string; readonly origins?: string[] } = {}) {
  const { adapter, requests } = scriptedTransport((_, number) =>
    number === 1 ? json({ value: [1], nextLink: link }) : json({ value: [] }),
  );
  const bare = axios.create({ baseURL: options.baseURL ?? BASE, adapter });
  const protectedClient = () =>
    createServiceClient({
      name: 'api',
      baseURL: BASE,
      credential: staticCredential('a-secret-token'),
      scopes: ['api://api/.default'],
      ...(options.origins && { origins: options.origins }),
      axios: { adapter },
    });
  return {
    bare,
    requests,
    get withToken() {
      return protectedClient();
    },
  };
}

async function endingOf(list: AsyncIterable<unknown>): Promise<unknown> {
  try {
    for await (const item of list) expect(item).toBe(1);
    return undefined;
  } catch (error) {
    return error;
  }
}

const SECRET = { headers: { 'x-api-key': 'a-secret-key' } };

const STOLEN = [
  'https://evil.test/v1/users',
  'http://api.test/v1/users',
  'https://api.test:8443/v1/users',
  'https://api.test.evil.test/v1/users',
  'https://user@api.test/v1/users',
  'https://user:pass@api.test/v1/users',
  'https://api.test@evil.test/v1/users',
  '//evil.test/v1/users',
  '\\\\evil.test\\v1',
  '/\\evil.test/v1',
  'https:\\\\evil.test/v1',
  '\thttps://evil.test/v1',
  'ht\ntps://evil.test/v1',
  'javascript:alert(1)',
  'data:application/json,{"value":[]}',
  'blob:https://api.test/v1/users',
  'file:///v1/users',
  'ftp://api.test/v1/users',
  'http://[::1',
  '/v2/users',
  '/v1.0/users',
  '../beta/users',
  '/v1/../v2/users',
  '/v1/%2e%2e/v2/users',
  '/v1/..%2fv2/users',
  '/v1/%2e%2e%5cv2/users',
];

describe('a link out of the list’s own place', () => {
  it.each(STOLEN)('gets nothing sent, with a token or without one: %j', async (link) => {
    for (const client of ['withToken', 'bare'] as const) {
      const stage = leadingTo(`${link}?code=a-secret-code`);
      const error = await endingOf(paginate(stage[client], '/users', SECRET));
      expect(isHoldfastError(error, 'ERR_TOKEN_ORIGIN')).toBe(true);
      expect(stage.requests).toHaveLength(1);
      const told = `${String(error)} ${inspect(error)} ${JSON.stringify([error, errorSummary(error)])}`;
      for (const secret of ['a-secret-code', 'a-secret-key', 'a-secret-token', 'pass'])
        expect(told).not.toContain(secret);
    }
  });

  it('says which origin it was, and of which service', async () => {
    const { withToken } = leadingTo('https://evil.test/v1/users?code=1');
    expect(await endingOf(paginate(withToken, '/users'))).toMatchObject({
      service: 'api',
      message:
        'The next page was not asked for: its link leads to https://evil.test, another origin than that of the list: add it to the `origins` of paginate() if it is to be trusted',
    });
  });

  it('of any shape goes nowhere but below the base URL', async () => {
    const piece = fc.oneof(
      fc.constantFrom('/', '\\', '..', '.', '@', ':', '?', '#', '%2e', '%2F', '%5c', 'https:', 'http:', '\t'),
      fc.constantFrom('api.test', 'evil.test', 'v1', 'v2', 'users', '//', '/v1/', BASE, 'https://api.test'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 7 }), async (pieces) => {
        const { bare, requests } = leadingTo(pieces.join(''));
        await endingOf(paginate(bare, '/users', SECRET));
        for (const { url } of requests.slice(1)) {
          const { origin, pathname, username } = new URL(url);
          expect([origin, username]).toEqual(['https://api.test', '']);
          expect(`${decodeURIComponent(decodeURI(pathname))}/`).toMatch(/^\/v1\/(?!(?:.*[/\\])?\.\.[/\\])/);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a link that may be followed', () => {
  it.each([
    ['/v1/users?page=2', 'https://api.test/v1/users?page=2'],
    ['?page=2', 'https://api.test/v1/users?page=2'],
    ['users?page=2', 'https://api.test/v1/users?page=2'],
    ['HTTPS://API.TEST:443/v1/users?page=2#top', 'https://api.test/v1/users?page=2'],
    ['/v1/users?next=https://evil.test/../', 'https://api.test/v1/users?next=https://evil.test/../'],
  ])('is relative to its page, and carries the token: %s', async (link, sent) => {
    const { withToken, requests } = leadingTo(link);
    expect(await endingOf(paginate(withToken, '/users'))).toBeUndefined();
    expect(requests[1]).toMatchObject({ url: sent, token: 'a-secret-token' });
  });

  const trusting: [string, PaginateOptions<unknown>, string[]][] = [
    ['paginate() and attachToken()', { origins: ['https://eu.api.test'] }, ['https://eu.api.test']],
    ['attachToken() alone', {}, ['https://eu.api.test/']],
  ];
  it.each(trusting)('leads to an origin in the `origins` of %s', async (_, options, origins) => {
    const { withToken, requests } = leadingTo('https://eu.api.test/v1/users', { origins });
    expect(await endingOf(paginate(withToken, '/users', options))).toBeUndefined();
    expect(requests[1]).toMatchObject({ url: 'https://eu.api.test/v1/users', token: 'a-secret-token' });
  });

  it('leads to an origin in the `origins` of paginate() alone: refused with a token, since that goes along', async () => {
    const options = { origins: ['https://eu.api.test'] };
    const { withToken, bare, requests } = leadingTo('https://eu.api.test/v1/users');
    const error = await endingOf(paginate(withToken, '/users', options));
    expect(String(error)).toContain('`origins` of attachToken()');
    expect(requests).toHaveLength(1);
    const again = leadingTo('https://eu.api.test/v1/users');
    expect(await endingOf(paginate(again.bare, '/users', options))).toBeUndefined();
    expect(again.requests).toHaveLength(2);
    expect(bare.defaults.baseURL).toBe(BASE);
  });

  it.each([
    'blob:https://api.test/v1/users',
    'https://user@api.test/v1/users',
    'https://:password@api.test/v1/users',
  ])(
    'has to be one by https or http, and of nobody in particular, also on an origin in the `origins`: %s',
    async (link) => {
      const { bare, requests } = leadingTo(link);
      const error = await endingOf(paginate(bare, '/users', { origins: ['https://api.test'] }));
      expect(error).toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
      expect(requests).toHaveLength(1);
    },
  );

  it('leads out of the base path where its origin is in the `origins`', async () => {
    const { bare, requests } = leadingTo('/v2/users');
    expect(await endingOf(paginate(bare, '/users', { origins: ['https://api.test'] }))).toBeUndefined();
    expect(requests[1]?.url).toBe('https://api.test/v2/users');
  });

  it('leads anywhere on the origin of a first page that is none of the client’s own', async () => {
    const { bare, requests } = leadingTo('/b');
    expect(await endingOf(paginate(bare, 'https://elsewhere.test/a/users'))).toBeUndefined();
    expect(requests[1]?.url).toBe('https://elsewhere.test/b');
    const back = leadingTo('https://api.test/v1/users');
    expect(await endingOf(paginate(back.bare, 'https://elsewhere.test/a'))).toHaveProperty(
      'code',
      'ERR_TOKEN_ORIGIN',
    );
  });

  it('is compared with where an interceptor of the caller’s own has sent the first page', async () => {
    const { adapter, requests } = scriptedTransport([
      json({ value: [1], nextLink: '/b' }),
      json({ value: [1], nextLink: 'https://evil.test/' }),
    ]);
    const client = axios.create({ adapter });
    client.interceptors.request.use((config) => {
      config.baseURL ??= 'https://api.test';
      return config;
    });
    expect(await endingOf(paginate(client, '/a'))).toHaveProperty('code', 'ERR_TOKEN_ORIGIN');
    expect(requests).toHaveLength(2);
  });

  it('cannot be compared with a list that is nowhere: refused', async () => {
    const { adapter } = scriptedTransport([json({ value: [1], nextLink: 'https://api.test/b' })]);
    const error = await endingOf(paginate(axios.create({ adapter }), '/a'));
    expect(String(error)).toContain('give its URL a scheme, or the client a baseURL');
  });
});

describe('a continuation token', () => {
  it('of a link that has been tampered with gets nothing sent', async () => {
    for (const url of STOLEN) {
      const { bare, withToken, requests } = leadingTo('');
      const continuationToken = Buffer.from(JSON.stringify({ url })).toString('base64url');
      for (const client of [bare, withToken]) {
        const error = await endingOf(paginate(client, '/users', SECRET).byPage({ continuationToken }));
        // Relative to what? The page that it came from is not there.
        expect(isHoldfastError(error, 'ERR_TOKEN_ORIGIN')).toBe(true);
      }
      expect(requests).toHaveLength(0);
    }
  });

  it('holds nothing that the client sends', async () => {
    const { adapter } = scriptedTransport([json({ value: [1], nextLink: '/v1/users?page=2' })]);
    const client = axios.create({ baseURL: BASE, adapter, params: { key: 'a-secret' } });
    install(client, [attachToken(staticCredential('a-secret-token'), { scopes: ['api://api/.default'] })]);
    const { value: page } = await paginate(client, '/users', { ...SECRET, params: { code: 'a-secret' } })
      .byPage()
      .next();
    const token = page?.continuationToken ?? '';
    expect(token).toMatch(/^[\w-]+$/);
    expect(Buffer.from(token, 'base64url').toString()).toBe('{"url":"https://api.test/v1/users?page=2"}');
  });
});
