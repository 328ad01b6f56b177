import { isDeepStrictEqual } from 'node:util';
import { badRequest, type OAuthError } from './oauth-error.js';

/** The `access_token` member of a claims request. */
export type RequestedClaims = Readonly<Record<string, unknown>>;

/** The claims that a token was asked for with; an error when the text is no claims request (OpenID Connect Core, section 5.5). */
export function readClaims(text: string | null): { readonly claims: RequestedClaims } | OAuthError {
  const claims = text === null ? {} : accessTokenClaims(text);
  return claims === undefined
    ? badRequest('invalid_request', 90100, "The 'claims' parameter is not valid.")
    : { claims };
}

/** Whether each of the claims that were demanded was asked for, as it was demanded. */
export function satisfies(requested: RequestedClaims, demanded: RequestedClaims): boolean {
  return Object.entries(demanded).every(([name, value]) => isDeepStrictEqual(requested[name], value));
}

function accessTokenClaims(text: string): RequestedClaims | undefined {
  try {
    const { access_token: claims = {} } = JSON.parse(text) as { access_token?: unknown };
    return isRecord(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
