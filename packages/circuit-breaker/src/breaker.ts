import { isText, readOptions, required, type FailureSummary } from '@holdfast/core';
import type { CircuitOptions, CircuitState } from './circuit-options.js';
import type { Circuit } from './circuit.js';
import type { Circuits } from './circuits.js';
import type { BreakerSnapshot, Forced } from './snapshot.js';

/** How long a state is forced, and why. Both must be said: what somebody forgets ends by itself. */
export interface ForcedStateOptions {
  /** Milliseconds, more than 0. Required. Too long, it is still in force when nobody remembers why. */
  readonly forMs: number;
  /** Shown to callers, and told with the event: "INC-4711". Required. */
  readonly reason: string;
}

/** What a circuit has counted of late. */
export interface BreakerWindow {
  /** Attempts that completed within the window. */
  readonly attempts: number;
  /** How many of them failed. */
  readonly failures: number;
  /** How many of them took `slowMs` or longer. */
  readonly slow: number;
  /** Failures since the last success, however long ago that was. */
  readonly run: number;
  /** Milliseconds. */
  readonly windowMs: number;
}

/** One circuit, for those who operate it. Everything is as of now. */
export interface Breaker {
  /** What shares the circuit: by default the service and its origin. */
  readonly key: string;
  readonly service: string;
  readonly state: CircuitState;
  /** Epoch milliseconds at which it is tried again; `undefined` while it is not open. */
  readonly openUntil: number | undefined;
  /** The last failure that counted. */
  readonly lastFailure: FailureSummary | undefined;
  readonly window: BreakerWindow;
  /** In which state somebody holds it; `undefined` when nobody does. */
  readonly forced: Forced | undefined;
  /**
   * Refuses everything, in both modes. When it ends, by its time or by {@link release}, the service is tried with probes.
   *
   * @throws {TypeError} for a bad option, naming it.
   */
  forceOpen(options: ForcedStateOptions): void;
  /**
   * Lets everything through, and goes on counting. When it ends, the window decides at the next failure.
   *
   * @throws {TypeError} for a bad option, naming it.
   */
  forceClosed(options: ForcedStateOptions): void;
  /** Ends a forced state before its time; does nothing without one. */
  release(): void;
  /**
   * Changes options of this circuit alone, without losing what it has counted, until an interceptor that is made later
   * uses it with its own.
   *
   * @throws {TypeError} for a bad option, naming it.
   */
  configure(options: CircuitOptions): void;
  /** What can be seen of it, for a log. */
  toJSON(): object;
}

/** A breaker, as it is found by its circuit: still the same one after that was forgotten and made anew. */
export class OperatedBreaker implements Breaker {
  readonly #circuits: Circuits;
  readonly #met: Circuit;

  constructor(circuits: Circuits, circuit: Circuit) {
    this.#circuits = circuits;
    this.#met = circuit;
  }

  get key(): string {
    return this.#met.key;
  }

  get service(): string {
    return this.#met.service;
  }

  get state(): CircuitState {
    return this.#circuit.state;
  }

  get openUntil(): number | undefined {
    return this.#circuit.openUntil;
  }

  get lastFailure(): FailureSummary | undefined {
    return this.#circuit.lastFailure;
  }

  get window(): BreakerWindow {
    const { buckets, run, windowMs } = this.#circuit.windowAt(this.#now());
    const sum = (name: 'attempts' | 'failures' | 'slow') =>
      buckets.reduce((total, bucket) => total + bucket[name], 0);
    return { attempts: sum('attempts'), failures: sum('failures'), slow: sum('slow'), run, windowMs };
  }

  get forced(): Forced | undefined {
    return this.#circuit.forcedAt(this.#now());
  }

  forceOpen(options: ForcedStateOptions): void {
    const { forMs, reason } = readOptions('forceOpen', forcing, options);
    this.#circuits.keep(this.#met).forceOpen(forMs, reason, this.#now());
  }

  forceClosed(options: ForcedStateOptions): void {
    const { forMs, reason } = readOptions('forceClosed', forcing, options);
    this.#circuits.keep(this.#met).forceClosed(forMs, reason, this.#now());
  }

  release(): void {
    this.#circuit.release(this.#now());
  }

  configure(options: CircuitOptions): void {
    this.#circuits.keep(this.#met).configure(options);
  }

  toJSON(): object {
    const { key, service, state, openUntil, forced, window, lastFailure } = this;
    return { key, service, state, openUntil, forced, window, lastFailure };
  }

  get #circuit(): Circuit {
    return this.#circuits.find(this.key) ?? this.#met;
  }

  #now(): number {
    return this.#circuit.rules.clock.now();
  }
}

const forcing = {
  forMs: required<number>(
    (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
    'a number of milliseconds, more than 0',
  ),
  reason: required<string>(isText, 'a text that says why'),
};

/** One circuit, as plain data. */
export function snapshotOf(circuit: Circuit, now: number): BreakerSnapshot {
  const { key, service, state, openUntil, nextOpenMs, lastFailure } = circuit;
  const forced = circuit.forcedAt(now);
  return {
    key,
    service,
    state,
    ...(openUntil !== undefined && { openUntil }),
    nextOpenMs,
    ...(forced && { forced }),
    window: circuit.windowAt(now),
    ...(lastFailure && { lastFailure }),
  };
}
