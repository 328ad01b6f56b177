import axios, { type AxiosError } from 'axios';
import { callOf, currentCall, isHoldfastError, type Interceptor } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { throttleGate, type ThrottleGateOptions } from './index.js';
import {
  CANCELED,
  REFUSED,
  ThrottledService,
  comingBack,
  ok,
  throttled,
  within,
  type Others,
} from './made-throttled-service.js';

let clock: ManualClock;
let service: ThrottledService;

beforeEach(() => {
  clock = manualClock();
  setUp();
});
afterEach(() => {
  clock.uninstall();
});

function setUp(options: ThrottleGateOptions = {}, others: Others = {}): void {
  service = new ThrottledService(clock, options, others);
}

describe('throttleGate(): closed', () => {
  it('trap 18: of 20 clients told "Retry-After: 1" none comes early, and they come back spread, in order', async () => {
    setUp({}, { around: [comingBack] });
    service.answer = (_request, number) => (number <= 20 ? throttled(1) : ok);
    const urls = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const calls = Promise.all(urls.map((url) => service.get(url)));
    await clock.advance(10_000);

    expect(await calls).toEqual(urls.map(() => 200));
    const again = service.sent().slice(20);
    expect(again.map(([url]) => url)).toEqual(urls);
    const times = again.map(([, at]) => at);
    // One probe, then the others over a second: no two in the same 50 ms.
    expect(times[0]).toBe(1_000);
    expect(times.at(-1)).toBeGreaterThan(1_800);
    expect(times.at(-1)).toBeLessThanOrEqual(2_000);
    const steps = times.slice(2).map((at, index) => at - times[index + 1]!);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(50);
  });

  it('holds for every call, and lets a call that was never throttled wait too', async () => {
    await service.close();
    const other = service.get('/other');
    await clock.advance(999);
    expect(service.sent()).toEqual([['/throttled', 0]]);
    await clock.advance(1);
    expect(await clock.runUntilSettled(other)).toBe(200);
    expect(service.sent()).toEqual([
      ['/throttled', 0],
      ['/other', 1_000],
    ]);
  });

  it('a 503 with Retry-After closes it; without one neither 503 nor 429 does', async () => {
    service.answer = () => ({ status: 503 });
    expect([await service.get('/1'), await service.get('/2')]).toEqual([503, 503]);
    service.answer = () => ({ status: 429 });
    expect([await service.get('/3'), await service.get('/4')]).toEqual([429, 429]);
    service.answer = () => throttled(0);
    expect([await service.get('/5'), await service.get('/6')]).toEqual([429, 429]);
    service.answer = () => 'hang';
    void Promise.all([service.get('/hang'), service.get('/hang'), service.get('/hang')]);
    await clock.settle();
    expect(service.sent()).toHaveLength(9);
    service.answer = () => throttled(1, 503);
    expect(await service.get('/7')).toBe(503);
    expect(await service.get('/8', within(500))).toBe(REFUSED);
  });

  it('of several instants the latest counts, also an HTTP-date', async () => {
    service.answer = ({ url }) =>
      throttled(url === '/a' ? 1 : url === '/b' ? new Date(service.start + 5_000).toUTCString() : 2);
    await Promise.all([service.get('/a'), service.get('/b'), service.get('/c')]);
    service.answer = () => ok;
    const waiting = service.get('/waits');
    await clock.advance(4_999);
    expect(service.sent()).toHaveLength(3);
    await clock.advance(1);
    expect(await waiting).toBe(200);
  });

  it('closes for five minutes at most, then asks by one probe', async () => {
    await service.close(86_400);
    const waiting = [service.get('/1'), service.get('/2')];
    service.answer = () => throttled(86_400);
    await clock.advance(299_999);
    expect(service.sent()).toHaveLength(1);
    await clock.advance(1);
    expect(await waiting[0]).toBe(429);
    expect(service.sent()).toHaveLength(2);
    service.answer = () => ok;
    await clock.advance(301_000);
    expect(await clock.runUntilSettled(waiting[1]!)).toBe(200);
  });

  it('lets 32 calls wait, and refuses the others at once', async () => {
    await service.close();
    const waiting = Array.from({ length: 32 }, (_, index) => service.get(`/${index}`));
    expect(await service.get('/one-too-many')).toBe(REFUSED);
    await clock.advance(2_000);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual(Array<number>(32).fill(200));
  });

  it('a throttled call always finds room', async () => {
    setUp({ maxWaiters: 1 }, { around: [comingBack] });
    service.answer = (_request, number) => (number <= 3 ? throttled(1) : ok);
    const reserved = [service.get('/1'), service.get('/2'), service.get('/3')];
    await clock.settle();
    expect(await service.get('/other')).toBe(REFUSED);
    await clock.advance(2_000);
    expect(await clock.runUntilSettled(Promise.all(reserved))).toEqual([200, 200, 200]);
  });

  it('begins no wait that does not fit the deadline, and lets one wait that fits', async () => {
    await service.close();
    expect(await service.get('/short', within(1_000))).toBe(REFUSED);
    const fits = service.get('/fits', within(1_001));
    await clock.advance(1_000);
    expect(await fits).toBe(200);
  });

  it('begins no such wait for a throttled call either', async () => {
    setUp({}, { around: [comingBack] });
    service.answer = () => throttled(60);
    expect(await service.get('/7', within(30_000))).toBe(REFUSED);
    expect(clock.pending).toBe(0);
  });

  it('refuses with an axios error that names the instant, and tells the journal', async () => {
    await service.close(3);
    await clock.advance(1_000);
    const error: unknown = await service.client.get('/8', within(10)).catch((reason: unknown) => reason);
    if (!isHoldfastError(error, 'ERR_THROTTLED')) throw error;
    expect([error.retryAfterMs, error.until, error.config?.url]).toEqual([
      2_000,
      service.start + 3_000,
      '/8',
    ]);
    expect(callOf(error)?.refusals).toEqual(['refused: throttled, next try in 2000 ms']);
  });

  it('tells a call that was throttled until when its place is held, and its journal', async () => {
    service.answer = () => throttled(2);
    const error = await service.client.get('/7').catch((reason: unknown) => reason as AxiosError);
    expect(currentCall(error.config!).heldUntil).toBe(service.start + 2_000);
    expect(currentCall(error.config!).gated).toBe(true);
    expect(callOf(error)?.attempts[0]?.decisions).toEqual(['throttled: the gate is closed for 2000 ms']);
  });

  it('one service that throttles does not hold up another', async () => {
    await service.close();
    expect(await service.get('https://stock.test/7')).toBe(200);
    expect(await service.get('/7', within(500))).toBe(REFUSED);
  });

  it('shares a gate by the key it is given', async () => {
    setUp({ key: ({ url }) => url?.split('/')[1] ?? '' });
    service.answer = () => throttled(1);
    await service.get('/mail/1');
    service.answer = () => ok;
    expect(await service.get('/mail/2', within(500))).toBe(REFUSED);
    expect(await service.get('/files/1', within(500))).toBe(200);
  });
});

