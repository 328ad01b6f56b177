import type { TokenCredential as AzureTokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  type ChallengeCallbacks,
  type HttpClient,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { createServiceClient } from '@holdfast/client';
import {
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
  type TokenRequest,
} from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import { clientCredential } from './index.js';

const AUDIENCE = 'api://orders';
const SCOPE = `${AUDIENCE}/.default`;

let idp: IdentityProvider;
let api: ProtectedApi;

beforeEach(async () => {
  idp = await startIdentityProvider();
  api = await startProtectedApi({ idp, audience: AUDIENCE });
});

afterEach(async () => {
  await api.close();
  await idp.close();
});

const http = createDefaultHttpClient();

/** Azure's own HTTP client, with the API played by the one on loopback: Azure sends tokens by https alone. */
const overLoopback: HttpClient = {
  sendRequest: (request) => {
    const { pathname, search } = new URL(request.url);
    return http.sendRequest({
      ...request,
      url: `${api.url}${pathname}${search}`,
      allowInsecureConnection: true,
    });
  },
};

/** Holds the first answers back until so many have come. */
function together(count: number, client: HttpClient): HttpClient {
  let missing = count;
  let release: () => void = () => undefined;
  const complete = new Promise<void>((resolve) => (release = resolve));
  return {
    sendRequest: async (request) => {
      const response = await client.sendRequest(request);
      missing -= 1;
      if (missing === 0) release();
      await complete;
      return response;
    },
  };
}

/** An SDK client as Azure's libraries are made: the standard policies, and the bearer policy. */
function sdk(
  credential: AzureTokenCredential,
  { client = overLoopback, callbacks }: { client?: HttpClient; callbacks?: ChallengeCallbacks } = {},
): (path: string) => Promise<PipelineResponse> {
  const pipeline = createPipelineFromOptions({});
  pipeline.addPolicy(
    bearerTokenAuthenticationPolicy({
      credential,
      scopes: SCOPE,
      ...(callbacks && { challengeCallbacks: callbacks }),
    }),
  );
  return (path) =>
    pipeline.sendRequest(client, createPipelineRequest({ url: `https://orders.example${path}` }));
}

/** As SDKs ask for tokens that cannot answer a claims challenge. */
const withoutCae: ChallengeCallbacks = {
  authorizeRequest: async ({ scopes, request, getAccessToken }) => {
    const token = await getAccessToken(scopes, {});
    request.headers.set('Authorization', `Bearer ${token?.token}`);
  },
};

/** What a token request asked of the token. */
function askedOf({ claims = '{}' }: TokenRequest): Readonly<Record<string, unknown>> {
  return (JSON.parse(claims) as { access_token?: Record<string, unknown> }).access_token ?? {};
}

const CP1 = { values: ['cp1'] };

describe('a credential of Holdfast in an SDK of Azure’s', () => {
  it.each([
    ['clientCredential()', () => clientCredential(idp.app)],
    ['cachedCredential()', () => cachedCredential(clientCredential(idp.app))],
  ])('%s gives it the token, which serves the requests that follow', async (_, credential) => {
    const send = sdk(credential());
    const first = await send('/orders/7');
    const others = await Promise.all(Array.from({ length: 20 }, (__, number) => send(`/orders/${number}`)));
    expect([first, ...others].map(({ status }) => status)).toEqual(Array<number>(21).fill(200));
    expect(new Set(api.requests.map(({ tokenId }) => tokenId))).toEqual(idp.issuedTokenIds);
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('that is cached serves all SDK clients, and those of Holdfast, by one token request', async () => {
    const credential = cachedCredential(clientCredential(idp.app));
    const senders = Array.from({ length: 5 }, () => sdk(credential));
    const orders = createServiceClient({ name: 'orders', baseURL: api.url, scopes: SCOPE, credential });
    await Promise.all([...senders.map((send) => send('/orders/7')), orders.get('/orders/7')]);
    expect(idp.tokenRequests).toHaveLength(1);
    expect(api.requests.map(({ status }) => status)).toEqual(Array<number>(6).fill(200));
  });

  it.each([
    ['clientCredential()', () => clientCredential(idp.app)],
    ['cachedCredential()', () => cachedCredential(clientCredential(idp.app))],
  ])('%s answers a claims challenge by one token request with the claims', async (_, credential) => {
    const send = sdk(credential());
    await send('/orders/7');
    const { access_token: claims } = JSON.parse(api.revoke()) as { access_token: object };
    await expect(send('/orders/7')).resolves.toMatchObject({ status: 200 });
    await expect(send('/orders/7')).resolves.toMatchObject({ status: 200 });
    expect(api.requests.map(({ status }) => status)).toEqual([200, 401, 200, 200]);
    expect(idp.tokenRequests.map(askedOf)).toEqual([{ xms_cc: CP1 }, { ...claims, xms_cc: CP1 }]);
  });

  it('makes one token request when five SDK clients are challenged at once', async () => {
    const credential = cachedCredential(clientCredential(idp.app));
    await credential.getToken(SCOPE, { enableCae: true });
    const client = together(5, overLoopback);
    const senders = Array.from({ length: 5 }, () => sdk(credential, { client }));
    api.revoke();
    for (const { status } of await Promise.all(senders.map((send) => send('/orders/7'))))
      expect(status).toBe(200);
    expect(api.requests.map(({ status }) => status).sort()).toEqual([
      ...Array<number>(5).fill(200),
      ...Array<number>(5).fill(401),
    ]);
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it.each([
    ['clientCredential()', () => clientCredential(idp.app)],
    ['cachedCredential()', () => cachedCredential(clientCredential(idp.app))],
  ])(
    '%s gives an SDK that cannot answer challenges no token that is refused for a day',
    async (_, credential) => {
      const both = credential();
      const send = sdk(both, { callbacks: withoutCae });
      await expect(send('/orders/7')).resolves.toMatchObject({ status: 200 });
      await sdk(both)('/orders/7');
      await send('/orders/8');
      expect(idp.tokenRequests.map((request) => askedOf(request)['xms_cc'])).toEqual([undefined, CP1]);
      const [first, second, third] = api.requests.map(({ tokenId }) => tokenId);
      expect(second).not.toBe(first);
      expect(third).toBe(first);
    },
  );
});
