import type { JWTPayload } from 'jose';
import { decodeJwt } from 'jose/jwt/decode';
import { hash } from 'node:crypto';
import type { Account } from './account.js';

/** The token by which a user has called this API, and on whose behalf it calls others (RFC 7523, section 2.1). */
export class UserAssertion {
  /** Tells it from every other one, and is no secret: a hash of it. */
  readonly principal: string;
  /** Epoch milliseconds at which it expires, where that is known: nothing that was had by it is kept for longer. */
  readonly expiresAt: number | undefined;
  readonly #text: string;

  /** `expiresAt` is what the caller says of its expiry; where the token says something too, the earlier instant counts. */
  constructor(text: string, principal: string, expiresAt: number | undefined) {
    this.#text = text;
    this.principal = principal;
    const { exp } = claimsOf(text);
    const ends = [expiresAt, typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined];
    const known = ends.filter((instant) => instant !== undefined);
    this.expiresAt = known.length === 0 ? undefined : Math.min(...known);
  }

  /** The token itself. A method, since inspecting an object may run its getters. */
  text(): string {
    return this.#text;
  }

  /** Its user, by what it says itself: for where the identity provider does not say. */
  account(): Account {
    const claims = claimsOf(this.#text);
    const id = textIn(claims, 'oid') ?? textIn(claims, 'sub') ?? this.principal;
    const tenantId = textIn(claims, 'tid') ?? '';
    return {
      homeAccountId: tenantId === '' ? id : `${id}.${tenantId}`,
      localAccountId: id,
      tenantId,
      username: textIn(claims, 'preferred_username') ?? textIn(claims, 'upn'),
    };
  }
}

/** What tells an assertion from every other one: its SHA-256. */
export function principalOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** What it says; nothing where it is no JWT. */
function claimsOf(text: string): JWTPayload {
  // The one kind of token that is ever read: this API is its audience. Access tokens are the business of theirs.
  try {
    return decodeJwt(text);
  } catch {
    return {};
  }
}

function textIn(claims: JWTPayload, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
