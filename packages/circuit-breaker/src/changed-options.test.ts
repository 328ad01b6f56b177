import { install } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock } from '@holdfast/testing';
import axios from 'axios';
import { type Breakers, circuitBreaker, type CircuitBreakerOptions } from './index.js';
import { REFUSED, madeService, named, outcomeOf, refusalOf, type MadeService } from './made-service.js';

let clock: ManualClock;
let service: MadeService;
beforeEach(() => {
  clock = manualClock();
  service = madeService(clock);
});
afterEach(() => {
  clock.uninstall();
});

/** The same service through another interceptor over the same breakers. */
function anotherOver(breakers: Breakers, options: CircuitBreakerOptions, name = 'orders') {
  const transport = scriptedTransport(() => ({ status: 500 }), { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  const interceptor = circuitBreaker({ clock, random: () => 0, breakers, ...options });
  install(client, [named(name), interceptor], { clock });
  return { client, transport, interceptor };
}

describe('options that an operator changes for one service', () => {
  it('hold at once, for what was counted before as well', async () => {
    await service.fail(12);
    service.breaker.configure({ minimumAttempts: 12 });
    await service.fail(1);
    expect(service.changes.map(({ reason }) => reason)).toEqual(['13 of 13 attempts failed']);
  });

  it('leave every other option as it was', async () => {
    const own = madeService(clock, { minimumAttempts: 5, openMs: 7_000 });
    await own.call();
    own.breaker.configure({ probes: 1, probesToClose: 1 });
    await own.fail(4);
    await clock.advance(6_999);
    expect(await own.call()).toEqual([REFUSED]);
    await clock.advance(1);
    expect([await own.call(), own.states()]).toEqual([[200], ['open', 'half-open', 'closed']]);
  });

  it('do not touch another service', async () => {
    await service.call(1, { baseURL: 'https://eu.orders.test' });
    service.breakers.get('orders https://eu.orders.test')?.configure({ minimumAttempts: 1 });
    await service.fail(5);
    expect(service.states()).toEqual([]);
  });

  it('keep what was counted when the window becomes longer or shorter', async () => {
    for (let second = 0; second < 8; second += 1) {
      await service.fail(1);
      await clock.advance(1_000);
    }
    service.breaker.configure({ windowMs: 60_000 });
    expect(service.breaker.window).toMatchObject({ attempts: 8, failures: 8, run: 8, windowMs: 60_000 });
    await clock.advance(30_000);
    expect(service.breaker.window.attempts).toBe(8);

    await service.call();
    service.breaker.configure({ windowMs: 100 });
    expect(service.breaker.window).toMatchObject({ attempts: 0, run: 0, windowMs: 100 });
    await service.call();
    expect(service.breaker.window.attempts).toBe(1);
  });

  it('end a trial whose outcome they decide, and no probe is waited for in vain', async () => {
    const own = madeService(clock, { probes: 5, probesToClose: 2 });
    await own.fail();
    await clock.advance(1_000);
    await own.call(1);
    await own.fail(2);
    expect(own.breaker.state).toBe('half-open');
    own.breaker.configure({ probes: 3 });
    expect(own.changes.at(-1)?.reason).toBe('2 of 3 probes failed');
    await clock.advance(2_000);
    await own.call(1);
    own.breaker.configure({ probesToClose: 1 });
    expect(own.breaker.state).toBe('closed');
  });

  it('do not shorten an opening that lasts, and hold for the next one', async () => {
    await service.fail();
    service.breaker.configure({ openMs: 100, maxOpenMs: 100 });
    await clock.advance(999);
    expect(await service.call()).toEqual([REFUSED]);
    await clock.advance(1);
    await service.fail(2);
    await clock.advance(99);
    expect(await service.call()).toEqual([REFUSED]);
    await clock.advance(1);
    expect(await service.call()).toEqual([200]);
  });

  it.each<[string, object, number, number]>([
    ['longer than doubling has come to', { openMs: 10_000, maxOpenMs: 15_000 }, 10_000, 15_000],
    ['longer than doubling may come to', { openMs: 10_000 }, 10_000, 10_000],
    ['at most shorter than that', { openMs: 100, maxOpenMs: 300 }, 300, 300],
  ])('hold for the next opening where it is to be %s', async (_what, options, openMs, thenMs) => {
    await service.fail();
    await clock.advance(1_000);
    await service.fail(2);
    await clock.advance(2_000);
    expect(service.breaker.state).toBe('half-open');
    service.breaker.configure(options);
    expect(service.breakers.snapshot().breakers[0]?.nextOpenMs).toBe(openMs);
    await service.fail(2);
    expect((await refusalOf(service)).retryAfterMs).toBe(thenMs);
  });

  it('hold for the next opening of a service that has just come back', async () => {
    await service.fail();
    await clock.advance(1_000);
    await service.call(2);
    service.breaker.configure({ openMs: 5_000 });
    await service.fail();
    expect((await refusalOf(service)).retryAfterMs).toBe(5_000);
  });

  it.each<[string, object]>([
    ['configure(): the option "failureRatio" must be a number from 0 to 1, and is 50', { failureRatio: 50 }],
    ['configure(): the option "probesToClose" must be at most "probes" (1), and is 2', { probes: 1 }],
    ['configure(): there is no option "key"', { key: () => 'all' }],
  ])('are refused with %s, and nothing has changed', async (message, options) => {
    await service.call();
    expect(() => {
      service.breaker.configure({ minimumAttempts: 1, ...options });
    }).toThrow(message);
    await service.fail(5);
    expect(service.states()).toEqual([]);
  });
});

describe('an interceptor over the breakers of another', () => {
  it('goes on where that one was, with its own options', async () => {
    await service.fail(12);
    const { client } = anotherOver(service.breakers, { minimumAttempts: 13 });
    await outcomeOf(client.get('/7'));
    expect(service.breaker.state).toBe('open');
  });

  it('keeps what is open or forced as it is', async () => {
    await service.call();
    service.breaker.forceOpen({ forMs: 60_000, reason: 'INC-4711' });
    const { client, transport } = anotherOver(service.breakers, { openMs: 5 });
    await clock.advance(59_999);
    expect(await outcomeOf(client.get('/7'))).toBe(REFUSED);
    expect([transport.requests, service.breaker.forced?.reason]).toEqual([[], 'INC-4711']);
  });

  it('is the one that counts when it was made last, whoever calls', async () => {
    await service.call();
    anotherOver(service.breakers, { minimumAttempts: 1 });
    const { client } = anotherOver(service.breakers, { minimumAttempts: 3 });
    await outcomeOf(client.get('/7'));
    await service.fail(1);
    expect(service.breaker.state).toBe('open');
  });

  it('has nothing to do with another service at the same origin', async () => {
    await service.fail();
    const { client, interceptor } = anotherOver(service.breakers, {}, 'billing');
    expect(await outcomeOf(client.get('/7'))).toBe(500);
    expect([interceptor.breakers === service.breakers, [...service.breakers].length]).toEqual([true, 2]);
  });

  it('needs breakers that are some', () => {
    expect(() => circuitBreaker({ breakers: {} as Breakers })).toThrow(
      'the option "breakers" must be a Breakers, and is an object',
    );
  });
});
