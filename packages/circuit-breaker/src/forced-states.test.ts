import { callOf, subscribe, type CircuitEvent } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { Breakers, type ForcedStateOptions } from './index.js';
import { ORDERS, REFUSED, madeService, outcomeOf, refusalOf, type MadeService } from './made-service.js';

let clock: ManualClock;
let service: MadeService;
beforeEach(async () => {
  clock = manualClock();
  service = madeService(clock);
  await service.call();
});
afterEach(() => {
  clock.uninstall();
});

const INCIDENT = { forMs: 600_000, reason: 'INC-4711' };

describe('a service that an operator takes out', () => {
  it('is sent nothing although it never failed, and callers are told why and for how long', async () => {
    service.breaker.forceOpen(INCIDENT);
    await clock.advance(200_000);
    expect(await service.call(2)).toEqual([REFUSED, REFUSED]);
    expect(service.transport.requests).toHaveLength(1);

    const { retryAfterMs, cause } = await refusalOf(service);
    expect(retryAfterMs).toBe(400_000);
    expect(cause).toEqual({
      code: undefined,
      status: undefined,
      message: 'forced open: INC-4711',
      at: clock.now() - 200_000,
    });
    const { forced, state, openUntil } = service.breaker;
    const until = clock.now() + 400_000;
    expect([forced, state, openUntil]).toEqual([{ state: 'open', until, reason: 'INC-4711' }, 'open', until]);
  });

  it.each<[string, () => unknown]>([
    ['when its time is over', () => clock.advance(600_000)],
    [
      'when it is released',
      () => {
        service.breaker.release();
      },
    ],
  ])('is tried with probes and then a ramp %s, since nobody knows how it is', async (_when, end) => {
    service.breaker.forceOpen(INCIDENT);
    await clock.advance(1_000);
    await end();
    expect([service.breaker.state, service.breaker.forced]).toEqual(['half-open', undefined]);

    service.answer = () => 'hang';
    const probes = [1, 2, 3].map(() => outcomeOf(service.client.get('/7', { timeout: 100 })));
    await clock.settle();
    expect(await service.call()).toEqual([REFUSED]);
    await clock.advance(100);
    await Promise.all(probes);
    expect(service.states()).toEqual(['open', 'half-open', 'open']);

    await clock.advance(2_000);
    service.answer = () => ({ status: 200 });
    await service.call(2);
    expect(service.states().slice(3)).toEqual(['half-open', 'closed']);
    expect((await refusalsOnRamp()).length).toBeGreaterThan(0);
  });

  /** Without chance nobody is refused on a ramp: here, chance is against everybody. */
  async function refusalsOnRamp(): Promise<unknown[]> {
    const unlucky = madeService(clock, { random: () => 0.99 });
    await unlucky.call();
    unlucky.breaker.forceOpen(INCIDENT);
    unlucky.breaker.release();
    const came = await unlucky.call(3);
    expect(came).toEqual([200, 200, REFUSED]);
    return came.filter((one) => one === REFUSED);
  }

  it('stays out for months where that is what was said, longer than a timer can reach', async () => {
    const month = 30 * 86_400_000;
    service.breaker.forceOpen({ forMs: 2 * month, reason: 'moved' });
    await clock.advance(2 * month - 1);
    expect(await service.call()).toEqual([REFUSED]);
    await clock.advance(1);
    expect(await service.call()).toEqual([200]);
  });

  it.each<[string, () => unknown]>([
    ['open', () => service.fail()],
    [
      'half-open',
      async () => {
        await service.fail();
        await clock.advance(1_000);
        expect(service.breaker.state).toBe('half-open');
      },
    ],
    [
      'forced open',
      () => {
        service.breaker.forceOpen({ forMs: 3_600_000, reason: 'earlier' });
      },
    ],
    [
      'forced closed',
      () => {
        service.breaker.forceClosed({ forMs: 3_600_000, reason: 'earlier' });
      },
    ],
  ])('is out for the time that was said last, when it was %s', async (_state, before) => {
    await before();
    service.breaker.forceOpen(INCIDENT);
    await clock.advance(599_999);
    expect((await refusalOf(service)).cause).toMatchObject({ message: 'forced open: INC-4711' });
    await clock.advance(1);
    expect([await service.call(), service.breaker.state]).toEqual([[200], 'half-open']);
    expect(clock.pending).toBe(0);
  });

  it('does not come back early because an answer to an earlier call comes in', async () => {
    service.answer = () => ({ status: 200, delayMs: 5_000 });
    const before = service.client.get('/7');
    await clock.settle();
    service.breaker.forceOpen(INCIDENT);
    await clock.advance(5_000);
    expect((await before).status).toBe(200);
    expect([service.breaker.state, service.breaker.window.attempts]).toEqual(['open', 1]);
  });
});

