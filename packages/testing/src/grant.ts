import type { Authentication } from './authentication.js';
import { readScopes, type DelegatedScopes } from './delegated-scopes.js';
import type { OAuthError } from './oauth-error.js';
import { readClaims, type RequestedClaims } from './requested-claims.js';
import type { User } from './users.js';

/** What a token request grants. */
export interface Grant {
  readonly tenantId: string;
  readonly clientId: string;
  readonly audience: string;
  readonly requestedClaims: RequestedClaims;
  /** In whose name; `undefined` for the application's own. */
  readonly delegation?: Delegation;
}

/** What is granted in a user's name. */
export interface Delegation {
  readonly user: User;
  readonly authentication: Authentication;
  readonly scopes: DelegatedScopes;
  /** By which the client can come back without him. */
  readonly refreshToken?: string | undefined;
  /** What the client has marked its sign-in with. */
  readonly nonce?: string | undefined;
}

/** A token request whose client is known. */
export interface GrantRequest {
  readonly form: URLSearchParams;
  readonly tenantId: string;
  readonly clientId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What a client asks for in a user's name. */
export interface DelegatedRequest {
  readonly scopes: DelegatedScopes;
  readonly requestedClaims: RequestedClaims;
}

/** What is asked for in a user's name; what was asked for `before` holds where it is not said again. */
export function readDelegated(
  form: URLSearchParams,
  before?: DelegatedRequest,
): DelegatedRequest | OAuthError {
  const scope = form.get('scope');
  const scopes = scope === null && before !== undefined ? before.scopes : readScopes(scope ?? '');
  if ('error' in scopes) return scopes;
  const requested = readClaims(form.get('claims'));
  if ('error' in requested) return requested;
  return { scopes, requestedClaims: { ...before?.requestedClaims, ...requested.claims } };
}

/** A grant of what was asked for. */
export function delegate(
  { tenantId, clientId }: GrantRequest,
  { scopes, requestedClaims }: DelegatedRequest,
  delegation: Omit<Delegation, 'scopes'>,
): Grant {
  const { audience } = scopes;
  return { tenantId, clientId, audience, requestedClaims, delegation: { ...delegation, scopes } };
}
