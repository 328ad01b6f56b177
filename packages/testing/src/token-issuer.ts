import { SignJWT, jwtVerify, type JWTPayload } from 'jose';
import { createHash, randomUUID } from 'node:crypto';
import { authenticationClaims } from './authentication.js';
import type { Delegation, Grant } from './grant.js';
import type { SigningKey } from './signing-key.js';

/** The claims of an access token. */
export interface TokenClaims {
  readonly iss: string;
  readonly aud: string;
  /** The client. */
  readonly azp: string;
  /** The tenant. */
  readonly tid: string;
  /** Seconds. */
  readonly iat: number;
  /** Seconds. */
  readonly exp: number;
  /** Tells tokens of one second apart. */
  readonly jti: string;
  /** A user's object id; a token without is the application's own. */
  readonly oid?: string;
  /** The user as this audience alone knows him. */
  readonly sub?: string;
  /** What the client may do in the user's name, separated by spaces. */
  readonly scp?: string;
  /** What the user types to sign in. */
  readonly preferred_username?: string;
  readonly name?: string;
  /** How the user has signed in: an authentication context class reference (RFC 9470). */
  readonly acr?: string;
  /** Seconds at which he has. */
  readonly auth_time?: number;
  /** The capabilities that the client has declared: `cp1` means that it can handle claims challenges. */
  readonly xms_cc?: readonly string[];
  /** The claims that the token was acquired with, by which an API sees that its challenge was answered. */
  readonly requested_claims: Readonly<Record<string, unknown>>;
}

/** What a token is checked against. */
export interface VerifyOptions {
  /** Default: any. */
  readonly audience?: string;
  /** Epoch milliseconds at which it must be valid. Default: now. */
  readonly now?: number;
}

/** Signs tokens, and knows them again. */
export class TokenIssuer {
  readonly issuer: string;
  /** The `jti` of every access token issued. */
  readonly tokenIds: Set<string> = new Set<string>();
  readonly #idsByUser = new Map<string, string[]>();
  readonly #key: SigningKey;

  constructor(issuer: string, key: SigningKey) {
    this.issuer = issuer;
    this.#key = key;
  }

  /** The keys as they are published. */
  get jwks(): { readonly keys: readonly object[] } {
    return { keys: [this.#key.jwk] };
  }

  /** The `jti` of every access token that was issued for this user. */
  tokenIdsOf(objectId: string): readonly string[] {
    return this.#idsByUser.get(objectId) ?? [];
  }

  /** A token that is valid for `expiresIn` seconds from `now`, epoch milliseconds. */
  async issue(grant: Grant, expiresIn: number, now: number): Promise<string> {
    const iat = Math.floor(now / 1000);
    const jti = randomUUID();
    const claims: TokenClaims = {
      iss: this.issuer,
      aud: grant.audience,
      azp: grant.clientId,
      tid: grant.tenantId,
      iat,
      exp: iat + expiresIn,
      jti,
      ...(grant.delegation !== undefined && {
        ...userClaims(grant.delegation, grant.audience),
        scp: grant.delegation.scopes.permissions,
      }),
      ...capabilitiesOf(grant),
      requested_claims: grant.requestedClaims,
    };
    const token = await this.#sign({ ...claims });
    this.tokenIds.add(jti);
    if (claims.oid !== undefined) this.#remember(claims.oid, jti);
    return token;
  }

  /** Who the user is, for the client (OpenID Connect Core, section 2). */
  issueIdToken(
    { clientId, tenantId }: Grant,
    delegation: Delegation,
    expiresIn: number,
    now: number,
  ): Promise<string> {
    const iat = Math.floor(now / 1000);
    const { nonce } = delegation;
    return this.#sign({
      iss: this.issuer,
      aud: clientId,
      tid: tenantId,
      ver: '2.0',
      iat,
      nbf: iat,
      exp: iat + expiresIn,
      ...userClaims(delegation, clientId),
      ...(nonce !== undefined && { nonce }),
    });
  }

  /** Rejects when the token is not one of this issuer's, or not valid at `now`, epoch milliseconds. */
  async verify(token: string, audience: string | string[] | undefined, now: number): Promise<TokenClaims> {
    const { payload } = await jwtVerify<TokenClaims>(token, this.#key.publicKey, {
      issuer: this.issuer,
      ...(audience !== undefined && { audience }),
      currentDate: new Date(now),
    });
    return payload;
  }

  #remember(objectId: string, jti: string): void {
    const ids = this.#idsByUser.get(objectId);
    if (ids === undefined) this.#idsByUser.set(objectId, [jti]);
    else ids.push(jti);
  }

  #sign(claims: JWTPayload): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: this.#key.id })
      .sign(this.#key.privateKey);
  }
}

function userClaims({ user, authentication }: Delegation, audience: string): UserClaims {
  const { objectId: oid, username: preferred_username, name } = user;
  const sub = createHash('sha256').update(`${oid} ${audience}`).digest('base64url');
  return { oid, sub, preferred_username, name, ...authenticationClaims(authentication) };
}

type UserClaims = Required<
  Pick<TokenClaims, 'oid' | 'sub' | 'preferred_username' | 'name' | 'acr' | 'auth_time'>
>;

function capabilitiesOf({ requestedClaims }: Grant): Pick<TokenClaims, 'xms_cc'> {
  const { values } = (requestedClaims['xms_cc'] ?? {}) as { readonly values?: readonly string[] };
  return values === undefined ? {} : { xms_cc: values };
}
