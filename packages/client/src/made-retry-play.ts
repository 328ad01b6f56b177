import { manualClock, scriptedTransport, staticCredential, type Step } from '@holdfast/testing';
import axios, { type CancelToken } from 'axios';
import fc from 'fast-check';
import { getEventListeners } from 'node:events';
import { RetryBudget, createServiceClient } from './index.js';

const ATTEMPT_TIMEOUT_MS = 1_000;
export const RETRIES = 3;

/** What a service does with one request. */
interface Weather {
  readonly kind:
    | 'ok'
    | 'missing'
    | 'failed'
    | 'unavailable'
    | 'throttled'
    | 'busy'
    | 'reset'
    | 'stale'
    | 'refused'
    | 'untrusted'
    | 'hang';
  /** Seconds, as Retry-After; only with `throttled` and `busy`. */
  readonly hint: number | undefined;
  readonly delayMs: number;
}

/** One call, and what its requests meet, one after the other; the rest are answered. */
interface PlannedCall {
  readonly startsAtMs: number;
  readonly method: 'get' | 'put' | 'delete' | 'post' | 'patch';
  readonly hasKey: boolean;
  readonly deadlineMs: number;
  readonly weather: readonly Weather[];
  readonly giveUpBy: 'signal' | 'cancelToken' | undefined;
}

export interface Scenario {
  readonly calls: readonly PlannedCall[];
  /** What chance says, each time it is asked. */
  readonly chance: number;
  readonly hasGate: boolean;
  readonly hasBreaker: boolean;
  readonly budget: { readonly ratio: number; readonly minPerSecond: number };
  /** Milliseconds after the beginning at which all calls with a signal or a token are given up. */
  readonly giveUpAtMs: number | undefined;
}

const weather: fc.Arbitrary<Weather> = fc
  .record({
    kind: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('failed', 'unavailable', 'reset', 'refused') },
      { weight: 3, arbitrary: fc.constantFrom('throttled', 'busy') },
      { weight: 2, arbitrary: fc.constantFrom('stale', 'hang', 'ok') },
      { weight: 1, arbitrary: fc.constantFrom('missing', 'untrusted') },
    ),
    hint: fc.constantFrom(undefined, 0, 1, 3, 8),
    delayMs: fc.constantFrom(0, 0, 1, 40, 300, 900),
  })
  .map(({ kind, hint, delayMs }) => {
    // Without an instant a 503 is not "busy".
    if (kind === 'busy') return { kind, hint: hint ?? 1, delayMs };
    return { kind, hint: kind === 'throttled' ? hint : undefined, delayMs };
  });

const call: fc.Arbitrary<PlannedCall> = fc.record({
  startsAtMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 15_000 })),
  method: fc.constantFrom('get', 'put', 'delete', 'post', 'patch'),
  hasKey: fc.boolean(),
  deadlineMs: fc.constantFrom(150, 1_500, 5_000, 30_000),
  weather: fc.array(weather, { maxLength: 7 }),
  giveUpBy: fc.constantFrom(undefined, 'signal', 'cancelToken'),
});

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  calls: fc.array(call, { minLength: 1, maxLength: 12 }),
  chance: fc.constantFrom(0, 0.3, 0.999),
  hasGate: fc.boolean(),
  hasBreaker: fc.boolean(),
  budget: fc.constantFrom(
    { ratio: 0.1, minPerSecond: 1 },
    { ratio: 0.3, minPerSecond: 0 },
    { ratio: 1, minPerSecond: 0 },
    { ratio: 0, minPerSecond: 0 },
    { ratio: 1, minPerSecond: 100 },
  ),
  giveUpAtMs: fc.option(fc.integer({ min: 0, max: 12_000 }), { nil: undefined }),
});

/** A request that was sent. Instants are epoch milliseconds. */
export interface Sent {
  readonly call: number;
  readonly at: number;
  readonly met: Weather;
  /** When its client knew what became of it, unless it was given up before. */
  readonly endedAt: number;
  readonly key: string | undefined;
}

