import type { Clock, FailureSummary } from '@holdfast/core';
import {
  changedRules,
  type CircuitOptions,
  type CircuitRules,
  type CircuitState,
} from './circuit-options.js';
import { summaryOfSummary } from './failure-summary.js';
import { reasonToOpen } from './opening.js';
import { Outage } from './outage.js';
import type { BreakerSnapshot, Forced } from './snapshot.js';
import { tellOfChange } from './state-change.js';
import { Admission } from './trial.js';
import { Window, type WindowContent } from './window.js';

/** Who keeps circuits, and forgets the idlest. */
export interface Home {
  /** It has changed its state, or was forced into one, or released. */
  moved(circuit: Circuit): void;
}

/**
 * The circuit of one service: what it counts, and what follows from it. When it opens is told by our own {@link Window};
 * from the first opening on its state is that of an {@link Outage}.
 */
export class Circuit {
  readonly key: string;
  readonly service: string;
  /** Grows from circuit to circuit. */
  readonly number: number;
  readonly #home: Home;
  #rules: CircuitRules;
  readonly #window: Window;
  /** Shared by all attempts that are let through while the circuit stays closed. */
  #closedAdmission = new Admission(0);
  #lastFailure: FailureSummary | undefined = undefined;
  #outage: Outage | undefined = undefined;

  constructor(key: string, service: string, number: number, rules: CircuitRules, home: Home) {
    this.key = key;
    this.service = service;
    this.number = number;
    this.#rules = rules;
    this.#home = home;
    this.#window = new Window(rules.windowMs);
  }

  get rules(): CircuitRules {
    return this.#rules;
  }

  get state(): CircuitState {
    return this.#outage?.state ?? 'closed';
  }

  /** Epoch milliseconds, while it is open. */
  get openUntil(): number | undefined {
    return this.#outage?.openUntil;
  }

  /** Milliseconds that it will be open the next time, but for chance. */
  get nextOpenMs(): number {
    return this.#outage?.nextOpenMs(this.#rules) ?? this.#rules.openMs;
  }

  /** Whether what it does not admit must not be sent. */
  get refuses(): boolean {
    return this.#rules.mode === 'enforce' || this.#outage?.isForcedOpen === true;
  }

  /** The last failure that counted. */
  get lastFailure(): FailureSummary | undefined {
    return this.#lastFailure;
  }

  /** Why it refuses. */
  get cause(): FailureSummary | undefined {
    return this.#outage?.forcedCause ?? this.#lastFailure;
  }

  /** In which state somebody holds it, and until when. */
  forcedAt(now: number): Forced | undefined {
    return this.#outage?.forcedAt(now);
  }

  /** What is counted, as of an instant. */
  windowAt(now: number): WindowContent {
    return this.#window.content(now);
  }

