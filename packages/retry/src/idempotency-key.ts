import type { InternalAxiosRequestConfig } from 'axios';
import { randomUUID } from 'node:crypto';

/**
 * The Idempotency-Key header: a structured-field string, in quotes
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
 */
const NAME = 'Idempotency-Key';

/**
 * Puts one key on a request, for all its attempts and resends, and returns the way back. A key that the caller has set
 * himself stays. `wanted` is the key, or `true` for a fresh one.
 */
export function setIdempotencyKey(config: InternalAxiosRequestConfig, wanted: string | true): () => void {
  if (hasIdempotencyKey(config)) return () => undefined;
  const key = wanted === true ? randomUUID() : wanted;
  config.headers.set(NAME, `"${key.replace(/["\\]/g, '\\$&')}"`);
  return () => {
    config.headers.delete(NAME);
  };
}

/** Whether the service can tell a repetition from a second request. A name without a value is not sent. */
export function hasIdempotencyKey(config: InternalAxiosRequestConfig): boolean {
  const key = config.headers.get(NAME);
  return typeof key === 'string' && key !== '';
}
