import { inspect } from 'node:util';
import type { TokenCredential as AzureTokenCredential } from '@azure/core-auth';
import {
  RestError,
  createDefaultHttpClient,
  createPipelineRequest,
  type HttpClient,
} from '@azure/core-rest-pipeline';
import {
  AuthenticationError,
  ChainedTokenCredential,
  ClientAssertionCredential,
  ClientSecretCredential,
  CredentialUnavailableError,
} from '@azure/identity';
import { callOf, createServiceClient, isHoldfastError } from '@holdfast/client';
import {
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
} from '@holdfast/testing';
import { cachedCredential, type TokenCredential } from '@holdfast/token';
import { failureOf, shown } from './made-outcomes.js';

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

const options = () => ({ httpClient: playedBy(idp.url), retryOptions: { maxRetries: 0 } });

function azureCredential(clientSecret: string = idp.app.clientSecret): ClientSecretCredential {
  return new ClientSecretCredential(idp.app.tenantId, idp.app.clientId, clientSecret, options());
}

const failingBy = (error: Error): AzureTokenCredential => ({ getToken: () => Promise.reject(error) });

const client = (credential: TokenCredential) =>
  // A deadline that is over before the provider may be asked again: else the calls would wait for that.
  createServiceClient({ name: 'orders', baseURL: api.url, scopes: SCOPE, credential, deadlineMs: 4_000 });

describe('a credential of Azure’s kind without a token', () => {
  it.each([
    ['null', () => ({ getToken: () => Promise.resolve(null) }), 'answered with nothing'],
    [
      'CredentialUnavailableError',
      () => failingBy(new CredentialUnavailableError('There is no such endpoint here')),
      'the credential is not available: There is no such endpoint here',
    ],
    [
      'AuthenticationError',
      () => failingBy(new AuthenticationError(400, { error: 'invalid_scope', error_description: '…' })),
      'the credential failed (AuthenticationError)',
    ],
    [
      'AggregateAuthenticationError of a chain',
      () => new ChainedTokenCredential(failingBy(new CredentialUnavailableError('Not here'))),
      'the credential is not available: Not here',
    ],
  ] as const)('fails the call before it is sent, and says why: %s', async (_, make, why) => {
    const orders = client(make());
    const error = await failureOf(orders.get('/orders/7'));
    expect(isHoldfastError(error, 'ERR_TOKEN_ACQUISITION')).toBe(true);
    expect(error).toMatchObject({ service: 'orders', scopes: [SCOPE], config: { url: '/orders/7' } });
    expect(String(error)).toContain(why);
    expect(String(callOf(error))).toContain(`not sent: No token for ${SCOPE}`);
    expect(api.requests).toHaveLength(0);
  });

  it('keeps what Azure’s error says of itself, for the log', async () => {
    const body = { error: 'invalid_scope', error_description: 'AADSTS70011: The scope is not valid.' };
    const error = await failureOf(client(failingBy(new AuthenticationError(400, body))).get('/orders/7'));
    let innermost = error;
    while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
    expect(innermost).toMatchObject({
      name: 'AuthenticationError',
      message: expect.stringContaining('AADSTS70011') as unknown,
      statusCode: 400,
    });
  });

  it('is left alone for a while, and so is the identity provider, however many calls come', async () => {
    idp.fail({ status: 503 });
    const credential = azureCredential();
    const asked = jest.spyOn(credential, 'getToken');
    const orders = client(credential);
    const calls = Array.from({ length: 20 }, () => failureOf(orders.get('/orders/7')));
    for (const error of await Promise.all(calls)) expect(isHoldfastError(error)).toBe(true);
    expect(isHoldfastError(await failureOf(orders.get('/orders/7')))).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(idp.tokenRequests).toHaveLength(1);
    expect(api.requests).toHaveLength(0);
  });
});

describe('the secret of a credential of @azure/identity shows nowhere', () => {
  it.each([
    { status: 503, body: 'html' },
    { status: 429, retryAfter: '30' },
    { reset: true },
    { error: 'invalid_client' },
    { error: 'interaction_required', claims: '{}' },
  ] as const)('when the identity provider fails by %j', async (fault) => {
    idp.fail(fault);
    const cached = await failureOf(cachedCredential(azureCredential()).getToken(SCOPE));
    const called = await failureOf(client(azureCredential()).get('/orders/7'));
    expect(idp.tokenRequests).toHaveLength(2);
    for (const error of [cached, called]) {
      expect(isHoldfastError(error)).toBe(true);
      expect(shown(error)).not.toContain(idp.app.clientSecret);
      expect(shown(callOf(error))).not.toContain(idp.app.clientSecret);
    }
  });

  it('when Azure’s error has the token request hanging on it', async () => {
    const secret = 'client_secret=for-nobody-else';
    const sent = { url: 'https://login.microsoftonline.com/t/oauth2/v2.0/token', body: secret };
    const refused = new RestError('The socket hung up', { request: createPipelineRequest(sent) });
    const failure = Object.assign(
      new AuthenticationError(400, { error: 'unknown', error_description: '…' }, { cause: refused }),
      { request: sent },
    );
    expect(inspect(failure, { depth: Infinity })).toContain(secret);
    const error = await failureOf(client(failingBy(failure)).get('/orders/7'));
    expect(shown(error)).not.toContain(secret);
    expect(shown(error)).toContain('The socket hung up');
    expect(shown(callOf(error))).not.toContain(secret);
  });

  it('when an assertion is what proves the application', async () => {
    idp.fail({ status: 503 });
    const { tenantId, clientId } = idp.app;
    const getAssertion = () => Promise.resolve('an-assertion-for-nobody-else');
    const credential = new ClientAssertionCredential(tenantId, clientId, getAssertion, options());
    const error = await failureOf(client(credential).get('/orders/7'));
    expect(idp.tokenRequests).toHaveLength(1);
    expect(shown(error)).not.toContain('an-assertion-for-nobody-else');
  });
});
