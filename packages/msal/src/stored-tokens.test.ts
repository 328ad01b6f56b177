import { TokenAcquisitionError } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import type { EncryptedStore } from './index.js';
import { MadeStore, encrypted } from './made-store.js';
import {
  StoredTokens,
  type StoredToken,
  type StoredTokenName,
  type StoredTokenNeed,
} from './stored-tokens.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const NAME: StoredTokenName = {
  authority: 'https://login.microsoftonline.com/contoso',
  clientId: 'orders-app',
  principal: undefined,
  scopes: ['api://orders/.default'],
  answersChallenges: false,
};
const NEED: StoredTokenNeed = { demand: {}, forceRefresh: false, caller: {} };
const FORCED = { ...NEED, forceRefresh: true };
const ADA = { homeAccountId: 'a.t', localAccountId: 'a', tenantId: 't', username: undefined };

let clock: ManualClock;
let inner: MadeStore;
let store: EncryptedStore;
let asked: number;

beforeEach(() => {
  clock = manualClock({ fakeGlobals: false });
  inner = new MadeStore();
  store = encrypted(inner, { clock });
  asked = 0;
});

/** The tokens of another process, or of another credential. */
const made = () => new StoredTokens(store, clock);
const acquire = (more: Partial<StoredToken> = {}) => {
  asked += 1;
  return Promise.resolve({ token: `t-${asked}`, expiresOnTimestamp: clock.now() + HOUR, ...more });
};
const get = async (tokens: StoredTokens, need = NEED, name = NAME) =>
  (await tokens.of(name, need, () => acquire())).token;
const outage = (transient: boolean) => () =>
  Promise.reject(new TokenAcquisitionError({ service: 'idp', message: 'no', scopes: [], transient }));

describe('a second process', () => {
  it('takes the token that the first one has stored, as it was', async () => {
    const refreshAfterTimestamp = clock.now() + HOUR / 2;
    const first = await made().of(NAME, NEED, () => acquire({ refreshAfterTimestamp, account: ADA }));
    const second = await made().of(NAME, NEED, () => acquire());
    expect(second).toEqual({ ...first, account: { ...ADA, username: undefined } });
    expect(asked).toBe(1);
  });

  it('that starts at the same moment makes no second token request', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => get(made())));
    expect(new Set(tokens)).toEqual(new Set(['t-1']));
    expect(asked).toBe(1);
  });

  it.each([
    ['has refresh_in', { refreshAfterTimestamp: Date.UTC(2025, 0, 1) + 30 * MINUTE }, 30 * MINUTE],
    ['has none, five minutes before its end', {}, 55 * MINUTE],
    [
      'has none and lives for four minutes, half way',
      { expiresOnTimestamp: Date.UTC(2025, 0, 1) + 4 * MINUTE },
      2 * MINUTE,
    ],
  ])('asks for a new one when the stored one is due: one that %s', async (_, token, dueInMs) => {
    await made().of(NAME, NEED, () => acquire(token));
    await clock.advance(dueInMs - 1);
    expect(await get(made())).toBe('t-1');
    await clock.advance(1);
    expect(await get(made())).toBe('t-2');
    expect(await get(made())).toBe('t-2');
  });

  it('is served the stored one while the provider is down, also when it is due, to its last half minute', async () => {
    await get(made());
    await clock.advance(HOUR - 30_001);
    expect((await made().of(NAME, NEED, outage(true))).token).toBe('t-1');
    await clock.advance(1);
    await expect(made().of(NAME, NEED, outage(true))).rejects.toThrow('no');
  });

  it('is not served one that has expired while the provider was asked', async () => {
    await get(made());
    await clock.advance(HOUR - 31_000);
    const failsIn = (delayMs: number) => async () => {
      await clock.advance(delayMs);
      return outage(true)();
    };
    expect((await made().of(NAME, NEED, failsIn(500))).token).toBe('t-1');
    await expect(made().of(NAME, NEED, failsIn(30_500))).rejects.toThrow('no');
  });

  it('hears that its secret is wrong, though a token that is due is stored', async () => {
    await get(made());
    await clock.advance(58 * MINUTE);
    await expect(made().of(NAME, NEED, outage(false))).rejects.toThrow('no');
  });

  it('finds no user’s token after the user’s own has expired', async () => {
    const name = { ...NAME, principal: 'ada' };
    const need = { ...NEED, goneAt: clock.now() + MINUTE };
    const withAccount = () => acquire({ account: ADA });
    await made().of(name, need, withAccount);
    expect([...inner.ttls.values()]).toEqual([MINUTE]);
    await clock.advance(MINUTE - 1);
    expect((await made().of(name, NEED, withAccount)).token).toBe('t-1');
    await clock.advance(1);
    expect((await made().of(name, NEED, withAccount)).token).toBe('t-2');
  });

  it('takes no user’s token without knowing who he is', async () => {
    const name = { ...NAME, principal: 'ada' };
    expect(await get(made(), NEED, name)).toBe('t-1');
    expect(await get(made(), NEED, name)).toBe('t-2');
  });
});

