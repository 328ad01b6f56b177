import { printChallenge } from '@holdfast/core';

/** What a claims challenge asks for. */
export interface ChallengeInit {
  /** JSON text, or what becomes of it. */
  readonly claims: string | object;
  /** Default: empty, as Microsoft's APIs have it. */
  readonly realm?: string;
  /** Default: the public cloud's, for any tenant. */
  readonly authorizationUri?: string;
}

/**
 * The WWW-Authenticate field of a claims challenge (Microsoft identity platform, "Claims challenges, claims requests, and
 * client capabilities").
 */
export function challengeHeader({
  claims,
  realm = '',
  authorizationUri = 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
}: ChallengeInit): string {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
  return bearerChallenge({
    realm,
    authorization_uri: authorizationUri,
    error: 'insufficient_claims',
    claims: Buffer.from(text).toString('base64'),
  });
}

/** A Bearer challenge with its parameters quoted (RFC 6750, section 3). */
export function bearerChallenge(params: Readonly<Record<string, string>>): string {
  return printChallenge({ scheme: 'Bearer', params });
}
