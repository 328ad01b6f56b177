import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import fc from 'fast-check';
import {
  attemptTimeout,
  circuitBreaker,
  createServiceClient,
  deadline,
  explain,
  fallback,
  retry,
  throttleGate,
  type ExplainedOption,
  type Interceptor,
  type ServiceClientOptions,
} from './index.js';
import {
  NUMBERS,
  agreeing,
  anySaid,
  heldOf,
  optionsOf,
  type Numbers,
  type Said,
} from './made-numeric-options.js';

const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 100);
/** Fewer, since each of them makes calls. */
const CALLS = Math.ceil(RUNS / 4);
const SEARCH_MS = 60_000 + RUNS * 100;

/** A timer for less than a millisecond takes one, and so does each that ends with it. */
const TICKS_MS = 5;

const anyAgreeing = anySaid.map(agreeing);

const clientOf = (said: Said, options: Partial<ServiceClientOptions> = {}) => {
  const { axios, ...others } = optionsOf(said);
  return createServiceClient({
    ...{ name: 'orders', baseURL: 'https://orders.test', credential: false, ...others, ...options },
    axios: { ...axios, ...options.axios },
  });
};

/** The members of a group, as its factory takes them. */
const groupIn = (numbers: Numbers, group: string): object =>
  Object.fromEntries(
    Object.entries(numbers).flatMap(([name, value]) =>
      name.startsWith(`${group}.`) ? [[name.slice(group.length + 1), value]] : [],
    ),
  );

/** The same, put together by hand: each interceptor is told all that holds for it, and yields to nothing. */
function byHand(said: Said): readonly Interceptor[] {
  const held = heldOf(said);
  const { deadlineMs = false, attemptTimeoutMs = false, stallMs } = held;
  return [
    fallback(undefined, groupIn(held, 'fallback')),
    deadline({ deadlineMs }),
    retry(groupIn(held, 'retry')),
    throttleGate(groupIn(held, 'throttleGate')),
    circuitBreaker(groupIn(held, 'circuitBreaker')),
    attemptTimeout({ timeoutMs: attemptTimeoutMs, ...(stallMs !== undefined && { stallMs }) }),
  ];
}

const OUTSIDE: Readonly<Record<string, string>> = {
  deadlineMs: 'deadline.deadlineMs',
  attemptTimeoutMs: 'attemptTimeout.timeoutMs',
  stallMs: 'attemptTimeout.stallMs',
};

/** What an explanation tells of every number, and of whose word it is. */
function toldOf(subject: Parameters<typeof explain>[0]) {
  const { interceptors, transport } = explain(subject).toJSON();
  const options = new Map<string, ExplainedOption>(
    interceptors.flatMap(({ name, options: all }) =>
      Object.entries(all).map(([option, one]) => [`${name}.${option}`, one] as const),
    ),
  );
  const names = NUMBERS.filter((name) => name !== 'axios.timeout');
  return {
    timeout: transport?.timeout,
    values: Object.fromEntries(names.map((name) => [name, options.get(OUTSIDE[name] ?? name)?.value])),
    sources: Object.fromEntries(
      names.map((name) => {
        const one = options.get(OUTSIDE[name] ?? name);
        return [name, one?.from ?? (one?.default ? 'default' : 'given')];
      }),
    ),
  };
}

describe('an explanation of a client with any numbers', () => {
  it(
    'tells those that the same interceptors have when they are put together by hand',
    () => {
      fc.assert(
        fc.property(anyAgreeing, (said) => {
          const { values, timeout } = toldOf(clientOf(said));
          expect(values).toEqual(toldOf(byHand(said)).values);
          expect(timeout).toBe(said.numbers['axios.timeout'] ?? 0);
        }),
        { numRuns: RUNS },
      );
    },
    SEARCH_MS,
  );

  it(
    'calls given what was given, and nothing else',
    () => {
      // What a factory does by itself is told as a default, whoever says it.
      const usual = toldOf([
        ...[fallback(undefined), deadline(), retry(), throttleGate(), circuitBreaker(), attemptTimeout()],
      ]).values;
      fc.assert(
        fc.property(anyAgreeing, (said) => {
          const { sources } = toldOf(clientOf(said));
          const wrong = Object.entries(sources).filter(([name, source]) => {
            const value = said.numbers[name];
            return value === undefined ? source === 'given' : source !== 'given' && value !== usual[name];
          });
          expect([said, wrong]).toEqual([said, []]);
        }),
        { numRuns: RUNS },
      );
    },
    SEARCH_MS,
  );
});

describe('what an explanation tells is what happens:', () => {
  let clock: ManualClock;

  beforeEach(() => {
    clock = manualClock();
  });

  afterEach(() => {
    clock.uninstall();
  });

  /** How long a call takes to fail, and when its requests were sent. */
  async function failureOf(said: Said, step: Step, options: Partial<ServiceClientOptions>) {
    const { adapter, requests } = scriptedTransport(() => step, { clock });
    const client = clientOf(said, { clock, circuitBreaker: false, ...options, axios: { adapter } });
    const startedAt = clock.now();
    const failed = client.get('/7').then(
      () => 'an answer',
      () => 'a failure',
    );
    expect(await clock.runUntilSettled(failed)).toBe('a failure');
    return { told: toldOf(client), tookMs: clock.now() - startedAt, sends: requests.length };
  }

  it(
    'a call to a service that hangs ends when the attempt or the deadline is over that is told',
    async () => {
      await fc.assert(
        fc.asyncProperty(anyAgreeing, async (said) => {
          const { values, timeout } = toldOf(clientOf(said));
          const limits = [values['deadlineMs'], values['attemptTimeoutMs'], timeout === 0 ? false : timeout];
          const shortest = Math.min(...limits.filter((ms) => typeof ms === 'number'));
          fc.pre(shortest >= 0.5 && shortest < Infinity);
          const { tookMs } = await failureOf(said, 'hang', { retry: false, throttleGate: false });
          expect(tookMs).toBeGreaterThanOrEqual(Math.floor(shortest));
          expect(tookMs).toBeLessThanOrEqual(Math.ceil(shortest) + TICKS_MS);
        }),
        { numRuns: CALLS },
      );
    },
    SEARCH_MS,
  );

  it(
    'a call to a service that is down is sent as often as is told',
    async () => {
      await fc.assert(
        fc.asyncProperty(anyAgreeing, async (said) => {
          const own = { deadlineMs: false, throttleGate: false, random: () => 0.5 } as const;
          const retries = {
            ...optionsOf(said).retry,
            budget: { observe: () => undefined, spend: () => true },
          };
          const { told, sends } = await failureOf(said, { status: 503 }, { ...own, retry: retries as never });
          expect(sends).toBe(1 + Number(told.values['retry.retries']));
        }),
        { numRuns: CALLS },
      );
    },
    SEARCH_MS,
  );
});