describe('a token that an API has rejected', () => {
  it('is not given again from the store: the provider is asked, and others get what it gave', async () => {
    const one = made();
    const other = made();
    expect([await get(one), await get(other)]).toEqual(['t-1', 't-1']);
    expect(await get(one, FORCED)).toBe('t-2');
    expect(await get(other, FORCED)).toBe('t-2');
    expect(await get(made())).toBe('t-2');
    expect(asked).toBe(2);
  });

  it('by all of 20 processes at once is replaced by one request', async () => {
    const all = Array.from({ length: 20 }, made);
    for (const one of all) await get(one);
    const tokens = await Promise.all(all.map((one) => get(one, FORCED)));
    expect(new Set(tokens)).toEqual(new Set(['t-2']));
    expect(asked).toBe(2);
  });

  it('is not what a failed request for another one is answered with', async () => {
    const one = made();
    await get(one);
    await expect(one.of(NAME, FORCED, outage(true))).rejects.toThrow('no');
  });

  it.each([{ claims: '{}' }, { acrValues: 'mfa' }, { maxAge: 0 }])(
    'of which something is demanded (%j) is always replaced by the provider, for everybody',
    async (demand) => {
      const one = made();
      await get(made());
      expect(await get(one, { ...NEED, demand })).toBe('t-2');
      expect(await get(one, { ...NEED, demand })).toBe('t-3');
      expect(await get(made())).toBe('t-3');
    },
  );

  it('is remembered for so many names, and no more', async () => {
    const one = made();
    for (let at = 0; at < 10_050; at += 1)
      await one.of({ ...NAME, clientId: `app-${at}` }, { ...NEED, demand: { claims: '{}' } }, () =>
        acquire(),
      );
    expect(one.size).toBe(10_000);
  });
});

describe('a store that has no token', () => {
  it.each([
    ['text', 'hello'],
    ['null', 'null'],
    ['a list', '[]'],
    ['no token', JSON.stringify({ expiresOnTimestamp: 9e15, acquiredAt: 0 })],
    ['an empty token', JSON.stringify({ token: '', expiresOnTimestamp: 9e15, acquiredAt: 0 })],
    ['no expiry', JSON.stringify({ token: 'x', acquiredAt: 0 })],
    [
      'an account that is none',
      JSON.stringify({ token: 'x', expiresOnTimestamp: 9e15, acquiredAt: 0, account: 7 }),
    ],
  ])('but %s makes one token request', async (_, text) => {
    await get(made());
    // Whatever is written under that name, by whoever has the key.
    const name = JSON.stringify([NAME.authority, NAME.clientId, null, NAME.scopes, false]);
    expect(await store.read('access-token', name)).toContain('t-1');
    await store.write('access-token', name, text, HOUR);
    expect(await get(made())).toBe('t-2');
  });

  it('because there is none is never asked, and nothing is remembered', async () => {
    const tokens = new StoredTokens(undefined, clock);
    expect([await get(tokens), await get(tokens)]).toEqual(['t-1', 't-2']);
    expect(tokens.size).toBe(0);
  });
});
