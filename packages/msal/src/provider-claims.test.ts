import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { deviceCode, signedInUser, type InteractionRequest } from './index.js';
import { browserOf, SCOPE } from './made-users.js';

const STOCK = 'api://stock/.default';

describe('a user of whom the identity provider itself wants more for one API', () => {
  let idp: IdentityProvider;

  beforeEach(async () => {
    idp = await startIdentityProvider();
  });
  afterEach(() => idp.close());

  it('is sent to the browser with the claims that it wants, and has the token', async () => {
    const interactions: InteractionRequest[] = [];
    const user = signedInUser({
      ...idp.publicApp,
      onInteractionRequired: async (request) => {
        interactions.push(request);
        await request.inBrowser({ openBrowser: browserOf(idp) });
      },
    });
    await user.getToken(SCOPE);
    const claims = idp.requireInteraction({ scope: STOCK });
    await user.getToken(STOCK);
    expect(interactions[1]).toMatchObject({ claims });
    const sent = JSON.parse(idp.authorizationRequests[1]?.claims ?? '{}') as object;
    expect(sent).toMatchObject(JSON.parse(claims) as object);
  });

  it('gets a code for another device that is for those claims', async () => {
    idp.deviceCodeInterval = 0.01;
    const user = deviceCode({
      ...idp.publicApp,
      random: () => 0,
      prompt: ({ userCode }) => {
        idp.approve(userCode);
      },
    });
    await user.getToken(SCOPE);
    const claims = idp.requireInteraction({ scope: STOCK });
    await user.getToken(STOCK);
    const sent = idp.tokenRequests.filter(({ grantType }) => grantType.endsWith('device_code')).at(-1);
    expect(JSON.parse(sent?.claims ?? '{}')).toMatchObject(JSON.parse(claims) as object);
  });
});
