import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';
import { LONGEST_TIMER_MS, publish, type Clock, type FailureSummary } from '@holdfast/core';
import { Admission, Trial, type TrialRules } from './trial.js';
import { Window } from './window.js';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** What an observer is told. Nothing of any call is in it. */
export interface CircuitStateChange {
  readonly service: string;
  /** What shares the circuit: by default the origin. */
  readonly key: string;
  readonly state: CircuitState;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The options by which a circuit lives. */
export interface CircuitRules extends TrialRules {
  readonly windowMs: number;
  readonly minimumAttempts: number;
  readonly failureRatio: number;
  readonly consecutiveFailures: number;
  readonly consecutiveSpanMs: number;
  readonly openMs: number;
  readonly maxOpenMs: number;
  readonly rampMs: number;
  readonly onStateChange: (event: CircuitStateChange) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/** A run this many times as long as `consecutiveFailures` opens the circuit however short it was: no blip is that long. */
const LONG_RUN = 10;
/** Up to this share longer, so that the circuits of many processes do not try a recovering service at one instant. */
const JITTER = 0.2;
/** The share of calls let through right after closing. */
const FIRST_SHARE = 0.1;

// opossum rotates its own counts, which nobody reads, by an interval of each breaker, unless it is given an emitter.
const neverRotates = new EventEmitter();

/**
 * The circuit of one service. When it opens is told by our own {@link Window}; the states, their changes and the reset
 * timer are opossum's, from the first opening on: a healthy service has none. opossum's `fire()` stays off the path:
 * it counts calls in flight, takes a filtered error for a success, and sorts its whole window at each failure.
 */
export class Circuit {
  readonly key: string;
  readonly service: string;
  readonly #rules: CircuitRules;
  readonly #window: Window;
  /** Shared by all attempts that are let through while the circuit stays closed. */
  #closedAdmission = new Admission(0);
  #lastFailure: FailureSummary | undefined = undefined;

  #breaker: CircuitBreaker | undefined = undefined;
  /** opossum reads its reset time from here at each opening. */
  #breakerOptions: CircuitBreaker.Options = {};
  #openUntil = 0;
  /** Earlier than `#openUntil` when that was moved, or is further away than a timer can reach. */
  #timerEndsAt = 0;
  /** Of the next opening: doubled by each trial that was lost. */
  #openMs: number;
  /** While it is half-open. */
  #trial: Trial | undefined = undefined;
  #closedAt = 0;

  constructor(key: string, service: string, rules: CircuitRules) {
    this.key = key;
    this.service = service;
    this.#rules = rules;
    this.#window = new Window(rules.windowMs);
    this.#openMs = Math.min(rules.openMs, rules.maxOpenMs);
  }

  /** The last failure that counted. */
  get lastFailure(): FailureSummary | undefined {
    return this.#lastFailure;
  }

