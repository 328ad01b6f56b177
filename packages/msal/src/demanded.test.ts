import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import {
  clientCredential,
  deviceCode,
  onBehalfOf,
  signedInUser,
  type InteractionRequest,
  type SignedInUserOptions,
} from './index.js';
import { failureOf } from './made-outcomes.js';
import { browserOf, SCOPE } from './made-users.js';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(() => idp.close());

const OF_THE_API = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
const OF_THE_PROVIDER = '{"access_token":{"acrs":{"essential":true,"value":"c2"}}}';
const STEP_UP = { acrValues: 'mfa', maxAge: 0 };
const random = { random: () => 0 };

/** Signs in by a browser; `before` comes between the question and the answer. */
function onThisMachine(before: () => void, options: Partial<SignedInUserOptions> = {}) {
  const interactions: InteractionRequest[] = [];
  const user = signedInUser({
    ...idp.publicApp,
    ...random,
    onInteractionRequired: async (request) => {
      interactions.push(request);
      before();
      await request.inBrowser({ openBrowser: browserOf(idp) });
    },
    ...options,
  });
  return { user, interactions };
}

describe('what an API demands is not lost, and the provider’s own word comes first', () => {
  const credentials = [
    ['an application', () => Promise.resolve(clientCredential({ ...idp.app, ...random }))],
    ['a middle tier', async () => onBehalfOf({ ...idp.app, ...random }).forUser(await idp.issueUserToken())],
  ] as const;

  describe.each(credentials)('where %s is told that a user is needed', (_, make) => {
    it.each([
      ['and no more', undefined, OF_THE_API],
      ['with other claims', OF_THE_PROVIDER, OF_THE_PROVIDER],
    ])('%s', async (__, claims, expected) => {
      const credential = await make();
      idp.failNext({ error: 'interaction_required', ...(claims !== undefined && { claims }) });
      const error = await failureOf(credential.getToken(SCOPE, { claims: OF_THE_API }));
      expect(error).toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        claims: expected,
        scopes: [SCOPE],
        cause: { name: 'InteractionRequiredAuthError' },
        correlationId: idp.tokenRequests[0]?.correlationId,
      });
    });
  });

  it('where a signed-in user has to come himself, and is asked', async () => {
    const { user, interactions } = onThisMachine(() => undefined);
    await user.getToken(SCOPE);
    idp.failNext({ error: 'interaction_required' });
    await user.getToken(SCOPE, { claims: OF_THE_API });
    expect(interactions[1]).toMatchObject({ claims: OF_THE_API, acrValues: undefined, maxAge: undefined });
  });

  it.each([
    ['wants more of him', { error: 'interaction_required', claims: OF_THE_PROVIDER }, OF_THE_PROVIDER],
    ['does not take the code', { error: 'invalid_grant' }, undefined],
  ] as const)('where he signs in as the API wants it, and the provider %s', async (_, fault, claims) => {
    const { user } = onThisMachine(() => {
      idp.failNext(fault);
    });
    const error = await failureOf(user.getToken(SCOPE, STEP_UP));
    expect(error).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      ...STEP_UP,
      claims,
      scopes: [SCOPE],
      cause: { code: 'ERR_INTERACTION_REQUIRED', ...STEP_UP, claims },
    });
  });

  it('where two wait for one sign-in that the provider does not take: each is told what was asked of it', async () => {
    const { user, interactions } = onThisMachine(() => {
      idp.failNext({ error: 'interaction_required' });
    });
    const demands = [OF_THE_API, OF_THE_PROVIDER].map((claims) => ({ claims }));
    const failures = await Promise.all(demands.map((demand) => failureOf(user.getToken(SCOPE, demand))));
    expect(failures).toMatchObject(demands);
    expect(interactions).toHaveLength(1);
  });

  it('where somebody else signs in as the API wants it of him', async () => {
    const bob = idp.addUser({ username: 'bob@contoso.example' });
    const { user } = onThisMachine(() => undefined, { account: bob.homeAccountId });
    const error = await failureOf(user.getToken(SCOPE, { ...STEP_UP, claims: OF_THE_API }));
    expect(error).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      ...STEP_UP,
      claims: OF_THE_API,
      message: expect.stringContaining('somebody else has signed in') as unknown,
    });
  });

  it('where he signs in by a code on another device, and the provider wants more of him', async () => {
    idp.deviceCodeInterval = 0.01;
    const credential = deviceCode({
      ...idp.publicApp,
      ...random,
      prompt: ({ userCode }) => {
        idp.approve(userCode);
        idp.failNext({ error: 'interaction_required', claims: OF_THE_PROVIDER });
      },
    });
    const error = await failureOf(credential.getToken(SCOPE, { claims: OF_THE_API }));
    expect(error).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      claims: OF_THE_PROVIDER,
      scopes: [SCOPE],
    });
  });

  it('where he declines by a code on another device', async () => {
    idp.deviceCodeInterval = 0.01;
    const credential = deviceCode({
      ...idp.publicApp,
      ...random,
      prompt: ({ userCode }) => {
        idp.decline(userCode);
      },
    });
    const error = await failureOf(credential.getToken(SCOPE, { claims: OF_THE_API }));
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', claims: OF_THE_API, scopes: [SCOPE] });
  });
});
