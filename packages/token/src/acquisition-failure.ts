import {
  InteractionRequiredError,
  TokenAcquisitionError,
  isHoldfastError,
  retoldFailure,
  retryAfterOf,
  unavailableFailure,
  type TokenDemand,
  type TokenFailure,
} from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { retold } from './retold-error.js';

/** Who failed, where the credential does not say. */
const PROVIDER = 'identity provider';

/** What a token was asked for with, and when. */
export interface FailedRequest {
  readonly scopes: readonly string[];
  readonly demand: TokenDemand;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * What a credential threw, as an error of ours. An error of any other kind must not get through: a network failure of the
 * identity provider would look like one of the API, and be retried and counted as such. Nor must what hangs on one: the
 * credential's own request, with the secret in its body.
 */
export function acquisitionFailure(error: unknown, request: FailedRequest): TokenFailure {
  return onDemand(failureOf(error, request), request.demand);
}

/** Claims travel until there is a token: a source may say that a user is needed, and not what to ask him for. */
export function onDemand(failure: TokenFailure, demand: TokenDemand): TokenFailure {
  if (!isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) return failure;
  const names = ['claims', 'acrValues', 'maxAge'] as const;
  const isComplete = names.every((name) => demand[name] === undefined || failure[name] !== undefined);
  return isComplete ? failure : retoldFailure(failure, { demand, cause: failure.cause });
}

function failureOf(error: unknown, { scopes, demand, now }: FailedRequest): TokenFailure {
  if (isHoldfastError(error, 'ERR_TOKEN_ACQUISITION', 'ERR_INTERACTION_REQUIRED')) {
    const isBare = error.config === undefined && error.cause === undefined;
    return isBare ? error : retoldFailure(error, { cause: retold(error.cause) });
  }
  const name = error instanceof Error ? error.name : typeof error;
  const cause = retold(error);
  const unavailable = unavailableFailure(error, { service: PROVIDER, scopes, demand, cause });
  if (unavailable !== undefined) return unavailable;
  const code = name === 'AuthenticationRequiredError' ? msalCodeOf(error) : undefined;
  const isAzures = name === 'AuthenticationRequiredError' && (code === undefined || USER_NEEDED.has(code));
  if (isAzures || name === 'InteractionRequiredAuthError') {
    const message = `A token for ${scopes.join(' ')} can only be had by asking the user`;
    return new InteractionRequiredError({
      ...{ service: PROVIDER, message, scopes, ...demand, cause },
      claims: claimsIn(error) ?? demand.claims,
    });
  }
  return new TokenAcquisitionError({
    service: PROVIDER,
    // Not the foreign message, which may quote what was sent; it is in the cause.
    message: `No token for ${scopes.join(' ')}: the credential failed (${name})`,
    scopes,
    retryAfterMs: retryAfterMsOf(error, now),
    transient: code === undefined || !PERMANENT.has(code),
    cause,
  });
}

/** Whether the source itself says that asking again later may help. */
export function isTransient(error: unknown): error is TokenAcquisitionError {
  return isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') && error.transient;
}

/**
 * Whether a call waits for this failure, told as an error of ours, to pass. Not for what is not there at all: a developer who
 * has to sign in is told so at once.
 */
export function mayPass(error: unknown, failure: TokenFailure): boolean {
  if (!isTransient(failure) || failure.unavailable) return false;
  return isTransient(error) || failure.retryAfterMs !== undefined;
}

// @azure/identity throws its AuthenticationRequiredError for nearly all that MSAL fails with, a 503 and a wrong secret
// included; what it was stands at the beginning of the message only: `temporarily_unavailable: …`.
function msalCodeOf(error: unknown): string | undefined {
  return error instanceof Error ? /^(\w+): /.exec(error.message)?.[1] : undefined;
}

/** What the provider itself wants the user to be asked with: MSAL's errors have it, and an empty text where there is nothing. */
function claimsIn(error: unknown): string | undefined {
  const has = error instanceof Error && 'claims' in error && typeof error.claims === 'string';
  return has && error.claims !== '' ? (error.claims as string) : undefined;
}

/** MSAL's codes where only a user can help. */
const USER_NEEDED: ReadonlySet<string> = new Set([
  'interaction_required',
  'consent_required',
  'login_required',
  'bad_token',
  'interrupted_user',
  'invalid_grant',
  'native_account_unavailable',
  'no_tokens_found',
  'refresh_token_expired',
  'ux_not_allowed',
]);

/** OAuth errors that do not mend themselves (RFC 6749, section 5.2). */
const PERMANENT: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
]);

/** A source that answered, but not with a token that could be used. */
export function unusableToken(reason: string, scopes: readonly string[]): TokenAcquisitionError {
  const message = `No token for ${scopes.join(' ')}: the credential answered with ${reason}`;
  return new TokenAcquisitionError({ service: PROVIDER, message, scopes, transient: true });
}

/** A source that did not answer. */
export function unansweredAcquisition(timeoutMs: number, scopes: readonly string[]): TokenAcquisitionError {
  const message = `No token for ${scopes.join(' ')}: the credential did not answer within ${timeoutMs} ms`;
  return new TokenAcquisitionError({ service: PROVIDER, message, scopes, transient: true });
}

/** The error of one call: many wait for one acquisition, and each gets an error with its own request. */
export function failureForCall(error: unknown, service: string, config: InternalAxiosRequestConfig): unknown {
  if (!isHoldfastError(error, 'ERR_TOKEN_ACQUISITION', 'ERR_INTERACTION_REQUIRED')) return error;
  return retoldFailure(error, { service, config, cause: error });
}

function retryAfterMsOf(error: unknown, now: number): number | undefined {
  if (error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number')
    return error.retryAfterMs;
  return retryAfterOf(error, now);
}

/** Whoever was there when it failed hears when to come back, too. */
export function withRetryAfter(failure: TokenFailure, retryAfterMs: number): TokenFailure {
  if (isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED') || failure.retryAfterMs === retryAfterMs)
    return failure;
  return retoldFailure(failure, { retryAfterMs, cause: failure.cause });
}

/** Whether the source said no for good: to what was demanded, where there was something. */
export function isAboutDemand(error: TokenFailure): boolean {
  return isHoldfastError(error, 'ERR_INTERACTION_REQUIRED') || !error.transient;
}
