import axios, { type AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import {
  CircuitOpenError,
  callOf,
  currentCall,
  install,
  isHoldfastError,
  type Interceptor,
} from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type ScriptFunction } from '@holdfast/testing';
import { throttleGate, type ThrottleGateOptions } from './index.js';

const REFUSED = 'ERR_THROTTLED';
const CANCELED = 'ERR_CANCELED';
const throttled = (seconds: number | string, status = 429) => ({
  status,
  headers: { 'retry-after': String(seconds) },
});
const ok = { status: 200 };

let clock: ManualClock;
let start: number;
let client: AxiosInstance;
let answer: ScriptFunction;
/** What was sent: the URL, and when. */
let sent: () => [string, number][];

beforeEach(() => {
  clock = manualClock();
  setUp();
});
afterEach(() => {
  clock.uninstall();
});

/** Sends again at once, as long as the gate keeps a place: what a retry outside does. */
const comingBack: Interceptor = (next) => async (config) => {
  let response = await next(config);
  while (currentCall(config).heldUntil !== undefined) response = await next(config);
  return response;
};

/** Gives the call of a request with `params.deadlineMs` that deadline. */
const deadline: Interceptor = (next) => (config) => {
  const { deadlineMs } = (config.params ?? {}) as { deadlineMs?: number };
  if (deadlineMs !== undefined) currentCall(config).deadlineAt = clock.now() + deadlineMs;
  return next(config);
};

/** A client behind a gate without chance. */
function setUp(
  options: ThrottleGateOptions = {},
  { around = [], within = [] }: { around?: Interceptor[]; within?: Interceptor[] } = {},
): void {
  answer = () => ok;
  start = clock.now();
  const transport = scriptedTransport((request, number) => answer(request, number), { clock });
  client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  install(client, [deadline, ...around, throttleGate({ clock, random: () => 0, ...options }), ...within], {
    clock,
  });
  sent = () => transport.requests.map(({ url, at }) => [url, at - start]);
}

/** One call, and what it came to. */
function get(url: string, config: AxiosRequestConfig = {}): Promise<unknown> {
  return client.get(url, config).then(
    ({ status }) => status,
    (error: unknown) => (axios.isAxiosError(error) ? (error.response?.status ?? error.code) : error),
  );
}

const within = (deadlineMs: number): AxiosRequestConfig => ({ params: { deadlineMs } });

/** Throttles the service for a second, told to one call. */
async function close(seconds = 1): Promise<void> {
  answer = () => throttled(seconds);
  expect(await get('/throttled')).toBe(429);
  answer = () => ok;
}

