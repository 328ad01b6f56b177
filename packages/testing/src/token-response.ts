import type { Delegation, Grant } from './grant.js';
import type { TokenIssuer } from './token-issuer.js';

/** How long tokens last. */
export interface TokenLifetimes {
  /** Seconds. */
  readonly expiresIn: number;
  /** Seconds; null leaves it out. */
  readonly refreshIn: number | null;
}

/** The body of an answer with tokens (RFC 6749, section 5.1); `wantsClientInfo` is MSAL's way to know the user. */
export async function tokenResponse(
  issuer: TokenIssuer,
  grant: Grant,
  { expiresIn, refreshIn }: TokenLifetimes,
  wantsClientInfo: boolean,
  now: number,
): Promise<object> {
  const { delegation } = grant;
  return {
    token_type: 'Bearer',
    expires_in: expiresIn,
    ext_expires_in: expiresIn,
    ...(refreshIn !== null && { refresh_in: refreshIn }),
    access_token: await issuer.issue(grant, expiresIn, now),
    ...(delegation !== undefined && {
      scope: delegation.scopes.granted,
      ...(delegation.refreshToken !== undefined && { refresh_token: delegation.refreshToken }),
      ...(delegation.scopes.openid && {
        id_token: await issuer.issueIdToken(grant, delegation, expiresIn, now),
      }),
      ...(wantsClientInfo && { client_info: clientInfoOf(delegation) }),
    }),
  };
}

/** Who the user is at home, in Base64url. */
export function clientInfoOf({ user }: Pick<Delegation, 'user'>): string {
  const { objectId: uid, tenantId: utid } = user;
  return Buffer.from(JSON.stringify({ uid, utid })).toString('base64url');
}
