import { parseRetryAfter } from '@holdfast/core';

/** How an API throttles. */
export interface ThrottleOptions {
  /** Milliseconds after which clients may come back. Told in whole seconds, rounded up. */
  readonly retryAfterMs?: number;
  /** In its place: the Retry-After field as it stands, also one that nobody can read. */
  readonly retryAfter?: string;
  /** Milliseconds for which it throttles. Default: until the instant that it tells. */
  readonly forMs?: number;
  /** How many requests it refuses at most. Default: any number. */
  readonly limit?: number;
}

/** What a refused request is told. */
export interface Refusal {
  readonly retryAfter: string;
  /** The same as an instant, epoch milliseconds; `undefined` when nobody can read it. */
  readonly until: number | undefined;
}

/** Refuses requests for a while. Everybody is told the same instant, until it is over. */
export class Throttle {
  readonly #given: string | undefined;
  readonly #durationMs: number;
  readonly #endsAt: number;
  #left: number;
  #until: number;

  /** @throws {TypeError} when nothing says what to tell, or for how long. */
  constructor({ retryAfterMs, retryAfter, forMs, limit = Infinity }: ThrottleOptions, now: number) {
    const durationMs = retryAfterMs ?? parseRetryAfter(retryAfter, now);
    const lastsMs = forMs ?? durationMs ?? (limit === Infinity ? undefined : Infinity);
    if (retryAfterMs === undefined && retryAfter === undefined)
      throw new TypeError('throttle(): give "retryAfterMs" or "retryAfter"');
    if (lastsMs === undefined)
      throw new TypeError('throttle(): nobody can read this "retryAfter": give "forMs" or "limit" as well');
    this.#given = retryAfter;
    this.#durationMs = durationMs ?? 0;
    this.#endsAt = now + lastsMs;
    this.#left = limit;
    this.#until = now + this.#durationMs;
  }

  /** `undefined` lets the request pass. */
  refuse(now: number): Refusal | undefined {
    if (now >= this.#endsAt || this.#left <= 0) return undefined;
    this.#left -= 1;
    if (now >= this.#until) this.#until = now + this.#durationMs;
    const retryAfter = this.#given ?? String(Math.ceil((this.#until - now) / 1000));
    return { retryAfter, until: parseRetryAfter(retryAfter, now) === undefined ? undefined : this.#until };
  }
}