/** What came of a scenario. */
export interface Played {
  readonly beganAt: number;
  readonly sent: readonly Sent[];
  /** For each call: a status, or the code of its error. */
  readonly endings: readonly (number | string | undefined)[];
  /** What there is too much of when everybody has his answer. */
  readonly left: { readonly refTimers: number; readonly timers: number; readonly listeners: number };
}

const FINE: Weather = { kind: 'ok', hint: undefined, delayMs: 0 };

function stepOf({ kind, hint, delayMs }: Weather): Step {
  const headers = hint === undefined ? {} : { 'retry-after': String(hint) };
  const steps: Record<Weather['kind'], Step> = {
    ok: { status: 200, delayMs },
    missing: { status: 404, delayMs },
    failed: { status: 500, delayMs },
    unavailable: { status: 503, delayMs },
    throttled: { status: 429, headers, delayMs },
    busy: { status: 503, headers, delayMs },
    reset: { error: 'ECONNRESET', delayMs },
    stale: { error: 'ECONNRESET', reusedSocket: true, delayMs },
    refused: { error: 'ECONNREFUSED', delayMs },
    untrusted: { error: 'CERT_HAS_EXPIRED', delayMs },
    hang: 'hang',
  };
  return steps[kind];
}

export async function play({
  calls,
  chance,
  hasGate,
  hasBreaker,
  budget,
  giveUpAtMs,
}: Scenario): Promise<Played> {
  using clock = manualClock();
  const beganAt = clock.now();
  const sent: Sent[] = [];
  const requests = new Map<number, number>();
  const { adapter } = scriptedTransport(
    ({ url, headers, at }) => {
      const number = Number(url.slice(1));
      const earlier = requests.get(number) ?? 0;
      requests.set(number, earlier + 1);
      const now = calls[number]?.weather[earlier] ?? FINE;
      const takesMs = now.kind === 'hang' ? ATTEMPT_TIMEOUT_MS : now.delayMs;
      sent.push({ call: number, at, met: now, endedAt: at + takesMs, key: headers['idempotency-key'] });
      return stepOf(now);
    },
    { clock },
  );
  const client = createServiceClient({
    ...{ name: 'orders', baseURL: 'https://orders.test', scopes: 'api://orders/.default' },
    ...{ credential: staticCredential('a-token'), clock, random: () => chance },
    attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
    retry: { retries: RETRIES, budget: new RetryBudget(budget) },
    ...(!hasGate && { throttleGate: false }),
    ...(!hasBreaker && { circuitBreaker: false }),
    axios: { adapter },
  });

  const controller = new AbortController();
  const { signal } = controller;
  const source = axios.CancelToken.source();
  const begun = calls.map(async ({ startsAtMs, method, hasKey, deadlineMs, giveUpBy }, number) => {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, startsAtMs));
    return client.request({
      ...{ method, url: `/${number}` },
      holdfast: { deadlineMs, ...(hasKey && { idempotencyKey: true }) },
      ...(giveUpBy === 'signal' && { signal }),
      ...(giveUpBy === 'cancelToken' && { cancelToken: source.token }),
    });
  });
  const giveUp = clock.setTimeout(() => {
    controller.abort();
    source.cancel('given up');
  }, giveUpAtMs ?? 1_000_000);
  const settled = await clock.runUntilSettled(Promise.allSettled(begun));
  giveUp.cancel();
  const refTimers = clock.pendingRef;
  // Time limits and an open circuit may have one that runs out unused, which keeps nobody alive.
  await clock.advance(120_000);
  return {
    beganAt,
    sent,
    endings: settled.map((one) =>
      one.status === 'fulfilled'
        ? one.value.status
        : ((one.reason as { readonly code?: string }).code ?? String(one.reason)),
    ),
    left: {
      refTimers,
      timers: clock.pending,
      listeners: getEventListeners(signal, 'abort').length + listenersOf(source.token),
    },
  };
}

/** axios keeps them to itself. */
function listenersOf(token: CancelToken & { readonly _listeners?: readonly unknown[] | null }): number {
  return token._listeners?.length ?? 0;
}
