import { printChallenge, type StepUp } from '@holdfast/core';

/** What a challenge asks for: claims, or else a sign-in. */
export interface ChallengeInit extends StepUp {
  /** JSON text, or what becomes of it. Default: none, which makes it a step-up challenge. */
  readonly claims?: string | object;
  /** Default: empty, as Microsoft's APIs have it. */
  readonly realm?: string;
  /** Default: the public cloud's, for any tenant. */
  readonly authorizationUri?: string;
}

/**
 * One challenge of a WWW-Authenticate field: a claims challenge (Microsoft identity platform, "Claims challenges, claims requests,
 * and client capabilities"), or a step-up challenge (RFC 9470, section 3). Others stand beside it as further lines, or behind
 * a comma.
 *
 * @throws {TypeError} for what no field can hold.
 */
export function challengeHeader({
  claims,
  acrValues,
  maxAge,
  realm = '',
  authorizationUri = 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
}: ChallengeInit): string {
  return bearerChallenge({
    realm,
    authorization_uri: authorizationUri,
    error: claims === undefined ? 'insufficient_user_authentication' : 'insufficient_claims',
    ...(claims !== undefined && { claims: encoded(claims) }),
    ...(acrValues !== undefined && { acr_values: acrValues }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
  });
}

/** A Bearer challenge with its parameters quoted (RFC 6750, section 3). */
export function bearerChallenge(params: Readonly<Record<string, string>>): string {
  return printChallenge({ scheme: 'Bearer', params });
}

function encoded(claims: string | object): string {
  return Buffer.from(typeof claims === 'string' ? claims : JSON.stringify(claims)).toString('base64');
}
