import axios from 'axios';
import { claimsChallenge } from '@holdfast/claims-challenge';
import { callOf, install, isHoldfastError, retryAfterOf } from '@holdfast/core';
import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ProtectedApi,
} from '@holdfast/testing';
import { attachToken, type AttachTokenOptions, type TokenCredential } from '@holdfast/token';
import { clientCredential, type ClientCredentialOptions } from './index.js';
import { failureOf, shown } from './made-outcomes.js';

const AUDIENCE = 'api://orders';
const SCOPE = `${AUDIENCE}/.default`;
const CLAIMS = JSON.stringify({ access_token: { nbf: { essential: true, value: '1604106651' } } });

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(async () => {
  await idp.close();
});

const credential = (options: Partial<ClientCredentialOptions> = {}) =>
  clientCredential({ ...idp.app, ...options });

describe('clientCredential()', () => {
  it('acquires a token by MSAL, with the instants at which it expires and should be renewed', async () => {
    idp.refreshIn = 1800;
    const before = Math.floor(Date.now() / 1000) * 1000;
    const token = await credential().getToken(SCOPE);
    await expect(idp.verify(token?.token ?? '', { audience: AUDIENCE })).resolves.toMatchObject({
      tid: idp.app.tenantId,
    });
    expect(token?.expiresOnTimestamp).toBeGreaterThanOrEqual(before + 3_599_000);
    expect(token?.refreshAfterTimestamp).toBeGreaterThanOrEqual(before + 1_800_000);
    expect(idp.tokenRequests[0]?.correlationId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('declares cp1 in the acquisitions that ask for it, and in no other', async () => {
    const both = credential();
    for (const enableCae of [false, true, false]) {
      const token = await both.getToken(SCOPE, { enableCae });
      const { xms_cc } = await idp.verify(token?.token ?? '');
      expect(xms_cc).toEqual(enableCae ? ['cp1'] : undefined);
    }
  });

  it('sends claims on, merged with the capability, and refuses what is no JSON object', async () => {
    const one = credential();
    const token = await one.getToken(SCOPE, { claims: CLAIMS, enableCae: true });
    expect(await idp.verify(token?.token ?? '')).toMatchObject({
      requested_claims: { nbf: { value: '1604106651' } },
      xms_cc: ['cp1'],
    });
    for (const claims of ['', '[]', 'null', '"x"', '{'])
      expect(await failureOf(one.getToken(SCOPE, { claims }))).toMatchObject({
        code: 'ERR_TOKEN_ACQUISITION',
        transient: false,
      });
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('asks for the secret at every acquisition, so that it can change without a restart', async () => {
    const secrets = [idp.app.clientSecret, 'wrong', 'wrong', idp.app.clientSecret];
    const rotated = credential({ clientSecret: async () => secrets.shift() ?? '' });
    await expect(rotated.getToken(SCOPE)).resolves.toMatchObject({ token: expect.any(String) as unknown });
    expect(await failureOf(rotated.getToken(SCOPE))).toMatchObject({ transient: false });
    await expect(rotated.getToken(SCOPE)).resolves.toMatchObject({ token: expect.any(String) as unknown });
    expect(await failureOf(rotated.getToken(SCOPE))).toMatchObject({
      message: expect.stringContaining('returned no text') as unknown,
    });
  });

  it('asks the provider every time: MSAL’s cache would make the caller wait for a refresh, and fail with it', async () => {
    const one = credential();
    const first = await one.getToken(SCOPE);
    const second = await one.getToken(SCOPE);
    expect(second?.token).not.toBe(first?.token);
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('names the option that is wrong, and never the secret', () => {
    expect(() => credential({ clientId: '' })).toThrow(
      'clientCredential(): the option "clientId" must be the id of an application, and is an empty string',
    );
    expect(() => credential({ authority: 'http://idp.test/tenant' })).toThrow('must be an https URL');
    expect(() => clientCredential({ tenantId: 't', clientId: 'c' })).toThrow(
      'exactly one of the options "clientSecret", "clientCertificate" and "clientAssertion" must be given',
    );
  });
});

describe('what MSAL would misread', () => {
  it('a 503 with an HTML page is an outage, not a parsing error', async () => {
    idp.fail({ status: 503, body: 'html' });
    expect(await failureOf(credential().getToken(SCOPE))).toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      service: 'identity provider',
      message: `No token for ${SCOPE}: the identity provider answered 503`,
      scopes: [SCOPE],
      transient: true,
      correlationId: idp.tokenRequests[0]?.correlationId,
      cause: { status: 503 },
    });
  });

  it.each([
    [200, 'empty'],
    [503, 'empty'],
    [200, '{}'],
    [503, '{}'],
  ] as const)('a %i with the body %s is no empty token', async (status, body) => {
    idp.fail({ status, body });
    expect(await failureOf(credential().getToken(SCOPE))).toMatchObject({
      transient: true,
      cause: { status },
    });
  });

  it.each([429, 503])('a %i does not lock the next acquisition out for a minute', async (status) => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const one = credential({ clock, random: () => 0 });
    idp.failNext({ status });
    expect(await failureOf(one.getToken(SCOPE))).toMatchObject({ transient: true });
    await clock.advance(5_000);
    await expect(one.getToken(SCOPE)).resolves.toMatchObject({ token: expect.any(String) as unknown });
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('a Retry-After that is a date is read as one', async () => {
    idp.fail({ status: 429, retryAfter: new Date(Date.now() + 90_000).toUTCString() });
    const error = await failureOf(credential().getToken(SCOPE));
    expect(retryAfterOf(error)).toBeGreaterThan(85_000);
    expect(retryAfterOf(error)).toBeLessThanOrEqual(90_000);
  });

  it('a provider that accepts and never answers is a time-out', async () => {
    idp.fail({ hang: true });
    const error = await failureOf(credential({ timeoutMs: 30 }).getToken(SCOPE));
    expect(error).toMatchObject({ transient: true, cause: { errorCode: 'ERR_ATTEMPT_TIMEOUT' } });
  });

  it.each([{ reset: true }, undefined] as const)(
    'a connection that is lost, or never made, can be tried again',
    async (fault) => {
      if (fault === undefined) await idp.down();
      else idp.fail(fault);
      expect(await failureOf(credential().getToken(SCOPE))).toMatchObject({ transient: true });
    },
  );

  it('a secret that is wrong is not worth trying again', async () => {
    const error = await failureOf(credential({ clientSecret: 'wrong' }).getToken(SCOPE));
    expect(error).toMatchObject({
      message: `No token for ${SCOPE}: the identity provider says invalid_client`,
      transient: false,
    });
  });

  it('an interaction that is required keeps its claims', async () => {
    idp.fail({ error: 'interaction_required', claims: CLAIMS });
    const error = await failureOf(credential().getToken(SCOPE));
    expect(isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')).toBe(true);
    const [{ correlationId } = {}] = idp.tokenRequests;
    expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(error).toMatchObject({ claims: CLAIMS, scopes: [SCOPE], correlationId });
  });
});

describe('under attachToken, against a real API', () => {
  let api: ProtectedApi;

  beforeEach(async () => {
    api = await startProtectedApi({ idp, audience: AUDIENCE });
  });

  afterEach(async () => {
    await api.close();
  });

  function client(source: TokenCredential = credential(), options: Partial<AttachTokenOptions> = {}) {
    const instance = axios.create({ baseURL: api.url });
    install(instance, [
      attachToken(source, { scopes: SCOPE, enableCae: true, ...options }),
      claimsChallenge(),
    ]);
    return instance;
  }

  it('20 calls at once with no token make one token request', async () => {
    const orders = client();
    await Promise.all(Array.from({ length: 20 }, (_, number) => orders.get(`/orders/${number}`)));
    expect(idp.tokenRequests).toHaveLength(1);
    expect(api.requests).toHaveLength(20);
  });

  it('100 calls in flight whose token is revoked make one token request, and none fails', async () => {
    const orders = client();
    await orders.get('/orders/0');
    const claims = api.revoke();
    const calls = Array.from({ length: 100 }, (_, number) => orders.put(`/orders/${number}`, { number }));
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    expect(idp.tokenRequests).toHaveLength(2);
    expect(idp.tokenRequests[1]?.claims).toContain(
      JSON.stringify(JSON.parse(claims).access_token).slice(1, -1),
    );
    expect(api.requests).toHaveLength(201);
  });

  it('a provider that is down goes unnoticed while a token lives', async () => {
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    const orders = client(credential(), { clock });
    await orders.get('/orders/0');
    await idp.down();
    await clock.advance(56 * 60_000);
    for (let call = 0; call < 5; call += 1)
      await expect(orders.get('/orders/0')).resolves.toMatchObject({ status: 200 });
    expect(api.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  });

  it('a provider that throttles is left alone, and callers are told when to come back', async () => {
    idp.fail({ status: 429, retryAfter: '30' });
    const orders = client();
    for (let call = 0; call < 5; call += 1) {
      const error = await failureOf(orders.get('/orders/0'));
      expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', config: { url: '/orders/0' } });
      expect(retryAfterOf(error)).toBeGreaterThan(25_000);
    }
    expect(idp.tokenRequests).toHaveLength(1);
    expect(api.requests).toHaveLength(0);
  });

  it('a token shows in nothing that a call leaves behind, whatever became of it', async () => {
    const tokens: string[] = [];
    const inner = credential();
    const spy: TokenCredential = {
      getToken: async (scopes, options) => {
        const token = await inner.getToken(scopes, options);
        tokens.push(token?.token ?? '');
        return token;
      },
    };
    const orders = client(spy);
    const results: unknown[] = [await orders.get('/orders/0')];
    api.revoke();
    results.push(await orders.get('/orders/0'));
    api.failNext({ status: 500 });
    results.push(await failureOf(orders.get('/orders/0')));
    api.failNext({ reset: true });
    results.push(await failureOf(orders.get('/orders/0')));
    expect(tokens).toHaveLength(2);
    for (const result of results)
      for (const token of tokens) {
        expect(shown(result)).not.toContain(token);
        expect(shown(callOf(result))).not.toContain(token);
      }
  });
});
