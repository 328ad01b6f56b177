import { manualClock, startIdentityProvider, type IdentityProvider, type ManualClock } from './index.js';
import { refresh, signIn } from './made-client.js';

const DAY = 24 * 60 * 60;
const REVOKED = { error: 'invalid_grant', error_codes: [50173], suberror: 'bad_token' };

describe('a refresh token', () => {
  let clock: ManualClock;
  let idp: IdentityProvider;
  let first: string;
  beforeEach(async () => {
    clock = manualClock({ fakeGlobals: false });
    idp = await startIdentityProvider({ clock });
    first = (await signIn(idp)).refresh_token;
  });
  afterEach(async () => {
    await idp.close();
  });

  it('brings a token without the user, and another refresh token in its place', async () => {
    const { status, data } = await refresh(idp, first);
    expect(status).toBe(200);
    expect(await idp.verify(data.access_token, { audience: 'api://orders' })).toMatchObject({
      oid: idp.user.objectId,
      azp: idp.publicApp.clientId,
    });
    expect(data.refresh_token).toEqual(expect.any(String));
    expect(data.refresh_token).not.toBe(first);
    expect((await refresh(idp, data.refresh_token)).status).toBe(200);
  });

  it('is good for every resource, and says what was asked for this time', async () => {
    const { data } = await refresh(idp, first, { scope: 'https://graph.microsoft.com/User.Read' });
    expect(await idp.verify(data.access_token)).toMatchObject({
      aud: 'https://graph.microsoft.com',
      scp: 'User.Read',
    });
  });

  it('stays good after it was used, as Microsoft Entra ID’s do', async () => {
    await refresh(idp, first);
    expect((await refresh(idp, first)).status).toBe(200);
  });

  it('stays the only one when a test wants it so', async () => {
    idp.rotatesRefreshTokens = false;
    const { data } = await refresh(idp, first);
    expect(data).not.toHaveProperty('refresh_token');
    idp.detectsReuse = true;
    expect((await refresh(idp, first)).status).toBe(200);
  });

  it('that comes a second time ends all that descend from its sign-in, where reuse is detected', async () => {
    idp.detectsReuse = true;
    const another = (await signIn(idp)).refresh_token;
    const second = (await refresh(idp, first)).data.refresh_token;
    const third = (await refresh(idp, second)).data.refresh_token;

    expect(await refresh(idp, first)).toMatchObject({ status: 400, data: REVOKED });
    expect((await refresh(idp, third)).data).toMatchObject(REVOKED);
    expect((await refresh(idp, another)).status).toBe(200);
  });

  it('ends after its time, which each use begins anew', async () => {
    idp.refreshTokenExpiresIn = 2 * DAY;
    const { refresh_token: own } = await signIn(idp);
    await clock.advance(2 * DAY * 1000 - 1);
    const { refresh_token: next } = (await refresh(idp, own)).data;
    await clock.advance(1);
    expect(await refresh(idp, own)).toMatchObject({
      status: 400,
      data: { error: 'invalid_grant', error_codes: [700082], suberror: 'token_expired' },
    });
    expect((await refresh(idp, next)).status).toBe(200);
    // Those from before last for the 90 days that they were given.
    expect((await refresh(idp, first)).status).toBe(200);
    await clock.advance(88 * DAY * 1000);
    expect((await refresh(idp, first)).data).toMatchObject({ error_codes: [700082] });
  });

  it('ends with the user’s sessions, and nobody else’s does', async () => {
    const other = await signIn(idp, idp.addUser());
    idp.revoke();
    expect((await refresh(idp, first)).data).toMatchObject(REVOKED);
    expect((await refresh(idp, other.refresh_token)).status).toBe(200);
    expect((await refresh(idp, (await signIn(idp)).refresh_token)).status).toBe(200);
  });

  it('is refused when it is made up, or another client’s', async () => {
    expect((await refresh(idp, 'made up')).data).toMatchObject({
      error: 'invalid_grant',
      error_codes: [70000],
      suberror: 'bad_token',
    });
    const { clientId: client_id, clientSecret: client_secret } = idp.app;
    const foreign = await refresh(idp, first, { client_id, client_secret });
    expect(foreign.data).toMatchObject({ error: 'invalid_grant', suberror: 'client_mismatch' });
    const unproven = await refresh(idp, first, { client_id });
    expect(unproven).toMatchObject({ status: 401, data: { error: 'invalid_client' } });
  });

  it('is only given to a client that wants to come back', async () => {
    const bare = await signIn(idp, idp.user, { scope: 'api://orders/.default' });
    expect(bare).not.toHaveProperty('refresh_token');
    expect(bare).not.toHaveProperty('id_token');
  });

  it('is not used up by a request that fails', async () => {
    idp.detectsReuse = true;
    idp.failNext({ status: 503 });
    expect((await refresh(idp, first)).status).toBe(503);
    expect((await refresh(idp, first, { scope: 'api://a/x api://b/y' })).data).toMatchObject({
      error: 'invalid_scope',
      error_codes: [28000],
    });
    expect((await refresh(idp, first)).status).toBe(200);
  });

  it('is seen with its user, and never itself', async () => {
    const { data } = await refresh(idp, first);
    const { user, status, grantType } = idp.tokenRequests.at(-1)!;
    expect({ user, status, grantType }).toEqual({
      user: idp.user.objectId,
      status: 200,
      grantType: 'refresh_token',
    });
    const seen = JSON.stringify(idp.tokenRequests);
    expect(seen).not.toContain(first);
    expect(seen).not.toContain(data.refresh_token);
  });
});
