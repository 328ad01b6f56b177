import type { Clock } from '@holdfast/core';
import type { Closure } from './gate-store.js';
import { Pace } from './pace.js';
import { Ramp } from './ramp.js';
import type { Allowance } from './rate-limit.js';

/** The options by which turns come. */
export interface TurnRules {
  readonly maxClosedMs: number;
  readonly rampMs: number;
  readonly probeTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The one call that tries for all the others. */
export interface Probe {
  /** Which closing it is to end. */
  readonly closing: number;
  startedAt: number;
}

/** The probe goes up to this share of the closed time after the instant: many processes may have been told the same. */
const SPREAD = 0.1;
const LEAST_SPREAD_MS = 50;
/** Those who wait come out by so much faster than calls arrive: any faster, and the service that is just back falls over again. */
const DRAIN = 1.1;
/** And no slower than this, where hardly anybody had come, or the clock was set forward meanwhile. */
const LONGEST_STEP_MS = 10_000;

/** Who waits, as far as it matters for turns. */
export interface Awaited {
  readonly waiting: number;
  /** Epoch milliseconds; of who came last. */
  readonly lastDeadlineAt: number;
}

/**
 * When whose turn it is. Closed, nobody's before the instant; then one probe's; when that is answered, those who wait come
 * out on a ramp. With a pace, each has a slot as well. Who waits is the gate's to know: here are instants only, all in
 * epoch milliseconds.
 */
export class Turns {
  readonly #rules: TurnRules;
  /** Until a probe has been answered. */
  #isClosed = false;
  /** Counts them. */
  #closing = 0;
  #until = 0;
  #probeAt = 0;
  /** Under way. */
  #probe: Probe | undefined = undefined;
  #ramp: Ramp | undefined = undefined;
  #pace: Pace | undefined = undefined;
  #seenAt = -Infinity;
  /** Since when it was not open, and how many calls have come since. */
  #since = 0;
  #arrivals = 0;

  constructor(rules: TurnRules) {
    this.#rules = rules;
  }

  /** The instant before which it is nobody's turn. */
  get until(): number {
    return this.#until;
  }

  /** The instant at which the probe is sent: a little later. */
  get probeAt(): number {
    return this.#probeAt;
  }

  get isProbing(): boolean {
    return this.#probe !== undefined;
  }

  /** Those who were held up come out. */
  get isOnRamp(): boolean {
    return this.#ramp !== undefined;
  }

  /** Slots alone say whose turn it is. */
  get isPaced(): boolean {
    return this.#pace !== undefined && !this.#isClosed && this.#ramp === undefined;
  }

