import { manualClock, type ManualClock } from '@holdfast/testing';
import { Breakers, type BreakersSnapshot } from './index.js';
import { ORDERS, REFUSED, madeService, refusalOf, type MadeService } from './made-service.js';

let clock: ManualClock;
let service: MadeService;
beforeEach(() => {
  clock = manualClock();
  service = madeService(clock);
});
afterEach(() => {
  clock.uninstall();
});

/** The same service in another process that was told what this one knows. */
function restarted(options: Parameters<typeof madeService>[1] = {}): MadeService {
  const another = madeService(clock, options);
  another.breakers.restore(JSON.parse(JSON.stringify(service.breakers.snapshot())) as BreakersSnapshot);
  return another;
}

describe('a process that is restarted', () => {
  it('leaves a service alone that is down until the instant that was set, and then tries it', async () => {
    await service.fail();
    await clock.advance(400);
    const another = restarted();
    expect(await another.call()).toEqual([REFUSED]);
    expect((await refusalOf(another)).cause).toMatchObject({ status: 500 });
    await clock.advance(599);
    expect(await another.call()).toEqual([REFUSED]);
    await clock.advance(1);
    expect(await another.call(2)).toEqual([200, 200]);
    expect(another.breaker.state).toBe('closed');
  });

  it('goes on doubling where the other one was', async () => {
    await service.fail();
    await clock.advance(1_000);
    await service.fail(2);
    await clock.advance(2_000);
    const another = restarted();
    await another.fail(2);
    expect((await refusalOf(another)).retryAfterMs).toBe(3_000);
  });

  it('stays off a dead service as long as its options say, whatever the other process had', async () => {
    const eager = madeService(clock, { openMs: 0 });
    await eager.fail();
    service = eager;
    const another = restarted();
    await another.fail(2);
    expect((await refusalOf(another)).retryAfterMs).toBe(2_000);
  });

  it.each([
    ['was half-open', 1_000],
    ['was to be tried while nobody ran', 0],
  ])('tries a service at once that %s', async (_what, beforeMs) => {
    await service.fail();
    await clock.advance(beforeMs);
    const snapshot = service.breakers.snapshot();
    const another = madeService(clock);
    another.breakers.restore(snapshot, clock.now() + 5_000);
    expect(another.breaker.state).toBe('half-open');
    await another.fail(2);
    expect(another.states()).toEqual(['open']);
  });

  it('has the last failures in its window, and not those that are too old', async () => {
    await service.fail(10);
    await clock.advance(6_000);
    await service.call();
    await service.fail(4);
    const another = restarted();
    expect(another.breaker.window).toEqual({ ...service.breaker.window, attempts: 15, failures: 14 });
    await clock.advance(5_000);
    expect(restarted().breaker.window).toMatchObject({ attempts: 5, failures: 4, run: 4 });
    await another.fail(15);
    expect(another.breaker.state).toBe('open');
  });

  it.each<[string, (another: MadeService) => Promise<unknown>]>([
    ['before it has called the service', () => Promise.resolve()],
    ['once it has called the service', (another) => another.call()],
  ])('has all that a window longer than the usual one held, %s', async (_when, first) => {
    service = madeService(clock, { windowMs: 60_000 });
    await service.fail(10);
    await clock.advance(30_000);
    const another = restarted({ windowMs: 60_000 });
    await first(another);
    expect(another.breaker.window).toMatchObject({ failures: 10, windowMs: 60_000 });
  });

  it('holds on to what an operator has forced, for the time that is left', async () => {
    await service.call();
    service.breaker.forceOpen({ forMs: 10_000, reason: 'INC-4711' });
    await clock.advance(4_000);
    const another = restarted();
    expect(another.breaker.forced).toEqual({ state: 'open', until: clock.now() + 6_000, reason: 'INC-4711' });
    await clock.advance(6_000);
    expect([another.breaker.state, another.breaker.forced]).toEqual(['half-open', undefined]);

    another.breaker.forceClosed({ forMs: 10_000, reason: 'a drill' });
    service = another;
    const third = restarted();
    await third.fail(50);
    expect(third.breaker.state).toBe('closed');
    await clock.advance(10_000);
    expect(restarted().breaker.state).toBe('closed');
  });

  it('tries a service at once whose forced opening has ended while nobody ran', async () => {
    await service.call();
    service.breaker.forceOpen({ forMs: 10_000, reason: 'INC-4711' });
    const another = madeService(clock);
    another.breakers.restore(service.breakers.snapshot(), clock.now() + 10_000);
    expect([another.breaker.state, another.breaker.forced]).toEqual(['half-open', undefined]);
  });

  it('leaves a service alone no longer than was left, where its clock is an hour behind', async () => {
    await service.fail();
    await service.call(1, { baseURL: 'https://eu.orders.test' });
    const eu = 'orders https://eu.orders.test';
    service.breakers.get(eu)?.forceOpen({ forMs: 1_000, reason: 'INC-4711' });
    const another = madeService(clock);
    another.breakers.restore(service.breakers.snapshot(), clock.now() - 3_600_000);
    await clock.advance(999);
    expect([...another.breakers].map(({ state }) => state)).toEqual(['open', 'open']);
    await clock.advance(1);
    expect([...another.breakers].map(({ state }) => state)).toEqual(['half-open', 'half-open']);
  });

  it('takes the options of whoever calls first', async () => {
    await service.fail(5);
    const another = restarted({ minimumAttempts: 6 });
    await another.fail(1);
    expect(another.breaker.state).toBe('open');
  });

  it('has in place what the snapshot says of a service that it has called already', async () => {
    await service.call(3);
    const healthy = service.breakers.snapshot();
    await service.fail();
    expect(service.breaker.state).toBe('open');
    service.breakers.restore(healthy);
    expect([service.breaker.state, service.breaker.window.attempts]).toEqual(['closed', 3]);
    expect([await service.call(), clock.pending]).toEqual([[200], 0]);
  });

  it.each([NaN, Infinity])('is told that %d is no instant, and knows what it knew', async (now) => {
    await service.fail();
    expect(() => {
      service.breakers.restore(service.breakers.snapshot(), now);
    }).toThrow('restore(): "now" must be a number of epoch milliseconds');
    expect(service.states()).toEqual(['open']);
  });

  it('does not count what was sent before a restore', async () => {
    service.answer = () => ({ status: 500, delayMs: 10 });
    const before = service.client.get('/7').catch(() => undefined);
    await clock.settle();
    service.breakers.restore(service.breakers.snapshot());
    await clock.advance(10);
    await before;
    expect(service.breaker.window.attempts).toBe(0);
  });
});

