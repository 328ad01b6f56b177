import { manualClock, type ManualClock } from '@holdfast/testing';
import type { Closure, GateStore, ThrottleGateOptions } from './index.js';
import { REFUSED, ThrottledService, comingBack, ok, throttled, within } from './made-throttled-service.js';

/** What several processes keep, each in a replica that hears of the others after a while. */
class Fleet {
  readonly #clock: ManualClock;
  readonly #replicas: Map<string, Closure>[] = [];

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  join(): GateStore {
    const own = new Map<string, Closure>();
    this.#replicas.push(own);
    return {
      get: (key) => own.get(key),
      set: (key, closure) => {
        own.set(key, closure);
        for (const other of this.#replicas) {
          if (other !== own) this.#clock.setTimeout(() => other.set(key, closure), 20);
        }
      },
    };
  }
}

let clock: ManualClock;
beforeEach(() => {
  clock = manualClock();
});
afterEach(() => {
  clock.uninstall();
});

const over = (store: GateStore, options: ThrottleGateOptions = {}) =>
  new ThrottledService(clock, { store, ...options }, { around: [comingBack] });

describe('two processes that share what they were told', () => {
  it('what one was told holds for the other, as soon as it has heard of it', async () => {
    const fleet = new Fleet(clock);
    const [one, other] = [over(fleet.join()), over(fleet.join())];
    one.answer = () => throttled(2);
    expect(await one.get('/1', within(1_000))).toBe(REFUSED);
    expect(await other.get('/early')).toBe(200);
    await clock.advance(20);
    expect(await other.get('/refused', within(1_000))).toBe(REFUSED);
    const waits = other.get('/waits');
    expect(await clock.runUntilSettled(waits)).toBe(200);
    expect(other.sent()).toEqual([
      ['/early', 0],
      ['/waits', 2_000],
    ]);
  });

  it('calls that wait here go on waiting when another is told a later instant', async () => {
    const store = new Map<string, Closure>();
    const service = over(store);
    service.answer = (_, number) => (number === 1 ? throttled(2) : ok);
    const waits = service.get('/1');
    await clock.advance(1_000);
    store.set('https://orders.test', { closedAt: clock.now(), until: clock.now() + 5_000 });
    await clock.runUntilSettled(waits);
    expect(service.sent()[1]).toEqual(['/1', 6_000]);
  });

  it('a closure that another has set for a year holds for five minutes', async () => {
    const store = new Map([
      ['https://orders.test', { closedAt: clock.now(), until: clock.now() + 31_536_000_000 }],
    ]);
    const service = over(store);
    expect(await clock.runUntilSettled(service.get('/1'))).toBe(200);
    await clock.advance(10_000);
    expect(await service.get('/2')).toBe(200);
    expect(service.sent()).toEqual([
      ['/1', 300_000],
      ['/2', 310_000],
    ]);
  });

  it('so it does where the store does not take in that it is shorter now', async () => {
    const closure = { closedAt: clock.now(), until: clock.now() + 31_536_000_000 };
    const set = jest.fn(() => {
      throw new Error('the store is for reading only');
    });
    const service = over({ get: () => closure, set });
    const waiting = ['/1', '/2', '/3'].map((url) => service.get(url));
    await clock.advance(302_000);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual([200, 200, 200]);
    expect(service.sent()[0]).toEqual(['/1', 300_000]);
    expect(set.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it.each<[string, GateStore]>([
    [
      'throws',
      {
        get: () => {
          throw new Error('the store is down');
        },
        set: () => {
          throw new Error('the store is down');
        },
      },
    ],
    ['says what is no closure', { get: () => ({}) as Closure, set: () => undefined }],
    [
      'throws when what it says is read',
      {
        get: () => ({
          closedAt: 0,
          get until(): number {
            throw new Error('the store is down');
          },
        }),
        set: () => undefined,
      },
    ],
    ['says NaN', { get: () => ({ closedAt: NaN, until: NaN }), set: () => undefined }],
    ['forgets everything', { get: () => undefined, set: () => undefined }],
  ])('a store that %s closes nothing, and no answer is lost', async (_what, store) => {
    const service = over(store);
    service.answer = () => throttled(5);
    expect(await service.get('/1')).toBe(429);
    service.answer = () => ok;
    expect(await service.get('/2', within(100))).toBe(200);
  });

  it('a store that cannot publish what it was told closes this process all the same, and does not end it', async () => {
    const kept = new Map<string, Closure>();
    const failed = jest.fn();
    const store = {
      get: (key: string) => kept.get(key),
      set: async (key: string, closure: Closure) => {
        kept.set(key, closure);
        await Promise.reject(new Error('the network is down')).catch((error: unknown) => {
          failed();
          throw error;
        });
      },
    };
    const service = over(store);
    service.answer = () => throttled(5);
    expect(await service.get('/1', within(1_000))).toBe(REFUSED);
    await clock.settle();
    expect([failed.mock.calls.length, await service.get('/2', within(1_000))]).toEqual([1, REFUSED]);
  });

  it('a Retry-After that is shorter than what is known does not shorten it', async () => {
    const store = new Map<string, Closure>();
    const service = over(store);
    service.answer = ({ url }) => ({
      ...throttled(url === '/long' ? 9 : 1),
      delayMs: url === '/long' ? 1 : 2,
    });
    const both = [service.get('/long', within(50)), service.get('/short', within(50))];
    await clock.runUntilSettled(Promise.all(both));
    expect(store.get('https://orders.test')?.until).toBe(service.start + 9_001);
  });
});
