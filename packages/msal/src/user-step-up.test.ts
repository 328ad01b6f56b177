import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import {
  deviceCode,
  signedInUser,
  type InteractionRequest,
  type SignedInUser,
  type SignedInUserOptions,
} from './index.js';
import { failureOf } from './made-outcomes.js';
import { MadeProvider } from './made-provider.js';
import { encrypted, MadeStore } from './made-store.js';
import { browserOf, grants, SCOPE, until } from './made-users.js';

let idp: IdentityProvider;
let interactions: InteractionRequest[];

beforeEach(async () => {
  idp = await startIdentityProvider();
  interactions = [];
});

afterEach(() => idp.close());

const STEP_UP = { acrValues: 'phishing-resistant mfa', maxAge: 0, enableCae: true };
const inBrowser = (request: InteractionRequest) => request.inBrowser({ openBrowser: browserOf(idp) });

/** Asks by a function that a test may replace by another one. */
function onThisMachine(options: Partial<SignedInUserOptions> = {}) {
  const asking: { by: (request: InteractionRequest) => unknown } = { by: inBrowser };
  const user = signedInUser({
    ...idp.publicApp,
    random: () => 0,
    onInteractionRequired: async (request) => {
      interactions.push(request);
      await asking.by(request);
    },
    ...options,
  });
  return { user, asking };
}

const acrOf = async (token: string) => (await idp.verify(token)).acr;

describe('a user who has to sign in for a token', () => {
  it('is asked at once, without a try at his refresh token, and has the token of that sign-in', async () => {
    const { user } = onThisMachine();
    await user.getToken(SCOPE);
    const { token } = await user.getToken(SCOPE, STEP_UP);
    expect(await acrOf(token)).toBe('phishing-resistant');
    expect(grants(idp)).toEqual(['authorization_code', 'authorization_code']);
    expect(interactions[1]).toMatchObject({ acrValues: 'phishing-resistant mfa', maxAge: 0 });
    expect(idp.authorizationRequests[1]).toMatchObject({ acrValues: 'phishing-resistant mfa', maxAge: 0 });
  });

  it('is asked although nobody is signed in yet', async () => {
    const { user } = onThisMachine();
    const { token } = await user.getToken(SCOPE, { acrValues: 'mfa' });
    expect(await acrOf(token)).toBe('mfa');
    expect(idp.authorizationRequests).toMatchObject([{ acrValues: 'mfa', maxAge: undefined }]);
  });

  it('is sent there with claims as well, where both are demanded', async () => {
    const { user } = onThisMachine();
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    const { token } = await user.getToken(SCOPE, { claims, maxAge: 60 });
    expect(interactions).toMatchObject([{ claims, maxAge: 60, acrValues: undefined }]);
    expect((await idp.verify(token)).requested_claims).toMatchObject({ acrs: { value: 'c1' } });
    expect(grants(idp)).toEqual(['authorization_code']);
  });

  it('is asked once for 100 at once, and the others have tokens of his new sign-in', async () => {
    const { user } = onThisMachine();
    await user.getToken(SCOPE);
    const scopes = Array.from({ length: 100 }, (_, at) => `api://orders-${at % 3}/.default`);
    const tokens = await Promise.all(scopes.map((scope) => user.getToken(scope, { acrValues: 'mfa' })));
    expect(interactions).toHaveLength(2);
    expect(new Set(await Promise.all(tokens.map(({ token }) => acrOf(token))))).toEqual(new Set(['mfa']));
  });

  it('is asked once more by who demands something else of him meanwhile', async () => {
    const { user } = onThisMachine();
    const plain = user.getToken(SCOPE);
    await until(() => interactions.length === 1);
    const demands = ['mfa', 'mfa', 'phishing-resistant', 'phishing-resistant'];
    const tokens = await Promise.all(demands.map((acrValues) => user.getToken(SCOPE, { acrValues })));
    await plain;
    expect(interactions.map(({ acrValues }) => acrValues)).toEqual([undefined, 'mfa', 'phishing-resistant']);
    expect(await acrOf(tokens[0]?.token ?? '')).toBe('mfa');
    expect(await acrOf(tokens[2]?.token ?? '')).toBe('phishing-resistant');
  });

  it('and declines is not asked by those who were to ask him next', async () => {
    const { user, asking } = onThisMachine();
    asking.by = () => Promise.reject(new Error('no'));
    const failures = await Promise.all(
      ['mfa', 'phishing-resistant'].map((acrValues) => failureOf(user.getToken(SCOPE, { acrValues }))),
    );
    expect(failures).toMatchObject([{ acrValues: 'mfa' }, { acrValues: 'phishing-resistant' }]);
    expect(interactions).toHaveLength(1);
  });

  it('and closes the window: no token of his last sign-in is taken for one', async () => {
    const { user, asking } = onThisMachine();
    await user.getToken(SCOPE);
    asking.by = () => undefined;
    expect(await failureOf(user.getToken(SCOPE, STEP_UP))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      acrValues: 'phishing-resistant mfa',
      maxAge: 0,
      scopes: [SCOPE],
      message: expect.stringContaining('nobody is signed in') as unknown,
    });
    expect(grants(idp)).toEqual(['authorization_code']);
  });

  it('and does so at a web app meanwhile has a token of that sign-in', async () => {
    const account = idp.user.homeAccountId;
    const { user, asking } = onThisMachine({ account });
    await user.getToken(SCOPE);
    asking.by = async () => {
      const redirectUri = 'http://localhost:8080/';
      const codeChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
      const url = await user.signInUrl({ scopes: SCOPE, redirectUri, codeChallenge, acrValues: 'mfa' });
      const { headers } = await fetch(url, { redirect: 'manual' });
      const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
      const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
      await user.redeem({ scopes: SCOPE, redirectUri, codeVerifier, code });
    };
    const { token } = await user.getToken(SCOPE, { acrValues: 'mfa' });
    expect(await acrOf(token)).toBe('mfa');
    expect(grants(idp)).toEqual(['authorization_code', 'authorization_code', 'refresh_token']);
  });

  it('is not asked for a call that was given up before', async () => {
    const { user } = onThisMachine();
    const error = await failureOf(user.getToken(SCOPE, { ...STEP_UP, abortSignal: AbortSignal.abort() }));
    expect(error).toMatchObject({ name: 'AbortError' });
    // Another one that comes now is the first for whom he is asked.
    await user.getToken('api://stock/.default');
    expect(interactions.map(({ scopes }) => scopes)).toEqual([['api://stock/.default']]);
  });

  it('whose token is stored has another one, which is stored in its place', async () => {
    const store = encrypted(new MadeStore());
    const { user } = onThisMachine({ store });
    const first = await user.getToken(SCOPE);
    const stronger = await user.getToken(SCOPE, { acrValues: 'mfa' });
    expect(await acrOf(stronger.token)).toBe('mfa');
    expect(stronger.token).not.toBe(first.token);
    const next = onThisMachine({ store }).user;
    expect((await next.getToken(SCOPE)).token).toBe(stronger.token);
    expect(interactions).toHaveLength(2);
  });
});

