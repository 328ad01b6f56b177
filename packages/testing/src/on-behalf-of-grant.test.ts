import { SignJWT, decodeJwt, generateKeyPair } from 'jose';
import { manualClock, startIdentityProvider, type IdentityProvider, type ManualClock } from './index.js';
import { onBehalfOf, post, refresh } from './made-client.js';

describe('an API that goes on in its user’s name', () => {
  let clock: ManualClock;
  let idp: IdentityProvider;
  let assertion: string;
  beforeEach(async () => {
    clock = manualClock({ fakeGlobals: false });
    idp = await startIdentityProvider({ clock });
    assertion = await idp.issueUserToken();
  });
  afterEach(async () => {
    await idp.close();
  });

  it('gets a token for the next API, in the user’s name and its own', async () => {
    const { status, data } = await onBehalfOf(idp, assertion);
    expect(status).toBe(200);
    expect(data.scope).toBe('api://stock/user_impersonation api://stock/.default');
    expect(await idp.verify(data.access_token, { audience: 'api://stock' })).toMatchObject({
      oid: idp.user.objectId,
      preferred_username: idp.user.username,
      azp: idp.app.clientId,
      scp: 'user_impersonation',
      requested_claims: {},
    });
  });

  it('gets the permissions it has asked for, and the claims', async () => {
    const claims = { access_token: { xms_cc: { values: ['cp1'] }, acrs: { essential: true, value: 'c1' } } };
    const scope = 'api://stock/stock.read api://stock/stock.write';
    const { data } = await onBehalfOf(idp, assertion, { scope, claims: JSON.stringify(claims) });
    expect(data.scope).toBe(scope);
    const token = await idp.verify(data.access_token);
    expect(token).toMatchObject({ aud: 'api://stock', scp: 'stock.read stock.write', xms_cc: ['cp1'] });
    expect(token.requested_claims).toEqual(claims.access_token);
  });

  it('learns who the user is when it asks, and nothing more than it has asked for', async () => {
    const bare = await onBehalfOf(idp, assertion);
    for (const member of ['id_token', 'client_info', 'refresh_token'])
      expect(bare.data).not.toHaveProperty(member);

    const guest = idp.addUser({ tenantId: 'fabrikam' });
    const scope = 'https://graph.microsoft.com/User.Read openid profile offline_access';
    const form = { scope, client_info: '1' };
    const { data } = await onBehalfOf(idp, await idp.issueUserToken({ user: guest }), form);
    expect(data.scope).toBe('https://graph.microsoft.com/User.Read');
    expect(decodeJwt(data.id_token)).toMatchObject({
      aud: idp.app.clientId,
      oid: guest.objectId,
      tid: idp.app.tenantId,
      preferred_username: guest.username,
    });
    expect(JSON.parse(Buffer.from(data.client_info, 'base64url').toString())).toEqual({
      uid: guest.objectId,
      utid: 'fabrikam',
    });
    const { clientId, clientSecret } = idp.app;
    const as = { client_id: clientId, client_secret: clientSecret };
    expect((await refresh(idp, data.refresh_token, as)).status).toBe(200);
  });

  it('is refused a token of the user that was issued for somebody else', async () => {
    expect((await onBehalfOf(idp, await idp.issueUserToken({ audience: idp.app.clientId }))).status).toBe(
      200,
    );
    const foreign = await onBehalfOf(idp, await idp.issueUserToken({ audience: 'api://another' }));
    expect(foreign).toMatchObject({ status: 400, data: { error: 'invalid_grant', error_codes: [500131] } });
  });

  it('is refused a token of the user that has expired, or that another has signed', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT(decodeJwt(assertion))
      .setProtectedHeader({ alg: 'RS256' })
      .sign(privateKey);
    expect((await onBehalfOf(idp, forged)).data).toMatchObject({
      error: 'invalid_grant',
      error_codes: [50013],
    });
    expect((await onBehalfOf(idp, 'no token')).data).toMatchObject({ error_codes: [50013] });

    await clock.advance(3_599_000);
    const late = await onBehalfOf(idp, assertion);
    expect(late).toMatchObject({ status: 400, data: { error: 'invalid_grant', error_codes: [500133] } });
  });

  it('is refused a token of an application: there is no user', async () => {
    const { clientId: client_id, clientSecret: client_secret } = idp.app;
    const own = await post(idp, 'token', {
      grant_type: 'client_credentials',
      client_id,
      client_secret,
      scope: `api://${client_id}/.default`,
    });
    const { data } = await onBehalfOf(idp, own.data.access_token);
    expect(data).toMatchObject({ error: 'invalid_grant', error_codes: [7000114] });
  });

  it('is refused what only a client with a secret may do, or without saying what it wants', async () => {
    const { clientId: client_id } = idp.publicApp;
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      client_id,
      requested_token_use: 'on_behalf_of',
      assertion,
      scope: 'api://stock/.default',
    };
    const open = await post(idp, 'token', form);
    expect(open).toMatchObject({ status: 401, data: { error: 'invalid_client', error_codes: [7000218] } });
    const pretender = await post(idp, 'token', { ...form, client_secret: idp.app.clientSecret });
    expect(pretender.data).toMatchObject({ error: 'invalid_client', error_codes: [700025] });
    const wrong = await onBehalfOf(idp, assertion, { client_secret: 'wrong' });
    expect(wrong).toMatchObject({ status: 401, data: { error_codes: [7000215] } });
    const vague = await onBehalfOf(idp, assertion, { requested_token_use: 'something_else' });
    expect(vague.data).toMatchObject({ error: 'invalid_request', error_codes: [90014] });
  });

  it('is refused a token from before the user’s sessions were revoked, and takes the next one', async () => {
    const other = idp.addUser();
    const others = await idp.issueUserToken({ user: other });
    idp.revoke();
    const { status, data } = await onBehalfOf(idp, assertion);
    expect(status).toBe(400);
    expect(data).toMatchObject({ error: 'invalid_grant', error_codes: [50173], suberror: 'bad_token' });
    expect((await onBehalfOf(idp, others)).status).toBe(200);
    expect((await onBehalfOf(idp, await idp.issueUserToken())).status).toBe(200);
  });

  it('is seen with its user, whatever becomes of it, and never with a token', async () => {
    const other = idp.addUser();
    await onBehalfOf(idp, assertion);
    await onBehalfOf(idp, await idp.issueUserToken({ user: other, audience: 'api://another' }));
    await onBehalfOf(idp, 'no token');
    expect(idp.tokenRequests.map(({ user, status, proof }) => [user, status, proof])).toEqual([
      [idp.user.objectId, 200, 'secret'],
      [other.objectId, 400, 'secret'],
      [undefined, 400, 'secret'],
    ]);
    expect(JSON.stringify(idp.tokenRequests)).not.toContain(assertion);
  });
});
