/** How and when a user has signed in: what his tokens say by `acr` and `auth_time` (RFC 9470, section 6.1). */
export interface Authentication {
  /** An authentication context class reference. */
  readonly acr: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The `acr` of whoever has signed in without anything being demanded of it. */
export const PLAIN_ACR = '1';

/** What a token says of it. */
export function authenticationClaims({ acr, at }: Authentication): {
  readonly acr: string;
  readonly auth_time: number;
} {
  return { acr, auth_time: Math.floor(at / 1000) };
}
