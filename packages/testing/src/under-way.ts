import type { TokenCredential } from '@holdfast/client';
import { described, type Interceptor } from '@holdfast/core';
import type { TestClock } from './test-clock.js';

/** While a request is sent, no wait is skipped. */
export function whileSending(clock: TestClock): Interceptor {
  return described<Interceptor>(
    (next) =>
      function sending(config) {
        return clock.during(() => next(config));
      },
    'whileSending',
  );
}

/** The same credential; while it is asked for a token, no wait is skipped. */
export function whileAsking(credential: TokenCredential, clock: TestClock): TokenCredential {
  return {
    getToken: (scopes, options) => clock.during(async () => credential.getToken(scopes, options)),
    onPrincipalChange: (holder) => credential.onPrincipalChange?.(holder),
  };
}
