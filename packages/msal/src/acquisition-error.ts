import type { TokenAcquisitionError, TokenDemand } from '@holdfast/core';
import { InteractionRequiredError, isHoldfastError, type TokenFailure } from '@holdfast/core';
import { interactionClaimsOf, isRefusal } from './application.js';
import { ProviderFailure, type Exchange } from './network.js';
import { PROVIDER, noTokenFor, refused } from './refused.js';

/** MSAL's own errors for an authority whose endpoints could not be read: the network's fault more often than not. */
const DISCOVERY_FAILED: ReadonlySet<string> = new Set(['endpoints_resolution_error', 'openid_config_error']);

/** What a token was asked for with. */
export interface TokenAsked {
  readonly scopes: readonly string[];
  readonly demand: TokenDemand;
}

/**
 * What MSAL threw, as an error of ours: the one place where this is decided. By status and by OAuth error, never by the
 * AADSTS numbers, which Microsoft may change. `exchange` knows what MSAL kept for itself.
 */
export function acquisitionError(
  error: unknown,
  { scopes, demand }: TokenAsked,
  exchange: Exchange,
): TokenAcquisitionError | InteractionRequiredError {
  const { correlationId, retryAfterMs } = exchange;
  const interaction = interactionClaimsOf(error);
  if (interaction !== undefined) {
    const message = `A token for ${scopes.join(' ')} can only be had by asking the user`;
    // What the provider says comes first; what the API has asked for goes along, until somebody has it.
    const known = { ...demand, claims: interaction.claims ?? demand.claims, correlationId, cause: error };
    return new InteractionRequiredError({ service: PROVIDER, message, scopes, ...known });
  }

  const code = textOf(error, 'errorCode');
  // MSAL says only that the endpoints could not be read.
  const failure = code !== undefined && DISCOVERY_FAILED.has(code) ? (exchange.failure ?? error) : error;
  if (failure instanceof ProviderFailure) {
    const { transient, errorMessage } = failure;
    const message = `${noTokenFor(scopes)}the identity provider ${errorMessage}`;
    const asked = failure.retryAfterMs;
    return refused(message, scopes, { correlationId, retryAfterMs: asked, transient, cause: failure });
  }
  if (isRefusal(error)) {
    const message = `${noTokenFor(scopes)}the identity provider says ${code ?? 'no'}`;
    return refused(message, scopes, { correlationId, retryAfterMs, transient: false, cause: error });
  }
  const message = `${noTokenFor(scopes)}MSAL failed (${code ?? 'unknown'})`;
  const transient = code !== undefined && DISCOVERY_FAILED.has(code);
  return refused(message, scopes, { correlationId, transient, cause: error });
}

/**
 * Whether the identity provider is in trouble: it throttles, fails, does not answer, or not with what it should. A wrong
 * secret, a wrong scope and a source of secrets that fails are no trouble of its.
 */
export function isProviderTrouble(error: unknown): error is TokenAcquisitionError {
  if (!isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') || !error.transient) return false;
  return error.cause instanceof ProviderFailure && !error.cause.isCanceled;
}

/** Whether the identity provider has said no by itself, so that it is there and answers. */
export function isProviderAnswer(error: unknown): boolean {
  if (!isHoldfastError(error, 'ERR_TOKEN_ACQUISITION', 'ERR_INTERACTION_REQUIRED')) return false;
  const { cause } = error;
  if (cause instanceof ProviderFailure) return cause.isRefusal;
  return interactionClaimsOf(cause) !== undefined || isRefusal(cause);
}

/** Whether the identity provider did not take the proof of who asks (RFC 6749, section 5.2). */
export function isInvalidClient(error: unknown): error is TokenAcquisitionError {
  return isRefusedAs('invalid_client', error);
}

/** Whether the identity provider did not take what a user brought: his token, a refresh token or a code (RFC 6749, section 5.2). */
export function isGrantRefused(error: unknown): error is TokenAcquisitionError {
  return isRefusedAs('invalid_grant', error);
}

function isRefusedAs(code: string, error: unknown): error is TokenAcquisitionError {
  if (!isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') || !isRefusal(error.cause)) return false;
  return textOf(error.cause, 'errorCode') === code;
}

/** A failure told to somebody who was not let through because of it, for the scopes that he wanted. */
export function refusalFor(
  failure: TokenFailure,
  scopes: readonly string[],
  retryAfterMs: number,
): TokenAcquisitionError {
  const reason = failure.message.slice(noTokenFor(failure.scopes).length);
  const when = `asked again in ${Math.ceil(retryAfterMs)} ms at the earliest`;
  const isAcquisition = isHoldfastError(failure, 'ERR_TOKEN_ACQUISITION');
  const correlationId = isAcquisition ? failure.correlationId : undefined;
  const unavailable = isAcquisition && failure.unavailable;
  const known = { correlationId, retryAfterMs, transient: true, unavailable, cause: failure };
  return refused(`${noTokenFor(scopes)}${reason}; ${when}`, scopes, known);
}

function textOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value = (error as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
