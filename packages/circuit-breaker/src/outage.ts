import type { FailureSummary } from '@holdfast/core';
import type { CircuitRules, CircuitState } from './circuit-options.js';
import type { Forced } from './snapshot.js';
import { StateMachine } from './state-machine.js';
import { Trial, type Admission } from './trial.js';

/** Up to this share longer, so that the circuits of many processes do not try a recovering service at one instant. */
const JITTER = 0.2;
/** The share of calls let through right after closing. */
const FIRST_SHARE = 0.1;

/**
 * What a circuit needs from its first opening, or forced state, until it has been closed and quiet for a while: its state
 * and its instants. A healthy service has none.
 */
export class Outage {
  readonly #machine: StateMachine;
  /** What doubling has come to; 0 where no trial was lost. */
  #openMs = 0;
  #openedAt = 0;
  #openUntil = 0;
  /** From here on a ramp lets calls through. */
  #closedAt = -Infinity;
  /** From here on it has been closed by itself. */
  #quietSince = -Infinity;
  #trial: Trial | undefined = undefined;
  #forced: Forced | undefined = undefined;
  #forcedCause: FailureSummary | undefined = undefined;

  /** `onTimeOver` is called when an opening has lasted for its time, and is half-open. */
  constructor(key: string, onTimeOver: () => void) {
    this.#machine = new StateMachine(key, onTimeOver);
  }

  get state(): CircuitState {
    if (this.#machine.opened) return 'open';
    return this.#machine.halfOpen ? 'half-open' : 'closed';
  }

  /** Epoch milliseconds, while it is open. */
  get openUntil(): number | undefined {
    return this.#machine.opened ? this.#openUntil : undefined;
  }

  /** Milliseconds of the next opening: doubled by each trial that was lost. */
  nextOpenMs(rules: CircuitRules): number {
    return Math.max(rules.openMs, Math.min(this.#openMs, rules.maxOpenMs));
  }

  /** Goes on where another process was. */
  doubleFrom(openMs: number): void {
    this.#openMs = openMs;
  }

  /** While it is half-open. */
  get trial(): Trial | undefined {
    return this.#trial;
  }

  /** In which state somebody holds it, and until when. */
  forcedAt(now: number): Forced | undefined {
    // That of an opening ends by its timer.
    return this.#forced?.state === 'closed' && now >= this.#forced.until ? undefined : this.#forced;
  }

  get isForcedOpen(): boolean {
    return this.#forced?.state === 'open';
  }

  /** What callers are told while it is forced open. */
  get forcedCause(): FailureSummary | undefined {
    return this.#forcedCause;
  }

  /** While it is closed: the share of attempts that is let through. Everybody at once would be a second outage. */
  shareAt(now: number, rampMs: number): number {
    const sinceMs = now - this.#closedAt;
    if (sinceMs < 0 || sinceMs >= rampMs) return 1;
    return FIRST_SHARE + (1 - FIRST_SHARE) * (sinceMs / rampMs);
  }

  /** Milliseconds after which an attempt that is refused now may be let through. */
  retryAfterMs(now: number, { openMs, rampMs }: CircuitRules): number {
    // The probes under way decide sooner than one of them is given up, unless it hangs.
    if (this.#trial !== undefined) return Math.min(openMs, this.#trial.permitInMs(now));
    if (this.#machine.opened) return this.#leftMs(now);
    return Math.max(0, Math.min(rampMs, this.#closedAt + rampMs - now));
  }

  doubleOpenMs(rules: CircuitRules): void {
    this.#openMs = 2 * this.nextOpenMs(rules);
  }

  /** Opens for its time, and not shorter than until the instant that the service has named. */
  open(now: number, notBefore: number, rules: CircuitRules): void {
    const leastMs = Math.max(this.nextOpenMs(rules), notBefore - now);
    this.openFor(Math.ceil(leastMs * (1 + JITTER * rules.random())), now);
  }

  /** Opens for so many milliseconds, whatever it was. */
  openFor(delayMs: number, now: number): void {
    this.#trial = undefined;
    this.#openedAt = now;
    this.#openUntil = now + delayMs;
    this.#machine.open(delayMs);
  }

  /** While it is open, a service may ask for more time: by answers to attempts from before. */
  prolong(now: number, notBefore: number): void {
    if (!this.#machine.opened || this.isForcedOpen) return;
    const delayMs = Math.ceil(notBefore - now);
    if (delayMs > this.#leftMs(now)) this.openFor(delayMs, now);
  }

  /** Half-open, with a trial of its own, whatever it was. */
  tryAgain(rules: CircuitRules): void {
    this.#unforce();
    if (!this.#machine.halfOpen) this.#machine.becomeHalfOpen();
    this.#trial = new Trial(rules);
  }

  /** Closed, with a ramp from here on. */
  close(now: number): void {
    this.#rest();
    this.#closedAt = now;
    this.#quietSince = now;
  }

  forceOpen(forMs: number, reason: string, now: number): string {
    const message = `forced open: ${reason}`;
    this.#forced = { state: 'open', until: now + forMs, reason };
    this.#forcedCause = Object.freeze({ code: undefined, status: undefined, message, at: now });
    this.openFor(forMs, now);
    return message;
  }

  /** Closed, without a ramp: somebody knows better. */
  forceClosed(forMs: number, reason: string, now: number): string {
    this.#rest();
    this.#forced = { state: 'closed', until: now + forMs, reason };
    return `forced closed: ${reason}`;
  }

  /** Nobody holds it closed any more: without a ramp, since everything has been let through. */
  endForcedClosing(now: number): void {
    this.#unforce();
    this.#quietSince = now;
  }

  /** The same, where the time of it is over. */
  endOverdue(now: number): void {
    if (this.#forced?.state === 'closed' && this.forcedAt(now) === undefined) this.endForcedClosing(now);
  }

  /** Everything is as if it had never opened. */
  isOver(now: number, { rampMs, windowMs }: CircuitRules): boolean {
    return this.#forced === undefined && now - this.#quietSince >= rampMs + windowMs;
  }

  /** Whose permit was given back; false for one that has none. */
  probeEnded(admission: Admission): boolean {
    return this.#trial?.ended(admission) === true;
  }

  end(): void {
    this.#trial = undefined;
    this.#machine.shutDown();
  }

  /** Of the opening. A clock that was set back makes no more of it than the whole. */
  #leftMs(now: number): number {
    return Math.max(0, Math.min(this.#openUntil - this.#openedAt, this.#openUntil - now));
  }

  #rest(): void {
    this.#unforce();
    this.#trial = undefined;
    this.#openMs = 0;
    this.#closedAt = -Infinity;
    this.#quietSince = -Infinity;
    this.#machine.close();
  }

  #unforce(): void {
    this.#forced = undefined;
    this.#forcedCause = undefined;
  }
}
