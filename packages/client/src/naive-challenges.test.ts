import {
  challengeHeader,
  scriptedTransport,
  startIdentityProvider,
  staticCredential,
  type AppRegistration,
  type Step,
} from '@holdfast/testing';
import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
} from 'axios';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { callOf, createServiceClient, type TokenCredential } from './index.js';

type Acquire = (request: { scopes: string[]; claims?: string }) => Promise<{ accessToken: string } | null>;

/** What of MSAL is used here: the copy that `@holdfast/msal` drives. */
const { ConfidentialClientApplication } = createRequire(join(__dirname, '../../msal/package.json'))(
  '@azure/msal-node',
) as {
  readonly ConfidentialClientApplication: new (options: { readonly auth: Partial<AppRegistration> }) => {
    acquireTokenByClientCredential: Acquire;
  };
};

const SCOPE = 'api://orders/.default';
const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const OK: Step = { status: 200 };
const refused = (header: string | readonly string[]): Step => ({
  status: 401,
  headers: { 'www-authenticate': header },
});
const challenged = (claims: string) => refused(challengeHeader({ claims }));

type Read = (header: string) => string | undefined;

/** As tutorials have it: from the first space on, at commas and then at equals signs. */
const splitting: Read = (header) => {
  const values = new Map<string, string>();
  for (const part of header.slice(header.indexOf(' ') + 1).split(',')) {
    const [name = '', value = ''] = part.split('=');
    values.set(name.trim(), value.replace(/(^"|"$)/g, ''));
  }
  return values.get('error') === 'insufficient_claims' ? decoded(values.get('claims')) : undefined;
};

const byExpression: Read = (header) => decoded(/^Bearer .*claims="([^"]+)"/.exec(header)?.[1]);

function decoded(claims: string | undefined): string | undefined {
  try {
    return claims === undefined ? undefined : atob(claims);
  } catch {
    return undefined;
  }
}

interface Handler {
  /** Whether a request is to be answered again. */
  readonly mayAnswer?: (error: AxiosError, config: AxiosRequestConfig & { _retry?: boolean }) => boolean;
  readonly read?: Read;
}

const once: Handler['mayAnswer'] = (_, config) => {
  if (config._retry === true) return false;
  config._retry = true;
  return true;
};

/** A token interceptor and a handler of 401s, as everybody writes them. */
function naive(
  getToken: (claims?: string) => Promise<string>,
  config: AxiosRequestConfig,
  { mayAnswer = () => true, read = splitting }: Handler = {},
): AxiosInstance {
  const client = axios.create(config);
  let token: string | undefined;
  client.interceptors.request.use(async (request) => {
    token ??= await getToken();
    request.headers.set('Authorization', `Bearer ${token}`);
    return request;
  });
  client.interceptors.response.use(undefined, async (error: AxiosError) => {
    const { config: request, response } = error;
    const claims = response?.status === 401 ? read(String(response.headers['www-authenticate'])) : undefined;
    if (claims === undefined || request === undefined || !mayAnswer(error, request)) throw error;
    token = await getToken(claims);
    request.headers.set('Authorization', `Bearer ${token}`);
    return client.request(request);
  });
  return client;
}

function holdfast(credential: TokenCredential, config: AxiosRequestConfig): AxiosInstance {
  const { baseURL = '', ...rest } = config;
  return createServiceClient({
    name: 'orders',
    baseURL,
    scopes: SCOPE,
    credential,
    retry: false,
    axios: rest,
  });
}

/** A credential whose tokens are `t-1`, `t-2` …, and the claims it was asked with. */
function counting() {
  const credential = staticCredential((_, number) => `t-${number}`);
  const getToken = async (claims?: string) =>
    (await credential.getToken(SCOPE, claims === undefined ? {} : { claims }))?.token ?? '';
  const asked = () => credential.requests.map(({ options }) => options.claims);
  return { credential, getToken, asked };
}

const statusOf = (call: Promise<{ status: number }>) =>
  call.then(
    ({ status }) => status,
    (error: unknown) => (error as AxiosError).status,
  );
const orders = (adapter: AxiosAdapter) => ({ baseURL: 'https://orders.test', adapter });

describe('trap 11: an API that is never content with a token', () => {
  /** It asks for something else each time, and gives in at the 51st request, since nobody else does. */
  const stubborn = () =>
    scriptedTransport((_, number) => (number > 50 ? OK : challenged(CLAIMS.replace('c1', `c${number}`))));

  it('naive: is sent 51 requests', async () => {
    const { adapter, requests } = stubborn();
    await naive(counting().getToken, orders(adapter)).get('/7');
    expect(requests).toHaveLength(51);
  });

  it('holdfast: is sent two', async () => {
    const { adapter, requests } = stubborn();
    expect(await statusOf(holdfast(counting().credential, orders(adapter)).get('/7'))).toBe(401);
    expect(requests).toHaveLength(2);
  });
});

describe('trap 11: a request that is made again, and challenged again', () => {
  /** Each time another token is revoked, with other claims. */
  async function madeTwice(stack: (adapter: AxiosAdapter) => AxiosInstance) {
    let revoked = 't-1';
    const { adapter } = scriptedTransport(({ token }) =>
      token === revoked ? challenged(CLAIMS.replace('c1', revoked)) : OK,
    );
    const client = stack(adapter);
    const first = await client.get('/7');
    revoked = 't-2';
    return [first.status, await statusOf(client.request(first.config))];
  }

  it('naive: is not answered, for the mark of the first time sticks to it', async () => {
    const { getToken } = counting();
    const statuses = await madeTwice((adapter) => naive(getToken, orders(adapter), { mayAnswer: once }));
    expect(statuses).toEqual([200, 401]);
  });

  it('holdfast: is answered both times', async () => {
    const { credential } = counting();
    expect(await madeTwice((adapter) => holdfast(credential, orders(adapter)))).toEqual([200, 200]);
  });
});

