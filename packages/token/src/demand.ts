import type { TokenDemand } from '@holdfast/core';

/** What a token is asked for that nobody has demanded anything of. */
export const NO_DEMAND: TokenDemand = {};

/** Two demands are the same when this is; '' for none. */
export function keyOf({ claims, acrValues, maxAge }: TokenDemand): string {
  // Claims are a JSON object and this an array: no claims look like a step-up.
  if (acrValues !== undefined || maxAge !== undefined)
    return JSON.stringify([claims ?? null, acrValues ?? null, maxAge ?? null]);
  return claims ?? '';
}
