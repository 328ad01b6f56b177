import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { clientCredential, firstAvailable, signedInUser } from './index.js';
import { browserOf, SCOPE } from './made-users.js';

describe('a token for which an empty text says how its user has to sign in', () => {
  let idp: IdentityProvider;

  beforeEach(async () => {
    idp = await startIdentityProvider();
  });
  afterEach(() => idp.close());

  it('is had by a program as if nothing had been demanded', async () => {
    const credential = firstAvailable(clientCredential({ ...idp.app }));
    expect(await credential.getToken(SCOPE, { acrValues: '' })).toMatchObject({ token: expect.any(String) });
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('is had without asking the user again', async () => {
    let asked = 0;
    const user = signedInUser({
      ...idp.publicApp,
      onInteractionRequired: async ({ inBrowser }) => {
        asked += 1;
        await inBrowser({ openBrowser: browserOf(idp) });
      },
    });
    await user.getToken(SCOPE);
    expect(await user.getToken(SCOPE, { acrValues: '' })).toMatchObject({ token: expect.any(String) });
    expect(asked).toBe(1);
  });

  it('leaves nothing empty in the URL by which a user signs in', async () => {
    const user = signedInUser({ ...idp.publicApp });
    const url = await user.signInUrl({ scopes: SCOPE, redirectUri: 'http://localhost/', acrValues: '' });
    expect(new URL(url).searchParams.has('acr_values')).toBe(false);
  });
});