describe('a service that an operator holds in', () => {
  it('is sent everything however it fails, and what it does is counted', async () => {
    await service.fail();
    expect(await service.call()).toEqual([REFUSED]);
    service.breaker.forceClosed(INCIDENT);
    await service.fail(50);
    expect([service.breaker.state, service.breaker.window.failures]).toEqual(['closed', 69]);
    expect(service.transport.requests).toHaveLength(70);
    expect(clock.pending).toBe(0);
  });

  it.each<[string, () => unknown]>([
    ['its time is over', () => clock.advance(600_000 - 1_000)],
    [
      'it is released',
      () => {
        service.breaker.release();
      },
    ],
  ])('is refused at the next failure when %s', async (_when, end) => {
    service.breaker.forceClosed(INCIDENT);
    await clock.advance(1_000);
    await service.fail(100);
    await end();
    expect([service.breaker.forced, service.breaker.state]).toEqual([undefined, 'closed']);
    await service.fail(1);
    expect(service.breaker.state).toBe('open');
  });

  it('is judged by what was under way when it was taken in hand, too', async () => {
    service.answer = () => ({ status: 500, delayMs: 100 });
    const before = service.call();
    await clock.settle();
    service.breaker.forceClosed(INCIDENT);
    await clock.advance(100);
    await before;
    expect(service.breaker.window.failures).toBe(1);
  });

  it('is held in no more once its time was over, although the clock is set back', async () => {
    let behindMs = 0;
    const own = madeService(clock, { clock: { ...clockOf(clock), now: () => clock.now() - behindMs } });
    await own.call();
    own.breaker.forceClosed({ forMs: 1_000, reason: 'a drill' });
    await clock.advance(1_000);
    await own.call();
    behindMs = 500;
    expect(own.breaker.forced).toBeUndefined();
    await own.fail();
    expect(own.breaker.state).toBe('open');
  });

  it('is as any other again once it has been quiet', async () => {
    service.breaker.forceClosed({ forMs: 1_000, reason: 'a drill' });
    await clock.advance(1_000);
    await service.call();
    await clock.advance(13_000);
    await service.call();
    await service.fail();
    expect(service.states()).toEqual(['closed', 'open']);
  });
});

const clockOf = (real: ManualClock) => ({
  setTimeout: (callback: () => void, delayMs: number) => real.setTimeout(callback, delayMs),
});

describe('an operator', () => {
  it('hears of each forced state and of its end, with the reason', async () => {
    const events: CircuitEvent[] = [];
    const unsubscribe = subscribe('holdfast:circuit', (event) => events.push(event));
    service.breaker.forceOpen(INCIDENT);
    service.breaker.forceClosed({ forMs: 1_000, reason: 'a drill' });
    service.breaker.release();
    service.breaker.forceOpen({ forMs: 500, reason: 'short' });
    await clock.advance(500);
    unsubscribe();
    expect(events.map(({ state, reason, retryAfterMs }) => [state, reason, retryAfterMs])).toEqual([
      ['open', 'forced open: INC-4711', 600_000],
      ['closed', 'forced closed: a drill', undefined],
      ['closed', 'released: a drill', undefined],
      ['open', 'forced open: short', 500],
      ['half-open', 'no longer forced open: short', undefined],
    ]);
    expect(service.changes.map(({ reason }) => reason)).toEqual(events.map(({ reason }) => reason));
  });

  it('may release what nobody has forced: nothing happens', async () => {
    service.breaker.release();
    await service.fail();
    service.breaker.release();
    expect([service.states(), await service.call()]).toEqual([['open'], [REFUSED]]);
  });

  it.each<[string, object]>([
    ['"forMs" must be a number of milliseconds, more than 0, and is undefined', { reason: 'INC' }],
    ['"forMs" must be a number of milliseconds, more than 0, and is 0', { forMs: 0, reason: 'INC' }],
    [
      '"forMs" must be a number of milliseconds, more than 0, and is Infinity',
      { forMs: Infinity, reason: 'INC' },
    ],
    ['"forMs" must be a number of milliseconds, more than 0, and is NaN', { forMs: NaN, reason: 'INC' }],
    ['"reason" must be a text that says why, and is undefined', { forMs: 1 }],
    ['"reason" must be a text that says why, and is an empty string', { forMs: 1, reason: '' }],
    ['no option "forever"', { forMs: 1, reason: 'INC', forever: true }],
  ])('is told that %s', (message, options) => {
    for (const force of ['forceOpen', 'forceClosed'] as const) {
      expect(() => {
        service.breaker[force](options as ForcedStateOptions);
      }).toThrow(`${force}(): `);
      expect(() => {
        service.breaker[force](options as ForcedStateOptions);
      }).toThrow(message);
    }
    expect(service.changes).toEqual([]);
  });

  it('finds a healthy service by its name and by its key, and none that was never called', async () => {
    expect(service.breakers.get('orders')?.key).toBe(ORDERS);
    expect(service.breakers.get(ORDERS)?.service).toBe('orders');
    expect(service.breakers.get('billing')).toBeUndefined();
    expect(new Breakers().get('orders')).toBeUndefined();
    const forgotten: unknown = undefined;
    expect(service.breakers.get(forgotten as string)).toBeUndefined();

    await service.call(1, { baseURL: 'https://eu.orders.test' });
    await service.call();
    expect(service.breakers.get('orders')?.key).toBe(ORDERS);
    expect([...service.breakers].map(({ key }) => key)).toEqual([ORDERS, 'orders https://eu.orders.test']);
  });

  it('sees what is counted as of now, and nothing that is too old', async () => {
    await service.fail(3);
    const counted = { attempts: 4, failures: 3, slow: 0, run: 3, windowMs: 10_000 };
    expect(service.breaker.window).toEqual(counted);
    await clock.advance(11_000);
    expect(service.breaker.window).toEqual({ ...counted, attempts: 0, failures: 0 });
    expect(JSON.parse(JSON.stringify(service.breaker))).toMatchObject({ key: ORDERS, state: 'closed' });
  });

  it('reads in the journal of a call that it was refused, and for how long', async () => {
    service.breaker.forceOpen(INCIDENT);
    const error: unknown = await service.client.get('/7').catch((reason: unknown) => reason);
    expect(callOf(error)?.refusals).toEqual(['refused: circuit open, next try in 600000 ms']);
  });
});
