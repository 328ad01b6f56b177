import { SignJWT, jwtVerify } from 'jose';
import { randomUUID } from 'node:crypto';
import type { SigningKey } from './signing-key.js';
import type { Grant } from './token-endpoint.js';

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

/** Signs access tokens, and knows them again. */
export class TokenIssuer {
  readonly issuer: string;
  /** The `jti` of every token issued. */
  readonly tokenIds: Set<string> = new Set<string>();
  readonly #key: SigningKey;

  constructor(issuer: string, key: SigningKey) {
    this.issuer = issuer;
    this.#key = key;
  }

  /** The keys as they are published. */
  get jwks(): { readonly keys: readonly object[] } {
    return { keys: [this.#key.jwk] };
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
      ...capabilitiesOf(grant),
      requested_claims: grant.requestedClaims,
    };
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: this.#key.id })
      .sign(this.#key.privateKey);
    this.tokenIds.add(jti);
    return token;
  }

  /** Rejects when the token is not one of this issuer's, or not valid at `now`, epoch milliseconds. */
  async verify(token: string, audience: string | undefined, now: number): Promise<TokenClaims> {
    const { payload } = await jwtVerify<TokenClaims>(token, this.#key.publicKey, {
      issuer: this.issuer,
      ...(audience !== undefined && { audience }),
      currentDate: new Date(now),
    });
    return payload;
  }
}

function capabilitiesOf({ requestedClaims }: Grant): Pick<TokenClaims, 'xms_cc'> {
  const { values } = (requestedClaims['xms_cc'] ?? {}) as { readonly values?: readonly string[] };
  return values === undefined ? {} : { xms_cc: values };
}