describe('trap 12: a challenge that is legal, and not written as usual', () => {
  const ERROR = 'error="insufficient_claims"';
  const base64 = (claims: string) => Buffer.from(claims).toString('base64');
  const B64 = base64(CLAIMS);
  const ODD = CLAIMS.replace('c1', 'c>>?');
  const ACCENTED = CLAIMS.replace('c1', 'Zoë');
  const challenges: readonly (readonly [name: string, field: string | readonly string[], claims: string])[] =
    [
      ['lower-case scheme', `bearer ${ERROR}, claims="${B64}"`, CLAIMS],
      ['unquoted value', `Bearer ${ERROR}, claims=${B64}`, CLAIMS],
      ['spaces around =', `Bearer error = "insufficient_claims", claims = "${B64}"`, CLAIMS],
      ['upper-case names', `Bearer ERROR="insufficient_claims", CLAIMS="${B64}"`, CLAIMS],
      ['quoted pair', `Bearer ${ERROR}, claims="${B64.replace('e', '\\e')}"`, CLAIMS],
      ['comma in quotes', `Bearer realm="a, error=none, claims=", ${ERROR}, claims="${B64}"`, CLAIMS],
      ['PoP first', `PoP nonce="n", Bearer ${ERROR}, claims="${B64}"`, CLAIMS],
      ['several lines', ['DPoP algs="ES256"', `Bearer ${ERROR}, claims="${B64}"`], CLAIMS],
      ['base64url', `Bearer ${ERROR}, claims="${Buffer.from(ODD).toString('base64url')}"`, ODD],
      ['no padding', `Bearer ${ERROR}, claims="${base64(ODD).replace(/=+$/, '')}"`, ODD],
      ['UTF-8', `Bearer ${ERROR}, claims="${base64(ACCENTED)}"`, ACCENTED],
    ];

  /** The names of those to which no token with their claims was brought. */
  async function lost(stack: (made: ReturnType<typeof counting>, adapter: AxiosAdapter) => AxiosInstance) {
    const names: string[] = [];
    for (const [name, field, claims] of challenges) {
      const made = counting();
      const { adapter } = scriptedTransport(({ token }) => (token === 't-1' ? refused(field) : OK));
      await statusOf(stack(made, adapter).get('/7'));
      if (made.asked()[1] !== claims) names.push(name);
    }
    return names;
  }

  it.each<[string, Read, readonly string[]]>([
    [
      'split at commas',
      splitting,
      [
        'spaces around =',
        'upper-case names',
        'quoted pair',
        'PoP first',
        'several lines',
        'base64url',
        'UTF-8',
      ],
    ],
    [
      'searched by an expression',
      byExpression,
      [
        'lower-case scheme',
        'unquoted value',
        'spaces around =',
        'upper-case names',
        'quoted pair',
        'PoP first',
        'several lines',
        'base64url',
        'UTF-8',
      ],
    ],
  ])('naive: is not found, or misread, when it is %s', async (_, read, names) => {
    const options = { mayAnswer: once, read };
    expect(await lost(({ getToken }, adapter) => naive(getToken, orders(adapter), options))).toEqual(names);
  });

  it('holdfast: is read as it was meant', async () => {
    expect(await lost(({ credential }, adapter) => holdfast(credential, orders(adapter)))).toEqual([]);
  });
});

describe('trap 13: claims that are no JSON object', () => {
  const unreadable = ['[]', '{"access_token":'];

  it.each(unreadable)(
    'naive: MSAL ignores %s without a word, and the revoked token goes out for ever',
    async (claims) => {
      await using idp = await startIdentityProvider();
      const { clientId, clientSecret, authority, authorityMetadata } = idp.app;
      const auth = { clientId, clientSecret, authority, authorityMetadata };
      const msal = new ConfidentialClientApplication({ auth });
      const getToken = async (asked?: string) => {
        const request = { scopes: [SCOPE], ...(asked !== undefined && { claims: asked }) };
        return (await msal.acquireTokenByClientCredential(request))?.accessToken ?? '';
      };
      const { adapter, requests } = scriptedTransport((_, number) => (number > 50 ? OK : challenged(claims)));
      await naive(getToken, orders(adapter)).get('/7');
      expect(requests).toHaveLength(51);
      expect(new Set(requests.map(({ token }) => token)).size).toBe(1);
      expect(idp.tokenRequests).toHaveLength(1);
    },
  );

  it.each(unreadable)('holdfast: %s is not answered: the caller gets the 401, and why', async (claims) => {
    const { adapter, requests } = scriptedTransport(() => challenged(claims));
    const { credential, asked } = counting();
    const error: unknown = await holdfast(credential, orders(adapter))
      .get('/7')
      .catch((failure: unknown) => failure);
    expect(error).toHaveProperty('status', 401);
    expect(String(callOf(error))).toContain('claims cannot be read');
    expect(requests).toHaveLength(1);
    expect(asked()).toEqual([undefined]);
  });
});
