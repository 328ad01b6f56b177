import { isHoldfastError } from '@holdfast/core';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { signedInUser, type InteractionRequest, type SignedInUserOptions } from './index.js';
import { failureOf, shown } from './made-outcomes.js';
import { browserOf, grants, SCOPE, stillClock, until } from './made-users.js';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
});

afterEach(() => idp.close());

/** Signs in by the browser whenever it has to, and tells what it was asked. */
function onThisMachine(options: Partial<SignedInUserOptions> = {}) {
  const interactions: InteractionRequest[] = [];
  const user = signedInUser({
    ...idp.publicApp,
    random: () => 0,
    onInteractionRequired: async (request) => {
      interactions.push(request);
      await request.inBrowser({ openBrowser: browserOf(idp) });
    },
    ...options,
  });
  return { user, interactions };
}

describe('a user who is asked', () => {
  it('signs in once for all who wait, and never with prompt=login', async () => {
    const { user, interactions } = onThisMachine();
    const scopes = Array.from({ length: 12 }, (_, at) => `api://orders-${at % 3}/.default`);
    await Promise.all(scopes.map((scope) => user.getToken(scope)));
    expect(interactions).toHaveLength(1);
    expect(idp.authorizationRequests.map(({ prompt }) => prompt)).toEqual([undefined]);
    await user.getToken(SCOPE);
    expect(interactions).toHaveLength(1);
  });

  it('is asked with the claims of the challenge, and the new token satisfies them', async () => {
    const { user, interactions } = onThisMachine();
    await user.getToken(SCOPE);
    const claims = idp.requireInteraction();
    const { token } = await user.getToken(SCOPE, { claims, enableCae: true });
    expect(interactions[1]).toMatchObject({
      claims,
      scopes: [SCOPE],
      account: { username: 'ada@contoso.example' },
    });
    expect(idp.authorizationRequests[1]?.claims).toContain('"acrs"');
    expect(idp.authorizationRequests[1]?.loginHint).toBe('ada@contoso.example');
    await expect(idp.verify(token)).resolves.toMatchObject({ oid: idp.user.objectId });
  });

  it('is asked again after his refresh token was revoked, or has expired', async () => {
    const { user, interactions } = onThisMachine();
    await user.getToken(SCOPE);
    idp.revoke();
    await user.getToken(SCOPE, { claims: '{"access_token":{"nbf":{"essential":true}}}' });
    expect(interactions).toHaveLength(2);
    expect(interactions[1]?.claims).toBe('{"access_token":{"nbf":{"essential":true}}}');
    idp.failNext({ error: 'invalid_grant' });
    await user.getToken(SCOPE, { claims: '{"access_token":{"acrs":null}}' });
    expect(interactions).toHaveLength(3);
    expect(interactions[2]?.claims).toBe('{"access_token":{"acrs":null}}');
  });

  it('without anybody to ask him, the error has the claims, the scopes and the correlation id', async () => {
    let isAsked = true;
    const { user } = onThisMachine({
      onInteractionRequired: async (request) => {
        if (isAsked) await request.inBrowser({ openBrowser: browserOf(idp) });
      },
    });
    await user.getToken(SCOPE);
    isAsked = false;
    const claims = idp.requireInteraction();
    const before = idp.tokenRequests.length;
    const error = await failureOf(user.getToken(SCOPE));
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', claims, scopes: [SCOPE] });
    expect((error as { correlationId?: string }).correlationId).toBe(idp.tokenRequests.at(-1)?.correlationId);
    // Before and after he was asked, and no loop.
    expect(idp.tokenRequests).toHaveLength(before + 2);
  });

  it.each([
    ['429', { status: 429, retryAfter: '7' }],
    ['503', { status: 503 }],
    ['a lost connection', { reset: true }],
  ] as const)('is not asked because of %s', async (_, fault) => {
    const { user, interactions } = onThisMachine();
    await user.getToken(SCOPE);
    idp.failNext(fault, 3);
    expect(await failureOf(user.getToken(SCOPE))).toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      transient: true,
    });
    const asked = idp.tokenRequests.length;
    expect(await failureOf(user.getToken(SCOPE))).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION' });
    expect(idp.tokenRequests).toHaveLength(asked);
    expect(interactions).toHaveLength(1);
  });

  it('is not asked while somebody is asking him already, and those who leave do not end it', async () => {
    const opened: string[] = [];
    const { user } = onThisMachine({
      onInteractionRequired: ({ inBrowser }) =>
        inBrowser({
          openBrowser: (url) => {
            opened.push(url);
          },
        }).then(() => undefined),
    });
    const leaving = new AbortController();
    const left = failureOf(user.getToken(SCOPE, { abortSignal: leaving.signal }));
    await until(() => opened.length === 1);
    leaving.abort();
    expect(await left).toMatchObject({ name: 'AbortError' });
    const token = user.getToken(SCOPE);
    await idp.browse(opened[0] ?? '');
    await expect(token).resolves.toBeDefined();
    expect(opened).toHaveLength(1);
  });

  it('who walks away is given up after a time, and nothing goes on listening', async () => {
    const clock = stillClock();
    const opened: string[] = [];
    let request: InteractionRequest | undefined;
    const { user } = onThisMachine({
      clock,
      onInteractionRequired: async (asked) => {
        request = asked;
        await asked.inBrowser({ openBrowser: (url) => void opened.push(url) });
      },
    });
    const failed = failureOf(user.getToken(SCOPE));
    await until(() => opened.length === 1);
    await clock.advance(900_000);
    const error = (await failed) as Error;
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    expect(error.message).toContain('asking failed (TimeoutError)');
    expect(request?.abortSignal.aborted).toBe(true);
    const redirectUri = new URL(opened[0] ?? '').searchParams.get('redirect_uri') ?? '';
    const { port } = new URL(redirectUri);
    await until(() => idp.tokenRequests.length === 0);
    for (;;) {
      const isClosed = await fetch(`http://127.0.0.1:${port}/`).then(
        () => false,
        () => true,
      );
      if (isClosed) break;
    }
  });

  it.each([
    ['throws', () => Promise.reject(new RangeError('code=a-secret-code')), 'asking failed (RangeError)'],
    ['resolves without having signed him in', () => undefined, 'nobody is signed in'],
  ])('by a function that %s: the call fails, once, and says so', async (_, hook, reason) => {
    const asked = jest.fn(hook);
    const { user } = onThisMachine({ onInteractionRequired: asked });
    const error = (await failureOf(user.getToken(SCOPE))) as Error;
    expect(isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')).toBe(true);
    expect(error.message).toContain(reason);
    expect(shown(error)).not.toContain('a-secret-code');
    expect(asked).toHaveBeenCalledTimes(1);
    expect(grants(idp)).toEqual([]);
  });

  it('declines, and the call says so', async () => {
    const { user } = onThisMachine();
    idp.failSignIn('access_denied');
    const error = (await failureOf(user.getToken(SCOPE))) as Error;
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    expect(error.message).toContain('says access_denied');
  });

  it('is refused where the tokens are somebody else’s', async () => {
    const bob = idp.addUser({ username: 'bob@contoso.example' });
    const { user } = onThisMachine({ account: bob.homeAccountId });
    const error = (await failureOf(user.getToken(SCOPE))) as Error;
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    expect(error.message).toContain('somebody else has signed in');
    expect(await user.account()).toBeUndefined();
  });
});
