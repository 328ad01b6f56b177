import {
  AcquisitionBackoff,
  acquisitionBackoffMs,
  cancellationOf,
  isCanceled,
  orCanceled,
  type Cancelable,
  type Clock,
  type TokenAcquisitionError,
} from '@holdfast/core';
import { isProviderAnswer, isProviderTrouble, refusalFor } from './acquisition-error.js';

/** What a gate lives by. */
export interface GateSettings {
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds after this many failures in a row. Default: {@link acquisitionBackoffMs}. */
  readonly backoffMs?: (failure: TokenAcquisitionError, failures: number, random: () => number) => number;
}

/** One acquisition that comes to a gate. */
export interface Arrival {
  readonly scopes: readonly string[];
  readonly caller: Cancelable;
  /** For whom, where the gate is one that many share. */
  readonly principal?: string | undefined;
}

/** The one that goes ahead once the time is over. It ends with the closing that it caused, if it caused one. */
interface Probe {
  readonly ended: Promise<AcquisitionBackoff | undefined>;
  readonly end: (closing: AcquisitionBackoff | undefined) => void;
  /** Epoch milliseconds. */
  readonly beganAt: number;
}

// One may be in trouble by his own doing, and two by chance.
const MANY_PRINCIPALS = 3;
const TOGETHER_MS = 60_000;
// As long as the longest backoff: one without a time limit may hang for ever, and the provider with it for nobody.
const LONGEST_PROBE_MS = 5 * 60_000;

/**
 * The gate in front of an identity provider that has had trouble: closed, nothing is asked before Retry-After or the
 * backoff is over; then one acquisition goes ahead, and the others wait for what becomes of it. Nothing runs by itself: a
 * gate has no timer.
 *
 * Microsoft's guidance, "Increase resilience of daemon applications": after a 429 or a 5xx no request before Retry-After,
 * else with exponential backoff from five seconds on.
 */
export class ProviderGate {
  readonly #settings: GateSettings;
  #closing: AcquisitionBackoff | undefined = undefined;
  /** In a row: since it was last open. */
  #failures = 0;
  /** Counts openings and closings: what was asked before one of them says nothing about what is true after it. */
  #turns = 0;
  #probe: Probe | undefined = undefined;
  #underWay = 0;
  /** Those who failed while nobody succeeded, and when. */
  readonly #failedPrincipals = new Map<string, number>();

  constructor(settings: GateSettings) {
    this.#settings = settings;
  }

  /** Nobody is asking, and the gate is open: a new one would be no different. */
  get isOver(): boolean {
    return !this.isUnderWay && this.#closing === undefined && this.#failedPrincipals.size === 0;
  }

  /** Milliseconds until the identity provider may be asked again; 0 when it may be now. */
  get leftMs(): number {
    return Math.max(0, this.#closing?.leftAt(this.#settings.clock.now()) ?? 0);
  }

  /** Somebody asks, or waits. */
  get isUnderWay(): boolean {
    return this.#underWay > 0;
  }

  /** @throws {TokenAcquisitionError} while the identity provider is left alone. */
  check(scopes: readonly string[]): void {
    const { leftMs } = this;
    if (this.#closing !== undefined && leftMs > 0) throw refusalFor(this.#closing.failure, scopes, leftMs);
  }

  /** Asks the identity provider: at once, or after the one that goes ahead; or refuses. */
  async pass<T>(arrival: Arrival, ask: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await this.#pass(arrival, ask);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #pass<T>(arrival: Arrival, ask: () => Promise<T>): Promise<T> {
    const { scopes, caller } = arrival;
    for (;;) {
      if (isCanceled(caller)) throw cancellationOf(caller);
      if (this.#closing === undefined) return this.#ask(arrival, ask);
      this.check(scopes);
      if (this.#probe === undefined || this.#isLost(this.#probe)) return this.#askAhead(arrival, ask);
      const closing = await orCanceled(this.#probe.ended, caller);
      // Even where its time is over already: who waited gets what the one ahead got.
      if (closing !== undefined) {
        const left = Math.max(0, closing.leftAt(this.#settings.clock.now()));
        throw refusalFor(closing.failure, scopes, left);
      }
    }
  }

  async #ask<T>(arrival: Arrival, ask: () => Promise<T>): Promise<T> {
    const turn = this.#turns;
    try {
      const token = await ask();
      this.#failedPrincipals.clear();
      return token;
    } catch (error) {
      if (isProviderAnswer(error)) this.#failedPrincipals.clear();
      if (!isProviderTrouble(error)) throw error;
      if (this.#concernsAll(arrival)) this.#close(error, turn);
      throw error;
    }
  }

  async #askAhead<T>(arrival: Arrival, ask: () => Promise<T>): Promise<T> {
    const turn = this.#turns;
    let end: (closing: AcquisitionBackoff | undefined) => void = () => undefined;
    const ended = new Promise<AcquisitionBackoff | undefined>((resolve) => (end = resolve));
    const lost = this.#probe;
    const probe = { ended, end, beganAt: this.#settings.clock.now() };
    this.#probe = probe;
    let closing: AcquisitionBackoff | undefined = undefined;
    try {
      // A caller who gives up makes way at once, whatever becomes of what he asked for.
      const token = await orCanceled(ask(), arrival.caller);
      if (turn === this.#turns) this.#open();
      return token;
    } catch (error) {
      // It says no, but it speaks.
      if (isProviderAnswer(error) && turn === this.#turns) this.#open();
      if (!isProviderTrouble(error)) throw error;
      closing = this.#close(error, turn);
      throw error;
    } finally {
      if (this.#probe === probe) this.#probe = undefined;
      end(closing);
      lost?.end(closing);
    }
  }

  #isLost({ beganAt }: Probe): boolean {
    return this.#settings.clock.now() - beganAt >= LONGEST_PROBE_MS;
  }

  #open(): void {
    this.#closing = undefined;
    this.#failures = 0;
    this.#turns += 1;
    this.#failedPrincipals.clear();
  }

  /** Closes for what was asked at this turn; `undefined` when that changes nothing. */
  #close(failure: TokenAcquisitionError, turn: number): AcquisitionBackoff | undefined {
    const isStale = turn !== this.#turns;
    // It was under way when the gate was closed by another one: told again, no new trouble. But a word of the provider's
    // own is heard.
    if (isStale && (failure.retryAfterMs ?? 0) <= this.leftMs) return undefined;
    if (!isStale || this.#failures === 0) this.#failures += 1;
    const { clock, random, backoffMs = acquisitionBackoffMs } = this.#settings;
    const lengthMs = backoffMs(failure, this.#failures, random);
    this.#closing = new AcquisitionBackoff(failure, lengthMs, clock.now());
    this.#turns += 1;
    this.#failedPrincipals.clear();
    return this.#closing;
  }

  /** Whether a failure is the trouble of all who share this gate, and not of one of them. */
  #concernsAll({ principal }: Arrival): boolean {
    if (principal === undefined) return true;
    const now = this.#settings.clock.now();
    this.#failedPrincipals.set(principal, now);
    for (const [one, failedAt] of this.#failedPrincipals)
      if (failedAt > now || failedAt <= now - TOGETHER_MS) this.#failedPrincipals.delete(one);
    return this.#failedPrincipals.size >= MANY_PRINCIPALS;
  }
}
