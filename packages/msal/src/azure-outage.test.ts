import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
} from '@azure/core-rest-pipeline';
import { ClientSecretCredential } from '@azure/identity';
import { createServiceClient, isHoldfastError } from '@holdfast/client';
import {
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
} from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import { clientCredential } from './index.js';

const SCOPE = 'api://orders/.default';
let idp: IdentityProvider;
let api: ProtectedApi;
beforeEach(async () => {
  idp = await startIdentityProvider();
  api = await startProtectedApi({ idp, audience: 'api://orders' });
});
afterEach(async () => {
  await api.close();
  await idp.close();
});

const http = createDefaultHttpClient();
const playedBy = (loopback: string): HttpClient => ({
  sendRequest: (request) => {
    const { pathname, search } = new URL(request.url);
    return http.sendRequest({
      ...request,
      url: `${loopback}${pathname}${search}`,
      allowInsecureConnection: true,
    });
  },
});
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('BUG 1: an outage of the identity provider, with a ClientSecretCredential', () => {
  const azure = () =>
    new ClientSecretCredential(idp.app.tenantId, idp.app.clientId, idp.app.clientSecret, {
      httpClient: playedBy(idp.url),
      retryOptions: { maxRetries: 0 },
    });

  it.each([
    [{ status: 503 }, true],
    [{ status: 503, body: 'html' }, true],
    [{ status: 429, retryAfter: '30' }, true],
    [{ reset: true }, true],
    [{ error: 'invalid_client' }, false],
  ] as const)('does not send a daemon off to ask a user: %j', async (fault, transient) => {
    idp.fail(fault);
    const error = await failureOf(cachedCredential(azure()).getToken(SCOPE));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', transient });
  });

  it('and a user who is really needed is still asked', async () => {
    idp.fail({ error: 'interaction_required', claims: '{}' });
    const error = await failureOf(cachedCredential(azure()).getToken(SCOPE));
    expect(isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')).toBe(true);
  });

  it('while a challenge is answered leaves the caller his 401, and does not send him to a user', async () => {
    const orders = createServiceClient({
      name: 'orders',
      baseURL: api.url,
      scopes: SCOPE,
      credential: azure(),
    });
    await orders.get('/orders/7');
    api.revoke();
    idp.fail({ status: 503 });
    expect(await failureOf(orders.get('/orders/7'))).toMatchObject({ code: 'ERR_BAD_REQUEST', status: 401 });
  });
});

describe('BUG 2: challenges that come late, in an SDK of Azure’s with a cachedCredential()', () => {
  it('make no second token request for the claims that were just answered', async () => {
    const credential = cachedCredential(clientCredential(idp.app));
    const over = playedBy(api.url);
    let release: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (release = resolve));
    const client: HttpClient = {
      sendRequest: async (request) => {
        const response = await over.sendRequest(request);
        if (response.status === 401 && request.url.endsWith('/late')) await first;
        return response;
      },
    };
    const pipeline = createPipelineFromOptions({});
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: SCOPE }));
    const send = (path: string) =>
      pipeline.sendRequest(client, createPipelineRequest({ url: `https://orders.example${path}` }));
    await send('/orders/7');
    api.revoke();
    const late = send('/late');
    while (api.requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await send('/orders/7');
    release();
    expect((await late).status).toBe(200);
    expect(idp.tokenRequests).toHaveLength(2);
  });
});

describe('BUG 3: an aborted wait for a token, in an SDK of Azure’s', () => {
  it.each([
    [
      'clientCredential()',
      (secret: () => Promise<string>) => clientCredential({ ...idp.app, clientSecret: secret }),
    ],
    [
      'cachedCredential()',
      (secret: () => Promise<string>) =>
        cachedCredential(clientCredential({ ...idp.app, clientSecret: secret })),
    ],
  ])('rejects with what Azure’s callers look for, an AbortError: %s', async (_, make) => {
    const controller = new AbortController();
    const token = failureOf(
      make(() => new Promise<string>(() => undefined)).getToken(SCOPE, { abortSignal: controller.signal }),
    );
    controller.abort();
    expect(await token).toMatchObject({ name: 'AbortError', code: 'ERR_CANCELED' });
  });
});
