import { headerKey } from '@holdfast/core';
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
  config.headers[NAME] = `"${key.replace(/["\\]/g, '\\$&')}"`;
  return () => {
    const held = headerKey(config.headers, NAME.toLowerCase());
    if (held !== undefined) Reflect.deleteProperty(config.headers, held);
  };
}

/** Whether the service can tell a repetition from a second request. */
export function hasIdempotencyKey(config: InternalAxiosRequestConfig): boolean {
  return headerKey(config.headers, NAME.toLowerCase()) !== undefined;
}
