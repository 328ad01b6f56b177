import { headerOf, removeHeader } from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { randomUUID } from 'node:crypto';

/** The name of the header, unless a service has one of its own. */
export const USUAL_HEADER = 'Idempotency-Key';

/** A name that a header may have (RFC 9110, section 5.6.2). */
export function isHeaderName(value: unknown): boolean {
  return typeof value === 'string' && /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/.test(value);
}

/** What a structured-field string can hold (RFC 9651, section 3.3.3). An empty key would be the same for all requests. */
const SENDABLE = /^[\x20-\x7e]+$/;

/**
 * Puts one key on a request, for all its attempts and resends, and returns the way back. A key that the caller has set
 * himself stays. `wanted` is the key, or `true` for a fresh one; it is sent as a structured-field string, in quotes
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
 *
 * @throws {TypeError} for a key that cannot be sent, naming the option and not the key.
 */
export function setIdempotencyKey(
  config: InternalAxiosRequestConfig,
  header: string,
  wanted: string | true,
): () => void {
  const key = wanted === true ? randomUUID() : wanted;
  if (typeof key !== 'string' || !SENDABLE.test(key)) {
    const given = typeof key === 'string' ? 'another text' : typeof key;
    throw new TypeError(
      `holdfast: the option "idempotencyKey" must be true, or a text of printable ASCII characters, and is ${given}`,
    );
  }
  if (hasIdempotencyKey(config, header)) return () => undefined;
  config.headers.set(header, `"${key.replace(/["\\]/g, '\\$&')}"`);
  return () => {
    removeHeader(config.headers, header);
  };
}

/** Whether the service can tell a repetition from a second request. A name without a value is not sent. */
export function hasIdempotencyKey(config: InternalAxiosRequestConfig, header: string): boolean {
  return (headerOf(config.headers, header.toLowerCase()) ?? '') !== '';
}
