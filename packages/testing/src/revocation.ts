import { isDeepStrictEqual } from 'node:util';
import type { TokenClaims } from './token-issuer.js';

/**
 * Tokens that an API takes no longer. Those issued before are refused for good, by their ids: `iat` counts whole
 * seconds. So are later ones, until one comes that was acquired with the claims of the challenge.
 */
export class Revocation {
  /** JSON text. */
  readonly claims: string;
  readonly #refusedIds: ReadonlySet<string>;
  readonly #demanded: Readonly<Record<string, unknown>>;
  #answered = false;

  /** @throws {TypeError} when the claims are no claims request. */
  constructor(claims: string, issuedTokenIds: Iterable<string>) {
    const { access_token: demanded } = JSON.parse(claims) as { readonly access_token?: object };
    if (demanded === undefined) throw new TypeError('The claims of a challenge need a member "access_token"');
    this.claims = claims;
    this.#refusedIds = new Set(issuedTokenIds);
    this.#demanded = { ...demanded };
  }

  refuses({ jti, requested_claims }: TokenClaims): boolean {
    if (this.#refusedIds.has(jti)) return true;
    this.#answered ||= Object.entries(this.#demanded).every(([name, value]) =>
      isDeepStrictEqual(requested_claims[name], value),
    );
    return !this.#answered;
  }
}

/** What Microsoft's APIs demand after a revocation: a token that was issued later. */
export function issuedAfter(now: number): object {
  return { access_token: { nbf: { essential: true, value: String(Math.floor(now / 1000)) } } };
}
