import { badRequest, type OAuthError } from './oauth-error.js';

/** What a client has asked to do in a user's name. */
export interface DelegatedScopes {
  readonly audience: string;
  /** The `scp` of the token. */
  readonly permissions: string;
  /** The scopes as the answer names them. */
  readonly granted: string;
  /** Whether it wants to know who the user is. */
  readonly openid: boolean;
  /** Whether it wants to come back without him. */
  readonly offline: boolean;
}

const GRAPH = 'https://graph.microsoft.com';
const DEFAULT = '.default';
// What a user can let a client do with an API that declares nothing in particular.
const EVERYTHING = 'user_impersonation';

/** The protocol's own (OpenID Connect Core, sections 3.1.2.1, 5.4 and 11). */
const OPENID_SCOPES: readonly string[] = ['openid', 'profile', 'email', 'offline_access'];

/** Scopes of one resource, by the rules of Microsoft Entra ID's second version. */
export function readScopes(text: string): DelegatedScopes | OAuthError {
  const asked = text.split(' ').filter((scope) => scope !== '');
  const protocol = asked.filter((scope) => OPENID_SCOPES.includes(scope));
  const scopes = asked.filter((scope) => !OPENID_SCOPES.includes(scope));
  if (asked.length === 0) return badRequest('invalid_request', 28003, 'The scope is empty.');
  const audience = resourceOf(scopes[0] ?? '');
  if (scopes.some((scope) => resourceOf(scope) !== audience))
    return badRequest('invalid_scope', 28000, 'The scope contains more than one resource.');
  const names = scopes.map((scope) => scope.slice(scope.lastIndexOf('/') + 1));
  const isDefault = names.includes(DEFAULT);
  if (names.includes('') || (isDefault && names.length > 1))
    return badRequest('invalid_scope', 70011, 'The scope is not valid.');
  const openid = { openid: protocol.includes('openid'), offline: protocol.includes('offline_access') };
  if (scopes.length === 0) {
    const own = protocol.join(' ');
    return { audience: GRAPH, permissions: own, granted: own, ...openid };
  }
  return isDefault
    ? {
        audience,
        permissions: EVERYTHING,
        granted: `${audience}/${EVERYTHING} ${scopes.join(' ')}`,
        ...openid,
      }
    : { audience, permissions: names.join(' '), granted: scopes.join(' '), ...openid };
}

/** The resource of a scope; one without any is Microsoft Graph's. */
export function resourceOf(scope: string): string {
  const end = scope.lastIndexOf('/');
  return end < 0 ? GRAPH : scope.slice(0, end);
}
