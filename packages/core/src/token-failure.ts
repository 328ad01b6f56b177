import type { InternalAxiosRequestConfig } from 'axios';
import { InteractionRequiredError, TokenAcquisitionError, isHoldfastError } from './errors.js';

/** The two errors that a failed token acquisition can end in. */
export type TokenFailure = TokenAcquisitionError | InteractionRequiredError;

/** What is different when a failure is told again. */
export interface TokenFailureChanges {
  readonly message?: string;
  readonly service?: string;
  readonly config?: InternalAxiosRequestConfig;
  readonly retryAfterMs?: number;
  readonly cause: unknown;
}

/** The same failure for somebody else: without its request, and with these changes. */
export function retoldFailure(failure: TokenFailure, changes: TokenFailureChanges): TokenFailure {
  const { message, service, scopes } = failure;
  if (isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) {
    const { claims, acrValues, maxAge, correlationId } = failure;
    const known = { claims, acrValues, maxAge, correlationId };
    return new InteractionRequiredError({ message, service, scopes, ...known, ...changes });
  }
  const { retryAfterMs, correlationId, transient, unavailable } = failure;
  return new TokenAcquisitionError({
    message,
    service,
    scopes,
    retryAfterMs,
    correlationId,
    transient,
    unavailable,
    ...changes,
  });
}