/** Whether a promise has settled. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => (settled = true));
  await clock.settle();
  return settled;
}

describe('throttleGate(): closed', () => {
  it('trap 18: of 20 clients told "Retry-After: 1" none comes early, and they come back spread, in order', async () => {
    setUp({}, { around: [comingBack] });
    answer = (_request, number) => (number <= 20 ? throttled(1) : ok);
    const urls = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const calls = Promise.all(urls.map((url) => get(url)));
    await clock.advance(10_000);

    expect(await calls).toEqual(urls.map(() => 200));
    const again = sent().slice(20);
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
    await close();
    const other = get('/other');
    await clock.advance(999);
    expect(sent()).toEqual([['/throttled', 0]]);
    await clock.advance(1);
    expect(await other).toBe(200);
    expect(sent()).toEqual([
      ['/throttled', 0],
      ['/other', 1_000],
    ]);
  });

  it('a 503 with Retry-After closes it; without one neither 503 nor 429 does', async () => {
    answer = () => ({ status: 503 });
    expect([await get('/1'), await get('/2')]).toEqual([503, 503]);
    answer = () => ({ status: 429 });
    expect([await get('/3'), await get('/4')]).toEqual([429, 429]);
    answer = () => throttled(0);
    expect([await get('/5'), await get('/6')]).toEqual([429, 429]);
    answer = () => 'hang';
    void Promise.all([get('/hang'), get('/hang'), get('/hang')]);
    await clock.settle();
    expect(sent()).toHaveLength(9);
    answer = () => throttled(1, 503);
    expect(await get('/7')).toBe(503);
    expect(await get('/8', within(500))).toBe(REFUSED);
  });

  it('of several instants the latest counts, also an HTTP-date', async () => {
    answer = ({ url }) =>
      throttled(url === '/a' ? 1 : url === '/b' ? new Date(start + 5_000).toUTCString() : 2);
    await Promise.all([get('/a'), get('/b'), get('/c')]);
    answer = () => ok;
    const waiting = get('/waits');
    await clock.advance(4_999);
    expect(sent()).toHaveLength(3);
    await clock.advance(1);
    expect(await waiting).toBe(200);
  });

  it('closes for five minutes at most, then asks by one probe', async () => {
    await close(86_400);
    const waiting = [get('/1'), get('/2')];
    answer = () => throttled(86_400);
    await clock.advance(299_999);
    expect(sent()).toHaveLength(1);
    await clock.advance(1);
    expect(await waiting[0]).toBe(429);
    expect(sent()).toHaveLength(2);
    answer = () => ok;
    await clock.advance(301_000);
    expect(await waiting[1]).toBe(200);
  });

  it('lets 32 calls wait, and refuses the others at once', async () => {
    await close();
    const waiting = Array.from({ length: 32 }, (_, index) => get(`/${index}`));
    expect(await get('/one-too-many')).toBe(REFUSED);
    await clock.advance(2_000);
    expect(await Promise.all(waiting)).toEqual(Array<number>(32).fill(200));
  });

  it('a throttled call always finds room', async () => {
    setUp({ maxWaiters: 1 }, { around: [comingBack] });
    answer = (_request, number) => (number <= 3 ? throttled(1) : ok);
    const reserved = [get('/1'), get('/2'), get('/3')];
    await clock.settle();
    expect(await get('/other')).toBe(REFUSED);
    await clock.advance(2_000);
    expect(await Promise.all(reserved)).toEqual([200, 200, 200]);
  });

  it('begins no wait that does not fit the deadline, and lets one wait that fits', async () => {
    await close();
    expect(await get('/short', within(1_000))).toBe(REFUSED);
    const fits = get('/fits', within(1_001));
    await clock.advance(1_000);
    expect(await fits).toBe(200);
  });

  it('begins no such wait for a throttled call either', async () => {
    setUp({}, { around: [comingBack] });
    answer = () => throttled(60);
    expect(await get('/7', within(30_000))).toBe(REFUSED);
    expect(clock.pending).toBe(0);
  });

  it('refuses with an axios error that names the instant, and tells the journal', async () => {
    await close(3);
    await clock.advance(1_000);
    const error: unknown = await client.get('/8', within(10)).catch((reason: unknown) => reason);
    if (!isHoldfastError(error, 'ERR_THROTTLED')) throw error;
    expect([error.retryAfterMs, error.until, error.config?.url]).toEqual([2_000, start + 3_000, '/8']);
    expect(callOf(error)?.refusals).toEqual(['refused: throttled, next try in 2000 ms']);
  });

  it('tells a call that was throttled until when its place is held, and its journal', async () => {
    answer = () => throttled(2);
    const error = await client.get('/7').catch((reason: unknown) => reason as AxiosError);
    expect(currentCall(error.config!).heldUntil).toBe(start + 2_000);
    expect(currentCall(error.config!).gated).toBe(true);
    expect(callOf(error)?.attempts[0]?.decisions).toEqual(['throttled: the gate is closed for 2000 ms']);
  });

  it('one service that throttles does not hold up another', async () => {
    await close();
    expect(await get('https://stock.test/7')).toBe(200);
    expect(await get('/7', within(500))).toBe(REFUSED);
  });

  it('shares a gate by the key it is given', async () => {
    setUp({ key: ({ url }) => url?.split('/')[1] ?? '' });
    answer = () => throttled(1);
    await get('/mail/1');
    answer = () => ok;
    expect(await get('/mail/2', within(500))).toBe(REFUSED);
    expect(await get('/files/1', within(500))).toBe(200);
  });
});

describe('throttleGate(): opening', () => {
  it('sends one probe, and the others only when it is answered', async () => {
    await close();
    answer = ({ url }) => (url === '/1' ? { status: 200, delayMs: 3_000 } : ok);
    const waiting = ['/1', '/2', '/3'].map((url) => get(url));
    await clock.advance(3_999);
    expect(sent().slice(1)).toEqual([['/1', 1_000]]);
    await clock.advance(1_001);
    expect(await Promise.all(waiting)).toEqual([200, 200, 200]);
    expect(sent().slice(2)).toEqual([
      ['/2', 4_000],
      ['/3', 4_500],
    ]);
  });

  it('a probe that is throttled closes it again, and those who wait keep their places', async () => {
    await close();
    answer = ({ at }) => (at < start + 6_000 ? throttled(5) : ok);
    const waiting = ['/1', '/2', '/3'].map((url) => get(url));
    await clock.advance(1_000);
    expect(await waiting[0]).toBe(429);
    await clock.advance(4_999);
    expect(sent()).toHaveLength(2);
    await clock.advance(2_000);
    expect(await Promise.all(waiting)).toEqual([429, 200, 200]);
    expect(sent().slice(2)).toEqual([
      ['/2', 6_000],
      ['/3', 6_000],
    ]);
  });

  it('closed again for longer, it refuses those whose deadline is earlier', async () => {
    await close();
    answer = () => throttled(60);
    const [probe, short, long] = [get('/1'), get('/2', within(30_000)), get('/3', within(120_000))];
    await clock.advance(1_000);
    expect(await probe).toBe(429);
    expect(await isSettled(short)).toBe(true);
    expect(await short).toBe(REFUSED);
    expect(await isSettled(long)).toBe(false);
    answer = () => ok;
    await clock.advance(60_000);
    expect(await long).toBe(200);
  });

  it('a 429 on the ramp closes it again for those still waiting', async () => {
    await close();
    answer = ({ url }) => (url === '/2' ? throttled(5) : ok);
    const waiting = ['/1', '/2', '/3', '/4'].map((url) => get(url));
    await clock.advance(1_000);
    expect(sent().map(([url]) => url)).toEqual(['/throttled', '/1', '/2']);
    await clock.advance(4_999);
    expect(sent()).toHaveLength(3);
    await clock.advance(2_000);
    expect(await Promise.all(waiting)).toEqual([200, 429, 200, 200]);
  });

  it('a probe that is cancelled does not leave the others waiting', async () => {
    await close();
    const giveUp = new AbortController();
    answer = ({ url }) => (url === '/1' ? 'hang' : ok);
    const waiting = [get('/1', { signal: giveUp.signal }), get('/2'), get('/3')];
    await clock.advance(1_500);
    expect(sent()).toHaveLength(2);
    giveUp.abort();
    await clock.advance(1_000);
    expect(await Promise.all(waiting)).toEqual([CANCELED, 200, 200]);
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
      await close();
      isFailing = true;
      const waiting = [get('/1'), get('/2'), get('/3')];
      await clock.advance(1_000);
      await Promise.all(waiting);
      expect([sent().length, clock.pending]).toEqual([1, 0]);
    },
  );

  it('a probe that fails is no throttle: the others come out on the ramp', async () => {
    await close();
    answer = () => ({ error: 'ECONNREFUSED' });
    const waiting = ['/1', '/2', '/3'].map((url) => get(url));
    await clock.advance(1_499);
    expect(sent()).toHaveLength(3);
    await clock.advance(1);
    expect(await Promise.all(waiting)).toEqual(Array<string>(3).fill('ECONNREFUSED'));
  });

  it('a probe answered 429 without an instant lets the next one try, and nobody else', async () => {
    await close();
    answer = ({ url }) => ({ status: url === '/1' ? 429 : 200, delayMs: 100 });
    const waiting = ['/1', '/2', '/3'].map((url) => get(url));
    await clock.advance(2_000);
    expect(await Promise.all(waiting)).toEqual([429, 200, 200]);
    expect(
      sent()
        .slice(1)
        .map(([, at]) => at),
    ).toEqual([1_000, 1_100, 1_200]);
  });

  it('a probe that hangs does not leave the others waiting for ever', async () => {
    await close();
    answer = ({ url }) => (url === '/1' ? 'hang' : ok);
    const hung = get('/1', { timeout: 60_000 });
    const other = get('/2');
    await clock.advance(10_999);
    expect(await isSettled(other)).toBe(false);
    await clock.advance(1);
    expect(await other).toBe(200);
    await clock.advance(60_000);
    expect(await hung).toBe('ECONNABORTED');
  });

  it('calls that arrive on the ramp queue behind it; after the ramp it is open', async () => {
    await close();
    const early = ['/1', '/2', '/3', '/4'].map((url) => get(url));
    await clock.advance(1_100);
    const late = get('/late');
    await clock.advance(900);
    expect(await Promise.all([...early, late])).toEqual(Array<number>(5).fill(200));
    expect(
      sent()
        .slice(1)
        .map(([url]) => url),
    ).toEqual(['/1', '/2', '/3', '/4', '/late']);

    await clock.advance(1_000);
    const before = sent().length;
    const herd = Array.from({ length: 100 }, (_, index) => get(`/${index}`));
    await clock.settle();
    expect(sent()).toHaveLength(before + 100);
    await Promise.all(herd);
  });

  it('nobody waited: the first call after the instant is the probe, and goes at once', async () => {
    setUp({ maxWaiters: 0 });
    await close();
    await clock.advance(60_000);
    answer = () => ({ status: 200, delayMs: 100 });
    const first = get('/1');
    expect(await get('/2')).toBe(REFUSED);
    await clock.advance(100);
    expect(await first).toBe(200);
  });

  it('spreads the probe by a tenth of the closed time, at least by 50 ms, at most by the ramp', async () => {
    const probeAfter = async (closedMs: number) => {
      setUp({ random: () => 0.999, maxClosedMs: closedMs });
      await close(3_600);
      const waiting = get('/1');
      await clock.advance(closedMs + 1_000);
      expect(await waiting).toBe(200);
      return sent()[1]![1] - closedMs;
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

describe('throttleGate(): waiting', () => {
  it('ends at once when the caller gives up, by signal or by cancelToken', async () => {
    await close();
    const giveUp = new AbortController();
    const source = axios.CancelToken.source();
    const removed = jest.spyOn(giveUp.signal, 'removeEventListener');
    const waiting = [get('/1', { signal: giveUp.signal }), get('/2', { cancelToken: source.token })];
    await clock.settle();
    expect(clock.pending).toBe(1);
    giveUp.abort();
    source.cancel();
    expect(await Promise.all(waiting)).toEqual([CANCELED, CANCELED]);
    expect(clock.pending).toBe(0);
    expect(removed).toHaveBeenCalled();
    await clock.advance(5_000);
    expect(sent()).toHaveLength(1);
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
    await close();
    const waiting = get('/7', { signal: giveUp.signal });
    expect(await isSettled(waiting)).toBe(true);
    expect([await waiting, clock.pending]).toEqual([CANCELED, 0]);
  });

  it('leaves neither timers nor listeners behind', async () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    await close();
    const waiting = [get('/1', { signal }), get('/2', { signal })];
    await clock.settle();
    expect(clock.pendingRef).toBe(1);
    await clock.advance(5_000);
    await Promise.all(waiting);
    expect(clock.pending).toBe(0);
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
  });

  it('starts no timer while it is open, nor while it is closed and nobody waits', async () => {
    await get('/1');
    expect(clock.pending).toBe(0);
    await close();
    expect(clock.pending).toBe(0);
  });

  it('names an option that is wrong', () => {
    expect(() => throttleGate({ maxWaiters: -1 })).toThrow('"maxWaiters" must be a whole number, 0 or more');
    expect(() => throttleGate({ waiters: 5 } as ThrottleGateOptions)).toThrow('no option "waiters"');
  });
});
