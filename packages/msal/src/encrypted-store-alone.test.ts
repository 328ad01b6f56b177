import { isCancel } from 'axios';
import { manualClock, type ManualClock } from '@holdfast/testing';
import type { StoreLockOptions } from './index.js';
import { MadeStore, encrypted, warned } from './made-store.js';

/** A store whose lock does as a test says. */
class LockingStore extends MadeStore {
  readonly locks: StoreLockOptions[] = [];
  released = 0;
  readonly #act: (release: () => Promise<void>) => Promise<() => Promise<void>>;

  constructor(act: (release: () => Promise<void>) => Promise<() => Promise<void>>) {
    super();
    this.#act = act;
  }

  lock(_key: string, options: StoreLockOptions): Promise<() => Promise<void>> {
    this.locks.push(options);
    return this.#act(() => {
      this.released += 1;
      return Promise.resolve();
    });
  }
}

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock({ fakeGlobals: false });
});

const turn = () => new Promise((resolve) => void setImmediate(resolve));

describe('two who want the same token', () => {
  it('of one process do not ask at once, whether the store has a lock or not', async () => {
    const store = encrypted(new MadeStore(), { clock });
    let atOnce = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (atOnce += 1));
      await turn();
      atOnce -= 1;
    };
    const all = Array.from({ length: 5 }, () => store.alone('access-token', 'orders', {}, work));
    await Promise.all([...all, store.alone('access-token', 'stock', {}, () => Promise.resolve())]);
    expect(most).toBe(1);
  });

  it('of several processes are told apart by the lock of the store, which is let go of after the work', async () => {
    const inner = new LockingStore((release) => Promise.resolve(release));
    const store = encrypted(inner, { clock });
    const seen: number[] = [];
    await store.alone('access-token', 'orders', {}, () => Promise.resolve(seen.push(inner.released)));
    await expect(
      store.alone('access-token', 'orders', {}, () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no');
    expect(seen).toEqual([0]);
    expect(inner.released).toBe(2);
    expect(inner.locks.map(({ ttlMs }) => ttlMs)).toEqual([30_000, 30_000]);
  });
});

describe('a lock that is not to be had', () => {
  it('holds nobody up for more than ten seconds, and those after him not at all', async () => {
    const inner = new LockingStore(() => new Promise(() => undefined));
    const store = encrypted(inner, { clock });
    const before = clock.now();
    const work = () => Promise.resolve('done');
    expect(await clock.runUntilSettled(store.alone('access-token', 'orders', {}, work))).toBe('done');
    expect(clock.now() - before).toBe(10_000);
    expect(inner.locks[0]?.signal.aborted).toBe(true);
    expect(await store.alone('access-token', 'orders', {}, work)).toBe('done');
    await clock.advance(30_000);
    const next = store.alone('access-token', 'orders', {}, work);
    await clock.runUntilSettled(next);
    expect(inner.locks).toHaveLength(2);
  });

  it('fails no more than one of those whose time is over sooner', async () => {
    const inner = new LockingStore(() => new Promise(() => undefined));
    const store = encrypted(inner, { clock });
    const ask = async () => {
      const deadline = new AbortController();
      const timer = clock.setTimeout(() => {
        deadline.abort();
      }, 5_000);
      const work = () => Promise.resolve('done');
      const asked = store.alone('access-token', 'orders', { signal: deadline.signal }, work).catch(isCancel);
      const outcome = await clock.runUntilSettled(asked);
      timer.cancel();
      return outcome;
    };
    expect([await ask(), await ask(), await ask()]).toEqual([true, 'done', 'done']);
    expect(inner.locks).toHaveLength(1);
  });

  it('for a while is asked for by everybody again once somebody has had it', async () => {
    let isStuck = true;
    const inner = new LockingStore((release) =>
      isStuck ? new Promise(() => undefined) : Promise.resolve(release),
    );
    const store = encrypted(inner, { clock });
    const work = () => Promise.resolve('done');
    await clock.runUntilSettled(store.alone('access-token', 'orders', {}, work));
    isStuck = false;
    await clock.advance(30_000);
    for (let time = 0; time < 3; time += 1) await store.alone('access-token', 'orders', {}, work);
    expect(inner.locks).toHaveLength(4);
  });

  it('is waited for by the next one, where one gave up at once', async () => {
    const inner = new LockingStore(() => new Promise(() => undefined));
    const store = encrypted(inner, { clock });
    const caller = new AbortController();
    const work = () => Promise.resolve('done');
    const first = store.alone('access-token', 'orders', { signal: caller.signal }, work);
    await turn();
    caller.abort();
    await expect(first).rejects.toThrow('canceled');
    await clock.runUntilSettled(store.alone('access-token', 'orders', {}, work));
    expect(inner.locks).toHaveLength(2);
  });

  it('of somebody in this process holds nobody up for more than ten seconds either', async () => {
    const store = encrypted(new MadeStore(), { clock });
    void store.alone('access-token', 'orders', {}, () => new Promise(() => undefined));
    const before = clock.now();
    const work = () => Promise.resolve('done');
    expect(await clock.runUntilSettled(store.alone('access-token', 'orders', {}, work))).toBe('done');
    expect(clock.now() - before).toBe(10_000);
  });

  it('and comes after all is let go of at once', async () => {
    let give: (release: () => Promise<void>) => void = () => undefined;
    let release = () => Promise.resolve();
    const inner = new LockingStore((one) => {
      release = one;
      return new Promise((resolve) => (give = resolve));
    });
    const store = encrypted(inner, { clock });
    await clock.runUntilSettled(store.alone('access-token', 'orders', {}, () => Promise.resolve()));
    expect(inner.released).toBe(0);
    give(release);
    await turn();
    expect(inner.released).toBe(1);
  });

  it('because the store is down is not waited for, and is warned of', async () => {
    const warnings = warned();
    const inner = new LockingStore(() => Promise.reject(new Error('no lock')));
    const store = encrypted(inner, { clock });
    expect(await store.alone('access-token', 'orders', {}, () => Promise.resolve('done'))).toBe('done');
    expect(await store.alone('access-token', 'orders', {}, () => Promise.resolve('done'))).toBe('done');
    // The second one did not even try: whoever has just failed is not waited for.
    expect(inner.locks).toHaveLength(1);
    expect(warnings.map(({ code }) => code)).toEqual(['STORE_UNAVAILABLE']);
  });

  it('because the caller has given up costs him nothing, and no work is begun', async () => {
    const inner = new LockingStore(() => new Promise(() => undefined));
    const store = encrypted(inner, { clock });
    const caller = new AbortController();
    let isBegun = false;
    const work = () => Promise.resolve((isBegun = true));
    const waiting = store.alone('access-token', 'orders', { signal: caller.signal }, work);
    const second = store.alone('access-token', 'orders', { signal: caller.signal }, work);
    await turn();
    caller.abort();
    const failures = await Promise.allSettled([waiting, second]);
    expect(failures.map((one) => one.status === 'rejected' && isCancel(one.reason))).toEqual([true, true]);
    expect(isBegun).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('because it is never let go of does not hold up who has done his work', async () => {
    const inner = new LockingStore(() => Promise.resolve(() => new Promise<void>(() => undefined)));
    const store = encrypted(inner, { clock });
    const before = clock.now();
    const done = store.alone('access-token', 'orders', {}, () => Promise.resolve('done'));
    expect(await clock.runUntilSettled(done)).toBe('done');
    expect(clock.now() - before).toBe(50);
  });
});
