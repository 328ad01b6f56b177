import { httpReplyFor, isHoldfastError, type HttpReply, type HttpReplyOptions } from '@holdfast/core';

/** Options of {@link challengeFor}. */
export type ChallengeForOptions = Pick<HttpReplyOptions, 'realm' | 'authorizationUri' | 'exposeHeaders'>;

/**
 * What a middle tier answers its own caller when only a user can help: 401 with the challenge that tells his client what to
 * sign him in with. `undefined` for every other error; `httpReplyFor()` knows those too.
 *
 * Microsoft identity platform, "Claims challenges, claims requests, and client capabilities"; RFC 9470, section 3.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function challengeFor(error: unknown, options: ChallengeForOptions = {}): HttpReply | undefined {
  // First, so that a bad option shows at whatever error comes first.
  const reply = httpReplyFor(error, options);
  return isHoldfastError(error, 'ERR_INTERACTION_REQUIRED') ? reply : undefined;
}
