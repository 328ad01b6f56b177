import type { CachedCredential } from '@holdfast/token';
import type { UserToken } from './account.js';

/** What may be said of a user's token beside the token. */
export interface ForUserOptions {
  /**
   * Epoch milliseconds at which the user's token expires, where that does not stand in it: it may be opaque. Default: what
   * stands in it, and without that it never does. Too late, and tokens are given out for a user who has signed out.
   */
  readonly expiresAt?: number;
}

/** A user's credential. It holds his tokens, each with his account: no cache is needed around it. */
export type UserCredential = CachedCredential<UserToken>;
