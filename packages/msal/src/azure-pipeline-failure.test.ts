import type { TokenCredential as AzureTokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { isHoldfastError, retryAfterOf } from '@holdfast/core';
import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  staticCredential,
  type IdentityProvider,
  type ManualClock,
  type ProtectedApi,
} from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import { clientCredential } from './index.js';

const AUDIENCE = 'api://orders';
const SCOPE = `${AUDIENCE}/.default`;

type Send = (path: string, abortSignal?: AbortSignal) => Promise<PipelineResponse>;

/** An SDK client as Azure's libraries are made: the standard policies, and the bearer policy. */
function sdk(credential: AzureTokenCredential, client: HttpClient): Send {
  const pipeline = createPipelineFromOptions({});
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: SCOPE }));
  return (path, abortSignal) => {
    const url = `https://orders.example${path}`;
    return pipeline.sendRequest(
      client,
      createPipelineRequest({ url, ...(abortSignal !== undefined && { abortSignal }) }),
    );
  };
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('An answer was not expected');
    },
    (error: unknown) => error,
  );
}

describe('an SDK of Azure’s, with a credential of Holdfast that has no token', () => {
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

  it('sends nothing without a token, and says why: a source that answers null', async () => {
    const source: AzureTokenCredential = { getToken: () => Promise.resolve(null) };
    const error = await failureOf(sdk(cachedCredential(source), overLoopback)('/orders/7'));
    expect(isHoldfastError(error, 'ERR_TOKEN_ACQUISITION')).toBe(true);
    expect(error).toMatchObject({
      message: `No token for ${SCOPE}: the credential answered with nothing`,
      scopes: [SCOPE],
    });
    expect(api.requests).toHaveLength(0);
  });

  it('makes one token request for 60 requests when the provider throttles, and tells when to come back', async () => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const credential = cachedCredential(clientCredential({ ...idp.app, clock }), { clock });
    const [one, other] = [sdk(credential, overLoopback), sdk(credential, overLoopback)];
    idp.fail({ status: 429, retryAfter: '30' });
    const atOnce = Array.from({ length: 20 }, () => [one('/orders/7'), other('/orders/7')]).flat();
    const errors = await Promise.all(atOnce.map(failureOf));
    for (let later = 0; later < 20; later += 1) errors.push(await failureOf(one('/orders/7')));
    expect(errors).toHaveLength(60);
    for (const error of errors) {
      expect(isHoldfastError(error, 'ERR_TOKEN_ACQUISITION')).toBe(true);
      expect(retryAfterOf(error)).toBe(30_000);
    }
    expect(idp.tokenRequests).toHaveLength(1);
    expect(api.requests).toHaveLength(0);

    idp.fail(null);
    await clock.advance(30_000);
    await expect(one('/orders/7')).resolves.toMatchObject({ status: 200 });
    await expect(other('/orders/7')).resolves.toMatchObject({ status: 200 });
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('lets a request that is aborted go at once, and the token it waited for serves the others', async () => {
    let asked: () => void = () => undefined;
    let reveal: (secret: string) => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    const vault = new Promise<string>((resolve) => (reveal = resolve));
    const clientSecret = () => {
      asked();
      return vault;
    };
    const credential = cachedCredential(clientCredential({ ...idp.app, clientSecret }));
    const controller = new AbortController();
    const leaves = failureOf(sdk(credential, overLoopback)('/orders/7', controller.signal));
    const stays = sdk(credential, overLoopback)('/orders/8');
    await waiting;
    controller.abort();
    expect(await leaves).toMatchObject({ code: 'ERR_CANCELED' });
    expect(idp.tokenRequests).toHaveLength(0);

    reveal(idp.app.clientSecret);
    await expect(stays).resolves.toMatchObject({ status: 200 });
    await expect(sdk(credential, overLoopback)('/orders/9')).resolves.toMatchObject({ status: 200 });
    expect(api.requests.map(({ path }) => path)).toEqual(['/orders/8', '/orders/9']);
    expect(idp.tokenRequests).toHaveLength(1);
  });
});

describe('an identity provider that stays down past the expiry of a token, in an SDK of Azure’s', () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = manualClock();
  });

  afterEach(() => {
    clock.uninstall();
  });

  const accepted: HttpClient = {
    sendRequest: (request) => Promise.resolve({ request, status: 200, headers: createHttpHeaders() }),
  };

  it('goes unnoticed while the token lives, and brings no process down when it is over', async () => {
    const expiresOnTimestamp = clock.now() + 3_600_000;
    const source = staticCredential((_, number) =>
      number === 1 ? { token: 't-1', expiresOnTimestamp } : new Error('down'),
    );
    // Azure's own margin is a second: before that it takes no failure, and later on somebody waits for what it takes.
    const send = sdk(cachedCredential(source, { clockSkewMs: 0 }), accepted);
    await send('/orders/7');
    for (const leftMs of [110_000, 29_000, 5_000, 2_000, 1_100]) {
      await clock.advance(expiresOnTimestamp - leftMs - clock.now());
      const { request } = await send('/orders/7');
      expect(request.headers.get('authorization')).toBe('Bearer t-1');
    }
    await clock.advance(10_000);
    expect(await failureOf(send('/orders/7'))).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    // A rejection that nobody handles would end the process; jest fails the test for it.
    await clock.advance(60_000);
    expect(source.requests.length).toBeGreaterThan(1);
  });
});
