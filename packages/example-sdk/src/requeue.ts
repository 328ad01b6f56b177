import { isHoldfastError, retryAfterOf } from '@holdfast/client';
import { RateLimitedError } from '@holdfast/sdk-base';

/**
 * Milliseconds after which a job that has failed is worth another try; `undefined` where it would fail again. The service is
 * too busy (429), or a gate or a circuit of ours knows that it is, and has not even asked it.
 */
export function requeueAfter(error: unknown): number | undefined {
  const passes =
    isHoldfastError(error, 'ERR_THROTTLED', 'ERR_CIRCUIT_OPEN') || error instanceof RateLimitedError;
  return passes ? (retryAfterOf(error) ?? 60_000) : undefined;
}
