import type { TokenDemand } from '@holdfast/core';

/** Where a demand is to be found: in options, or in an error that tells what a user has to be asked for. */
export interface Demanded {
  readonly claims?: string | undefined;
  readonly acrValues?: string | undefined;
  readonly maxAge?: number | undefined;
}

/** What is demanded of a token, and nothing else: no way to sign in is none. */
export function demandOf({ claims, acrValues = '', maxAge }: Demanded): TokenDemand {
  return {
    ...(claims !== undefined && { claims }),
    ...(acrValues !== '' && { acrValues }),
    ...(maxAge !== undefined && { maxAge }),
  };
}

/** Whether anything is: then the token has to come from the identity provider. */
export function isDemanding(demand: TokenDemand): boolean {
  return demand.claims !== undefined || isStepUp(demand);
}

/** Whether its user has to sign in for it (RFC 9470): nothing that can be had without him will do. */
export function isStepUp({ acrValues, maxAge }: TokenDemand): boolean {
  return acrValues !== undefined || maxAge !== undefined;
}
