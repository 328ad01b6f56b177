import { createHash, randomBytes } from 'node:crypto';
import type { Authentication } from './authentication.js';
import { delegate, readDelegated, type DelegatedRequest, type Grant, type GrantRequest } from './grant.js';
import { badRequest, invalidGrant, type OAuthError } from './oauth-error.js';
import type { RefreshTokens } from './refresh-tokens.js';
import type { User } from './users.js';

/** What a code stands for. */
export interface CodeInit {
  readonly user: User;
  readonly authentication: Authentication;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly asked: DelegatedRequest;
  /** RFC 7636, section 4.2, by SHA-256. */
  readonly codeChallenge: string | undefined;
  readonly nonce: string | undefined;
}

interface IssuedCode extends CodeInit {
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  isRedeemed: boolean;
}

// As long as Microsoft Entra ID's.
const CODE_EXPIRES_IN_MS = 10 * 60_000;

/** The client redeems what the user's browser has brought it (RFC 6749, section 4.1; RFC 7636). */
export class AuthorizationCodeGrant {
  readonly #refreshTokens: RefreshTokens;
  readonly #codes = new Map<string, IssuedCode>();

  constructor(refreshTokens: RefreshTokens) {
    this.#refreshTokens = refreshTokens;
  }

  issue(init: CodeInit, now: number): string {
    const code = `1.${randomBytes(48).toString('base64url')}`;
    this.#codes.set(code, { ...init, expiresAt: now + CODE_EXPIRES_IN_MS, isRedeemed: false });
    return code;
  }

  userOf(form: URLSearchParams): User | undefined {
    return this.#codes.get(form.get('code') ?? '')?.user;
  }

  judge(request: GrantRequest): Grant | OAuthError {
    const { form, clientId, now } = request;
    const code = this.#codes.get(form.get('code') ?? '');
    if (code === undefined || code.clientId !== clientId) return UNKNOWN;
    if (code.isRedeemed) return REDEEMED;
    if (now >= code.expiresAt) return EXPIRED;
    if (form.get('redirect_uri') !== code.redirectUri) return OTHER_ADDRESS;
    if (!isVerified(form.get('code_verifier'), code.codeChallenge)) return OTHER_VERIFIER;
    const asked = readDelegated(form, code.asked);
    if ('error' in asked) return asked;
    code.isRedeemed = true;
    const { user, authentication, nonce } = code;
    const refreshToken = asked.scopes.offline
      ? this.#refreshTokens.issue({ user, authentication, clientId }, now)
      : undefined;
    return delegate(request, asked, { user, authentication, nonce, refreshToken });
  }
}

/** RFC 7636, section 4.6. */
function isVerified(verifier: string | null, challenge: string | undefined): boolean {
  if (challenge === undefined) return verifier === null;
  return verifier !== null && createHash('sha256').update(verifier).digest('base64url') === challenge;
}

const UNKNOWN = invalidGrant(70000, 'The provided authorization code is invalid or malformed.');
const REDEEMED = invalidGrant(54005, 'OAuth2 Authorization code was already redeemed.');
const EXPIRED = invalidGrant(70008, 'The provided authorization code has expired.');
const OTHER_ADDRESS = badRequest(
  'invalid_client',
  500112,
  'The reply address does not match the one provided when requesting the code.',
);
const OTHER_VERIFIER = invalidGrant(
  501481,
  'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
);