  /** Where nobody waits, it is everybody's turn: nobody has to know any more that there was something. */
  isOver(now: number): boolean {
    if (this.#probe !== undefined || this.#pace?.isOver(now) === false) return false;
    return this.#isClosed ? this.#hasPassed(now) : now >= (this.#ramp?.endsAt ?? now);
  }

  /** Whether it is closed already for as long: also where a probe is under way, and the clock was set back to before the instant. */
  covers(closure: Closure): boolean {
    return this.#isClosed && closure.until <= this.#until;
  }

  /** A probe that is under way decides nothing any more, and a ramp is over. */
  close({ until, closedAt }: Closure, now: number): void {
    const { random, rampMs } = this.#rules;
    if (!this.#isClosed && this.#ramp === undefined) {
      this.#since = now;
      this.#arrivals = 0;
    }
    const spreadMs = Math.max(LEAST_SPREAD_MS, Math.min(SPREAD * (until - closedAt), rampMs));
    this.#isClosed = true;
    this.#closing += 1;
    this.#until = until;
    this.#probeAt = until + random() * spreadMs;
    this.#probe = undefined;
    this.#ramp = undefined;
  }

  /** Nobody needs to know of it any more; a probe that is under way least of all. */
  forget(): void {
    this.#closing += 1;
  }

  /** What a probe came to. Says whether the gate is open by it, or whether the next one may try. */
  probeEnded(probe: Probe, answered: boolean, now: number, awaited: Awaited): 'open' | 'next' | undefined {
    // Closed again meanwhile, or open.
    if (!this.#isClosed || probe.closing !== this.#closing) return undefined;
    // Given up. But late is an answer as well: else a service that has become slow would be called by probes for ever.
    if (probe !== this.#probe && !answered) return undefined;
    this.#probe = undefined;
    if (!answered) return 'next';
    this.#isClosed = false;
    this.#ramp = this.#rampFor(now, awaited);
    return 'open';
  }

  #rampFor(now: number, { waiting, lastDeadlineAt }: Awaited): Ramp {
    const { rampMs } = this.#rules;
    const heldMs = Math.max(0, now - this.#since);
    const asTheyArriveMs = Math.min(LONGEST_STEP_MS, heldMs / (DRAIN * Math.max(1, this.#arrivals)));
    // In time for the last in line; but not all at once for that.
    const inTimeMs = (lastDeadlineAt - now) / (waiting + 1);
    const stepMs = Math.max(Math.min(asTheyArriveMs, inTimeMs), rampMs / (waiting + 1));
    return new Ramp(now + rampMs, stepMs);
  }

  /** A call has come while it is not open. */
  arrived(): void {
    if (this.#isClosed || this.#ramp !== undefined) this.#arrivals += 1;
  }

  /** Spreads the turns over what the service still allows. */
  keepPace(allowance: Allowance | 'ample', now: number, waiting: number): void {
    if (allowance === 'ample') {
      this.#endPace(now, waiting);
      return;
    }
    this.#pace ??= new Pace();
    this.#pace.heed(allowance, now, this.#rules.maxClosedMs);
  }

  /** What time itself has changed: something is over, or the clock was set back, and nobody is to wait for that. */
  notice(now: number, waiting: number): void {
    const backMs = this.#seenAt - now;
    this.#seenAt = now;
    if (backMs > 0) {
      if (this.#probe !== undefined) this.#probe.startedAt -= backMs;
      this.#ramp?.moveBack(backMs);
      this.#pace?.moveBack(backMs);
      this.#since -= backMs;
    }
    if (waiting === 0) {
      if (this.#isClosed && this.#probe === undefined && this.#hasPassed(now)) this.#isClosed = false;
      if (this.#ramp !== undefined && now >= this.#ramp.endsAt) this.#ramp = undefined;
    }
    if (this.#pace?.isOver(now) === true) this.#endPace(now, waiting);
  }

  #endPace(now: number, waiting: number): void {
    if (this.#pace === undefined) return;
    this.#pace = undefined;
    if (waiting === 0 || this.#isClosed || this.#ramp !== undefined) return;
    // Those who have waited together do not go together.
    const { rampMs } = this.#rules;
    this.#ramp = new Ramp(now + rampMs, rampMs / (waiting + 1));
  }

  /** Somebody goes: as the probe, on the ramp, or in a slot. */
  take(now: number, hasWaited: boolean): Probe | undefined {
    this.#pace?.take(now);
    if (this.#isClosed) this.#probe = { closing: this.#closing, startedAt: now };
    else this.#ramp?.take(now, hasWaited);
    return this.#probe;
  }

  /** A slot that lies ahead is somebody's. */
  takeSlot(now: number, slot: number): void {
    this.#pace?.take(now, slot);
  }

  /** The first one's, as things stand. */
  get first(): number {
    return Math.max(this.#firstByGate(), this.#pace?.turn(1) ?? -Infinity);
  }

  #firstByGate(): number {
    if (!this.#isClosed) return this.#ramp?.turn(1) ?? -Infinity;
    // A probe without an answer holds nobody up for ever: the next one becomes the probe.
    return this.#probe === undefined ? this.#probeAt : this.#probe.startedAt + this.#rules.probeTimeoutMs;
  }

  /** The earliest of one who comes now, behind so many. */
  next(now: number, waiting: number): number {
    return Math.max(now, this.#nextByGate(now, waiting), this.#slot(waiting, now));
  }

  #nextByGate(now: number, waiting: number): number {
    if (!this.#isClosed) return this.#ramp?.turn(waiting + 1) ?? now;
    return this.#probe === undefined ? this.#probeAt : now;
  }

  /** When one who is refused should come back. */
  nextTry(now: number, waiting: number): number {
    const ramp = this.#ramp;
    const opensAt = this.#until > now ? this.#until : now + this.#rules.rampMs;
    const byGate = ramp === undefined ? now : Math.max(ramp.endsAt, ramp.turn(waiting + 1));
    return Math.max(now, this.#isClosed ? opensAt : byGate, this.#slot(waiting, now));
  }

  #slot(waiting: number, now: number): number {
    return this.#pace?.turn(waiting + 1) ?? now;
  }

  #hasPassed(now: number): boolean {
    return now > this.#until + this.#rules.rampMs;
  }
}
