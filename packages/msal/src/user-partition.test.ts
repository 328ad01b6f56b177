import fc from 'fast-check';
import { systemClock } from '@holdfast/core';
import type { TokenStore } from './index.js';
import { encrypted, MadeStore } from './made-store.js';
import { UserPartition } from './user-partition.js';

const accountOf = (name: string) => ({
  homeAccountId: name,
  localAccountId: name,
  tenantId: 'contoso',
  username: undefined,
});

/** Another process, or another one of the app's objects, where there is a store between them. */
function partition(store: TokenStore | undefined, name = 'ada', ids = newIds()): UserPartition {
  return new UserPartition(name, {
    store: store === undefined ? undefined : encrypted(store),
    clock: systemClock,
    newSignInId: ids,
  });
}

function newIds(): () => string {
  let last = 0;
  return () => `${(last += 1)} ${Math.random()}`;
}

/** Down while it is told so. */
class FragileStore extends MadeStore {
  isDown = false;

  override get(key: string): Promise<string | undefined> {
    return this.isDown ? Promise.reject(new Error('down')) : super.get(key);
  }

  override set(key: string, value: string, ttlMs: number): Promise<void> {
    return this.isDown ? Promise.reject(new Error('down')) : super.set(key, value, ttlMs);
  }
}

describe('where a user’s refresh token is', () => {
  it('a write that failed is made up for at the next access, and nothing older takes its place', async () => {
    const store = new FragileStore();
    const here = partition(store);
    const signInId = await here.signIn(accountOf('ada'), 'host', 'first');
    const old = new Map(store.values);
    store.isDown = true;
    await here.alone({}, () => here.replace(signInId, 'second'));
    store.isDown = false;
    expect((await here.user())?.cache).toBe('second');
    await here.alone({}, (user) => Promise.resolve(user));
    expect((await partition(store).user())?.cache).toBe('second');
    for (const [key, value] of old) store.values.set(key, value);
    expect((await here.user())?.cache).toBe('second');
  });

  it('nothing older takes its place where the clock stands still either, or is set back', async () => {
    const store = new FragileStore();
    const clock = { ...systemClock, now: () => 1_000 };
    const here = new UserPartition('ada', { store: encrypted(store), clock, newSignInId: newIds() });
    const signInId = await here.signIn(accountOf('ada'), 'host', 'first');
    store.isDown = true;
    clock.now = () => 900;
    await here.alone({}, () => here.replace(signInId, 'second'));
    store.isDown = false;
    expect((await here.user())?.cache).toBe('second');
  });

  it('a token of the sign-in before takes no place of the next one’s', async () => {
    const here = partition(undefined);
    const before = await here.signIn(accountOf('ada'), 'host', 'first');
    await here.signIn(accountOf('ada'), 'host', 'second');
    await here.alone({}, () => here.replace(before, 'first again'));
    expect((await here.user())?.cache).toBe('second');
  });

  it('another process that has refreshed it is believed', async () => {
    const store = new MadeStore();
    const [here, there] = [partition(store), partition(store)];
    const signInId = await here.signIn(accountOf('ada'), 'host', 'first');
    await there.alone({}, () => there.replace(signInId, 'second'));
    expect((await here.user())?.cache).toBe('second');
  });

  it.each(['{}', 'null', '[]', 'no JSON', '{"changedAt":1,"user":{}}', '{"changedAt":"1"}'])(
    'a text that is not ours (%s) has nobody in it',
    async (text) => {
      const store = new MadeStore();
      await encrypted(store).write('user-cache', 'ada', text, 60_000);
      expect(await partition(store).user()).toBeUndefined();
    },
  );

  it('who signs out while his token is refreshed stays signed out', async () => {
    const here = partition(undefined);
    const signInId = await here.signIn(accountOf('ada'), 'host', 'first');
    let refreshed: () => void = () => undefined;
    const answer = new Promise<void>((resolve) => (refreshed = resolve));
    const refresh = here.alone({}, async () => {
      await answer;
      await here.replace(signInId, 'second');
    });
    const out = here.signOut();
    refreshed();
    await Promise.all([refresh, out]);
    await here.alone({}, () => here.replace(signInId, 'third'));
    expect(await here.user()).toBeUndefined();
  });

  it('what one user does, in any order and with any trouble of the store, changes nothing of another’s', async () => {
    const action = fc.record({
      who: fc.constantFrom('ada', 'bob'),
      process: fc.constantFrom(0, 1),
      what: fc.constantFrom('signIn', 'refresh', 'signOut', 'read', 'down', 'up'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const store = new FragileStore();
        const of = (name: string) => [partition(store, name), partition(store, name)] as const;
        const partitions = { ada: of('ada'), bob: of('bob') };
        let count = 0;
        const found: string[] = [];
        await Promise.all(
          actions.map(async ({ who, process, what }) => {
            const mine = partitions[who][process];
            if (what === 'down' || what === 'up') store.isDown = what === 'down';
            else if (what === 'signIn') await mine.signIn(accountOf(who), 'host', `${who} ${(count += 1)}`);
            else if (what === 'signOut') await mine.signOut();
            else
              await mine.alone({}, async (user) => {
                found.push(`${who} ${user?.cache ?? who}`);
                if (user !== undefined && what === 'refresh')
                  await mine.replace(user.signInId, `${who} ${(count += 1)}`);
              });
          }),
        );
        expect(found.filter((one) => !/^(ada ada|bob bob)/.test(one))).toEqual([]);
        for (const who of ['ada', 'bob'] as const)
          for (const one of partitions[who]) {
            const user = await one.user();
            expect(user?.account.homeAccountId ?? who).toBe(who);
            expect(user?.cache.split(' ')[0] ?? who).toBe(who);
          }
      }),
    );
  });
});
