import fc from 'fast-check';
import CircuitBreaker from 'opossum';
import { systemClock } from '@holdfast/core';
import { Circuit, type CircuitRules, type CircuitStateChange } from './circuit.js';
import type { Admission } from './trial.js';

jest.mock('opossum', () => {
  const Opossum = jest.requireActual<typeof CircuitBreaker>('opossum');
  return jest.fn((...given: ConstructorParameters<typeof CircuitBreaker>) => new Opossum(...given));
});

const START = Date.UTC(2025, 0, 1);
const rules: CircuitRules = {
  windowMs: 1_000,
  minimumAttempts: 6,
  failureRatio: 0.5,
  consecutiveFailures: 3,
  consecutiveSpanMs: 50,
  openMs: 100,
  maxOpenMs: 500,
  probes: 3,
  probesToClose: 2,
  probeTimeoutMs: 400,
  rampMs: 0,
  onStateChange: () => undefined,
  clock: systemClock,
  random: () => 0,
};
const failureAt = (at: number) => ({ code: undefined, status: 500, message: 'answered with status 500', at });

interface Started {
  readonly at: number;
  readonly period: number;
}

/** The circuit's specification, without opossum, timers or a thought for memory. */
class Reference {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  #now = START;
  #period = 0;
  #outcomes: { at: number; failed: boolean }[] = [];
  #until = 0;
  #openMs = rules.openMs;
  #probes: Started[] = [];
  #verdicts: boolean[] = [];

  advance(ms: number): void {
    this.#now += ms;
    if (this.state !== 'open' || this.#now < this.#until) return;
    this.#enter('half-open');
    this.#verdicts = [];
    this.#probes = [];
  }

  start(): Started | undefined {
    const started = { at: this.#now, period: this.#period };
    if (this.state === 'closed') return started;
    if (this.state === 'open') return undefined;
    const isFull = () => this.#probes.length + this.#verdicts.length >= rules.probes;
    if (isFull()) this.#probes = this.#probes.filter(({ at }) => this.#now - at < rules.probeTimeoutMs);
    if (isFull()) return undefined;
    this.#probes.push(started);
    return started;
  }

  end(started: Started, outcome: Outcome): void {
    const until = 'retryAfterMs' in outcome ? this.#now + outcome.retryAfterMs : 0;
    if (started.period !== this.#period) {
      if (this.state === 'open') this.#until = Math.max(this.#until, until);
    } else if (this.state === 'closed') {
      this.#record(outcome);
    } else if (this.#probes.includes(started)) {
      this.#probes.splice(this.#probes.indexOf(started), 1);
      this.#judge(outcome, until);
    }
  }

  #record({ kind }: Outcome): void {
    if (kind === 'canceled' || kind === 'throttled') return;
    this.#outcomes.push({ at: this.#now, failed: kind === 'failure' });
    if (kind === 'success') return;
    const bucketOf = (at: number) => Math.floor(at / (rules.windowMs / 10));
    const recent = this.#outcomes.filter(({ at }) => bucketOf(at) > bucketOf(this.#now) - 10);
    const failed = recent.filter((outcome) => outcome.failed).length;
    const run = this.#outcomes.slice(this.#outcomes.findLastIndex((outcome) => !outcome.failed) + 1);
    const isLong = run.length >= 3 && (this.#now - run[0]!.at >= 50 || run.length >= 30);
    if ((recent.length >= 6 && failed / recent.length >= 0.5) || isLong) this.#open(0);
  }

  #judge({ kind }: Outcome, until: number): void {
    if (kind === 'throttled') {
      this.#open(until);
    } else if (kind !== 'canceled') {
      this.#verdicts.push(kind === 'success');
      const succeeded = this.#verdicts.filter(Boolean).length;
      if (succeeded === 2) {
        this.#enter('closed');
        this.#outcomes = [];
        this.#openMs = rules.openMs;
      } else if (this.#verdicts.length - succeeded === 2) {
        this.#openMs = Math.min(2 * this.#openMs, rules.maxOpenMs);
        this.#open(0);
      }
    }
  }

  #open(until: number): void {
    this.#enter('open');
    this.#until = Math.max(this.#now + this.#openMs, until);
  }

