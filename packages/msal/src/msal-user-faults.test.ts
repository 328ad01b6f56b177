import { ConfidentialClientApplication } from '@azure/msal-node';
import type { UserInit } from '@holdfast/testing';
import { MadeMiddleTier, SCOPE } from './made-middle-tier.js';
import { failureOf } from './made-outcomes.js';
import { MadeProvider } from './made-provider.js';
import { onBehalfOf } from './index.js';

// Each fault of MSAL Node 7.2 on behalf of users twice: "bare" shows that it is there, "holdfast" that it does not come through.

let tier: MadeMiddleTier;

beforeEach(async () => {
  tier = await MadeMiddleTier.start();
});

afterEach(async () => {
  await tier.close();
});

/** What a team writes that has MSAL alone. */
function bare(
  app: Pick<MadeProvider['app'], 'clientId' | 'clientSecret' | 'authority' | 'authorityMetadata'>,
) {
  const { clientId, clientSecret, authority, authorityMetadata } = app;
  const msal = new ConfidentialClientApplication({
    auth: { clientId, clientSecret, authority, authorityMetadata },
  });
  const getToken = (oboAssertion: string) => msal.acquireTokenOnBehalfOf({ scopes: [SCOPE], oboAssertion });
  return { msal, getToken };
}

const tokenOf = (user: UserInit = {}) => tier.idp.issueUserToken({ user: tier.idp.addUser(user) });

describe('20 calls of one user at once', () => {
  it('bare: make 20 token requests on his behalf', async () => {
    const assertion = await tokenOf();
    const { getToken } = bare(tier.idp.app);
    await Promise.all(Array.from({ length: 20 }, () => getToken(assertion)));
    expect(tier.idp.tokenRequests).toHaveLength(20);
  });

  it('holdfast: make one on his behalf', async () => {
    const assertion = await tokenOf();
    const obo = tier.onBehalfOf();
    await Promise.all(Array.from({ length: 20 }, () => obo.forUser(assertion).getToken(SCOPE)));
    expect(tier.idp.tokenRequests).toHaveLength(1);
  });
});

describe('after one user was throttled', () => {
  it('bare: another one is locked out for a minute, and was never asked for', async () => {
    const { idp } = tier;
    const [adas, bobs] = [await tokenOf(), await tokenOf()];
    const { getToken } = bare(idp.app);
    idp.failNext({ status: 429 });
    await failureOf(getToken(adas));
    expect(await failureOf(getToken(bobs))).toMatchObject({ name: 'ServerError' });
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('holdfast: another one is served', async () => {
    const { idp } = tier;
    const [adas, bobs] = [await tokenOf(), await tokenOf()];
    const obo = tier.onBehalfOf();
    idp.failNext({ status: 429 });
    await failureOf(obo.forUser(adas).getToken(SCOPE));
    await expect(obo.forUser(bobs).getToken(SCOPE)).resolves.toHaveProperty('account');
    expect(idp.tokenRequests).toHaveLength(2);
  });
});

describe('whose token it is', () => {
  const withoutIdToken = { token_type: 'Bearer', expires_in: 3_599, access_token: 'a-token', scope: SCOPE };

  it('bare: is not known the second time, when the token comes from the cache', async () => {
    const assertion = await tokenOf({ username: 'grace@contoso.example' });
    const { getToken } = bare(tier.idp.app);
    expect((await getToken(assertion))?.account?.username).toBe('grace@contoso.example');
    expect((await getToken(assertion))?.account).toBeNull();
    expect(tier.idp.tokenRequests).toHaveLength(1);
  });

  it('holdfast: is known each time', async () => {
    const user = tier.idp.addUser({ username: 'grace@contoso.example' });
    const credential = tier.onBehalfOf().forUser(await tier.idp.issueUserToken({ user }));
    for (let call = 0; call < 3; call += 1)
      expect((await credential.getToken(SCOPE)).account).toEqual({
        homeAccountId: user.homeAccountId,
        localAccountId: user.objectId,
        tenantId: user.tenantId,
        username: 'grace@contoso.example',
      });
    expect(tier.idp.tokenRequests).toHaveLength(1);
  });

  it('holdfast: is told by the id token where there is one: a guest has another account at home', async () => {
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      oid: 'guest',
      sub: 'guest',
      tid: 'contoso',
      preferred_username: 'guest@contoso.example',
    };
    await using provider = await MadeProvider.answering(200, {
      ...withoutIdToken,
      client_info: encoded({ uid: 'grace', utid: 'fabrikam' }),
      id_token: `${encoded({ alg: 'none' })}.${encoded(claims)}.x`,
    });
    const { account } = await onBehalfOf(provider.app).forUser('opaque').getToken(SCOPE);
    expect(account).toEqual({
      homeAccountId: 'grace.fabrikam',
      localAccountId: 'guest',
      tenantId: 'contoso',
      username: 'guest@contoso.example',
    });
  });

  it('bare: is not known at all without an id token', async () => {
    await using provider = await MadeProvider.answering(200, withoutIdToken);
    expect(await bare(provider.app).getToken(await tokenOf())).toMatchObject({ account: null });
  });

  it('holdfast: is told by his own token without an id token', async () => {
    await using provider = await MadeProvider.answering(200, withoutIdToken);
    const user = tier.idp.addUser({ username: 'grace@contoso.example' });
    const obo = onBehalfOf(provider.app);
    const { account } = await obo.forUser(await tier.idp.issueUserToken({ user })).getToken(SCOPE);
    expect(account).toMatchObject({
      homeAccountId: user.homeAccountId,
      localAccountId: user.objectId,
      tenantId: user.tenantId,
    });
  });

  it('holdfast: is told by a hash of an opaque token, which tells users apart', async () => {
    await using provider = await MadeProvider.answering(200, withoutIdToken);
    const obo = onBehalfOf(provider.app);
    const [one, other] = await Promise.all(
      ['opaque-1', 'opaque-2'].map((text) => obo.forUser(text).getToken(SCOPE)),
    );
    expect(one?.account.homeAccountId).toMatch(/^[\w-]{43}$/);
    expect(one?.account).toMatchObject({ tenantId: '', username: undefined });
    expect(other?.account.homeAccountId).not.toBe(one?.account.homeAccountId);
  });
});

describe('users who came an hour ago', () => {
  it('bare: are all still in MSAL’s memory, which is searched for each that comes', async () => {
    const { msal, getToken } = bare(tier.idp.app);
    for (let user = 0; user < 20; user += 1) await getToken(await tokenOf());
    const { AccessToken } = JSON.parse(msal.getTokenCache().serialize()) as { AccessToken: object };
    expect(Object.keys(AccessToken)).toHaveLength(20);
  });

  it('holdfast: are not, however many have come', async () => {
    const ask = jest.spyOn(ConfidentialClientApplication.prototype, 'acquireTokenOnBehalfOf');
    const obo = tier.onBehalfOf();
    for (let user = 0; user < 20; user += 1) await obo.forUser(await tokenOf()).getToken(SCOPE);
    const kept = ask.mock.contexts.map((msal) =>
      (msal as ConfidentialClientApplication).getTokenCache().serialize(),
    );
    ask.mockRestore();
    expect(kept).toHaveLength(20);
    expect(new Set(kept)).toEqual(
      new Set(['{"Account":{},"IdToken":{},"AccessToken":{},"RefreshToken":{},"AppMetadata":{}}']),
    );
  });
});
