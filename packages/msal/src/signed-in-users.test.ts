import { createHash, randomBytes } from 'node:crypto';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import {
  signedInUser,
  type Account,
  type RedeemOptions,
  type SignedInUser,
  type SignedInUserOptions,
} from './index.js';
import { failureOf, shown } from './made-outcomes.js';
import { encrypted, MadeStore } from './made-store.js';
import { MadeProvider } from './made-provider.js';
import { grants, SCOPE, stillClock } from './made-users.js';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(() => idp.close());

const webApp = (options: Partial<SignedInUserOptions> = {}) =>
  signedInUser({ ...idp.app, random: () => 0, ...options });

const redirectUri = 'http://localhost:8080/';

/** What comes back to a web app of a browser that it has sent to sign in. */
async function codeOf(users: SignedInUser, loginHint = 'ada@contoso.example'): Promise<RedeemOptions> {
  const codeVerifier = randomBytes(32).toString('base64url');
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
  const url = await users.signInUrl({
    scopes: SCOPE,
    redirectUri,
    state: 'of-the-session',
    codeChallenge,
    loginHint,
  });
  const response = await fetch(url, { redirect: 'manual' });
  const { searchParams } = new URL(response.headers.get('location') ?? '');
  expect(searchParams.get('state')).toBe('of-the-session');
  return { scopes: SCOPE, redirectUri, codeVerifier, code: searchParams.get('code') ?? '' };
}

async function signIn(users: SignedInUser, loginHint?: string): Promise<Account> {
  return users.redeem(await codeOf(users, loginHint));
}

const oidOf = async (user: SignedInUser) => {
  const { token } = await user.getToken(SCOPE);
  return (await idp.verify(token))['oid'];
};

