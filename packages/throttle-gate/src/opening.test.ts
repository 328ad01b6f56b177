import { CircuitOpenError } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import { type ThrottleGateOptions } from './index.js';
import {
  CANCELED,
  REFUSED,
  ThrottledService,
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

describe('throttleGate(): opening', () => {
  it('sends one probe, and the others only when it is answered', async () => {
    await service.close();
    service.answer = ({ url }) => (url === '/1' ? { status: 200, delayMs: 3_000 } : ok);
    const waiting = ['/1', '/2', '/3'].map((url) => service.get(url));
    await clock.advance(3_999);
    expect(service.sent().slice(1)).toEqual([['/1', 1_000]]);
    await clock.advance(1_001);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual([200, 200, 200]);
    expect(service.sent().slice(2)).toEqual([
      ['/2', 4_000],
      ['/3', 5_213],
    ]);
  });

  it('a probe that is throttled closes it again, and those who wait keep their places', async () => {
    await service.close();
    service.answer = ({ at }) => (at < service.start + 6_000 ? throttled(5) : ok);
    const waiting = ['/1', '/2', '/3'].map((url) => service.get(url));
    await clock.advance(1_000);
    expect(await waiting[0]).toBe(429);
    await clock.advance(4_999);
    expect(service.sent()).toHaveLength(2);
    await clock.advance(2_000);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual([429, 200, 200]);
    expect(service.sent().slice(2)).toEqual([
      ['/2', 6_000],
      ['/3', 6_000],
    ]);
  });

  it('closed again for longer, it refuses those whose deadline is earlier', async () => {
    await service.close();
    service.answer = () => throttled(60);
    const [probe, short, long] = [
      service.get('/1'),
      service.get('/2', within(30_000)),
      service.get('/3', within(120_000)),
    ];
    await clock.advance(1_000);
    expect(await probe).toBe(429);
    expect(await service.isSettled(short)).toBe(true);
    expect(await short).toBe(REFUSED);
    expect(await service.isSettled(long)).toBe(false);
    service.answer = () => ok;
    await clock.advance(60_000);
    expect(await clock.runUntilSettled(long)).toBe(200);
  });

  it('a 429 on the ramp closes it again for those still waiting', async () => {
    await service.close();
    service.answer = ({ url }) => (url === '/2' ? throttled(5) : ok);
    const waiting = ['/1', '/2', '/3', '/4'].map((url) => service.get(url));
    await clock.advance(1_000);
    expect(service.sent().map(([url]) => url)).toEqual(['/throttled', '/1', '/2']);
    await clock.advance(4_999);
    expect(service.sent()).toHaveLength(3);
    await clock.advance(2_000);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual([200, 429, 200, 200]);
  });

  it('a probe that is cancelled does not leave the others waiting', async () => {
    await service.close();
    const giveUp = new AbortController();
    service.answer = ({ url }) => (url === '/1' ? 'hang' : ok);
    const waiting = [service.get('/1', { signal: giveUp.signal }), service.get('/2'), service.get('/3')];
    await clock.advance(1_500);
    expect(service.sent()).toHaveLength(2);
    giveUp.abort();
    await clock.advance(1_000);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual([CANCELED, 200, 200]);
  });

  it.each([
    [
      'refuses to send it',
      () => Promise.reject(new CircuitOpenError({ service: 'orders', retryAfterMs: 1 })),
    ],
    [
      'throws instead of rejecting',
      () => {
        throw new Error('synchronous');
      },
    ],
  ])(
    'a probe does not leave the others waiting when something inside %s',
    async (_how, fails: () => Promise<never>) => {
      let isFailing = false;
      setUp({}, { within: [(next) => (config) => (isFailing ? fails() : next(config))] });
      await service.close();
      isFailing = true;
      const waiting = [service.get('/1'), service.get('/2'), service.get('/3')];
      await clock.advance(1_000);
      await clock.runUntilSettled(Promise.all(waiting));
      expect([service.sent().length, clock.pending]).toEqual([1, 0]);
    },
  );

  it('a probe that fails is no throttle: the others come out on the ramp', async () => {
    await service.close();
    service.answer = () => ({ error: 'ECONNREFUSED' });
    const waiting = ['/1', '/2', '/3'].map((url) => service.get(url));
    await clock.advance(1_333);
    expect(service.sent()).toHaveLength(3);
    await clock.advance(1);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual(Array<string>(3).fill('ECONNREFUSED'));
  });

  it('a probe answered 429 without an instant lets the next one try, and nobody else', async () => {
    await service.close();
    service.answer = ({ url }) => ({ status: url === '/1' ? 429 : 200, delayMs: 100 });
    const waiting = ['/1', '/2', '/3'].map((url) => service.get(url));
    await clock.advance(2_000);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual([429, 200, 200]);
    expect(
      service
        .sent()
        .slice(1)
        .map(([, at]) => at),
    ).toEqual([1_000, 1_100, 1_200]);
  });

  it('a probe answered 503 with "Retry-After: 0" is no throttle: the others come out on the ramp, and none waits for the next answer', async () => {
    await service.close();
    service.answer = ({ url }) =>
      url === '/1' ? { ...throttled(0, 503), delayMs: 100 } : { ...ok, delayMs: 500 };
    const waiting = ['/1', '/2', '/3'].map((url) => service.get(url));
    await clock.advance(1_599);
    expect(service.sent().slice(1)).toEqual([
      ['/1', 1_000],
      ['/2', 1_100],
      ['/3', 1_434],
    ]);
    expect(await clock.runUntilSettled(Promise.all(waiting))).toEqual([503, 200, 200]);
  });

  it('a probe that hangs does not leave the others waiting for ever', async () => {
    await service.close();
    service.answer = ({ url }) => (url === '/1' ? 'hang' : ok);
    const hung = service.get('/1', { timeout: 60_000 });
    const other = service.get('/2');
    await clock.advance(10_999);
    expect(await service.isSettled(other)).toBe(false);
    await clock.advance(1);
    expect(await clock.runUntilSettled(other)).toBe(200);
    await clock.advance(60_000);
    expect(await hung).toBe('ECONNABORTED');
  });

  it('calls that arrive on the ramp queue behind it; after the ramp it is open', async () => {
    await service.close();
    const early = ['/1', '/2', '/3', '/4'].map((url) => service.get(url));
    await clock.advance(1_100);
    const late = service.get('/late');
    await clock.advance(900);
    expect(await clock.runUntilSettled(Promise.all([...early, late]))).toEqual(Array<number>(5).fill(200));
    expect(
      service
        .sent()
        .slice(1)
        .map(([url]) => url),
    ).toEqual(['/1', '/2', '/3', '/4', '/late']);

    await clock.advance(1_000);
    const before = service.sent().length;
    const herd = Array.from({ length: 100 }, (_, index) => service.get(`/${index}`));
    await clock.settle();
    expect(service.sent()).toHaveLength(before + 100);
    await Promise.all(herd);
  });

  it('nobody waited: the first call after the instant is the probe, and goes at once', async () => {
    setUp({ maxWaiters: 0 });
    await service.close();
    await clock.advance(2_000);
    service.answer = () => ({ status: 200, delayMs: 100 });
    const first = service.get('/1');
    expect(await service.get('/2')).toBe(REFUSED);
    await clock.advance(100);
    expect(await first).toBe(200);
  });

  it('nobody waited, and the instant is more than the ramp ago: there is no probe that others have to wait for', async () => {
    setUp({ maxWaiters: 0 });
    await service.close();
    await clock.advance(2_001);
    service.answer = () => ({ status: 200, delayMs: 100 });
    const both = [service.get('/1'), service.get('/2')];
    await clock.advance(100);
    expect(await clock.runUntilSettled(Promise.all(both))).toEqual([200, 200]);
    expect(service.sent().slice(1)).toEqual([
      ['/1', 2_001],
      ['/2', 2_001],
    ]);
  });

  it('spreads the probe by a tenth of the closed time, at least by 50 ms, at most by the ramp', async () => {
    const probeAfter = async (closedMs: number) => {
      setUp({ random: () => 0.999, maxClosedMs: closedMs });
      await service.close(3_600);
      const waiting = service.get('/1');
      await clock.advance(closedMs + 1_000);
      expect(await waiting).toBe(200);
      return service.sent()[1]![1] - closedMs;
    };
    const spreads = [
      await probeAfter(100),
      await probeAfter(1_000),
      await probeAfter(6_000),
      await probeAfter(60_000),
    ];
    expect(spreads).toEqual([50, 100, 600, 999]);
  });
});
