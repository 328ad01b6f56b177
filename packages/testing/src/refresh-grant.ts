import { delegate, readDelegated, type Grant, type GrantRequest } from './grant.js';
import type { InteractionPolicies } from './interaction-policies.js';
import type { OAuthError } from './oauth-error.js';
import type { RefreshTokens } from './refresh-tokens.js';
import type { User } from './users.js';

/** A client comes back without the user, by a refresh token of his, for whatever resource (RFC 6749, section 6). */
export class RefreshGrant {
  readonly #tokens: RefreshTokens;
  readonly #policies: InteractionPolicies;

  constructor(tokens: RefreshTokens, policies: InteractionPolicies) {
    this.#tokens = tokens;
    this.#policies = policies;
  }

  userOf(form: URLSearchParams): User | undefined {
    return this.#tokens.find(form.get('refresh_token'))?.user;
  }

  judge(request: GrantRequest): Grant | OAuthError {
    const { form, clientId, now } = request;
    const session = this.#tokens.check(form.get('refresh_token'), clientId, now);
    if ('error' in session) return session;
    const asked = readDelegated(form);
    if ('error' in asked) return asked;
    const { user, authentication } = session;
    const fault = this.#policies.faultOf(user, asked.scopes.audience);
    if (fault !== undefined) return fault;
    const refreshToken = this.#tokens.use(session, now);
    return delegate(request, asked, { user, authentication, refreshToken });
  }
}
