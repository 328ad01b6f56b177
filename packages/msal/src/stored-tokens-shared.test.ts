import { manualClock, startIdentityProvider, type IdentityProvider } from '@holdfast/testing';
import { cachedCredential } from '@holdfast/token';
import { clientCredential, type TokenStore } from './index.js';
import { MadeStore, encrypted } from './made-store.js';
import { SteppedClock } from '../../token/src/made-cache.js';

const SCOPE = 'api://orders/.default';
const MINUTE = 60_000;

let idp: IdentityProvider;

/** MSAL reckons by the global clock when a token expires: this one stands where ours does, and all else goes on. */
function setDate(now: number): void {
  jest.useFakeTimers({ now, doNotFake: [...ALL_BUT_DATE] });
}

const ALL_BUT_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

afterEach(async () => {
  jest.useRealTimers();
  await idp.close();
});

describe('20 services that share a store', () => {
  it('make one token request in all, and one in each period for all of them', async () => {
    const clock = new SteppedClock();
    setDate(clock.now());
    idp = await startIdentityProvider({ clock });
    const store = encrypted(new MadeStore(), { clock });
    let underWay = 0;
    let number = 0;
    const services = Array.from({ length: 20 }, () => {
      const source = clientCredential({ ...idp.app, store, clock });
      const getToken = async (...asked: Parameters<typeof source.getToken>) => {
        underWay += 1;
        try {
          return await source.getToken(...asked);
        } finally {
          underWay -= 1;
        }
      };
      number += 1;
      const share = number / 21;
      return cachedCredential({ getToken }, { clock, random: () => share });
    });
    for (let minute = 0; minute < 180; minute += 1) {
      await Promise.all(services.map((service) => service.getToken(SCOPE)));
      while (underWay > 0) await clock.step(0);
      await clock.step(MINUTE);
      setDate(clock.now());
    }
    const minutes = idp.tokenRequests.map(({ at }) => (at - (idp.tokenRequests[0]?.at ?? 0)) / MINUTE);
    // A token of an hour is due 55 minutes on: by chance a little earlier, for whoever is first.
    expect(minutes).toEqual([0, 55, 110, 165]);
  });
});

describe('a credential with a store', () => {
  const started = async (store: TokenStore) => {
    idp = await startIdentityProvider();
    const shared = encrypted(store);
    return () => clientCredential({ ...idp.app, store: shared });
  };

  it('of a process that starts again makes no token request', async () => {
    const credential = await started(new MadeStore());
    const before = await credential().getToken(SCOPE);
    expect((await credential().getToken(SCOPE))?.token).toBe(before?.token);
    expect(idp.tokenRequests).toHaveLength(1);
  });

  it('does not mix tokens that can be revoked with others', async () => {
    const credential = await started(new MadeStore());
    const plain = await credential().getToken(SCOPE);
    const revocable = await credential().getToken(SCOPE, { enableCae: true });
    expect(revocable?.token).not.toBe(plain?.token);
    expect((await credential().getToken(SCOPE, { enableCae: true }))?.token).toBe(revocable?.token);
    expect(idp.tokenRequests).toHaveLength(2);
  });

  it('gives tokens as it would without, when the store is dead, and waits for it three times', async () => {
    const dead = () => new Promise<never>(() => undefined);
    idp = await startIdentityProvider();
    const clock = manualClock({ fakeGlobals: false, now: Date.now() });
    let asked = 0;
    const ask = () => {
      asked += 1;
      return dead();
    };
    const store = encrypted({ get: ask, set: ask, delete: ask, lock: ask }, { clock });
    const credential = clientCredential({ ...idp.app, store });
    const all = async () => {
      for (let time = 0; time < 10; time += 1) await credential.getToken(SCOPE);
    };
    const done = all();
    let isDone = false;
    void done.then(() => (isDone = true));
    // Sockets answer in their own time, and the store's time passes only here.
    while (!isDone) {
      await clock.advance(50);
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect(idp.tokenRequests).toHaveLength(10);
    expect(asked).toBe(3);
  });
});
