import { TokenAcquisitionError } from '@holdfast/core';

/** Who is asked for tokens, in errors. */
export const PROVIDER = 'identity provider';

/** How the message of every such error begins. */
export function noTokenFor(scopes: readonly string[]): string {
  return `No token for ${scopes.join(' ')}: `;
}

/** A token that could not be had, by what is known of it. */
export function refused(
  message: string,
  scopes: readonly string[],
  known: {
    readonly transient: boolean;
    readonly retryAfterMs?: number | undefined;
    readonly correlationId?: string | undefined;
    readonly unavailable?: boolean;
    readonly cause?: unknown;
  },
): TokenAcquisitionError {
  return new TokenAcquisitionError({ service: PROVIDER, message, scopes, ...known });
}