describe('the users of a web app', () => {
  it('each have their own tokens, whoever asks first, and the app itself has none', async () => {
    const bob = idp.addUser({ username: 'bob@contoso.example' });
    const users = webApp();
    const ada = await signIn(users);
    expect((await signIn(users, 'bob@contoso.example')).homeAccountId).toBe(bob.homeAccountId);
    const [hers, his] = [users.forAccount(ada.homeAccountId), users.forAccount(bob.homeAccountId)];
    const seen = await Promise.all([his, hers, his, hers, hers, his].map(oidOf));
    const [a, b] = [idp.user.objectId, bob.objectId];
    expect(seen).toEqual([b, a, b, a, a, b]);
    expect(users.forAccount(ada.homeAccountId)).toBe(hers);
    expect(await failureOf(users.getToken(SCOPE))).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    expect(await users.account()).toBeUndefined();
  });

  it('one is throttled, and the other one does not notice', async () => {
    const bob = idp.addUser({ username: 'bob@contoso.example' });
    const users = webApp();
    await signIn(users);
    await signIn(users, 'bob@contoso.example');
    const [hers, his] = [users.forAccount(idp.user.homeAccountId), users.forAccount(bob.homeAccountId)];
    for (const one of [hers, his]) await one.getToken(SCOPE);
    idp.fail({ status: 429, retryAfter: '7' }, { user: bob });
    expect(await failureOf(his.getToken(SCOPE))).toMatchObject({ retryAfterMs: 7_000 });
    expect(await oidOf(hers)).toBe(idp.user.objectId);
  });

  it('one is throttled while he signs in, and all others sign in', async () => {
    const bob = idp.addUser({ username: 'bob@contoso.example' });
    const users = webApp();
    idp.fail({ status: 429, retryAfter: '300' }, { user: bob });
    const his = await codeOf(users, 'bob@contoso.example');
    expect(await failureOf(users.redeem(his))).toMatchObject({ retryAfterMs: 300_000 });
    await expect(signIn(users)).resolves.toMatchObject({ homeAccountId: idp.user.homeAccountId });
    const asked = idp.tokenRequests.length;
    expect(await failureOf(users.redeem(his))).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    expect(idp.tokenRequests).toHaveLength(asked);
  });

  it('are given the token of the sign-in for a minute, and a new one after that', async () => {
    const clock = stillClock();
    const users = webApp({ clock });
    const user = users.forAccount((await signIn(users)).homeAccountId);
    await clock.advance(60_000);
    await user.getToken(SCOPE);
    expect(grants(idp)).toEqual(['authorization_code', 'refresh_token']);
  });

  it('are given no token of another one’s, whatever the provider answers', async () => {
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const names = ['ada', 'bob'];
    await using provider = await MadeProvider.start((_, response) => {
      const oid = names.shift() ?? '';
      const answer = {
        token_type: 'Bearer',
        expires_in: 3_599,
        access_token: `a token of ${oid}`,
        refresh_token: 'a-refresh-token',
        scope: SCOPE,
        client_info: encoded({ uid: oid, utid: 'contoso' }),
        id_token: `${encoded({ alg: 'none' })}.${encoded({ oid, sub: oid, tid: 'contoso' })}.x`,
      };
      response.end(JSON.stringify(answer));
    });
    const users = signedInUser(provider.app);
    const { homeAccountId } = await users.redeem({ scopes: SCOPE, redirectUri, code: 'a-code' });
    const user = users.forAccount(homeAccountId);
    expect((await user.getToken(SCOPE)).token).toBe('a token of ada');
    expect(await failureOf(user.getToken(SCOPE))).toMatchObject({
      message: `No token for ${SCOPE}: the identity provider answered with that of another user`,
    });
  });

  it('have a refresh token in their partition, and no access token', async () => {
    const store = encrypted(new MadeStore());
    const written = jest.spyOn(store, 'write');
    const users = webApp({ store });
    const { token } = await users.forAccount((await signIn(users)).homeAccountId).getToken(SCOPE);
    const partitions = written.mock.calls.filter(([purpose]) => purpose === 'user-cache');
    expect(partitions.map(([, , text]) => [text.includes('RefreshToken'), text.includes(token)])).toEqual([
      [true, false],
    ]);
  });

  it('somebody else signs in: he is refused, and what the API asks for is not lost', async () => {
    idp.addUser({ username: 'bob@contoso.example' });
    const hers = webApp({ account: idp.user.homeAccountId });
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const code = await codeOf(hers, 'bob@contoso.example');
    expect(await failureOf(hers.redeem({ ...code, claims }))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      claims,
    });
    expect(await hers.account()).toBeUndefined();
  });

  it.each([undefined, null, '', 7, {}])('whoever has no account (%p) is nobody', (homeAccountId) => {
    const users = webApp();
    expect(() => users.forAccount(homeAccountId as string)).toThrow(
      'forAccount(): "homeAccountId" must be the homeAccountId of a user',
    );
  });

  it.each([undefined, '', ['a-code', 'another-one']])(
    'one who comes back without a code (%p) is nobody',
    async (code) => {
      const users = webApp();
      const error = await failureOf(users.redeem({ scopes: SCOPE, redirectUri, code: code as string }));
      expect(String(error)).toBe(
        'TypeError: redeem(): "code" must be the code that has come back to the redirect URI',
      );
      expect(idp.tokenRequests).toEqual([]);
    },
  );

  it.each([undefined, ''])('are not sent to sign in without a way back (%p)', async (way) => {
    const error = await failureOf(webApp().signInUrl({ scopes: SCOPE, redirectUri: way as string }));
    expect(String(error)).toBe(
      'TypeError: signInUrl(): "redirectUri" must be where the code is to come back to',
    );
  });

  it('stay signed in when the secret is replaced', async () => {
    let clientSecret = idp.app.clientSecret;
    const users = webApp({ clientSecret: () => clientSecret });
    const { homeAccountId } = await signIn(users);
    const user = users.forAccount(homeAccountId);
    await user.getToken(SCOPE);
    clientSecret = 'of-this-year';
    idp.rotateSecret(clientSecret);
    await expect(oidOf(user)).resolves.toBe(idp.user.objectId);
  });

  it('stay signed in when the app is restarted, and sign out everywhere', async () => {
    const tokens = new MadeStore();
    const [before, after] = [webApp({ store: encrypted(tokens) }), webApp({ store: encrypted(tokens) })];
    const { homeAccountId } = await signIn(before);
    expect([...tokens.values.values()].join()).not.toContain(homeAccountId);
    await expect(oidOf(after.forAccount(homeAccountId))).resolves.toBe(idp.user.objectId);
    await after.forAccount(homeAccountId).signOut();
    expect(await before.forAccount(homeAccountId).account()).toBeUndefined();
    const asked = idp.tokenRequests.length;
    expect(await failureOf(before.forAccount(homeAccountId).getToken(SCOPE))).toMatchObject({
      message: `A token for ${SCOPE} can only be had by asking the user: nobody is signed in`,
    });
    expect(idp.tokenRequests).toHaveLength(asked);
  });

  it('a code that is no good signs nobody in, and neither it nor the secret is shown', async () => {
    const users = webApp();
    const codeVerifier = randomBytes(32).toString('base64url');
    const error = await failureOf(
      users.redeem({ scopes: SCOPE, redirectUri, codeVerifier, code: 'a-code-of-nobody' }),
    );
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    expect(shown(error)).not.toContain('a-code-of-nobody');
    expect(shown(error)).not.toContain(codeVerifier);
    expect(shown([users, error])).not.toContain(idp.app.clientSecret);
  });
});
