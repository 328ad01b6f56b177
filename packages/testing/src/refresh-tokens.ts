import { randomBytes } from 'node:crypto';
import type { Authentication } from './authentication.js';
import { REVOKED, invalidGrant, type OAuthError } from './oauth-error.js';
import type { User } from './users.js';

/** Whom a refresh token is for. */
export interface RefreshInit {
  readonly user: User;
  /** By which he is known for as long as its successors live. */
  readonly authentication: Authentication;
  readonly clientId: string;
}

/** A refresh token that was given out. */
export interface RefreshSession extends RefreshInit {
  /** Those that descend from one sign-in. */
  readonly family: Family;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  isUsed: boolean;
}

interface Family {
  isRevoked: boolean;
}

const MALFORMED: OAuthError = {
  ...invalidGrant(70000, 'Provided grant is invalid or malformed.'),
  suberror: 'bad_token',
};
const FOREIGN: OAuthError = {
  ...invalidGrant(70000, 'The refresh token was issued to another client.'),
  suberror: 'client_mismatch',
};
const EXPIRED: OAuthError = {
  ...invalidGrant(700082, 'The refresh token has expired due to inactivity.'),
  suberror: 'token_expired',
};

/** How refresh tokens behave. */
export interface RefreshTokenSettings {
  /** Seconds. */
  readonly refreshTokenExpiresIn: number;
  readonly rotatesRefreshTokens: boolean;
  readonly detectsReuse: boolean;
}

/** The refresh tokens that are out (RFC 6749, section 6; RFC 9700, section 4.14). */
export class RefreshTokens {
  readonly #settings: RefreshTokenSettings;
  readonly #sessions = new Map<string, RefreshSession>();

  constructor(settings: RefreshTokenSettings) {
    this.#settings = settings;
  }

  issue(init: RefreshInit, now: number, family: Family = { isRevoked: false }): string {
    const token = `1.${randomBytes(32).toString('base64url')}`;
    const expiresAt = now + this.#settings.refreshTokenExpiresIn * 1000;
    this.#sessions.set(token, { ...init, family, expiresAt, isUsed: false });
    return token;
  }

  find(token: string | null): RefreshSession | undefined {
    return this.#sessions.get(token ?? '');
  }

  /** The session that a token stands for, or why it is not good. */
  check(token: string | null, clientId: string, now: number): RefreshSession | OAuthError {
    const session = this.find(token);
    if (session === undefined) return MALFORMED;
    if (session.clientId !== clientId) return FOREIGN;
    if (this.#settings.detectsReuse && session.isUsed) session.family.isRevoked = true;
    if (session.family.isRevoked) return REVOKED;
    return now < session.expiresAt ? session : EXPIRED;
  }

  /** The token that takes the place of one that is used; `undefined` when it stays. */
  use(session: RefreshSession, now: number): string | undefined {
    if (!this.#settings.rotatesRefreshTokens) return undefined;
    session.isUsed = true;
    return this.issue(session, now, session.family);
  }

  revoke(user: User): void {
    for (const session of this.#sessions.values())
      if (session.user.objectId === user.objectId) session.family.isRevoked = true;
  }
}
