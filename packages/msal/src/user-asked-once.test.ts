import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { signedInUser, type InteractionRequest, type SignedInUserOptions } from './index.js';
import { failureOf } from './made-outcomes.js';
import { encrypted, MadeStore } from './made-store.js';
import { browserOf, grants, SCOPE, stillClock, until } from './made-users.js';

let idp: IdentityProvider;
let interactions: InteractionRequest[];

beforeEach(async () => {
  idp = await startIdentityProvider();
  interactions = [];
});

afterEach(() => idp.close());

const signIn = (request: InteractionRequest) => request.inBrowser({ openBrowser: browserOf(idp) });

/** Asks by a function that a test may replace by another one. */
function onThisMachine(options: Partial<SignedInUserOptions> = {}) {
  const asking: { by: (request: InteractionRequest) => unknown } = { by: signIn };
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

/** Lets go of a user's refresh token when it is told to. */
class HeldStore extends MadeStore {
  readonly held: (() => void)[] = [];
  isHeld = false;

  lock(key: string): Promise<() => Promise<void>> {
    const unlock = () => Promise.resolve();
    if (!this.isHeld || !key.startsWith('holdfast:user-cache:')) return Promise.resolve(unlock);
    return new Promise((resolve) => {
      this.held.push(() => {
        resolve(unlock);
      });
    });
  }

  get reads(): number {
    return this.asked.filter((one) => one === 'get').length;
  }
}

/** Never answers again, once it is told so. */
class HangingStore extends MadeStore {
  answers = Infinity;

  override get(key: string): Promise<string | undefined> {
    this.answers -= 1;
    return this.answers < 0 ? new Promise(() => undefined) : super.get(key);
  }
}

describe('a user who has to sign in again', () => {
  it.each([
    ['declines', () => Promise.reject(new Error('no'))],
    ['closes the window', () => undefined],
  ])('and %s is asked once for 30 calls at once, and again by the next one', async (_, by) => {
    const { user, asking } = onThisMachine();
    await user.getToken(SCOPE);
    idp.revoke();
    asking.by = by;
    const scopes = Array.from({ length: 30 }, (__, at) => `api://orders-${at}/.default`);
    const failures = await Promise.all(scopes.map((scope) => failureOf(user.getToken(scope))));
    expect(failures).toMatchObject(
      scopes.map((scope) => ({ code: 'ERR_INTERACTION_REQUIRED', scopes: [scope] })),
    );
    expect(interactions).toHaveLength(2);
    asking.by = signIn;
    await expect(user.getToken(SCOPE)).resolves.toBeDefined();
    expect(interactions).toHaveLength(3);
  });

  it('is asked by others, though one of them has left', async () => {
    const { user, asking } = onThisMachine();
    const leaving = new AbortController();
    asking.by = (request) => {
      leaving.abort();
      return signIn(request);
    };
    const left = failureOf(user.getToken(SCOPE, { abortSignal: leaving.signal }));
    await expect(user.getToken('api://stock/.default')).resolves.toBeDefined();
    expect(await left).toMatchObject({ name: 'AbortError' });
    expect(interactions).toHaveLength(1);
  });

  it('is not asked again by a call that came while he signed in', async () => {
    const store = new HeldStore();
    const { user, asking } = onThisMachine({ store: encrypted(store, { timeoutMs: 60_000 }) });
    await user.getToken(SCOPE);
    idp.revoke();
    let hasSignedIn = false;
    asking.by = async (request) => {
      store.isHeld = true;
      await signIn(request);
      hasSignedIn = true;
    };
    const first = user.getToken('api://stock/.default');
    await until(() => store.held.length === 1);
    const { reads } = store;
    const late = user.getToken('api://late/.default');
    // He is looked up, and his token before and after its turn.
    await until(() => store.reads === reads + 3);
    await new Promise((resolve) => setImmediate(resolve));
    store.held[0]?.();
    await until(() => hasSignedIn && store.held.length === 2);
    store.isHeld = false;
    store.held[1]?.();
    await expect(Promise.all([first, late])).resolves.toHaveLength(2);
    expect(interactions).toHaveLength(2);
  });

  it('cannot sign in by what he was asked with, once that is over', async () => {
    const { user } = onThisMachine();
    await user.getToken(SCOPE);
    const [request] = interactions;
    expect(request?.abortSignal.aborted).toBe(true);
    const late = request?.byCode({ code: 'a-code', redirectUri: 'http://localhost:8080/' });
    await expect(late).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    const prompt = jest.fn();
    await expect(request?.byDeviceCode(prompt)).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    // What had been sent would be there before this.
    await user.getToken(SCOPE, { forceRefresh: true });
    expect(grants(idp)).toEqual(['authorization_code', 'refresh_token']);
    expect(idp.deviceCodes).toEqual([]);
  });

  it('and thinks about it keeps no process alive', async () => {
    const clock = stillClock();
    const { user, asking } = onThisMachine({ clock, timeoutMs: false });
    asking.by = () => new Promise(() => undefined);
    const failed = failureOf(user.getToken(SCOPE));
    await until(() => interactions.length === 1);
    expect([clock.pending, clock.pendingRef]).toEqual([1, 0]);
    await clock.advance(900_000);
    expect(await failed).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
  });

  it('is not asked for a call that was given up before', async () => {
    const { user } = onThisMachine();
    const error = await failureOf(user.getToken(SCOPE, { abortSignal: AbortSignal.abort() }));
    expect(error).toMatchObject({ name: 'AbortError' });
    // Another one that comes now is the first for whom he is asked.
    await user.getToken('api://stock/.default');
    expect(interactions.map(({ scopes }) => scopes)).toEqual([['api://stock/.default']]);
  });

  it('is given up in time where the store does not say who he is, and not asked afterwards', async () => {
    const clock = stillClock();
    const tokens = new HangingStore();
    const store = encrypted(tokens, { clock, timeoutMs: 60_000 });
    const { user } = onThisMachine({ clock, store, interactionTimeoutMs: 1_000 });
    tokens.answers = 1;
    let isOver = false;
    const failed = failureOf(user.getToken(SCOPE)).finally(() => (isOver = true));
    await until(() => tokens.answers < 0);
    await clock.advance(1_000);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(true);
    expect(await failed).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      message: expect.stringContaining('asking failed (TimeoutError)') as unknown,
    });
    await clock.advance(60_000);
    expect(interactions).toEqual([]);
  });
});
