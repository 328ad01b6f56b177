import type { Grant } from './grant.js';
import { badRequest, type OAuthError } from './oauth-error.js';
import { readClaims } from './requested-claims.js';

const DEFAULT_SCOPE = '/.default';

/** What the application is granted in its own name (RFC 6749, section 4.4). */
export function clientCredentialsGrant(
  form: URLSearchParams,
  app: { readonly tenantId: string; readonly clientId: string },
): Grant | OAuthError {
  // The protocol's own scopes, which MSAL adds, name no resource.
  const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope.includes('/'));
  const [scope] = scopes;
  if (scope === undefined || scopes.length > 1 || !scope.endsWith(DEFAULT_SCOPE))
    return badRequest(
      'invalid_scope',
      1002012,
      'Client credential flows must have a scope value with /.default suffixed to the resource.',
    );
  const requested = readClaims(form.get('claims'));
  if ('error' in requested) return requested;
  const { tenantId, clientId } = app;
  return {
    tenantId,
    clientId,
    audience: scope.slice(0, -DEFAULT_SCOPE.length),
    requestedClaims: requested.claims,
  };
}
