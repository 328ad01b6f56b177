import { isHoldfastError } from '@holdfast/core';
import type { AcquisitionFailure } from './acquisition-failure.js';

const JITTER = 0.1;
const FIRST_BACKOFF_MS = 5_000;
const LONGEST_BACKOFF_MS = 5 * 60_000;
const PERMANENT_FAILURE_MS = 60_000;

/** A failure, and how long it is the answer to everybody who asks. */
export class Backoff {
  readonly failure: AcquisitionFailure;
  readonly #lengthMs: number;
  #beganAt: number;

  /** `now` in epoch milliseconds. */
  constructor(failure: AcquisitionFailure, lengthMs: number, now: number) {
    this.failure = failure;
    this.#lengthMs = lengthMs;
    this.#beganAt = now;
  }

  /** Milliseconds that are left of it; 0 or less when it is over. */
  leftAt(now: number): number {
    // The clock was set back: nobody can tell how much has passed, but it must not last as long as the step.
    if (now < this.#beganAt) this.#beganAt = now;
    return this.#beganAt + this.#lengthMs - now;
  }
}

/** Milliseconds for which the source is left alone: as it asked, else at least five seconds, doubling. */
export function backoffAfter(failure: AcquisitionFailure, failures: number, random: () => number): number {
  if (isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) return FIRST_BACKOFF_MS;
  const askedMs = failure.retryAfterMs ?? 0;
  if (!failure.transient) return Math.max(askedMs, PERMANENT_FAILURE_MS);
  if (askedMs > 0) return askedMs;
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  return backoffMs * (1 + JITTER * random());
}
