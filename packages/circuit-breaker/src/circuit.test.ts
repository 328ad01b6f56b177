import CircuitBreaker from 'opossum';
import { systemClock } from '@holdfast/core';
import type { CircuitRules } from './circuit-options.js';
import { Circuit } from './circuit.js';

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
  slowMs: false,
  slowRatio: 0.5,
  mode: 'enforce',
  generation: 1,
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

describe('Circuit', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: START });
    jest.mocked(CircuitBreaker).mockClear();
  });
  afterEach(() => {
    jest.useRealTimers();
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
      const circuit = circuitWith({
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
    const circuit = circuitWith();
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
    const circuit = circuitWith({ onStateChange: ({ state }) => states.push(state) });
    const month = 30 * 86_400_000;
    trip(circuit, Date.now() + month);
    expect(circuit.retryAfterMs()).toBe(month);

    jest.advanceTimersByTime(month - 1);
    expect([states, circuit.admit()]).toEqual([['open'], undefined]);

    jest.advanceTimersByTime(1);
    expect(states).toEqual(['open', 'half-open']);
  });

  it('is open up to a fifth longer by chance, never shorter', () => {
    const circuit = circuitWith({ random: () => 0.999 });
    trip(circuit);
    expect(circuit.retryAfterMs()).toBe(120);
  });

  it('lets its reset timer keep no process alive, and clears it when it is forgotten', () => {
    const started = jest.spyOn(globalThis, 'setTimeout');
    const circuit = circuitWith();
    trip(circuit);
    const timers = started.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timers.map((timer) => timer.hasRef())).toEqual([false]);
    started.mockRestore();

    circuit.forget();
    expect([jest.getTimerCount(), circuit.admit() === undefined]).toEqual([0, false]);
  });

  it('says honestly when a refused call may come again', () => {
    const circuit = circuitWith({ openMs: 300, rampMs: 1_000, random: () => 0.99 });
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

function circuitWith(changes: Partial<CircuitRules> = {}): Circuit {
  return new Circuit('key', 'orders', 1, { ...rules, ...changes }, { moved: () => undefined });
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
