import { InteractionRequiredError, TokenAcquisitionError } from '@holdfast/core';
import { interactionClaimsOf, isRefusal } from './application.js';
import { ProviderFailure } from './network.js';

/** Who is asked for tokens, in errors. */
const PROVIDER = 'identity provider';

/** MSAL's own errors for an authority whose endpoints could not be read: the network's fault more often than not. */
const DISCOVERY_FAILED: ReadonlySet<string> = new Set(['endpoints_resolution_error', 'openid_config_error']);

/**
 * What MSAL threw, as an error of ours: the one place where this is decided. By status and by OAuth error, never by the
 * AADSTS numbers, which Microsoft may change.
 */
export function acquisitionError(
  error: unknown,
  scopes: readonly string[],
): TokenAcquisitionError | InteractionRequiredError {
  const correlationId = textOf(error, 'correlationId');
  const interaction = interactionClaimsOf(error);
  if (interaction !== undefined) {
    const message = `A token for ${scopes.join(' ')} can only be had by asking the user`;
    return new InteractionRequiredError({ service: PROVIDER, message, scopes, ...interaction, cause: error });
  }

  const code = textOf(error, 'errorCode');
  if (error instanceof ProviderFailure) {
    const { retryAfterMs, transient, errorMessage } = error;
    const message = `No token for ${scopes.join(' ')}: the identity provider ${errorMessage}`;
    return refused(message, scopes, { correlationId, retryAfterMs, transient, cause: error });
  }
  if (isRefusal(error)) {
    const message = `No token for ${scopes.join(' ')}: the identity provider says ${code ?? 'no'}`;
    const transient = code === 'temporarily_unavailable' || code === 'server_error';
    return refused(message, scopes, { correlationId, transient, cause: error });
  }
  const message = `No token for ${scopes.join(' ')}: MSAL failed (${code ?? 'unknown'})`;
  const transient = code !== undefined && DISCOVERY_FAILED.has(code);
  return refused(message, scopes, { correlationId, transient, cause: error });
}

/** A token that could not be had, by what is known of it. */
export function refused(
  message: string,
  scopes: readonly string[],
  known: {
    readonly transient: boolean;
    readonly retryAfterMs?: number | undefined;
    readonly correlationId?: string | undefined;
    readonly cause?: unknown;
  },
): TokenAcquisitionError {
  return new TokenAcquisitionError({ service: PROVIDER, message, scopes, ...known });
}

function textOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value = (error as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
