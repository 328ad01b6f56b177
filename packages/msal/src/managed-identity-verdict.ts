import type { TokenAcquisitionError } from '@holdfast/core';
import { ProviderFailure } from './network.js';

const NOT_FOUND = 404;
const REQUEST_TIMEOUT = 408;
const GONE = 410;
const TOO_MANY_REQUESTS = 429;

const FIRST_BACKOFF_MS = 2_000;
const LONGEST_BACKOFF_MS = 60_000;
// It is back within 70 seconds: whoever asks every ten is there in time.
const GONE_BACKOFF_MS = 10_000;
// Asking for what is not there harms nobody, and a machine that starts has its network within seconds.
const ABSENT_BACKOFF_MS = 10_000;
const JITTER = 0.1;

/**
 * Whether what an endpoint for managed identities has answered passes: it is being updated (404, 410), throttles, or fails.
 * Any other 4xx is a fault of the request, and stays.
 *
 * "How to use managed identities for Azure resources on an Azure VM to acquire an access token", Error handling.
 */
export function isPassing(status: number): boolean {
  return [NOT_FOUND, REQUEST_TIMEOUT, GONE, TOO_MANY_REQUESTS].includes(status) || status >= 500;
}

/**
 * Milliseconds for which an endpoint for managed identities is left alone after this many failures in a row: as long as it
 * asked for; ten seconds while it is gone (410); else 2, 6, 14, 30, then 60 seconds, and ten at most where there is none. Up to
 * a tenth more by chance.
 *
 * The same page, Retry guidance: exponential, the step two seconds, the longest a minute.
 */
export function endpointBackoffMs(
  failure: TokenAcquisitionError,
  failures: number,
  random: () => number,
): number {
  const { retryAfterMs: askedMs = 0, unavailable, cause } = failure;
  if (askedMs > 0) return askedMs;
  const isGone = cause instanceof ProviderFailure && cause.status === GONE;
  const longestMs = unavailable ? ABSENT_BACKOFF_MS : LONGEST_BACKOFF_MS;
  const growingMs = Math.min(FIRST_BACKOFF_MS * (2 ** failures - 1), longestMs);
  return Math.ceil((isGone ? GONE_BACKOFF_MS : growingMs) * (1 + JITTER * random()));
}