describe('a snapshot', () => {
  it('has a shape that another version can read, and nothing of any call', async () => {
    service.answer = () => ({
      error: 'ECONNRESET',
      message: 'read https://u:a-secret@orders.test/?sig=a-secret',
    });
    await service.call(2, { headers: { authorization: 'a-secret' }, params: { sig: 'a-secret' } });
    const snapshot = service.breakers.snapshot();
    const at = clock.now();
    expect(snapshot).toEqual({
      version: 1,
      at,
      breakers: [
        {
          key: ORDERS,
          service: 'orders',
          state: 'closed',
          nextOpenMs: 1_000,
          window: {
            windowMs: 10_000,
            buckets: [{ at, attempts: 2, failures: 2, slow: 0 }],
            run: 2,
            runStartedAt: at,
            runEndedAt: at,
          },
          lastFailure: { code: 'ECONNRESET', status: undefined, message: 'read https://orders.test/', at },
        },
      ],
    });
    expect(JSON.stringify(snapshot)).not.toContain('a-secret');
  });

  it.each<[string, (good: BreakersSnapshot) => unknown]>([
    ['must be an object that snapshot() has made', () => 'closed'],
    ['has a wrong "version"', (good) => ({ ...good, version: 2 })],
    ['has a wrong "at"', (good) => ({ ...good, at: 'now' })],
    ['has a wrong "breakers"', (good) => ({ ...good, breakers: {} })],
    [
      'has something else than a breaker: breakers[1]',
      (good) => ({ ...good, breakers: [...good.breakers, null] }),
    ],
    ['has a wrong "key"', (good) => changed(good, { key: '' })],
    ['has a wrong "state"', (good) => changed(good, { state: 'ajar' })],
    ['has a wrong "openUntil"', (good) => changed(good, { openUntil: NaN })],
    ['has a wrong "nextOpenMs"', (good) => changed(good, { nextOpenMs: -1 })],
    ['has a wrong "forced"', (good) => changed(good, { forced: { state: 'open', until: 7 } })],
    ['has a wrong "window"', (good) => changed(good, { window: { windowMs: 10 } })],
    [
      'has a wrong "window"',
      (good) =>
        changed(good, {
          window: { ...good.breakers[0]?.window, buckets: [{ at: 0, attempts: 1, failures: 2, slow: 0 }] },
        }),
    ],
    [
      'has a wrong "window"',
      (good) => changed(good, { window: { ...good.breakers[0]?.window, buckets: new Array(1) } }),
    ],
    ['has a wrong "lastFailure"', (good) => changed(good, { lastFailure: { message: 7 } })],
  ])('that %s is refused, and changes nothing', async (message, spoil) => {
    await service.fail();
    const spoilt = spoil(service.breakers.snapshot()) as BreakersSnapshot;
    const breakers = new Breakers();
    expect(() => {
      breakers.restore(spoilt);
    }).toThrow(new RegExp(`^restore\\(\\): the snapshot ${message.replace(/[[\]()]/g, '\\$&')}`));
    expect([...breakers]).toEqual([]);
  });

  it.each([
    ['a number', 23],
    ['nothing', null],
    ['a secret', 'Bearer a-secret'],
  ])('can be restored where an adapter has %s for a code', async (_what, code) => {
    const failure = Object.assign(new Error('read', { cause: { code: 'ECONNRESET' } }), { code });
    const own = madeService(clock, {}, [() => () => Promise.reject(failure)]);
    await own.call();
    const written = JSON.stringify(own.breakers.snapshot());
    expect(written).not.toContain('a-secret');
    const breakers = new Breakers();
    breakers.restore(JSON.parse(written) as BreakersSnapshot);
    expect(breakers.get('orders')?.window.failures).toBe(1);
  });

  it('can be restored where an adapter has a text for a status', async () => {
    const own = madeService(clock, {}, [
      (next) => async (config) => Object.assign(await next(config), { status: '500' }),
    ]);
    await own.call();
    const breakers = new Breakers();
    breakers.restore(JSON.parse(JSON.stringify(own.breakers.snapshot())) as BreakersSnapshot);
    expect(breakers.get('orders')?.window.failures).toBe(1);
  });

  /** With another breaker behind the good one. */
  function changed(good: BreakersSnapshot, changes: object): unknown {
    return { ...good, breakers: [...good.breakers, { ...good.breakers[0], key: 'other', ...changes }] };
  }
});
