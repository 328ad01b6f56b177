import { InteractionRequiredError, isHoldfastError, type TokenFailure } from '@holdfast/core';
import { acquisitionError, isGrantRefused, type TokenAsked } from './acquisition-error.js';
import { demandOf } from './demand.js';
import type { Exchange } from './network.js';
import { PROVIDER } from './refused.js';

/**
 * What MSAL threw when a user was asked, or asked for. A refresh token that is not good any more is no fault of anybody's: he
 * has to sign in again.
 */
export function userFailure(error: unknown, asked: TokenAsked, exchange: Exchange): TokenFailure {
  const failure = acquisitionError(error, asked, exchange);
  if (!isGrantRefused(failure)) return failure;
  const { scopes, demand } = asked;
  const message = `${onlyByAsking(scopes)}: the identity provider says invalid_grant`;
  const { correlationId, cause } = failure;
  const known = { ...demand, correlationId, cause };
  return new InteractionRequiredError({ service: PROVIDER, message, scopes, ...known });
}

/** Nobody is signed in who could be asked for. */
export function nobodySignedIn(asked: TokenAsked): InteractionRequiredError {
  return notSignedIn(asked, 'nobody is signed in');
}

/** The API wants him to sign in for this token, and nobody can ask him. */
export function mustSignInAnew(asked: TokenAsked): InteractionRequiredError {
  return notSignedIn(asked, 'he has to sign in for it, and cannot be asked here');
}

/** Somebody else has signed in than the one whose credential it is: nobody gets another's tokens. */
export function anotherUser(asked: TokenAsked): InteractionRequiredError {
  return notSignedIn(asked, 'somebody else has signed in');
}

/** The user has been asked, and it has led nowhere: `error` says why. `isOwn` as for {@link toldFor}. */
export function interactionFailed(
  failure: InteractionRequiredError,
  error: unknown,
  isOwn: boolean,
): InteractionRequiredError {
  const name = error instanceof Error ? error.name : typeof error;
  // Of what is not ours the name is told: it may hold a code, or a token.
  const [reason, cause] = isHoldfastError(error) ? [error.message, error] : [`asking failed (${name})`];
  return toldFor(failure, `${onlyByAsking(failure.scopes)}, and that failed: ${reason}`, cause, isOwn);
}

/** A failure of one who has waited for a user in vain, and why. `isOwn`: he was asked for it, and not for another one. */
export function toldFor(
  failure: InteractionRequiredError,
  message: string,
  cause: unknown,
  isOwn: boolean,
): InteractionRequiredError {
  const { service, scopes, correlationId } = failure;
  // What the provider has said in the course of it is what he has to be asked with the next time.
  const isOfIt =
    isOwn &&
    isHoldfastError(cause, 'ERR_INTERACTION_REQUIRED') &&
    cause.scopes.join(' ') === scopes.join(' ');
  const demand = { ...demandOf(failure), ...(isOfIt && demandOf(cause)) };
  return new InteractionRequiredError({ service, message, scopes, ...demand, correlationId, cause });
}

/** A sign-in that has ended without anybody having signed in, and why. */
export function notSignedIn(
  { scopes, demand }: TokenAsked,
  reason: string,
  correlationId?: string,
): InteractionRequiredError {
  const message = `${onlyByAsking(scopes)}: ${reason}`;
  return new InteractionRequiredError({ service: PROVIDER, message, scopes, ...demand, correlationId });
}

function onlyByAsking(scopes: readonly string[]): string {
  return `A token for ${scopes.join(' ')} can only be had by asking the user`;
}