describe('throttleGate(): waiting', () => {
  it('ends at once when the caller gives up, by signal or by cancelToken', async () => {
    await service.close();
    const giveUp = new AbortController();
    const source = axios.CancelToken.source();
    const removed = jest.spyOn(giveUp.signal, 'removeEventListener');
    const waiting = [
      service.get('/1', { signal: giveUp.signal }),
      service.get('/2', { cancelToken: source.token }),
    ];
    await clock.settle();
    expect(clock.pending).toBe(1);
    giveUp.abort();
    source.cancel();
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual([CANCELED, CANCELED]);
    expect(clock.pending).toBe(0);
    expect(removed).toHaveBeenCalled();
    await clock.advance(5_000);
    expect(service.sent()).toHaveLength(1);
  });

  it('does not begin for a call that was given up before it came to the gate', async () => {
    const giveUp = new AbortController();
    const givingUp: Interceptor = (next) => (config) => {
      giveUp.abort();
      return next(config);
    };
    setUp(
      {},
      { around: [(next) => (config) => (config.url === '/7' ? givingUp(next)(config) : next(config))] },
    );
    await service.close();
    const waiting = service.get('/7', { signal: giveUp.signal });
    expect(await service.isSettled(waiting)).toBe(true);
    expect([await waiting, clock.pending]).toEqual([CANCELED, 0]);
  });

  it('leaves neither timers nor listeners behind', async () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    await service.close();
    const waiting = [service.get('/1', { signal }), service.get('/2', { signal })];
    await clock.settle();
    expect(clock.pendingRef).toBe(1);
    await clock.advance(5_000);
    await clock.runUntilSettled(Promise.all(waiting));
    expect(clock.pending).toBe(0);
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
  });

  it('starts no timer while it is open, nor while it is closed and nobody waits', async () => {
    await service.get('/1');
    expect(clock.pending).toBe(0);
    await service.close();
    expect(clock.pending).toBe(0);
  });

  it('names an option that is wrong', () => {
    expect(() => throttleGate({ maxWaiters: -1 })).toThrow('"maxWaiters" must be a whole number, 0 or more');
    expect(() => throttleGate({ waiters: 5 } as ThrottleGateOptions)).toThrow('no option "waiters"');
  });
});
