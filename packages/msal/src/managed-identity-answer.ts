import { isBearer, oauthErrorOf, secondsOf } from './token-answer.js';

/** The members of a token answer that are looked at. */
interface EndpointToken {
  readonly access_token?: unknown;
  readonly token_type?: unknown;
  readonly expires_on?: unknown;
  readonly expires_in?: unknown;
}

/** The error in an answer of an endpoint for managed identities: a text by the book of OAuth, or the code of an object. */
export function endpointErrorOf(body: object | undefined): string | undefined {
  if (body === undefined || !('error' in body)) return undefined;
  const { error } = body;
  return oauthErrorOf(
    typeof error === 'object' && error !== null && 'code' in error ? { error: error.code } : body,
  );
}

/**
 * A token answer as MSAL needs it, or what is wrong with it: MSAL makes an empty token of one without a token, and one that
 * has expired of a date that it cannot read. `now` in epoch milliseconds.
 */
export function readEndpointToken(body: object, now: number): object | string {
  const { access_token: token, token_type: type, expires_on, expires_in, ...others } = body as EndpointToken;
  if (typeof token !== 'string' || token === '') return 'no token';
  if (type !== undefined && !isBearer(type)) return 'a token that is no bearer token';
  const lifetimeS = secondsOf(expires_in);
  const expiresOn = instantOf(expires_on) ?? (lifetimeS === undefined ? undefined : now / 1000 + lifetimeS);
  if (expiresOn === undefined) return 'a token without an expiry';
  if (expiresOn * 1000 <= now) return 'a token that has expired';
  return { ...others, access_token: token, token_type: 'Bearer', expires_on: Math.floor(expiresOn) };
}

/** Epoch seconds: as they stand, or of a date that says its time zone, as App Service has it (API version 2017-09-01). */
function instantOf(value: unknown): number | undefined {
  const seconds = secondsOf(value);
  if (seconds !== undefined || typeof value !== 'string' || !/(?:Z|[+-]\d\d:?\d\d)$/.test(value))
    return seconds;
  const instant = Date.parse(value);
  return Number.isNaN(instant) ? undefined : instant / 1000;
}