  /** It is not to be forgotten while others can be: it is open, or forced. */
  isHeld(clock: Clock): boolean {
    // A service that is well costs no clock reading.
    if (this.#outage === undefined) return false;
    return this.state === 'open' || this.forcedAt(clock.now()) !== undefined;
  }

  /** Lets an attempt through, whose outcome has to be reported; or `undefined`: it must not be sent. */
  admit(): Admission | undefined {
    const outage = this.#outage;
    if (outage === undefined) return this.#closedAdmission;
    if (outage.state === 'open') return undefined;
    const { clock, random, rampMs } = this.#rules;
    const now = clock.now();
    if (outage.trial !== undefined) return outage.trial.admit(now);
    return random() < outage.shareAt(now, rampMs) ? this.#closedAdmission : undefined;
  }

  /** Milliseconds after which a refused call may be let through. */
  retryAfterMs(): number {
    return this.#outage?.retryAfterMs(this.#rules.clock.now(), this.#rules) ?? 0;
  }

  /** The service has done its work. `slowness`: but took too long for it. */
  succeeded(admission: Admission, now: number, slowness?: FailureSummary): void {
    const outage = this.#outage;
    if (admission === this.#closedAdmission) {
      this.#window.succeeded(now, slowness !== undefined);
      outage?.endOverdue(now);
      if (slowness !== undefined) this.#openWhenDown(slowness, 0);
      else if (outage?.isOver(now, this.#rules) === true) this.#dropOutage();
    } else if (outage?.probeEnded(admission) === true) {
      if (slowness === undefined) outage.trial?.succeeded();
      else this.#probeFailed(outage, slowness);
      this.#decide(outage, now, 0);
    }
    // Any other started before the circuit opened, or was given up: it says nothing about the service as it is now.
  }

  /** The service has failed. `notBefore`: the instant until which it asks to be left alone. */
  failed(admission: Admission, failure: FailureSummary, notBefore = 0, slow = false): void {
    const outage = this.#outage;
    if (admission === this.#closedAdmission) {
      this.#lastFailure = failure;
      this.#window.failed(failure.at, slow);
      outage?.endOverdue(failure.at);
      this.#openWhenDown(failure, notBefore);
    } else if (outage?.probeEnded(admission) === true) {
      this.#probeFailed(outage, failure);
      this.#decide(outage, failure.at, notBefore);
    } else {
      outage?.prolong(failure.at, notBefore);
    }
  }

  /** The service has throttled the attempt: a failure, unless a gate handles it. One throttled probe ends the trial. */
  throttled(admission: Admission, failure: FailureSummary, notBefore = 0, gated = false, slow = false): void {
    const outage = this.#outage;
    if (outage?.probeEnded(admission) === true) {
      this.#lastFailure = failure;
      // It named the instant itself: no reason to wait longer each time.
      if (notBefore === 0) outage.doubleOpenMs(this.#rules);
      this.#open(failure.at, notBefore, 'a probe was throttled');
    } else if (!gated || admission !== this.#closedAdmission) {
      this.failed(admission, failure, notBefore, slow);
    }
  }

  /** The attempt says nothing about the service: cancelled, or never sent. A probe's permit is free again. */
  unrecorded(admission: Admission): void {
    this.#outage?.probeEnded(admission);
  }

  /** Goes on by other options, with all that it has counted. */
  adopt(rules: CircuitRules): void {
    const { windowMs } = this.#rules;
    const now = rules.clock.now();
    this.#rules = rules;
    if (rules.windowMs !== windowMs) this.#window.resize(rules.windowMs, now);
    const outage = this.#outage;
    if (outage === undefined) return;
    outage.trial?.adopt(rules);
    this.#decide(outage, now, 0);
  }

  /** @throws {TypeError} for a bad option, naming it. */
  configure(changes: CircuitOptions): void {
    this.adopt(changedRules(this.#rules, changes));
  }

  /** Refuses everything for a while, because somebody says so. */
  forceOpen(forMs: number, reason: string, now: number): void {
    this.#startOver(now);
    this.#changed('open', this.#needOutage().forceOpen(forMs, reason, now), now);
  }

  /** Lets everything through for a while, whatever comes of it. */
  forceClosed(forMs: number, reason: string, now: number): void {
    this.#changed('closed', this.#needOutage().forceClosed(forMs, reason, now), now);
  }

  /** Ends a forced state: nobody knows how a service is that was left alone, so it is tried; else the window decides again. */
  release(now: number): void {
    this.#outage?.endOverdue(now);
    const forced = this.forcedAt(now);
    if (forced?.state === 'open') this.#tryAgain(`released: ${forced.reason}`, now);
    else if (forced !== undefined) {
      this.#outage?.endForcedClosing(now);
      this.#changed('closed', `released: ${forced.reason}`, now);
    }
  }

  /** Becomes what another process knew, as far as that still holds. Attempts under way change nothing any more. */
  restore(known: BreakerSnapshot, at: number, now: number): void {
    const { forced, lastFailure, nextOpenMs, openUntil, state, window } = known;
    // A clock that is behind the one by which it was written makes no more of it than what was left.
    const since = Math.max(at, now);
    this.forget();
    this.#window.restore(window, now);
    this.#lastFailure = lastFailure && summaryOfSummary(lastFailure);
    if (forced !== undefined && forced.until > since) {
      if (forced.state === 'open') this.forceOpen(forced.until - since, forced.reason, now);
      else this.forceClosed(forced.until - since, forced.reason, now);
    } else if (state === 'open' && openUntil !== undefined && openUntil > since) {
      this.#startOver(now);
      this.#needOutage().openFor(openUntil - since, now);
      this.#changed('open', 'restored', now);
    } else if (state !== 'closed') {
      this.#tryAgain('restored', now);
    }
    this.#outage?.doubleFrom(nextOpenMs);
  }

  /** Nothing is left over of it; attempts under way change nothing any more. */
  forget(): void {
    this.#startOver(0);
    this.#dropOutage();
  }

  #openWhenDown(failure: FailureSummary, notBefore: number): void {
    const reason = reasonToOpen(this.#window, this.#rules);
    if (reason === undefined || this.forcedAt(failure.at) !== undefined) return;
    this.#lastFailure = failure;
    this.#open(failure.at, notBefore, reason);
  }

  #probeFailed(outage: Outage, failure: FailureSummary): void {
    this.#lastFailure = failure;
    outage.trial?.failed();
  }

  /** Ends the trial as soon as its outcome is known. */
  #decide(outage: Outage, now: number, notBefore: number): void {
    const { trial } = outage;
    if (trial?.passed === true) this.#close(outage, now, String(trial));
    else if (trial?.lost === true) {
      outage.doubleOpenMs(this.#rules);
      this.#open(now, notBefore, String(trial));
    }
  }

  #open(now: number, notBefore: number, reason: string): void {
    this.#startOver(now);
    this.#needOutage().open(now, notBefore, this.#rules);
    this.#changed('open', reason, now);
  }

  #tryAgain(reason: string, now: number): void {
    this.#startOver(now);
    this.#needOutage().tryAgain(this.#rules);
    this.#changed('half-open', reason, now);
  }

  #close(outage: Outage, now: number, reason: string): void {
    this.#startOver(now);
    this.#window.clear();
    outage.close(now);
    this.#changed('closed', reason, now);
  }

  /** What is under way has no say any more. */
  #startOver(now: number): void {
    this.#closedAdmission = new Admission(now);
  }

  #needOutage(): Outage {
    return (this.#outage ??= new Outage(this.key, () => {
      const now = this.#rules.clock.now();
      const forced = this.forcedAt(now);
      this.#tryAgain(
        forced === undefined ? 'its time is over' : `no longer forced open: ${forced.reason}`,
        now,
      );
    }));
  }

  #dropOutage(): void {
    this.#outage?.end();
    this.#outage = undefined;
  }

  #changed(state: CircuitState, reason: string, at: number): void {
    this.#home.moved(this);
    tellOfChange(this, state, reason, at);
  }
}