  #enter(state: 'closed' | 'open' | 'half-open'): void {
    this.state = state;
    this.#period += 1;
  }
}

type Outcome =
  | { readonly kind: 'success' | 'failure' | 'canceled' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number };

type Step =
  | { readonly advanceMs: number }
  | { readonly start: true }
  | { readonly end: Outcome; readonly which: number };

describe('Circuit', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: START });
    jest.mocked(CircuitBreaker).mockClear();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('does what its specification says, whatever the outcomes, cancellations, hangs and pauses', () => {
    const reached = new Set<string>();
    const outcome: fc.Arbitrary<Outcome> = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ kind: 'success' as const }) },
      { weight: 6, arbitrary: fc.constant({ kind: 'failure' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'canceled' as const }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('throttled' as const),
          retryAfterMs: fc.integer({ min: 1, max: 900 }),
        }),
      },
    );
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ advanceMs: fc.oneof(fc.nat(40), fc.nat(150), fc.nat(600)) }),
      fc.constant({ start: true as const }),
      fc.record({ end: outcome, which: fc.nat(9) }),
    );
    fc.assert(
      fc.property(fc.array(step, { size: '+1', maxLength: 200 }), (steps) => {
        jest.useFakeTimers({ now: START });
        let state = 'closed';
        const onStateChange = (change: CircuitStateChange) => {
          reached.add(`${state} -> ${change.state}`);
          ({ state } = change);
        };
        const circuit = new Circuit('key', 'orders', { ...rules, onStateChange });
        const reference = new Reference();
        const underWay: { admission: Admission | undefined; started: Started }[] = [];
        const story = steps.map((one) => {
          let admitted = { by: false, byReference: false };
          if ('advanceMs' in one) {
            jest.advanceTimersByTime(one.advanceMs);
            reference.advance(one.advanceMs);
          } else if ('start' in one) {
            const admission = circuit.admit();
            const started = reference.start();
            admitted = { by: admission !== undefined, byReference: started !== undefined };
            if (started !== undefined) underWay.push({ admission, started });
          } else {
            const [chosen] = underWay.splice(one.which % Math.max(1, underWay.length), 1);
            if (chosen?.admission !== undefined) {
              report(circuit, chosen.admission, one.end);
              reference.end(chosen.started, one.end);
            }
          }
          const timers = jest.getTimerCount();
          return {
            done: [admitted.by, state, timers],
            specified: [admitted.byReference, reference.state, reference.state === 'open' ? 1 : 0],
          };
        });
        expect(story.map(({ done }) => done)).toEqual(story.map(({ specified }) => specified));
        circuit.forget();
        expect(jest.getTimerCount()).toBe(0);
      }),
      { numRuns: 400 },
    );
    // Else the steps are too tame to prove anything.
    expect([...reached].sort()).toEqual([
      'closed -> open',
      'half-open -> closed',
      'half-open -> open',
      'open -> half-open',
    ]);
  });

  it.each([
    [0, 100],
    [1, 100],
    [5, 100],
    [10, 51],
    [40, 14],
    [1_000, 10],
  ])(
    'opens within 100 failures after 10,000 successes: failures %d ms apart, after %d',
    (apartMs, opensAfter) => {
      const circuit = new Circuit('key', 'orders', {
        ...rules,
        windowMs: 10_000,
        minimumAttempts: 20,
        consecutiveFailures: 10,
        consecutiveSpanMs: 500,
      });
      for (let i = 0; i < 10_000; i += 1) circuit.succeeded(circuit.admit()!, Date.now());
      let failures = 0;
      for (let next = circuit.admit(); next !== undefined && failures < 1_000; next = circuit.admit()) {
        jest.advanceTimersByTime(apartMs);
        circuit.failed(next, failureAt(Date.now()));
        failures += 1;
      }
      expect(failures).toBe(opensAfter);
    },
  );

  it('creates nothing of opossum while the service is well, one breaker at the first trip, drops it when all is quiet', () => {
    const circuit = new Circuit('key', 'orders', rules);
    for (let i = 0; i < 1_000; i += 1) circuit.succeeded(circuit.admit()!, Date.now());
    expect([jest.mocked(CircuitBreaker).mock.calls.length, jest.getTimerCount()]).toEqual([0, 0]);

    jest.advanceTimersByTime(rules.windowMs);
    trip(circuit);
    expect([jest.mocked(CircuitBreaker).mock.calls.length, jest.getTimerCount()]).toEqual([1, 1]);
    recover(circuit);
    expect(jest.getTimerCount()).toBe(0);
    trip(circuit);
    expect(jest.mocked(CircuitBreaker)).toHaveBeenCalledTimes(1);

    recover(circuit);
    jest.advanceTimersByTime(rules.rampMs + rules.windowMs);
    circuit.succeeded(circuit.admit()!, Date.now());
    expect(jest.getTimerCount()).toBe(0);
    trip(circuit);
    expect(jest.mocked(CircuitBreaker)).toHaveBeenCalledTimes(2);
  });

  it('holds an instant that is further away than a timer can reach', () => {
    const states: string[] = [];
    const circuit = new Circuit('key', 'orders', {
      ...rules,
      onStateChange: ({ state }) => states.push(state),
    });
    const month = 30 * 86_400_000;
    trip(circuit, Date.now() + month);
    expect(circuit.retryAfterMs()).toBe(month);

    jest.advanceTimersByTime(month - 1);
    expect([states, circuit.admit()]).toEqual([['open'], undefined]);

    jest.advanceTimersByTime(1);
    expect(states).toEqual(['open', 'half-open']);
  });

  it('is open up to a fifth longer by chance, never shorter', () => {
    const circuit = new Circuit('key', 'orders', { ...rules, random: () => 0.999 });
    trip(circuit);
    expect(circuit.retryAfterMs()).toBe(120);
  });

  it('lets its reset timer keep no process alive, and clears it when it is forgotten', () => {
    const started = jest.spyOn(globalThis, 'setTimeout');
    const circuit = new Circuit('key', 'orders', rules);
    trip(circuit);
    const timers = started.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timers.map((timer) => timer.hasRef())).toEqual([false]);
    started.mockRestore();

    circuit.forget();
    expect([jest.getTimerCount(), circuit.admit() === undefined]).toEqual([0, false]);
  });

  it('says honestly when a refused call may come again', () => {
    const circuit = new Circuit('key', 'orders', {
      ...rules,
      openMs: 300,
      rampMs: 1_000,
      random: () => 0.99,
    });
    trip(circuit);
    jest.advanceTimersByTime(10_000);
    const probes = [circuit.admit()!, circuit.admit()!, circuit.admit()!];
    expect(circuit.admit()).toBeUndefined();
    expect(circuit.retryAfterMs()).toBe(300);
    jest.advanceTimersByTime(350);
    expect(circuit.retryAfterMs()).toBe(50);

    for (const probe of probes) circuit.succeeded(probe, Date.now());
    expect(circuit.admit()).toBeUndefined();
    expect(circuit.retryAfterMs()).toBe(1_000);
  });
});

function report(circuit: Circuit, admission: Admission, outcome: Outcome): void {
  const now = Date.now();
  if ('retryAfterMs' in outcome)
    circuit.throttled(admission, failureAt(now), now + outcome.retryAfterMs, true);
  else if (outcome.kind === 'success') circuit.succeeded(admission, now);
  else if (outcome.kind === 'failure') circuit.failed(admission, failureAt(now));
  else circuit.unrecorded(admission);
}

function recover(circuit: Circuit): void {
  jest.advanceTimersByTime(rules.openMs);
  circuit.succeeded(circuit.admit()!, Date.now());
  circuit.succeeded(circuit.admit()!, Date.now());
}

function trip(circuit: Circuit, notBefore = 0): void {
  for (let failures = 0; failures < rules.minimumAttempts; failures += 1) {
    const admission = circuit.admit();
    if (admission !== undefined) circuit.failed(admission, failureAt(Date.now()), notBefore);
  }
}
