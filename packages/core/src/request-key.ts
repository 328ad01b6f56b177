import type { InternalAxiosRequestConfig } from 'axios';
import { currentCall } from './calls.js';
import { isText } from './option.js';

/**
 * What a request shares a breaker and a gate with: what it says itself by `holdfast.key`, what the client's owner says, or its
 * service at its origin.
 *
 * @throws {TypeError} for a key that is no text.
 */
export function keyOf(
  config: InternalAxiosRequestConfig,
  own: ((config: InternalAxiosRequestConfig) => string) | undefined,
): string {
  const key: unknown = config.holdfast?.key ?? own?.(config);
  if (key === undefined) return currentCall(config).key;
  if (isText(key)) return key;
  throw new TypeError(
    'The key of a request (holdfast.key, or the option "key") must be a text that is not empty',
  );
}