describe('a user who is being asked', () => {
  it('is asked once more for a call that wants a younger sign-in by the same means', async () => {
    const { user } = onThisMachine();
    const demands = [
      { acrValues: 'mfa', maxAge: 3600 },
      { acrValues: 'mfa', maxAge: 0 },
    ];
    await Promise.all(demands.map((demand) => user.getToken(SCOPE, demand)));
    expect(interactions).toMatchObject(demands);
  });

  it('is not asked once more for a call that wants no more than somebody signed in', async () => {
    const { user, asking } = onThisMachine();
    // Both have come before he answers.
    asking.by = async (request) => {
      await until(() => waiting);
      await inBrowser(request);
    };
    let waiting = false;
    const strict = user.getToken(SCOPE, STEP_UP);
    await until(() => interactions.length === 1);
    const plain = user.getToken('api://stock/.default');
    await user.account();
    waiting = true;
    await Promise.all([strict, plain]);
    expect(interactions).toHaveLength(1);
  });
});

describe('the address by which a user signs in', () => {
  const parametersOf = async (user: SignedInUser, more: object) =>
    new URL(await user.signInUrl({ scopes: SCOPE, redirectUri: 'http://localhost:8080/', ...more }))
      .searchParams;

  it('says how he has to, 0 seconds included, and nothing where nobody demands it', async () => {
    const { user } = onThisMachine();
    const parameters = await parametersOf(user, { acrValues: 'a b&c', maxAge: 0, claims: '{}' });
    expect([parameters.get('acr_values'), parameters.get('max_age')]).toEqual(['a b&c', '0']);
    expect(parameters.get('scope')).toContain(SCOPE);
    const plain = await parametersOf(user, {});
    expect([plain.has('acr_values'), plain.has('max_age')]).toEqual([false, false]);
  });

  it('alone says it: the token endpoint is not sent what it does not know', async () => {
    await using provider = await MadeProvider.answering(400, { error: 'invalid_request' });
    const [{ token_endpoint }, ours] = [provider.app, idp.publicApp].map(
      ({ authorityMetadata }) => JSON.parse(authorityMetadata) as { readonly token_endpoint: string },
    ) as [{ readonly token_endpoint: string }, object];
    const { user } = onThisMachine({ authorityMetadata: JSON.stringify({ ...ours, token_endpoint }) });
    await failureOf(user.getToken(SCOPE, STEP_UP));
    expect(idp.authorizationRequests).toMatchObject([{ acrValues: 'phishing-resistant mfa', maxAge: 0 }]);
    expect(provider.requests).toHaveLength(1);
    const { searchParams } = new URL(provider.requests[0]?.url ?? '', 'http://loopback');
    expect([searchParams.has('acr_values'), searchParams.has('max_age')]).toEqual([false, false]);
  });
});

describe('a code on another device', () => {
  const reason = 'a code on another device cannot ask for a certain sign-in (RFC 8628, section 3.1)';

  it('is refused to a function that asks by it, and nothing is sent', async () => {
    const { user, asking } = onThisMachine();
    const prompt = jest.fn();
    asking.by = (request) => request.byDeviceCode(prompt);
    expect(await failureOf(user.getToken(SCOPE, STEP_UP))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      acrValues: 'phishing-resistant mfa',
      maxAge: 0,
      message: expect.stringContaining(reason) as unknown,
    });
    expect(prompt).not.toHaveBeenCalled();
    expect(idp.deviceCodes).toEqual([]);
  });

  it('is not shown at a command line, whose user stays signed in', async () => {
    const prompt = jest.fn(({ userCode }: { readonly userCode: string }) => {
      idp.approve(userCode);
    });
    idp.deviceCodeInterval = 0.01;
    const credential = deviceCode({ ...idp.publicApp, random: () => 0, prompt });
    await credential.getToken(SCOPE);
    const error = await failureOf(credential.getToken(SCOPE, STEP_UP));
    expect(error).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      acrValues: 'phishing-resistant mfa',
      maxAge: 0,
      scopes: [SCOPE],
      message: `A token for ${SCOPE} can only be had by asking the user: ${reason}`,
    });
    await expect(credential.getToken(SCOPE)).resolves.toBeDefined();
    expect(prompt).toHaveBeenCalledTimes(1);
    expect(grants(idp)).toEqual(['device_code', 'refresh_token']);
  });
});
