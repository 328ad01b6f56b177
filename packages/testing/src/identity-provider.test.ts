import axios, { type AxiosResponse } from 'axios';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import {
  manualClock,
  startIdentityProvider,
  type IdentityProvider,
  type ManualClock,
  type TokenClaims,
} from './index.js';

const scope = 'api://orders/.default';

describe('startIdentityProvider()', () => {
  let clock: ManualClock;
  let idp: IdentityProvider;
  beforeEach(async () => {
    clock = manualClock({ fakeGlobals: false });
    idp = await startIdentityProvider({ clock });
  });
  afterEach(async () => {
    await idp.close();
  });

  /** Asks as a client with a secret does; `form` replaces what that sends. */
  const ask = (
    form: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<AxiosResponse<TokenResponse>> => {
    const { clientId, clientSecret, authorityMetadata } = idp.app;
    const { token_endpoint: endpoint } = JSON.parse(authorityMetadata) as { token_endpoint: string };
    const usual = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope,
    };
    return axios.post(endpoint, new URLSearchParams({ ...usual, ...form }), {
      validateStatus: () => true,
      ...(signal !== undefined && { signal }),
    });
  };
  interface TokenResponse {
    access_token: string;
    error_codes: number[];
    error_description: string;
  }

  it('issues a token for the resource whose default scope was asked for', async () => {
    const { status, data } = await ask();
    expect(status).toBe(200);
    expect(data).toMatchObject({ token_type: 'Bearer', expires_in: 3599 });
    expect(data).not.toHaveProperty('refresh_in');

    const claims = await idp.verify(data.access_token, { audience: 'api://orders' });
    const iat = clock.now() / 1000;
    expect(claims).toMatchObject({
      aud: 'api://orders',
      azp: idp.app.clientId,
      tid: idp.app.tenantId,
      iat,
      exp: iat + 3599,
    });
    expect(claims).not.toHaveProperty('xms_cc');
    expect([...idp.issuedTokenIds]).toEqual([claims.jti]);
  });

  it('signs so that a stranger who reads the published keys can verify it', async () => {
    const { data } = await ask();
    const { issuer, jwks_uri } = JSON.parse(idp.app.authorityMetadata) as {
      issuer: string;
      jwks_uri: string;
    };
    const jwks = createRemoteJWKSet(new URL(jwks_uri));
    const options = { issuer, audience: 'api://orders', currentDate: new Date(clock.now()) };
    await expect(jwtVerify(data.access_token, jwks, options)).resolves.toBeDefined();

    const discovery = await axios.get(`${idp.url}/${idp.app.tenantId}/v2.0/.well-known/openid-configuration`);
    expect(discovery.data).toEqual(JSON.parse(idp.app.authorityMetadata));
  });

  it('puts the capability and every other claim that was asked for into the token', async () => {
    const requested = { xms_cc: { values: ['cp1'] }, nbf: { essential: true, value: '1735689600' } };
    const { data } = await ask({ claims: JSON.stringify({ access_token: requested }) });
    const claims = decodeJwt<TokenClaims>(data.access_token);
    expect(claims.xms_cc).toEqual(['cp1']);
    expect(claims.requested_claims).toEqual(requested);
  });

  it('takes a token no longer after its time, nor for another resource, nor when it was tampered with', async () => {
    idp.expiresIn = 60;
    const { data } = await ask();
    const token = data.access_token;
    const tampered = token.replace(/\.[^.]+\./, `.${Buffer.from('{"aud":"x"}').toString('base64url')}.`);

    await expect(idp.verify(token, { audience: 'api://other' })).rejects.toMatchObject({
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    });
    await expect(idp.verify(tampered)).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
    await expect(idp.verify(token, { now: clock.now() + 59_000 })).resolves.toBeDefined();
    await clock.advance(60_000);
    await expect(idp.verify(token)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  it('follows the lifetimes that a test sets while it runs', async () => {
    idp.expiresIn = 5;
    idp.refreshIn = 2;
    expect((await ask()).data).toMatchObject({ expires_in: 5, refresh_in: 2 });
    idp.refreshIn = null;
    expect((await ask()).data).not.toHaveProperty('refresh_in');
  });

  it.each([
    ['a wrong secret', { client_secret: 'guess' }, 401, 'invalid_client', 7000215],
    ['an unknown client', { client_id: 'stranger' }, 400, 'unauthorized_client', 700016],
    ['a scope that is no default scope', { scope: 'api://orders/read' }, 400, 'invalid_scope', 1002012],
    ['two resources at once', { scope: `${scope} api://other/.default` }, 400, 'invalid_scope', 1002012],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    ['claims that do not parse', { claims: '{' }, 400, 'invalid_request', 90100],
  ])('refuses %s as Microsoft Entra ID does', async (_, form, status, error, code) => {
    const refused = await ask({ ...form, 'client-request-id': 'c-1' });
    expect(refused.status).toBe(status);
    expect(refused.data).toMatchObject({
      error,
      error_codes: [code],
      error_description: expect.stringMatching(
        new RegExp(`^AADSTS${code}: .* Correlation ID: c-1 `),
      ) as unknown,
      timestamp: '2025-01-01 00:00:00Z',
      correlation_id: 'c-1',
    });
    expect(idp.issuedTokenIds.size).toBe(0);
  });

  it('remembers what it was asked, but for the secret', async () => {
    await ask({ claims: '{}', 'client-request-id': 'c-1' });
    await ask({ client_secret: 'wrong' });
    const { clientId } = idp.app;
    const usual = {
      at: clock.now(),
      grantType: 'client_credentials',
      scope,
      clientId,
      proof: 'secret',
    };
    expect(idp.tokenRequests).toEqual([
      { ...usual, claims: '{}', correlationId: 'c-1', status: 200 },
      { ...usual, claims: undefined, correlationId: undefined, status: 401 },
    ]);
  });

  it('fails for a while, for a few requests, or until told otherwise', async () => {
    idp.fail({ status: 503, body: 'html' });
    idp.failNext({ status: 429, retryAfter: '7' }, 2);
    const answers = [await ask(), await ask(), await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 503, 503]);
    expect(answers[0]!.headers['retry-after']).toBe('7');
    expect(answers[0]!.data.error_codes).toEqual([90055]);
    expect(answers[2]!.headers['content-type']).toBe('text/html');
    expect(answers[2]!.data).toContain('<html>');

    idp.fail({ status: 500, body: 'empty' });
    expect(await ask()).toMatchObject({ status: 500, data: '' });
    idp.failNext({ status: 500 }, 3);
    idp.fail(null);
    expect((await ask()).status).toBe(200);
  });

  it('asks for a user, claims included', async () => {
    idp.failNext({ error: 'interaction_required', claims: { access_token: { acrs: { value: 'c1' } } } });
    expect(await ask()).toMatchObject({
      status: 400,
      data: {
        error: 'interaction_required',
        error_codes: [50076],
        claims: '{"access_token":{"acrs":{"value":"c1"}}}',
      },
    });
  });

  it('leaves a request without an answer, or cuts the connection', async () => {
    idp.failNext({ reset: true });
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });

    idp.failNext({ hang: true });
    const controller = new AbortController();
    const hanging = ask({}, controller.signal);
    await until(() => idp.tokenRequests.length === 2);
    controller.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    expect(idp.tokenRequests.map(({ status }) => status)).toEqual([undefined, undefined]);
  });

  it('takes the time that a test gives it', async () => {
    idp.delayMs = 500;
    const asked = ask();
    await until(() => clock.pending === 1);
    await clock.advance(500);
    expect((await asked).status).toBe(200);
  });

  it('goes away with requests in flight, and comes back at the same place', async () => {
    idp.failNext({ hang: true });
    const hanging = ask().catch((error: unknown) => error);
    await until(() => idp.tokenRequests.length === 1);

    await idp.down();
    expect(await hanging).toMatchObject({ code: 'ECONNRESET' });
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    await idp.up();
    expect((await ask()).status).toBe(200);
  });
});

/** Lets the event loop turn until the servers have come that far. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
