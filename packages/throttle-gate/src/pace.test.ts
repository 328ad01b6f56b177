import { isHoldfastError } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import type { ThrottleGateOptions } from './index.js';
import { CANCELED, REFUSED, ThrottledService, ok, within } from './made-throttled-service.js';

let clock: ManualClock;
let service: ThrottledService;

beforeEach(() => {
  clock = manualClock();
  setUp();
});
afterEach(() => {
  clock.uninstall();
});

function setUp(options: ThrottleGateOptions = {}): void {
  service = new ThrottledService(clock, { pace: true, ...options });
}

/** One answer says what is left; the others say nothing. */
async function left(remaining: number, seconds: number, limit = 100): Promise<void> {
  const ratelimit = `"default";r=${remaining};t=${seconds}`;
  service.answer = () => ({
    status: 200,
    headers: { ratelimit, 'ratelimit-policy': `"default";q=${limit};w=60` },
  });
  await service.get('/told');
  service.answer = () => ok;
}

const times = () =>
  service
    .sent()
    .slice(1)
    .map(([, at]) => at);

describe('throttleGate({ pace: true })', () => {
  it('spreads what is left over the time until the reset, in order of arrival', async () => {
    await left(5, 10);
    const calls = ['/1', '/2', '/3', '/4'].map((url) => service.get(url));
    expect(await clock.runUntilSettled(Promise.all(calls))).toEqual([200, 200, 200, 200]);
    expect(service.sent().slice(1)).toEqual([
      ['/1', 0],
      ['/2', 2_000],
      ['/3', 4_000],
      ['/4', 6_000],
    ]);
  });

  it('with nothing left sends none before the reset, and then not all together', async () => {
    await left(0, 5);
    const calls = ['/1', '/2', '/3'].map((url) => service.get(url));
    await clock.advance(4_999);
    expect(times()).toEqual([]);
    await clock.runUntilSettled(Promise.all(calls));
    expect(times()).toEqual([5_000, 5_250, 5_500]);
  });

  it('slows nothing down while half of the quota is left, nor without being asked to', async () => {
    await left(50, 10);
    await Promise.all([service.get('/1'), service.get('/2'), service.get('/3')]);
    setUp({ pace: false });
    await left(0, 10);
    await Promise.all([service.get('/1'), service.get('/2'), service.get('/3')]);
    expect(times()).toEqual([0, 0, 0]);
  });

  it('tells the journal how long a call waits', async () => {
    await left(10, 10);
    await service.get('/1');
    expect(await clock.runUntilSettled(service.story('/2'))).toEqual(['paced: waits 1000 ms']);
  });

  it('refuses at once a call whose deadline is before its slot, and says when that is', async () => {
    await left(5, 10);
    await service.get('/1');
    void service.get('/2');
    const error: unknown = await service.client.get('/3', within(4_000)).catch((reason: unknown) => reason);
    if (!isHoldfastError(error, 'ERR_THROTTLED')) throw error;
    expect(error.until).toBe(service.start + 4_000);
    expect(await clock.runUntilSettled(service.get('/4', within(4_001)))).toBe(200);
  });

  it('refuses who finds no room, and ends a wait at once when the caller gives up', async () => {
    setUp({ maxWaiters: 1 });
    await left(5, 10);
    await service.get('/1');
    const giveUp = new AbortController();
    const waits = service.get('/2', { signal: giveUp.signal });
    expect(await service.get('/3')).toBe(REFUSED);
    giveUp.abort();
    expect([await waits, clock.pending]).toEqual([CANCELED, 0]);
  });

  it('is over at the reset, and when an answer says that there is plenty', async () => {
    await left(1, 10);
    await service.get('/1');
    await clock.advance(10_000);
    await Promise.all([service.get('/2'), service.get('/3')]);
    await left(1, 10);
    await left(90, 10);
    await Promise.all([service.get('/4'), service.get('/5')]);
    expect(times().slice(-2)).toEqual(times().slice(-2).fill(times().at(-1)!));
  });

  it('a reset that is a year away holds nobody up for longer than the gate may be closed', async () => {
    await left(0, 31_536_000);
    await clock.runUntilSettled(service.get('/1'));
    expect(times()).toEqual([300_000]);
  });

  it.each([
    ['plenty', 90],
    ['little', 40],
  ])('a probe that says how much is left refuses nobody who has time enough: %s', async (_how, remaining) => {
    await service.close(1);
    const headers = { ratelimit: `"a";r=${remaining};t=10`, 'ratelimit-policy': '"a";q=100' };
    service.answer = () => ({ status: 200, headers, delayMs: 10 });
    const calls = ['/1', '/2', '/3'].map((url) => service.get(url, within(5_000)));
    expect(await clock.runUntilSettled(Promise.all(calls))).toEqual([200, 200, 200]);
  });

  it('little left, refuses at once who waits and cannot be sent in time any more', async () => {
    await left(10, 10);
    await service.get('/1');
    service.answer = () => ({ status: 200, headers: { ratelimit: '"a";r=1;t=10' }, delayMs: 100 });
    const [told, short, long] = [
      service.get('/told'),
      service.get('/short', within(4_000)),
      service.get('/long'),
    ];
    await clock.advance(1_100);
    expect(await told).toBe(200);
    expect([await service.isSettled(short), await service.isSettled(long)]).toEqual([true, false]);
    expect(await short).toBe(REFUSED);
    expect(await clock.runUntilSettled(long)).toBe(200);
  });

  it('only observed, sends at once and says how long a call would wait', async () => {
    setUp({ mode: 'observe' });
    await left(10, 10);
    await service.get('/1');
    expect([await service.story('/2'), await service.story('/3')]).toEqual([
      ['paced: would wait 1000 ms'],
      ['paced: would wait 2000 ms'],
    ]);
    expect(times()).toEqual([0, 0, 0]);
  });
});
