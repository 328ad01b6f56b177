/** The token by which a user has called this API, and on whose behalf it calls others (RFC 7523, section 2.1). */
export interface UserAssertion {
  /** Tells it from every other one, and is no secret: a hash of it. */
  readonly principal: string;
  /** Epoch milliseconds at which it expires, where that is known: nothing that was had by it is kept for longer. */
  readonly expiresAt: number | undefined;
  /** The token itself. A method, since inspecting an object may run its getters. */
  text(): string;
}
