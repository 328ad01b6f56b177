import type { Challenge } from './challenges.js';

/**
 * The claims of the first claims challenge, as decoded JSON text; `undefined` when there is none.
 *
 * A claims challenge is a Bearer challenge with `error="insufficient_claims"` whose `claims` decode, from base64 or
 * base64url, padded or not, to a JSON object in UTF-8 (Microsoft identity platform, "Claims challenges, claims
 * requests, and client capabilities"). Anything else must not reach MSAL, which ignores malformed claims and then
 * answers with the revoked token from its cache.
 */
export function claimsOf(challenges: readonly Challenge[]): string | undefined {
  for (const challenge of challenges) {
    if (bearerErrorOf(challenge) !== 'insufficient_claims') continue;
    const claims = decodeClaims(challenge.params['claims'] ?? '');
    if (claims !== undefined) return claims;
  }
  return undefined;
}

const BASE64 = /^[A-Za-z0-9+/\-_]+={0,2}$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeClaims(encoded: string): string | undefined {
  // Buffer skips what is not base64 without a word, so that is checked first; it reads base64url as well.
  if (!BASE64.test(encoded) || encoded.replace(/=+$/, '').length % 4 === 1) return undefined;
  try {
    const json = utf8.decode(Buffer.from(encoded, 'base64'));
    const claims: unknown = JSON.parse(json);
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** What a user has to have done for the API to be content: signed in by one of these means, or this recently. */
export interface StepUp {
  /** Authentication context class references, in order of preference, separated by spaces. */
  readonly acrValues?: string;
  /** Seconds since the user has signed in, at most. */
  readonly maxAge?: number;
}

/**
 * What the first step-up challenge asks for that says how: a Bearer challenge with
 * `error="insufficient_user_authentication"`; nothing of all when none says how, and `undefined` when there is none. A
 * `max_age` that is no whole number of seconds is left out.
 *
 * RFC 9470, section 3.
 */
export function stepUpOf(challenges: readonly Challenge[]): StepUp | undefined {
  const found = challenges.filter((one) => bearerErrorOf(one) === 'insufficient_user_authentication');
  const asked = found.map((one) => readStepUp(one));
  return asked.find(({ acrValues, maxAge }) => acrValues !== undefined || maxAge !== undefined) ?? asked[0];
}

function readStepUp({ params }: Challenge): StepUp {
  const { acr_values: acr = '', max_age: age = '' } = params;
  const acrValues = acr.split(/[ \t]/).filter((value) => value !== '');
  const maxAge = /^\d+$/.test(age) ? Number(age) : NaN;
  return {
    ...(acrValues.length > 0 && { acrValues: acrValues.join(' ') }),
    ...(Number.isSafeInteger(maxAge) && { maxAge }),
  };
}

/** The `error` of a Bearer challenge, in lower case (RFC 6750, section 3). */
export function bearerErrorOf({ scheme, params }: Challenge): string | undefined {
  return scheme === 'bearer' ? params['error']?.toLowerCase() : undefined;
}
