import { manualClock, startIdentityProvider, type IdentityProvider, type ManualClock } from './index.js';
import { begin, poll, post } from './made-client.js';

const PENDING = { status: 400, data: { error: 'authorization_pending', error_codes: [70016] } };

describe('a device whose user signs in elsewhere', () => {
  let clock: ManualClock;
  let idp: IdentityProvider;
  beforeEach(async () => {
    clock = manualClock({ fakeGlobals: false });
    idp = await startIdentityProvider({ clock });
  });
  afterEach(async () => {
    await idp.close();
  });

  it('is told what to show, and where and how often to ask', async () => {
    const { status, data } = await begin(idp);
    expect(status).toBe(200);
    expect(data).toEqual({
      user_code: expect.stringMatching(/^[A-Z]{9}$/),
      device_code: expect.any(String),
      verification_uri: 'https://microsoft.com/devicelogin',
      expires_in: 900,
      interval: 5,
      message: expect.stringContaining(data.user_code),
    });
    const { device_authorization_endpoint: published } = JSON.parse(idp.publicApp.authorityMetadata) as {
      device_authorization_endpoint: string;
    };
    expect(published).toBe(`${idp.url}/${idp.app.tenantId}/oauth2/v2.0/devicecode`);

    idp.deviceCodeInterval = 0.01;
    idp.deviceCodeExpiresIn = 60;
    expect((await begin(idp)).data).toMatchObject({ interval: 0.01, expires_in: 60 });
  });

  it('waits until the user has signed in, and gets his tokens once', async () => {
    const { device_code: code, user_code: shown } = (await begin(idp)).data;
    expect(await poll(idp, code)).toMatchObject(PENDING);
    const user = idp.addUser();
    idp.approve(shown, user);

    const { status, data } = await poll(idp, code, { client_info: '1' });
    expect(status).toBe(200);
    expect(await idp.verify(data.access_token, { audience: 'api://orders' })).toMatchObject({
      oid: user.objectId,
      azp: idp.publicApp.clientId,
    });
    for (const member of [data.refresh_token, data.id_token, data.client_info])
      expect(member).toEqual(expect.any(String));
    expect(await poll(idp, code)).toMatchObject({
      status: 400,
      data: { error: 'invalid_grant', error_codes: [54005] },
    });
  });

  it('may ask under the name that MSAL has for it, and for the scopes and claims of its beginning', async () => {
    const claims = { access_token: { acrs: { essential: true, value: 'c1' } } };
    const { data: codes } = await begin(idp, { claims: JSON.stringify(claims) });
    idp.approve(codes.user_code);
    const { data } = await poll(idp, codes.device_code, { grant_type: 'device_code' });
    expect(data.scope).toBe('api://orders/user_impersonation api://orders/.default');
    expect((await idp.verify(data.access_token)).requested_claims).toEqual(claims.access_token);
  });

  it('is told when the user refuses', async () => {
    const { device_code: code, user_code: shown } = (await begin(idp)).data;
    idp.decline(shown);
    const refused = { status: 400, data: { error: 'authorization_declined' } };
    expect(await poll(idp, code)).toMatchObject(refused);
    expect(await poll(idp, code)).toMatchObject(refused);
  });

  it('is told when the user has not come in time; one who comes later finds no device', async () => {
    const { device_code: code, user_code: shown } = (await begin(idp)).data;
    await clock.advance(899_999);
    expect(await poll(idp, code)).toMatchObject(PENDING);
    await clock.advance(1);
    expect(await poll(idp, code)).toMatchObject({ status: 400, data: { error: 'expired_token' } });
    expect(() => {
      idp.approve(shown);
    }).toThrow(TypeError);
  });

  it('is refused with a code that is not its own', async () => {
    const { data } = await begin(idp);
    idp.approve(data.user_code);
    const unknown = { status: 400, data: { error: 'bad_verification_code' } };
    expect(await poll(idp, data.user_code)).toMatchObject(unknown);
    const { clientId: client_id, clientSecret: client_secret } = idp.app;
    expect(await poll(idp, data.device_code, { client_id, client_secret })).toMatchObject(unknown);
  });

  it('is refused before it begins when it is unknown, or says nothing of what it wants', async () => {
    expect((await begin(idp, { client_id: 'another' })).data).toMatchObject({ error_codes: [700016] });
    expect((await begin(idp, { scope: '' })).data).toMatchObject({ error_codes: [28003] });
    expect((await begin(idp, { claims: 'no JSON' })).data).toMatchObject({ error_codes: [90100] });
    const form = new URLSearchParams({ client_id: idp.publicApp.clientId, scope: 'openid' });
    const elsewhere = await fetch(`${idp.url}/another/oauth2/v2.0/devicecode`, {
      method: 'POST',
      body: form,
    });
    expect(await elsewhere.json()).toMatchObject({ error_codes: [90002] });
    expect(idp.deviceCodes).toEqual([]);
  });

  it('can be approved once, and by its own code only: the test is told', async () => {
    const { data } = await begin(idp);
    expect(() => {
      idp.approve('ABCDEFGHJ');
    }).toThrow('No device waits for the code "ABCDEFGHJ"');
    idp.approve(data.user_code);
    expect(() => {
      idp.decline(data.user_code);
    }).toThrow(TypeError);
  });

  it('has its codes and its polls fail like every token request', async () => {
    idp.failNext({ status: 429, retryAfter: '7' });
    const throttled = await begin(idp);
    expect(throttled.status).toBe(429);
    expect(throttled.headers['retry-after']).toBe('7');
    const { data } = await begin(idp);
    idp.failNext({ error: 'slow_down' });
    expect(await poll(idp, data.device_code)).toMatchObject({ status: 400, data: { error: 'slow_down' } });
    idp.failNext({ reset: true });
    await expect(begin(idp)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await poll(idp, data.device_code)).toMatchObject(PENDING);
  });

  it('is seen from beginning to end, and its code never', async () => {
    const { data } = await begin(idp, { 'client-request-id': 'the-request' });
    await poll(idp, data.device_code);
    const [seen] = idp.deviceCodes;
    expect(seen).toMatchObject({
      at: clock.now(),
      clientId: idp.publicApp.clientId,
      scope: 'api://orders/.default openid offline_access',
      claims: undefined,
      correlationId: 'the-request',
      userCode: data.user_code,
      status: 'pending',
    });
    idp.approve(data.user_code);
    expect(seen?.status).toBe('approved');
    await poll(idp, data.device_code);
    expect(seen?.status).toBe('redeemed');
    expect(idp.tokenRequests.map(({ user }) => user)).toEqual([undefined, idp.user.objectId]);
    expect(JSON.stringify([idp.tokenRequests, idp.deviceCodes])).not.toContain(data.device_code);
  });

  it('with a secret proves itself, as it does for everything else', async () => {
    const { clientId: client_id, clientSecret: client_secret } = idp.app;
    const { data } = await begin(idp, { client_id });
    idp.approve(data.user_code);
    expect((await poll(idp, data.device_code, { client_id })).status).toBe(401);
    expect((await poll(idp, data.device_code, { client_id, client_secret })).status).toBe(200);
    expect((await post(idp, 'token', { grant_type: 'password', client_id })).data).toMatchObject({
      error: 'unsupported_grant_type',
    });
  });
});
