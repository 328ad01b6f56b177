import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import axios, { type AxiosRequestConfig } from 'axios';
import { getEventListeners, setMaxListeners } from 'node:events';
import { RetryBudget, createServiceClient, type ServiceClientOptions } from './index.js';
import { endingOf, tally } from './made-challenge-storm.js';

const CALLS = 400;

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

/** Calls at once on one client, of a service that says the same to all until an instant. */
function storm(says: Step, options: Partial<ServiceClientOptions>, forMs = Infinity) {
  const beganAt = clock.now();
  const { adapter, requests } = scriptedTransport(
    ({ at }) => (at < beganAt + forMs ? says : { status: 200, delayMs: 20 }),
    { clock },
  );
  const client = createServiceClient({
    ...{ name: 'orders', baseURL: 'https://orders.test', scopes: 'api://orders/.default' },
    ...{ credential: staticCredential('a-token'), clock, axios: { adapter } },
    ...options,
  });
  const call = (request: AxiosRequestConfig = {}) =>
    client.request({ url: '/orders/7', ...request }).then(({ status }) => status, endingOf);
  const calls = (request?: AxiosRequestConfig) =>
    Promise.all(Array.from({ length: CALLS }, () => call(request)));
  /** Milliseconds after the beginning, of every request but the first of each call. */
  const later = () => requests.slice(CALLS).map(({ at }) => at - beganAt);
  return { calls, call, requests, later };
}

describe('hundreds of calls at once', () => {
  it('of a service that is down multiply its load by a little more than one, and not by four', async () => {
    // Without a breaker: the budget holds alone.
    const { calls, requests } = storm({ status: 500, delayMs: 20 }, { circuitBreaker: false });
    expect(tally(await clock.runUntilSettled(calls()))).toEqual({ 500: CALLS });
    // All within a moment: three seconds' worth of a tenth of the calls of ten seconds.
    expect(requests).toHaveLength(CALLS + (3 / 10) * (CALLS / 10));
  });

  it('of a service that throttles them: none comes back before the instant, and what the gate cannot hold is told', async () => {
    const says = { status: 429, headers: { 'retry-after': '2' }, delayMs: 20 };
    const { calls, later } = storm(says, {}, 1_000);
    const endings = tally(await clock.runUntilSettled(calls({ method: 'post' })));
    const back = later();
    // Throttling is cheap: a fifth of the price of a failure.
    expect(back).toHaveLength((CALLS / 10 + 10) * 5);
    expect(Math.min(...back)).toBeGreaterThanOrEqual(2_020);
    expect(endings).toEqual({ 200: back.length, 429: CALLS - back.length });
  });

  it('of a service that throttles them come back spread, and not all at the instant', async () => {
    const says = { status: 503, headers: { 'retry-after': '2' }, delayMs: 20 };
    const { calls, later } = storm(says, { throttleGate: false, circuitBreaker: false }, 1_000);
    await clock.runUntilSettled(calls());
    const back = later();
    expect(Math.min(...back)).toBeGreaterThanOrEqual(2_020);
    expect(Math.max(...back)).toBeLessThanOrEqual(2_220);
    // By real chance: of twenty slots of ten milliseconds hardly one is empty, and in none a third of them.
    const slots = Object.values(tally(back.map((at) => Math.floor((at - 2_020) / 10))));
    expect(slots.length).toBeGreaterThanOrEqual(15);
    expect(Math.max(...slots)).toBeLessThan(back.length / 3);
  });
});

describe('hundreds of calls that wait for their next attempt', () => {
  const WAYS = {
    signal: () => {
      const controller = new AbortController();
      setMaxListeners(0, controller.signal);
      return {
        request: { signal: controller.signal },
        giveUp: () => {
          controller.abort();
        },
        listeners: () => getEventListeners(controller.signal, 'abort').length,
      };
    },
    cancelToken: () => {
      const { token, cancel } = axios.CancelToken.source();
      const seen: typeof token & { readonly _listeners?: readonly unknown[] | null } = token;
      return {
        request: { cancelToken: token },
        giveUp: cancel,
        listeners: () => seen._listeners?.length ?? 0,
      };
    },
  };

  it.each(['signal', 'cancelToken'] as const)(
    'all end at once by one %s, and none is sent again',
    async (way) => {
      const plenty = { ratio: 1, minPerSecond: CALLS };
      const { calls, requests } = storm(
        { status: 500 },
        { circuitBreaker: false, random: () => 0.5, retry: { budget: new RetryBudget(plenty) } },
      );
      const { request, giveUp, listeners } = WAYS[way]();
      const all = calls(request);
      await clock.settle();
      expect(requests).toHaveLength(CALLS);
      expect(clock.pending).toBeGreaterThanOrEqual(CALLS);
      const before = clock.now();
      giveUp();
      await clock.settle();
      expect(tally(await all)).toEqual({ ERR_CANCELED: CALLS });
      expect(clock.now()).toBe(before);
      expect(listeners()).toBe(0);
      // The two time limits' own, which run out unused.
      expect(clock.pending).toBeLessThanOrEqual(2);
      expect(clock.pendingRef).toBe(0);
      await clock.advance(60_000);
      expect(requests).toHaveLength(CALLS);
    },
  );
});
