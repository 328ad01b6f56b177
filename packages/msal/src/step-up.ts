import type { TokenDemand } from '@holdfast/core';
import type { GetTokenOptions } from '@holdfast/token';
import { demandOf, isStepUp } from './demand.js';
import { mustSignInAnew } from './user-failure.js';

/**
 * For credentials that cannot ask a user: what only he can give is asked of nobody.
 *
 * @throws {InteractionRequiredError} when he has to sign in for this token (RFC 9470).
 */
export function refuseStepUp(scopes: readonly string[], options: GetTokenOptions): void {
  const demand = demandOf(options);
  if (isStepUp(demand)) throw mustSignInAnew({ scopes, demand });
}

/** Whether one sign-in does for both. */
export function isSameStepUp(one: TokenDemand, other: TokenDemand): boolean {
  return one.acrValues === other.acrValues && one.maxAge === other.maxAge;
}

/**
 * The address by which a user signs in, with how he has to (RFC 9470, section 4). MSAL's extra parameters would go to the
 * token endpoint as well, which does not know these.
 */
export function withStepUp(address: string, { acrValues, maxAge }: TokenDemand): string {
  const parameters = new URLSearchParams({
    ...(acrValues !== undefined && { acr_values: acrValues }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
  });
  return parameters.size === 0 ? address : `${address}&${parameters.toString()}`;
}
