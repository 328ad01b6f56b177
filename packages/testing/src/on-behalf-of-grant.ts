import { decodeJwt } from 'jose';
import { PLAIN_ACR } from './authentication.js';
import { delegate, readDelegated, type Grant, type GrantRequest } from './grant.js';
import type { InteractionPolicies } from './interaction-policies.js';
import { REVOKED, badRequest, invalidGrant, type OAuthError } from './oauth-error.js';
import type { RefreshTokens } from './refresh-tokens.js';
import type { TokenClaims, TokenIssuer } from './token-issuer.js';
import type { User, Users } from './users.js';

/** RFC 7523, section 2.1. */
export const ON_BEHALF_OF = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** An API goes on in the name of the user who has called it: his token is what it shows. */
export class OnBehalfOfGrant {
  readonly #users: Users;
  readonly #issuer: TokenIssuer;
  readonly #policies: InteractionPolicies;
  readonly #refreshTokens: RefreshTokens;
  /** The `jti` of tokens from before their user's sessions were revoked. */
  readonly #revoked = new Set<string>();

  constructor(
    users: Users,
    issuer: TokenIssuer,
    policies: InteractionPolicies,
    refreshTokens: RefreshTokens,
  ) {
    this.#users = users;
    this.#issuer = issuer;
    this.#policies = policies;
    this.#refreshTokens = refreshTokens;
  }

  /** The tokens this user has up to now stand for him no longer. */
  revoke({ objectId }: User): void {
    for (const id of this.#issuer.tokenIdsOf(objectId)) this.#revoked.add(id);
  }

  userOf(form: URLSearchParams): User | undefined {
    try {
      return this.#users.of((decodeJwt(form.get('assertion') ?? '') as Partial<TokenClaims>).oid);
    } catch {
      return undefined;
    }
  }

  async judge(request: GrantRequest): Promise<Grant | OAuthError> {
    const { form, clientId, now } = request;
    const assertion = form.get('assertion');
    if (assertion === null || form.get('requested_token_use') !== 'on_behalf_of') return INCOMPLETE;
    const claims = await this.#read(assertion, clientId, now);
    if ('error' in claims) return claims;
    const user = this.#users.of(claims.oid);
    if (user === undefined || claims.scp === undefined) return NO_USER;
    if (this.#revoked.has(claims.jti)) return REVOKED;
    const asked = readDelegated(form);
    if ('error' in asked) return asked;
    const fault = this.#policies.faultOf(user, asked.scopes.audience);
    if (fault !== undefined) return fault;
    const { acr = PLAIN_ACR, auth_time: authTime = claims.iat } = claims;
    const authentication = { acr, at: authTime * 1000 };
    const refreshToken = asked.scopes.offline
      ? this.#refreshTokens.issue({ user, authentication, clientId }, now)
      : undefined;
    return delegate(request, asked, { user, authentication, refreshToken });
  }

  async #read(assertion: string, clientId: string, now: number): Promise<TokenClaims | OAuthError> {
    try {
      return await this.#issuer.verify(assertion, [`api://${clientId}`, clientId], now);
    } catch (error) {
      const { code, claim } = error as { readonly code?: unknown; readonly claim?: unknown };
      if (code === 'ERR_JWT_EXPIRED') return NOT_VALID_NOW;
      return claim === 'aud' ? WRONG_AUDIENCE : BAD_SIGNATURE;
    }
  }
}

const INCOMPLETE = badRequest(
  'invalid_request',
  90014,
  "The required field 'assertion' or 'requested_token_use' is missing from the credential.",
);
const NOT_VALID_NOW = invalidGrant(500133, 'Assertion is not within its valid time range.');
const WRONG_AUDIENCE = invalidGrant(
  500131,
  'Assertion audience does not match the Client app presenting the assertion.',
);
const BAD_SIGNATURE = invalidGrant(50013, 'Assertion failed signature validation.');
const NO_USER = invalidGrant(7000114, 'Application is not allowed to make application on-behalf-of calls.');
