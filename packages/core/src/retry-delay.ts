const LEAST_SPREAD_MS = 50;

/**
 * Milliseconds to wait for an instant that a service has named: never before it, and after it not all at once. The herd spreads
 * by a tenth of the wait. `random` is a number from 0 up to 1.
 */
export function spreadDelayMs(toldMs: number, random: number): number {
  return toldMs + random * Math.max(LEAST_SPREAD_MS, toldMs / 10);
}

/**
 * Milliseconds to wait where no instant was named, with full jitter: anything up to a bound that doubles with each retry.
 * `retryNumber` is 1 for the attempt after the first, `random` a number from 0 up to 1.
 *
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function jitteredDelayMs(
  retryNumber: number,
  { baseDelayMs, maxDelayMs }: { readonly baseDelayMs: number; readonly maxDelayMs: number },
  random: number,
): number {
  return random * Math.min(maxDelayMs, baseDelayMs * 2 ** (retryNumber - 1));
}
