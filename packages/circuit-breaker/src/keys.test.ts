import { install } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock } from '@holdfast/testing';
import axios, { type InternalAxiosRequestConfig } from 'axios';
import { circuitBreaker } from './index.js';
import { ORDERS, REFUSED, madeService, named, outcomeOf } from './made-service.js';

let clock: ManualClock;
beforeEach(() => {
  clock = manualClock();
});
afterEach(() => {
  clock.uninstall();
});

describe('what shares a breaker', () => {
  it('is the service at its origin: two services behind one gateway do not block each other', async () => {
    const breaker = circuitBreaker({ clock, random: () => 0 });
    const [orders, billing] = ['orders', 'billing'].map((name) => {
      const status = name === 'orders' ? 500 : 200;
      const { adapter } = scriptedTransport(() => ({ status }), { clock });
      const client = axios.create({ baseURL: 'https://gateway.test', adapter });
      install(client, [named(name), breaker], { clock });
      return client;
    });
    for (let call = 0; call < 20; call += 1) await outcomeOf(orders!.get('/'));
    expect([await outcomeOf(orders!.get('/')), await outcomeOf(billing!.get('/'))]).toEqual([REFUSED, 200]);
  });

  it('is what a request says itself, before what its owner says', async () => {
    const service = madeService(clock, { key: ({ method }) => `by method: ${method}` });
    service.answer = () => ({ status: 500 });
    await service.call(20, { holdfast: { key: 'mailbox of anna' } });
    service.answer = () => ({ status: 200 });
    expect(await service.call(1, { holdfast: { key: 'mailbox of anna' } })).toEqual([REFUSED]);
    expect(await service.call(1)).toEqual([200]);
    expect([...service.breakers].map(({ key, state }) => [key, state])).toEqual([
      ['mailbox of anna', 'open'],
      ['by method: get', 'closed'],
    ]);
  });

  it('is asked for once per attempt: an answer counts where its request was let through', async () => {
    const asked: string[] = [];
    const key = () => {
      asked.push(`key ${asked.length}`);
      return asked.at(-1)!;
    };
    const service = madeService(clock, { key });
    await service.fail(3);
    expect(asked).toHaveLength(3);
    expect([...service.breakers].map(({ window }) => window.failures)).toEqual([1, 1, 1]);
  });

  it.each<[string, (config: InternalAxiosRequestConfig) => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('no such tenant');
      },
      /^no such tenant$/,
    ],
    ['says no text', () => 7, /must be a text that is not empty/],
  ])('fails the call before anything is sent when it %s', async (_how, key, message) => {
    const service = madeService(clock, { key: key as () => string });
    await expect(service.client.get('/7')).rejects.toThrow(message);
    expect([service.transport.requests, [...service.breakers]]).toEqual([[], []]);
  });

  it('cannot lose an answer because it throws the second time', async () => {
    let asked = 0;
    const service = madeService(clock, {
      key: () => {
        asked += 1;
        if (asked > 1) throw new Error('asked twice');
        return ORDERS;
      },
    });
    expect(await service.call()).toEqual([200]);
  });
});

describe('a clock that is set', () => {
  /** A service by a clock on the wall that can be set, while timers go on by the steady one. */
  function setUp(options = {}) {
    const wall = {
      offsetMs: 0,
      now: () => clock.now() + wall.offsetMs,
      setTimeout: clock.setTimeout.bind(clock),
    };
    return { wall, service: madeService(clock, { clock: wall, ...options }) };
  }
  const YEAR = 365 * 86_400_000;

  it.each([-YEAR, -5_000, 5_000, YEAR])('by %d ms keeps no service closed off for longer', async (jumpMs) => {
    const { wall, service } = setUp();
    await service.fail();
    wall.offsetMs = jumpMs;
    const error: unknown = await service.client.get('/7').catch((reason: unknown) => reason);
    expect((error as { retryAfterMs: number }).retryAfterMs).toBe(jumpMs < 0 ? 1_000 : 0);
    await clock.advance(1_000);
    expect([await service.call(2), service.breaker.state]).toEqual([[200, 200], 'closed']);
    expect(await service.call(5)).toEqual([200, 200, 200, 200, 200]);
  });

  it.each([-YEAR, YEAR])('by %d ms ends no forced opening, and prolongs none', async (jumpMs) => {
    const { wall, service } = setUp();
    await service.call();
    service.breaker.forceOpen({ forMs: 10_000, reason: 'INC-4711' });
    wall.offsetMs = jumpMs;
    await clock.advance(9_999);
    expect(await service.call()).toEqual([REFUSED]);
    await clock.advance(1);
    expect(await service.call()).toEqual([200]);
  });

  it.each([-YEAR, YEAR])('by %d ms while it is open changes no Retry-After', async (jumpMs) => {
    const { wall, service } = setUp();
    service.answer = () => ({ status: 503, headers: { 'retry-after': '5' }, delayMs: 100 });
    const before = outcomeOf(service.client.get('/7'));
    await clock.settle();
    await service.fail();
    wall.offsetMs = jumpMs;
    await clock.advance(100);
    expect(await before).toBe(503);
    service.answer = () => ({ status: 200 });
    await clock.advance(4_999);
    expect(await service.call()).toEqual([REFUSED]);
    await clock.advance(1);
    expect(await service.call()).toEqual([200]);
  });

  it.each([-YEAR, YEAR])('by %d ms while its probes hang keeps nobody waiting for them', async (jumpMs) => {
    const { wall, service } = setUp();
    await service.fail();
    await clock.advance(1_000);
    service.answer = () => 'hang';
    const hung = [1, 2, 3].map(() => outcomeOf(service.client.get('/7', { timeout: 60_000 })));
    await clock.settle();
    wall.offsetMs = jumpMs;
    service.answer = () => ({ status: 200 });
    expect(await service.call(2)).toEqual([200, 200]);
    expect(service.breaker.state).toBe('closed');
    await clock.advance(60_000);
    await Promise.all(hung);
  });
});
