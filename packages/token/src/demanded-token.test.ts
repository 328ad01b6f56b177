import { InteractionRequiredError, TokenAcquisitionError } from '@holdfast/core';
import { manualClock, staticCredential, type CredentialFunction } from '@holdfast/testing';
import { cachedCredential, type GetTokenOptions } from './index.js';

const SCOPE = 'api://orders/.default';
const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
const WANTED = { acrValues: 'urn:gold', maxAge: 300 };
const DEMANDS: readonly (readonly [string, GetTokenOptions])[] = [
  ['claims', { claims: CLAIMS }],
  ['another sign-in', WANTED],
  ['a recent sign-in', { maxAge: 0 }],
  ['both', { claims: CLAIMS, ...WANTED }],
];
const init = { service: 'idp', message: 'A user is needed', scopes: [SCOPE] };
const named = (name: string, members = {}) => Object.assign(new Error('…'), { name, ...members });

function setUp(answer: CredentialFunction = (_, number) => `t-${number}`) {
  const clock = manualClock({ fakeGlobals: false });
  const source = staticCredential(answer);
  const cache = cachedCredential(source, { clock, random: () => 0 });
  const errorOf = (options: GetTokenOptions = {}) =>
    cache.getToken(SCOPE, options).then(
      ({ token }) => token,
      (error: unknown) => error,
    );
  return { clock, source, cache, errorOf };
}

describe('a token that is demanded', () => {
  it.each(DEMANDS)(
    'with %s is asked for with just that, and once for all who demand the same',
    async (_, demand) => {
      const { cache, source } = setUp();
      await cache.getToken(SCOPE);
      const tokens = await Promise.all([1, 2, 3].map(() => cache.getToken(SCOPE, demand)));
      expect(tokens.map(({ token }) => token)).toEqual(['t-2', 't-2', 't-2']);
      const { abortSignal, ...asked } = source.requests[1]?.options ?? {};
      expect(abortSignal).toBeDefined();
      expect(asked).toEqual({ ...demand, forceRefresh: true });
      // Others were challenged in the same moment, and later calls demand nothing.
      expect(await cache.getToken(SCOPE, demand)).toMatchObject({ token: 't-2' });
      expect(await cache.getToken(SCOPE)).toMatchObject({ token: 't-2' });
      expect(source.requests).toHaveLength(2);
    },
  );

  it('with something else is asked for by itself', async () => {
    const { cache, source } = setUp();
    const all = [
      WANTED,
      { acrValues: 'urn:silver', maxAge: 300 },
      { acrValues: 'urn:gold' },
      { maxAge: 300 },
      { claims: CLAIMS, maxAge: 300 },
    ];
    await Promise.all(all.map((demand) => cache.getToken(SCOPE, demand)));
    expect(source.requests).toHaveLength(5);
  });

  it('with empty texts is none: the token that is held is served', async () => {
    const { cache, source } = setUp();
    await cache.getToken(SCOPE);
    expect(await cache.getToken(SCOPE, { claims: '', acrValues: '' })).toMatchObject({ token: 't-1' });
    expect(source.requests).toHaveLength(1);
  });
});

describe('claims travel until there is a token: they are in the error', () => {
  describe.each(DEMANDS)('of who demands %s', (_, demand) => {
    it.each<[string, () => Error]>([
      ['Holdfast’s', () => new InteractionRequiredError(init)],
      ['Holdfast’s with a request', () => new InteractionRequiredError({ ...init, cause: new Error('…') })],
      ['Azure’s', () => named('AuthenticationRequiredError')],
      ['MSAL’s', () => named('InteractionRequiredAuthError', { errorCode: 'consent_required', claims: '' })],
    ])('when the credential’s own, %s, has none, also for who comes next', async (__, needed) => {
      const { source, errorOf } = setUp(needed);
      for (let call = 0; call < 2; call += 1)
        expect(await errorOf(demand)).toMatchObject({
          ...{ code: 'ERR_INTERACTION_REQUIRED', scopes: [SCOPE], claims: undefined },
          ...demand,
        });
      expect(source.requests).toHaveLength(1);
    });

    it('when the source is left alone because a user is needed anyway', async () => {
      const { source, errorOf } = setUp(() => new InteractionRequiredError(init));
      expect(await errorOf()).toMatchObject({ claims: undefined, acrValues: undefined });
      expect(await errorOf(demand)).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', ...demand });
      expect(await errorOf()).toMatchObject({ claims: undefined, acrValues: undefined, maxAge: undefined });
      expect(source.requests).toHaveLength(1);
    });
  });

  it.each<[string, (claims: string) => Error]>([
    ['Holdfast’s', (claims) => new InteractionRequiredError({ ...init, claims })],
    ['MSAL’s', (claims) => named('InteractionRequiredAuthError', { claims })],
  ])('unless the provider has said itself what it wants: %s', async (_, needed) => {
    const { errorOf } = setUp(() => needed('{"provider":"s"}'));
    expect(await errorOf({ claims: CLAIMS, maxAge: 1 })).toMatchObject({
      claims: '{"provider":"s"}',
      maxAge: 1,
    });
  });

  it('and no other failure is told as one that a user can mend', async () => {
    const { errorOf } = setUp(() => new TokenAcquisitionError({ ...init, transient: false }));
    expect(await errorOf({ claims: CLAIMS })).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    const other = setUp(() => named('ClientAuthError', { claims: CLAIMS }));
    expect(await other.errorOf({ claims: CLAIMS })).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
  });
});