  /** Lets an attempt through, whose outcome has to be reported; or `undefined`: it must not be sent. */
  admit(): Admission | undefined {
    const breaker = this.#breaker;
    if (breaker === undefined) return this.#closedAdmission;
    if (breaker.opened) return undefined;
    const { clock, random } = this.#rules;
    const now = clock.now();
    if (this.#trial !== undefined) return this.#trial.admit(now);
    return random() < this.#share(now) ? this.#closedAdmission : undefined;
  }

  /** Milliseconds after which a refused call may be let through. */
  retryAfterMs(): number {
    const { clock, openMs, rampMs } = this.#rules;
    const now = clock.now();
    // The probes under way decide sooner than one of them is given up, unless it hangs.
    if (this.#trial !== undefined) return Math.min(openMs, this.#trial.permitInMs(now));
    const until = this.#breaker?.opened === true ? this.#openUntil : this.#closedAt + rampMs;
    return Math.max(0, until - now);
  }

  /** The service has done its work. */
  succeeded(admission: Admission, now: number): void {
    if (admission === this.#closedAdmission) {
      this.#window.succeeded(now);
      if (this.#breaker !== undefined) this.#dropWhenQuiet(now);
    } else if (this.#trial?.ended(admission) === true) {
      this.#trial.succeeded();
      if (this.#trial.passed) this.#close(now);
    }
    // Any other started before the circuit opened, or was given up: it says nothing about the service as it is now.
  }

  /** The service has failed. `notBefore`: the instant until which it asks to be left alone. */
  failed(admission: Admission, failure: FailureSummary, notBefore = 0): void {
    if (admission === this.#closedAdmission) {
      this.#lastFailure = failure;
      this.#window.failed(failure.at);
      if (this.#isDown()) this.#open(failure.at, notBefore);
    } else if (this.#trial?.ended(admission) === true) {
      this.#lastFailure = failure;
      this.#trial.failed();
      if (this.#trial.lost) {
        this.#doubleOpenMs();
        this.#open(failure.at, notBefore);
      }
    } else {
      this.#prolong(notBefore);
    }
  }

  /** The service has throttled the attempt: a failure, unless a gate handles it. One throttled probe ends the trial. */
  throttled(admission: Admission, failure: FailureSummary, notBefore = 0, gated = false): void {
    if (this.#trial?.ended(admission) === true) {
      this.#lastFailure = failure;
      // It named the instant itself: no reason to wait longer each time.
      if (notBefore === 0) this.#doubleOpenMs();
      this.#open(failure.at, notBefore);
    } else if (!gated || admission !== this.#closedAdmission) {
      this.failed(admission, failure, notBefore);
    }
  }

  /** The attempt says nothing about the service: cancelled, or never sent. A probe's permit is free again. */
  unrecorded(admission: Admission): void {
    this.#trial?.ended(admission);
  }

  /** Nothing is left over of it; attempts under way change nothing any more. */
  forget(): void {
    this.#closedAdmission = new Admission(0);
    this.#trial = undefined;
    this.#dropBreaker();
  }

  #isDown(): boolean {
    const { minimumAttempts, failureRatio, consecutiveFailures, consecutiveSpanMs } = this.#rules;
    const { attempts, failures, run, runMs } = this.#window;
    if (attempts >= minimumAttempts && failures >= failureRatio * attempts) return true;
    return (
      run >= consecutiveFailures && (runMs >= consecutiveSpanMs || run >= LONG_RUN * consecutiveFailures)
    );
  }

  #open(now: number, notBefore: number): void {
    const delayMs = Math.max(this.#openMs, notBefore - now) * (1 + JITTER * this.#rules.random());
    this.#closedAdmission = new Admission(now);
    this.#trial = undefined;
    this.#openUntil = now + Math.ceil(delayMs);
    this.#startTimer(now);
    this.#changed('open', now);
  }

  #doubleOpenMs(): void {
    this.#openMs = Math.min(2 * this.#openMs, this.#rules.maxOpenMs);
  }

  #startTimer(from: number): void {
    const breaker = (this.#breaker ??= this.#createBreaker());
    const resetTimeout = Math.min(this.#openUntil - from, LONGEST_TIMER_MS);
    this.#timerEndsAt = from + resetTimeout;
    this.#breakerOptions.resetTimeout = resetTimeout;
    breaker.open();
  }

  #createBreaker(): CircuitBreaker {
    this.#breakerOptions = {
      name: this.key,
      timeout: false,
      enableSnapshots: false,
      rollingPercentilesEnabled: false,
      rotateBucketController: neverRotates,
    };
    const breaker = new CircuitBreaker(() => Promise.resolve(), this.#breakerOptions);
    // It never will: a listener left on it would only keep a forgotten circuit in memory.
    neverRotates.removeAllListeners();
    breaker.on('halfOpen', () => {
      this.#timerEnded();
    });
    return breaker;
  }

  #timerEnded(): void {
    // opossum ignores a later instant while it is open, and its timers overflow beyond 2^31 ms.
    if (this.#openUntil > this.#timerEndsAt) {
      this.#startTimer(this.#timerEndsAt);
      return;
    }
    this.#trial = new Trial(this.#rules);
    this.#changed('half-open', this.#rules.clock.now());
  }

  /** While it is open, a service may ask for more time: by answers to attempts from before. */
  #prolong(notBefore: number): void {
    if (this.#breaker?.opened === true) this.#openUntil = Math.max(this.#openUntil, notBefore);
  }

  #close(now: number): void {
    this.#openMs = Math.min(this.#rules.openMs, this.#rules.maxOpenMs);
    this.#trial = undefined;
    this.#window.clear();
    this.#closedAdmission = new Admission(now);
    this.#closedAt = now;
    this.#breaker?.close();
    this.#changed('closed', now);
  }

  /** Of the calls, how many are let through after closing: reopening for everybody at once is a second outage. */
  #share(now: number): number {
    const { rampMs } = this.#rules;
    const sinceMs = now - this.#closedAt;
    if (sinceMs < 0 || sinceMs >= rampMs) return 1;
    return FIRST_SHARE + (1 - FIRST_SHARE) * (sinceMs / rampMs);
  }

  #dropWhenQuiet(now: number): void {
    const { rampMs, windowMs } = this.#rules;
    if (now - this.#closedAt >= rampMs + windowMs) this.#dropBreaker();
  }

  #dropBreaker(): void {
    this.#breaker?.shutdown();
    this.#breaker = undefined;
    this.#breakerOptions = {};
  }

  #changed(state: CircuitState, at: number): void {
    const tell: (event: CircuitStateChange) => unknown = this.#rules.onStateChange;
    const { service, key } = this;
    const retryAfterMs = state === 'open' ? this.#openUntil - at : undefined;
    publish('circuit', () => ({ service, key, state, at, retryAfterMs, lastFailure: this.#lastFailure }));
    // An observer changes nothing, whether it throws or is an async function that rejects.
    new Promise((resolve) => {
      resolve(tell({ service, key, state, at }));
    }).catch(() => undefined);
  }
}
