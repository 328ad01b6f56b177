import { createServiceClient } from '@holdfast/client';
import {
  scriptedTransport,
  startIdentityProvider,
  type IdentityProvider,
  type User,
} from '@holdfast/testing';
import { cachedCredential, type TokenCredential } from '@holdfast/token';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deviceCode, firstAvailable, signedInUser } from './index.js';
import { browserOf, SCOPE, stillClock, until } from './made-users.js';
import { TokenHolders } from './token-holders.js';

let idp: IdentityProvider;
let user: User;

beforeEach(async () => {
  idp = await startIdentityProvider();
  idp.deviceCodeInterval = 0.01;
  user = idp.user;
});

afterEach(() => idp.close());

const atTheTerminal = () =>
  deviceCode({
    ...idp.publicApp,
    prompt: ({ userCode }) => {
      idp.approve(userCode, user);
    },
  });

/** Calls an API, and tells in whose name that was. */
function callOf(credential: TokenCredential): () => Promise<string | undefined> {
  const { adapter, requests } = scriptedTransport(() => ({ status: 200 }));
  const orders = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: SCOPE,
    credential,
    axios: { adapter },
  });
  return async () => {
    await orders.get('/orders/7');
    return (await idp.verify(requests.at(-1)?.token ?? '')).preferred_username;
  };
}

describe('a call after one user has signed out and another one in', () => {
  it.each<[string, (credential: TokenCredential) => TokenCredential]>([
    ['of a client', (credential) => credential],
    ['of a client with a cache around the credential', (credential) => cachedCredential(credential)],
    ['of a client with firstAvailable()', (credential) => firstAvailable(credential)],
  ])('does not go out in the name of the first: %s', async (_, wrap) => {
    const credential = atTheTerminal();
    const whoCalled = callOf(wrap(credential));
    await credential.signIn({ scopes: SCOPE });
    expect(await whoCalled()).toBe('ada@contoso.example');
    await credential.signOut();
    user = idp.addUser({ username: 'bob@contoso.example' });
    await credential.signIn({ scopes: SCOPE });
    expect(await whoCalled()).toBe('bob@contoso.example');
  });

  it('does not either when the second signs in because the first has to', async () => {
    const credential = signedInUser({
      ...idp.publicApp,
      onInteractionRequired: async ({ inBrowser }) => {
        await inBrowser({
          openBrowser: (url) => {
            const asked = new URL(url);
            asked.searchParams.set('login_hint', user.username);
            return browserOf(idp)(asked.href);
          },
        });
      },
    });
    const whoCalled = callOf(credential);
    const whoElseCalled = callOf(credential);
    expect([await whoCalled(), await whoElseCalled()]).toEqual([
      'ada@contoso.example',
      'ada@contoso.example',
    ]);
    user = idp.addUser({ username: 'bob@contoso.example' });
    idp.revoke();
    // What makes one of them ask for a token anew is that its own was refused.
    await credential.getToken(SCOPE, { forceRefresh: true });
    expect([await whoCalled(), await whoElseCalled()]).toEqual([
      'bob@contoso.example',
      'bob@contoso.example',
    ]);
  });

  it('fails while nobody is signed in, and not for a moment longer', async () => {
    const credential = signedInUser({ ...idp.app });
    const ada = credential.forAccount(idp.user.homeAccountId);
    const whoCalled = callOf(ada);
    await expect(whoCalled()).rejects.toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    const redirectUri = 'http://localhost:8080/';
    const url = await credential.signInUrl({ redirectUri, scopes: SCOPE });
    const response = await fetch(url, { redirect: 'manual' });
    const code = new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
    await credential.redeem({ code, redirectUri, scopes: SCOPE });
    expect(await whoCalled()).toBe('ada@contoso.example');
    await ada.signOut();
    await expect(whoCalled()).rejects.toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
  });
});

describe('a token that is under way while its user signs out', () => {
  it('is held by nobody', async () => {
    await idp.close();
    const clock = stillClock();
    idp = await startIdentityProvider({ clock });
    idp.deviceCodeInterval = 0.01;
    user = idp.user;
    const credential = atTheTerminal();
    await credential.signIn({ scopes: SCOPE });
    const whoCalled = callOf(credential);
    idp.delayMs = 1_000;
    const asked = idp.tokenRequests.length;
    const underWay = whoCalled();
    await until(() => idp.tokenRequests.length > asked);
    const signedOut = credential.signOut();
    idp.delayMs = 0;
    await clock.advance(1_000);
    await expect(underWay).rejects.toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    await signedOut;
    expect(idp.deviceCodes).toHaveLength(1);
    user = idp.addUser({ username: 'bob@contoso.example' });
    expect(await whoCalled()).toBe('bob@contoso.example');
  });
});

describe('a cache that its client has dropped', () => {
  it('is not held by the credential', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const holders = new TokenHolders();
    for (let number = 0; number < 100; number += 1) holders.add({ forget: () => undefined });
    // What a WeakRef leads to lives until the turn of the event loop ends.
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    holders.add({ forget: () => undefined });
    expect(holders.size).toBe(1);
  });
});
