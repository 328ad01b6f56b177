import { InteractionRequiredError, isHoldfastError, retoldFailure, type TokenFailure } from '@holdfast/core';
import { acquisitionError, isGrantRefused } from './acquisition-error.js';
import type { Exchange } from './network.js';
import { PROVIDER } from './refused.js';

/** For what a user is asked. */
export interface UserAsked {
  readonly scopes: readonly string[];
  readonly claims: string | undefined;
}

/**
 * What MSAL threw when a user was asked, or asked for. A refresh token that is not good any more is no fault of anybody's: he
 * has to sign in again. What the API has asked for goes along, until somebody has it.
 */
export function userFailure(error: unknown, { scopes, claims }: UserAsked, exchange: Exchange): TokenFailure {
  const failure = acquisitionError(error, scopes, exchange);
  if (isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) {
    if (failure.claims !== undefined || claims === undefined) return failure;
    return interactionRequired(failure.message, { scopes, claims }, failure);
  }
  if (!isGrantRefused(failure)) return failure;
  const message = `${onlyByAsking(scopes)}: the identity provider says invalid_grant`;
  return interactionRequired(message, { scopes, claims }, failure);
}

/** Nobody is signed in who could be asked for. */
export function nobodySignedIn(asked: UserAsked): InteractionRequiredError {
  return notSignedIn(asked, 'nobody is signed in');
}

/** Somebody else has signed in than the one whose credential it is: nobody gets another's tokens. */
export function anotherUser(asked: UserAsked): InteractionRequiredError {
  return notSignedIn(asked, 'somebody else has signed in');
}

/** The user has been asked, and it has led nowhere: `error` says why. */
export function interactionFailed(failure: InteractionRequiredError, error: unknown): TokenFailure {
  const name = error instanceof Error ? error.name : typeof error;
  // Of what is not ours the name is told: it may hold a code, or a token.
  const [reason, cause] = isHoldfastError(error) ? [error.message, error] : [`asking failed (${name})`];
  const message = `${onlyByAsking(failure.scopes)}, and that failed: ${reason}`;
  return retoldFailure(failure, { message, cause });
}

/** A sign-in that has ended without anybody having signed in, and why. */
export function notSignedIn(
  asked: UserAsked,
  reason: string,
  correlationId?: string,
): InteractionRequiredError {
  const { scopes, claims } = asked;
  const message = `${onlyByAsking(scopes)}: ${reason}`;
  return new InteractionRequiredError({ service: PROVIDER, message, scopes, claims, correlationId });
}

function onlyByAsking(scopes: readonly string[]): string {
  return `A token for ${scopes.join(' ')} can only be had by asking the user`;
}

function interactionRequired(
  message: string,
  { scopes, claims }: UserAsked,
  failure: TokenFailure,
): InteractionRequiredError {
  const { correlationId, cause } = failure;
  return new InteractionRequiredError({ service: PROVIDER, message, scopes, claims, correlationId, cause });
}
