import type { InternalAxiosRequestConfig } from 'axios';
import { InteractionRequiredError, TokenAcquisitionError, isHoldfastError } from './errors.js';
import type { TokenDemand } from './token-demand.js';

/** The two errors that a failed token acquisition can end in. */
export type TokenFailure = TokenAcquisitionError | InteractionRequiredError;

/** What is different when a failure is told again. */
export interface TokenFailureChanges {
  readonly message?: string;
  readonly service?: string;
  readonly config?: InternalAxiosRequestConfig;
  readonly retryAfterMs?: number;
  /** What the token was asked for with: to be asked of the user, where the failure itself does not name it. */
  readonly demand?: TokenDemand;
  readonly cause: unknown;
}

/** The same failure for somebody else: without its request, and with these changes. */
export function retoldFailure(
  failure: TokenFailure,
  { demand, ...changes }: TokenFailureChanges,
): TokenFailure {
  const { message, service, scopes } = failure;
  if (isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) {
    const { claims = demand?.claims, acrValues = demand?.acrValues, correlationId } = failure;
    const { maxAge = demand?.maxAge } = failure;
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
