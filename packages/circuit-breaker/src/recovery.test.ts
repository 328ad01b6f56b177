import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { TokenAcquisitionError, currentCall, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import { circuitBreaker, type CircuitBreakerOptions } from './index.js';

const REFUSED = 'ERR_CIRCUIT_OPEN';
const CANCELED = 'ERR_CANCELED';

const answers: Readonly<Record<string, Step>> = {
  '/200': { status: 200 },
  '/404': { status: 404 },
  '/500': { status: 500 },
  '/429': { status: 429 },
  '/429-in-5': { status: 429, headers: { 'retry-after': '5' } },
  '/503-in-40': { status: 503, headers: { 'retry-after': '40' } },
  '/reset': { error: 'ECONNRESET', reusedSocket: true },
  '/hang': 'hang',
  '/200-after-5': { status: 200, delayMs: 5_000 },
  '/500-after-2': { status: 500, delayMs: 2_000 },
  '/503-after-half': { status: 503, headers: { 'retry-after': '9' }, delayMs: 500 },
};

let clock: ManualClock;
let client: AxiosInstance;
let sends: () => number;
let states: string[];

beforeEach(() => {
  clock = manualClock();
  setUp();
});
afterEach(() => {
  clock.uninstall();
});

/** A client behind a breaker without chance. */
function setUp(options: CircuitBreakerOptions = {}, within: readonly Interceptor[] = []): void {
  states = [];
  const transport = scriptedTransport(({ url }) => answers[url] ?? 'hang', { clock });
  client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  const onStateChange = ({ state }: { state: string }) => states.push(state);
  const breaker = circuitBreaker({ clock, random: () => 0, onStateChange, ...options });
  install(client, [breaker, ...within], { clock });
  sends = () => transport.requests.length;
}

/** One call, and what it came to. */
function get(url: keyof typeof answers, config: AxiosRequestConfig = {}): Promise<unknown> {
  return client.get(url, config).then(
    ({ status }) => status,
    (error: unknown) => (axios.isAxiosError(error) ? (error.response?.status ?? error.code) : error),
  );
}

/** Calls made at once. */
const all = (...urls: (keyof typeof answers)[]) => Promise.all(urls.map((url) => get(url)));

async function open(): Promise<void> {
  for (let failures = 0; failures < 20; failures += 1) await get('/500');
  expect(states.at(-1)).toBe('open');
}

async function halfOpen(): Promise<void> {
  await open();
  await clock.advance(1_000);
  expect(states.at(-1)).toBe('half-open');
}

describe('circuitBreaker(): trying again', () => {
  it('stays open for a second, then sends three real calls, and closes when two have succeeded', async () => {
    await open();
    await clock.advance(999);
    expect(await get('/200')).toBe(REFUSED);

    await clock.advance(1);
    expect(await all('/200', '/500', '/200', '/200')).toEqual([200, 500, 200, REFUSED]);
    expect(states).toEqual(['open', 'half-open', 'closed']);
    expect(sends()).toBe(23);
  });

  it('opens again when two of three fail, for twice as long each time, up to three seconds', async () => {
    await open();
    for (const seconds of [1, 2, 3, 3]) {
      await clock.advance(seconds * 1_000 - 1);
      expect(await get('/200')).toBe(REFUSED);
      await clock.advance(1);
      expect(await all('/500', '/200', '/500')).toEqual([500, 200, 500]);
    }
    await clock.advance(3_000);
    await all('/200', '/200');
    await open();
    await clock.advance(1_000);
    expect(states.at(-1)).toBe('half-open');
  });

  it('trap 28: one 404 does not close it, for one answer is no recovery', async () => {
    await halfOpen();
    expect(await get('/404')).toBe(404);
    expect(states.at(-1)).toBe('half-open');
    expect(await get('/404')).toBe(404);
    expect(states.at(-1)).toBe('closed');
  });

  it('trap 28: cancelled probes neither close nor open it, and give their permits back', async () => {
    await halfOpen();
    for (let round = 0; round < 5; round += 1) {
      const giveUp = new AbortController();
      const probes = [1, 2, 3].map(() => get('/hang', { signal: giveUp.signal }));
      await clock.settle();
      expect(await get('/200')).toBe(REFUSED);
      giveUp.abort();
      expect(await Promise.all(probes)).toEqual([CANCELED, CANCELED, CANCELED]);
      expect(states.at(-1)).toBe('half-open');
    }
    await all('/200', '/200');
    expect(states.at(-1)).toBe('closed');
  });

  it('trap 28: a success that started before it opened does not close it', async () => {
    const before = [get('/200-after-5'), get('/200-after-5'), get('/200-after-5')];
    await halfOpen();
    await clock.advance(4_000);
    expect(await Promise.all(before)).toEqual([200, 200, 200]);
    expect(states.at(-1)).toBe('half-open');
  });

  it('a failure that started before it opened does not open it again after it has closed', async () => {
    const before = Array.from({ length: 30 }, () => get('/500-after-2'));
    await halfOpen();
    await all('/200', '/200');
    expect(states.at(-1)).toBe('closed');
    await clock.advance(1_000);
    await Promise.all(before);
    expect(states.at(-1)).toBe('closed');
  });

  it('a probe of an earlier trial has no say in the next one', async () => {
    await halfOpen();
    const late = get('/200-after-5');
    await all('/500', '/500');
    await clock.advance(2_000);
    expect(states.at(-1)).toBe('half-open');
    await get('/200');
    await clock.advance(3_000);
    expect([await late, states.at(-1)]).toEqual([200, 'half-open']);
  });

  it('trap 29: hung probes do not block it for ever', async () => {
    await halfOpen();
    const hung = [1, 2, 3].map(() => get('/hang', { timeout: 60_000 }));
    await clock.advance(9_999);
    expect(await get('/200')).toBe(REFUSED);
    await clock.advance(1);
    expect(await all('/200', '/200')).toEqual([200, 200]);
    expect(states.at(-1)).toBe('closed');
    await clock.advance(60_000);
    await Promise.all(hung);
    expect(states.at(-1)).toBe('closed');
  });

  it.each([
    ['no token could be had', () => Promise.reject(noToken)],
    [
      'an adapter throws instead of rejecting',
      () => {
        throw new Error('synchronous');
      },
    ],
  ])('gives a permit back when %s', async (_why, fails: () => Promise<never>) => {
    let isFailing = false;
    setUp({}, [(next) => (config) => (isFailing ? fails() : next(config))]);
    await halfOpen();
    isFailing = true;
    for (let probes = 0; probes < 10; probes += 1) expect(await get('/200')).not.toBe(REFUSED);
    isFailing = false;
    await all('/200', '/200');
    expect(states.at(-1)).toBe('closed');
  });

  it('a re-used socket that was reset says nothing', async () => {
    await halfOpen();
    await all('/reset', '/reset', '/reset');
    expect(states.at(-1)).toBe('half-open');
  });

  it('a probe that is throttled opens it again until the instant that the service names', async () => {
    await halfOpen();
    expect(await get('/429-in-5')).toBe(429);
    await clock.advance(4_999);
    expect(await get('/200')).toBe(REFUSED);
    await clock.advance(1);
    expect(await get('/200')).toBe(200);
  });

  it('of several such instants the last one counts', async () => {
    await halfOpen();
    expect(await all('/429-in-5', '/503-in-40', '/429-in-5')).toEqual([429, 503, 429]);
    await clock.advance(39_999);
    expect(await get('/200')).toBe(REFUSED);
    await clock.advance(1);
    expect(await get('/200')).toBe(200);
  });

  it('a Retry-After that arrives while it is open is a lower bound', async () => {
    const before = get('/503-after-half');
    await open();
    await clock.advance(500);
    expect(await before).toBe(503);
    await clock.advance(8_999);
    expect(await get('/200')).toBe(REFUSED);
    await clock.advance(1);
    expect(await get('/200')).toBe(200);
  });

  it('a service that names an instant each time is not left alone for longer each time', async () => {
    await halfOpen();
    await get('/429-in-5');
    await expect(client.get('/200')).rejects.toMatchObject({ cause: { status: 429 } });
    await clock.advance(5_000);
    expect(await all('/500', '/500')).toEqual([500, 500]);
    await clock.advance(1_999);
    expect(await get('/200')).toBe(REFUSED);
    await clock.advance(1);
    expect(await get('/200')).toBe(200);
  });

  it('a Retry-After to a call from before is a lower bound behind a gate, too', async () => {
    const gated: Interceptor = (next) => (config) => {
      currentCall(config).gated = true;
      return next(config);
    };
    setUp({}, [gated]);
    const before = get('/503-after-half');
    await open();
    await clock.advance(500);
    expect(await before).toBe(503);
    await clock.advance(8_999);
    expect(await get('/200')).toBe(REFUSED);
  });

  it('a probe that is throttled without an instant opens it for longer, like one that failed', async () => {
    await halfOpen();
    expect(await get('/429')).toBe(429);
    await clock.advance(1_999);
    expect(await get('/200')).toBe(REFUSED);
    await clock.advance(1);
    expect(await get('/200')).toBe(200);
  });
});

describe('circuitBreaker(): after closing', () => {
  /** How many of 100 calls are let through. */
  async function share(): Promise<number> {
    const before = sends();
    await Promise.all(Array.from({ length: 100 }, () => get('/200')));
    return sends() - before;
  }

  it('lets a growing share of calls through for three seconds, then all', async () => {
    let drawn = 0;
    setUp({ random: () => (drawn++ % 100) / 100 });
    await open();
    await clock.advance(1_200);
    await all('/200', '/200');

    const shares: number[] = [];
    for (let second = 0; second <= 3; second += 1) {
      shares.push(await share());
      await clock.advance(1_000);
    }
    expect(shares).toEqual([10, 40, 70, 100]);
  });

  it('opens again at once when the service fails on the ramp', async () => {
    await halfOpen();
    await all('/200', '/200');
    await open();
    expect(states).toEqual(['open', 'half-open', 'closed', 'open']);
  });

  it('leaves no timer behind, at any time but while it is open', async () => {
    expect(clock.pending).toBe(0);
    await get('/200');
    expect(clock.pending).toBe(0);
    await open();
    expect([clock.pending, clock.pendingRef]).toEqual([1, 0]);
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
    await all('/200', '/200');
    expect(clock.pending).toBe(0);
  });
});

const noToken = new TokenAcquisitionError({
  service: 'login',
  message: 'no token',
  scopes: [],
  transient: true,
});
