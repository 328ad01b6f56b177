import { isHoldfastError } from './errors.js';
import { retoldFailure, type TokenFailure } from './token-failure.js';

const JITTER = 0.1;
const FIRST_BACKOFF_MS = 5_000;
const LONGEST_BACKOFF_MS = 5 * 60_000;
const PERMANENT_FAILURE_MS = 60_000;

/** A failed token acquisition, and how long it is the answer to everybody who asks. */
export class AcquisitionBackoff {
  readonly failure: TokenFailure;
  readonly #lengthMs: number;
  #beganAt: number;

  /** `now` in epoch milliseconds. */
  constructor(failure: TokenFailure, lengthMs: number, now: number) {
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

  /** The failure once more, with when to come back; `undefined` when it is over. */
  refusalAt(now: number): TokenFailure | undefined {
    const { failure } = this;
    const retryAfterMs = this.leftAt(now);
    if (retryAfterMs <= 0) return undefined;
    if (isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED'))
      return retoldFailure(failure, { cause: failure });
    const message = `${failure.message}; asked again in ${Math.ceil(retryAfterMs)} ms at the earliest`;
    return retoldFailure(failure, { message, retryAfterMs, cause: failure });
  }
}

/**
 * Milliseconds for which an identity provider is left alone after this many failures in a row: as long as it asked for,
 * else at least five seconds, doubling to five minutes, up to a tenth more by chance; a minute for what does not mend
 * itself.
 *
 * Microsoft's guidance, "Increase resilience of daemon applications": without Retry-After, the first retry comes five
 * seconds after the answer at the earliest.
 */
export function acquisitionBackoffMs(failure: TokenFailure, failures: number, random: () => number): number {
  if (isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) return FIRST_BACKOFF_MS;
  const askedMs = failure.retryAfterMs ?? 0;
  if (!failure.transient) return Math.max(askedMs, PERMANENT_FAILURE_MS);
  if (askedMs > 0) return askedMs;
  return growingBackoffMs(failures, random);
}

/** Milliseconds after this many failures in a row: five seconds, doubling to five minutes, up to a tenth more by chance. */
export function growingBackoffMs(failures: number, random: () => number): number {
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  return Math.ceil(backoffMs * (1 + JITTER * random()));
}
