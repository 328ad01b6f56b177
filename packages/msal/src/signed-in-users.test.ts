import { createHash, randomBytes } from 'node:crypto';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { signedInUser, type Account, type SignedInUser, type SignedInUserOptions } from './index.js';
import { failureOf, shown } from './made-outcomes.js';
import { encrypted, MadeStore } from './made-store.js';
import { SCOPE } from './made-users.js';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(() => idp.close());

const webApp = (options: Partial<SignedInUserOptions> = {}) =>
  signedInUser({ ...idp.app, random: () => 0, ...options });

const redirectUri = 'http://localhost:8080/';

/** What a browser and the two routes of a web app do. */
async function signIn(users: SignedInUser, loginHint = 'ada@contoso.example'): Promise<Account> {
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
  return users.redeem({ scopes: SCOPE, redirectUri, codeVerifier, code: searchParams.get('code') ?? '' });
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
