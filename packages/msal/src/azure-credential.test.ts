import type { webcrypto } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { AccessToken, TokenCredential as AzureTokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import {
  ChainedTokenCredential,
  ClientSecretCredential,
  CredentialUnavailableError,
  type ClientSecretCredentialOptions,
} from '@azure/identity';
import { createServiceClient, type StandardInterceptorsOptions } from '@holdfast/client';
import { callOf } from '@holdfast/core';
import {
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
  type TokenRequest,
} from '@holdfast/testing';
import { cachedCredential, type TokenCredential } from '@holdfast/token';
import { clientCredential } from './index.js';

// The types of @azure/identity name one of the browser's, which only its library has as a global.
declare global {
  type JsonWebKey = webcrypto.JsonWebKey;
}

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

/** Azure's own HTTP client, with the machine in the URL played by the one on loopback: Azure insists on https. */
function playedBy(loopback: string): HttpClient {
  return {
    sendRequest: (request) => {
      const { pathname, search } = new URL(request.url);
      return http.sendRequest({
        ...request,
        url: `${loopback}${pathname}${search}`,
        allowInsecureConnection: true,
      });
    },
  };
}

function azureCredential(options: ClientSecretCredentialOptions = {}): ClientSecretCredential {
  const { tenantId, clientId, clientSecret } = idp.app;
  return new ClientSecretCredential(tenantId, clientId, clientSecret, {
    httpClient: playedBy(idp.url),
    ...options,
  });
}

const client = (credential: TokenCredential, options: Partial<StandardInterceptorsOptions> = {}) =>
  createServiceClient({ name: 'orders', baseURL: api.url, scopes: SCOPE, credential, ...options });

/** What a token request asked of the token. */
function askedOf({ claims = '{}' }: TokenRequest): Readonly<Record<string, unknown>> {
  return (JSON.parse(claims) as { access_token?: Record<string, unknown> }).access_token ?? {};
}

describe('a credential of @azure/identity', () => {
  it('fits where Holdfast asks for one, and Holdfast’s fit where Azure does, without a cast', async () => {
    const here: (credential: AzureTokenCredential) => TokenCredential = (credential) => credential;
    const there: (credential: TokenCredential) => AzureTokenCredential = (credential) => credential;
    const ours: AzureTokenCredential = cachedCredential(here(azureCredential()));
    const token: AccessToken | null = await ours.getToken(SCOPE);
    await expect(idp.verify(token?.token ?? '', { audience: AUDIENCE })).resolves.toBeDefined();
    await expect(there(clientCredential(idp.app)).getToken([SCOPE])).resolves.not.toBeNull();
  });

  it('is asked once by 20 calls that come together', async () => {
    const orders = client(azureCredential());
    await Promise.all(Array.from({ length: 20 }, (_, number) => orders.get(`/orders/${number}`)));
    expect(idp.tokenRequests.map(({ status }) => status)).toEqual([200]);
    expect(api.requests.map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
  });

  it('is asked once for all clients that share it by cachedCredential()', async () => {
    const shared = cachedCredential(azureCredential());
    const clients = Array.from({ length: 5 }, () => client(shared));
    await Promise.all(clients.map((orders) => orders.get('/orders/7')));
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it.each([
    ['in the pipeline', {}, ['cp1']],
    ['not in the pipeline', { claimsChallenge: false }, undefined],
  ] as const)(
    'declares cp1 exactly when somebody answers challenges: claimsChallenge is %s',
    async (_, options, capabilities) => {
      await client(azureCredential(), options).get('/orders/7');
      const [request] = idp.tokenRequests.map(askedOf);
      expect(request?.['xms_cc']).toEqual(capabilities && { values: capabilities });
    },
  );

  it('answers a challenge for 50 calls in flight by one token request with the claims', async () => {
    const orders = client(azureCredential());
    await orders.get('/orders/0');
    const { access_token: claims } = JSON.parse(api.revoke()) as { access_token: object };
    const calls = Array.from({ length: 50 }, (_, number) => orders.get(`/orders/${number}`));
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    expect(idp.tokenRequests.map(askedOf)).toEqual([
      { xms_cc: { values: ['cp1'] } },
      { ...claims, xms_cc: { values: ['cp1'] } },
    ]);
    expect(api.requests).toHaveLength(101);
  });

  it('that has no other token than the rejected one does not have it sent again', async () => {
    api.handle = () => ({ status: 401, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } });
    const orders = client(azureCredential());
    const response = await orders.get('/orders/7', { validateStatus: () => true });
    expect(response.status).toBe(401);
    expect(String(callOf(response))).toContain('invalid_token not answered: there is no other token');
    expect(api.requests).toHaveLength(1);
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('can be a chain, of which the first link is not to be had here', async () => {
    const elsewhere: AzureTokenCredential = {
      getToken: () => Promise.reject(new CredentialUnavailableError('There is no such endpoint here')),
    };
    const orders = client(new ChainedTokenCredential(elsewhere, azureCredential()));
    await expect(orders.get('/orders/7')).resolves.toMatchObject({ status: 200 });
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('that hears of no abort does not make a caller wait who has given up', async () => {
    idp.fail({ hang: true });
    const controller = new AbortController();
    const call = client(azureCredential({ retryOptions: { maxRetries: 0 } })).get('/orders/7', {
      signal: controller.signal,
    });
    void expect(call).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    while (idp.tokenRequests.length === 0) await setImmediate();
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(idp.tokenRequests.map(({ status }) => status)).toEqual([undefined]);
    expect(api.requests).toHaveLength(0);
  });
});
