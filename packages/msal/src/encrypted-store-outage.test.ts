import { manualClock, type ManualClock } from '@holdfast/testing';
import type { TokenStore } from './index.js';
import { MadeStore, encrypted, warned } from './made-store.js';

const HOUR = 3_600_000;

/** A store whose every answer is this. */
const acting = (act: () => unknown): TokenStore & { asked: number } => {
  const store = {
    asked: 0,
    get: () => answer(),
    set: () => answer(),
    delete: () => answer(),
  };
  const answer = () => {
    store.asked += 1;
    return act() as Promise<never>;
  };
  return store;
};

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock({ fakeGlobals: false });
});

describe('a store that is down', () => {
  const refused = Object.assign(new Error('connect to redis://:a-password@cache'), { code: 'ECONNREFUSED' });
  it.each([
    ['rejects', () => Promise.reject(refused)],
    [
      'throws at once',
      () => {
        throw refused;
      },
    ],
  ])('and %s fails nobody, and is warned of once, without what it says', async (_, act) => {
    const warnings = warned();
    const store = encrypted(acting(act), { clock });
    expect(await store.read('access-token', 'orders')).toBeUndefined();
    expect(await store.write('access-token', 'orders', 'a-token', HOUR)).toBe(false);
    expect(await store.remove('access-token', 'orders')).toBe(false);
    expect(warnings).toEqual([
      {
        code: 'STORE_UNAVAILABLE',
        message: 'The token store fails (ECONNREFUSED): what it would save is asked of the identity provider',
        service: 'token store',
      },
    ]);
  });

  it('with an error that throws when it is looked at fails nobody either', async () => {
    const strange = Object.defineProperty(new Error('no'), 'code', {
      get: () => {
        throw refused;
      },
    });
    const warnings = warned();
    const store = encrypted(
      acting(() => Promise.reject(strange)),
      { clock },
    );
    expect(await store.read('access-token', 'orders')).toBeUndefined();
    expect(await store.write('access-token', 'orders', 'a-token', HOUR)).toBe(false);
    expect(warnings.map(({ code }) => code)).toEqual(['STORE_UNAVAILABLE']);
  });

  it('is left alone for half a minute after three failures, and then asked by one', async () => {
    const inner = acting(() => Promise.reject(refused));
    const store = encrypted(inner, { clock });
    for (let time = 0; time < 100; time += 1) await store.read('access-token', 'orders');
    expect(inner.asked).toBe(3);
    await clock.advance(29_999);
    await store.read('access-token', 'orders');
    expect(inner.asked).toBe(3);
    await clock.advance(1);
    await Promise.all(Array.from({ length: 100 }, () => store.read('access-token', 'orders')));
    expect(inner.asked).toBe(4);
  });

  it('is used by everybody again as soon as it has answered once', async () => {
    const inner = new MadeStore();
    let isDown = true;
    const get = inner.get.bind(inner);
    inner.get = (key) => (isDown ? Promise.reject(refused) : get(key));
    const store = encrypted(inner, { clock });
    await store.write('access-token', 'orders', 'a-token', HOUR);
    for (let time = 0; time < 5; time += 1) await store.read('access-token', 'orders');
    isDown = false;
    await clock.advance(30_000);
    for (let time = 0; time < 5; time += 1)
      expect(await store.read('access-token', 'orders')).toBe('a-token');
  });

  it('is found again after the clock was set back by a year', async () => {
    const inner = acting(() => Promise.reject(refused));
    let now = Date.UTC(2026, 0, 1);
    const store = encrypted(inner, { clock: { ...clock, now: () => now, setTimeout: clock.setTimeout } });
    for (let time = 0; time < 4; time += 1) await store.read('access-token', 'orders');
    now = Date.UTC(2025, 0, 1);
    await store.read('access-token', 'orders');
    expect(inner.asked).toBe(4);
  });
});

describe('a store that is slow', () => {
  it('holds nobody up for more than 50 ms, and what comes late is ignored, also when it fails', async () => {
    const warnings = warned();
    const late: ((error: Error) => void)[] = [];
    const inner = acting(() => new Promise((_, reject) => late.push(reject)));
    const store = encrypted(inner, { clock });
    const before = clock.now();
    expect(await clock.runUntilSettled(store.read('access-token', 'orders'))).toBeUndefined();
    expect(await clock.runUntilSettled(store.write('access-token', 'orders', 'a-token', HOUR))).toBe(false);
    expect(clock.now() - before).toBe(100);
    // An unhandled one would end the process of the test.
    for (const reject of late) reject(new Error('late'));
    expect(warnings.map(({ message }) => message)).toEqual([
      'The token store does not answer within 50 ms: what it would save is asked of the identity provider',
    ]);
  });

  it('and dead is waited for three times in half a minute, not by each of a hundred', async () => {
    const inner = acting(() => new Promise(() => undefined));
    const store = encrypted(inner, { clock });
    const before = clock.now();
    const all = async () => {
      for (let time = 0; time < 100; time += 1) await store.read('access-token', 'orders');
    };
    await clock.runUntilSettled(all());
    expect(inner.asked).toBe(3);
    expect(clock.now() - before).toBe(150);
  });

  it('leaves no timer behind when it has answered', async () => {
    await encrypted(new MadeStore(), { clock }).read('access-token', 'orders');
    expect(clock.pending).toBe(0);
  });
});

describe('a store that lies', () => {
  it('with what is too large is not read, and is warned of once', async () => {
    const warnings = warned();
    const store = encrypted(
      acting(() => Promise.resolve('x'.repeat(1_000_001))),
      { clock },
    );
    await store.read('access-token', 'orders');
    await store.read('access-token', 'orders');
    expect(warnings.map(({ code }) => code)).toEqual(['STORE_UNREADABLE']);
  });

  it('is not given what is too large to be read again', async () => {
    const warnings = warned();
    const inner = new MadeStore();
    expect(await encrypted(inner).write('user-cache', 'ada', 'x'.repeat(750_000), HOUR)).toBe(false);
    expect(await encrypted(inner).write('user-cache', 'ada', 'x'.repeat(740_000), HOUR)).toBe(true);
    expect(inner.asked).toEqual(['set']);
    expect(warnings.map(({ message }) => message)).toEqual([
      'The token store is not given what is longer than 1000000 characters: what it would save is asked of the identity provider',
    ]);
  });
});
