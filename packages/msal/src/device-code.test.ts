import { isHoldfastError } from '@holdfast/core';
import { startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { deviceCode, type DeviceCodeOptions, type DevicePrompt } from './index.js';
import { failureOf, shown } from './made-outcomes.js';
import { encrypted, MadeStore } from './made-store.js';
import { grants, SCOPE, stillClock, until } from './made-users.js';

let idp: IdentityProvider;

beforeEach(async () => {
  idp = await startIdentityProvider();
  idp.deviceCodeInterval = 0.01;
});

afterEach(() => idp.close());

const commandLine = (options: Partial<DeviceCodeOptions> = {}) =>
  deviceCode({
    ...idp.publicApp,
    prompt: ({ userCode }) => {
      idp.approve(userCode);
    },
    random: () => 0,
    ...options,
  });

describe('a user at a command line', () => {
  it('enters a code on another device, once, whoever and however many ask', async () => {
    const prompts: DevicePrompt[] = [];
    const credential = commandLine({
      prompt: (prompt) => {
        prompts.push(prompt);
        setImmediate(() => {
          idp.approve(prompt.userCode);
        });
      },
    });
    const scopes = Array.from({ length: 20 }, (_, at) => `api://orders-${at % 3}/.default`);
    const tokens = await Promise.all(scopes.map((scope) => credential.getToken(scope)));
    expect(new Set(tokens.map((token) => typeof token?.token))).toEqual(new Set(['string']));
    expect(prompts).toHaveLength(1);
    expect(prompts[0]?.message).toContain(prompts[0]?.userCode);
    expect(await credential.account()).toMatchObject({ homeAccountId: idp.user.homeAccountId });
  });

  it('signs in up front, and the sign-in’s own token is the first call’s', async () => {
    const credential = commandLine();
    await expect(credential.signIn({ scopes: SCOPE })).resolves.toMatchObject({
      username: 'ada@contoso.example',
    });
    expect(grants(idp)).toEqual(['device_code']);
    await credential.getToken(SCOPE);
    expect(grants(idp)).toEqual(['device_code', 'refresh_token']);
  });

  it('is not asked again by the next process, nor is the identity provider', async () => {
    const store = encrypted(new MadeStore());
    const first = await commandLine({ store }).getToken(SCOPE);
    const asked = idp.tokenRequests.length;
    const prompt = jest.fn();
    const next = commandLine({ store, prompt });
    expect((await next.getToken(SCOPE))?.token).toBe(first?.token);
    expect(idp.tokenRequests).toHaveLength(asked);
    await next.getToken('api://stock/.default');
    expect(grants(idp).at(-1)).toBe('refresh_token');
    expect(prompt).not.toHaveBeenCalled();
  });

  it('signs out, and neither this process nor the next one has a token of his', async () => {
    const store = encrypted(new MadeStore());
    const [here, there] = [
      commandLine({ store }),
      commandLine({ store, prompt: () => Promise.reject(new Error()) }),
    ];
    await here.getToken(SCOPE);
    await there.getToken(SCOPE);
    await here.signOut();
    const asked = idp.tokenRequests.length;
    expect(await here.account()).toBeUndefined();
    expect(await failureOf(there.getToken(SCOPE))).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' });
    expect(idp.tokenRequests).toHaveLength(asked);
  });

  it.each([
    [
      'declines',
      'he has declined',
      100,
      (code: string) => {
        idp.decline(code);
      },
    ],
    ['is too late', 'the code has expired', 1_000, () => undefined],
  ])('%s: the call says so, and the next one asks anew', async (_, reason, intervalS, act) => {
    const clock = stillClock();
    idp.deviceCodeInterval = intervalS;
    const codes: string[] = [];
    const credential = commandLine({
      clock,
      prompt: ({ userCode }) => {
        codes.push(userCode);
        act(userCode);
      },
    });
    for (const round of [1, 2]) {
      const failed = failureOf(credential.getToken(SCOPE));
      await until(() => codes.length === round && clock.pendingRef === 1);
      await clock.advance(Math.min(intervalS, 900) * 1_000);
      const error = (await failed) as Error;
      expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', scopes: [SCOPE] });
      expect(error.message).toBe(`A token for ${SCOPE} can only be had by asking the user: ${reason}`);
    }
    expect(new Set(codes).size).toBe(2);
  });

  it('is not asked because of an outage, and the provider is then left alone', async () => {
    const prompt = jest.fn();
    const credential = commandLine({ prompt });
    idp.failNext({ status: 503, retryAfter: '7' });
    const error = await failureOf(credential.getToken(SCOPE));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', transient: true });
    const refused = (await failureOf(credential.getToken(SCOPE))) as Error;
    expect(refused).toMatchObject({
      code: 'ERR_TOKEN_ACQUISITION',
      retryAfterMs: expect.any(Number) as unknown,
    });
    expect(refused.message).toContain('asked again in');
    expect(prompt).not.toHaveBeenCalled();
  });

  it('hears of every outage that it is the first, where he has signed in since the one before', async () => {
    const clock = stillClock();
    idp.deviceCodeInterval = 5;
    const credential = commandLine({ clock, timeoutMs: false });
    for (let round = 0; round < 3; round += 1) {
      idp.failNext({ status: 503 });
      expect(await failureOf(credential.getToken(SCOPE))).toMatchObject({ retryAfterMs: 5_000 });
      await clock.advance(5_000);
      const token = credential.getToken(SCOPE);
      await until(() => clock.pendingRef === 1);
      await clock.advance(5_000);
      await token;
      await credential.signOut();
    }
  });

  it('is shown no code for a call that was given up before', async () => {
    const prompt = jest.fn();
    const credential = commandLine({ prompt });
    const error = await failureOf(credential.getToken(SCOPE, { abortSignal: AbortSignal.abort() }));
    expect(error).toMatchObject({ name: 'AbortError' });
    idp.failNext({ status: 503 });
    await failureOf(credential.getToken(SCOPE));
    expect(idp.deviceCodes).toEqual([]);
    expect(prompt).not.toHaveBeenCalled();
  });

  it('is told where the code cannot be shown, and by name only', async () => {
    const credential = commandLine({
      prompt: ({ userCode }) => Promise.reject(new RangeError(`not on paper: ${userCode}`)),
    });
    const error = await failureOf(credential.getToken(SCOPE));
    expect(isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')).toBe(true);
    expect((error as Error).message).toContain('the code could not be shown (RangeError)');
    expect(shown(error)).not.toContain('not on paper');
  });
});
