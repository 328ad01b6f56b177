import axios from 'axios';
import { decodeJwt } from 'jose';
import {
  manualClock,
  startIdentityProvider,
  startProtectedApi,
  type IdentityProvider,
  type ManualClock,
} from './index.js';

describe('a user of startIdentityProvider()', () => {
  let clock: ManualClock;
  let idp: IdentityProvider;
  beforeEach(async () => {
    clock = manualClock({ fakeGlobals: false });
    idp = await startIdentityProvider({ clock, users: [{ username: 'grace@contoso.example' }] });
  });
  afterEach(async () => {
    await idp.close();
  });

  it('is there without a word, and others can be added', () => {
    const { user } = idp;
    expect(user).toMatchObject({ username: 'ada@contoso.example', tenantId: idp.app.tenantId });
    expect(user.homeAccountId).toBe(`${user.objectId}.${user.tenantId}`);

    const guest = idp.addUser({ username: 'bob@fabrikam.example', tenantId: 'fabrikam' });
    expect(guest.name).toBe('bob@fabrikam.example');
    expect(guest.homeAccountId).toBe(`${guest.objectId}.fabrikam`);
    expect(new Set([user, guest, idp.addUser(), idp.addUser()].map(({ objectId }) => objectId)).size).toBe(4);
  });

  it('is refused when another one has the name or the id: a test would mix them up', () => {
    expect(() => idp.addUser({ username: 'grace@contoso.example' })).toThrow(TypeError);
    expect(() => idp.addUser({ objectId: idp.user.objectId })).toThrow(TypeError);
  });

  it('calls an API with a token that says who he is, what for, and by which client', async () => {
    const claims = await idp.verify(await idp.issueUserToken());
    expect(claims).toMatchObject({
      aud: `api://${idp.app.clientId}`,
      azp: idp.publicApp.clientId,
      tid: idp.app.tenantId,
      oid: idp.user.objectId,
      preferred_username: idp.user.username,
      name: 'Ada',
      scp: 'user_impersonation',
      exp: clock.now() / 1000 + 3599,
    });
    expect(claims).not.toHaveProperty('xms_cc');
    expect([...idp.issuedTokenIds]).toEqual([claims.jti]);
  });

  it('has the token that a test wants him to have', async () => {
    const user = idp.addUser();
    const token = await idp.issueUserToken({
      user,
      audience: 'api://orders',
      scope: 'orders.read orders.write',
      clientId: 'a-browser',
      claims: { access_token: { xms_cc: { values: ['cp1'] } } },
      expiresIn: 60,
    });
    const claims = await idp.verify(token, { audience: 'api://orders' });
    expect(claims).toMatchObject({ azp: 'a-browser', oid: user.objectId, scp: 'orders.read orders.write' });
    expect(claims.xms_cc).toEqual(['cp1']);
    await clock.advance(60_000);
    await expect(idp.verify(token)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  it('is another one to each API: they cannot compare notes', async () => {
    const subOf = async (audience: string) => decodeJwt(await idp.issueUserToken({ audience })).sub;
    expect(await subOf('api://orders')).toBe(await subOf('api://orders'));
    expect(await subOf('api://orders')).not.toBe(await subOf('api://stock'));
  });

  it('gets no token for what is no scope and no claims request: the test has a typing error', async () => {
    await expect(idp.issueUserToken({ scope: '' })).rejects.toThrow(TypeError);
    await expect(idp.issueUserToken({ claims: 'no JSON' })).rejects.toThrow(TypeError);
  });

  it('is taken by the protected API as an application is, and challenged until his token has the claims', async () => {
    const audience = 'api://orders';
    await using api = await startProtectedApi({ idp, audience, clock });
    const call = async (token: string) =>
      axios.get(api.url, { headers: { Authorization: `Bearer ${token}` }, validateStatus: () => true });
    const token = await idp.issueUserToken({ audience });
    expect((await call(token)).status).toBe(200);
    expect((await call(await idp.issueUserToken())).status).toBe(401);

    const claims = api.revoke();
    const refused = await call(token);
    expect(refused.status).toBe(401);
    expect(String(refused.headers['www-authenticate'])).toContain(
      `claims="${Buffer.from(claims).toString('base64')}"`,
    );
    expect((await call(await idp.issueUserToken({ audience }))).status).toBe(401);
    expect((await call(await idp.issueUserToken({ audience, claims }))).status).toBe(200);
    expect(api.requests.at(-1)?.tokenId).toBe([...idp.issuedTokenIds].at(-1));
  });
});
