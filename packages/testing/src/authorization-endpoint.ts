import type { Authentication } from './authentication.js';
import type { AuthorizationCodeGrant } from './authorization-code-grant.js';
import type { BrowserSessions, SignInDemand } from './browser-sessions.js';
import { readDelegated, type DelegatedRequest } from './grant.js';
import type { InteractionPolicies } from './interaction-policies.js';
import { INTERACTION_REQUIRED, badRequest, type OAuthError } from './oauth-error.js';
import { clientInfoOf } from './token-response.js';
import type { User, Users } from './users.js';

/** A browser that has come to sign its user in, without state, nonce and challenge. */
export interface AuthorizationRequest {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** JSON text. */
  readonly claims: string | undefined;
  /** How he has to sign in, separated by spaces (RFC 9470). */
  readonly acrValues: string | undefined;
  /** Seconds ago at most; `undefined` for what is no number too. */
  readonly maxAge: number | undefined;
  readonly prompt: string | undefined;
  readonly loginHint: string | undefined;
  readonly correlationId: string | undefined;
  /** The object id of who has signed in; `undefined` when nobody has. */
  readonly user: string | undefined;
}

/** How a sign-in ends without a user (OpenID Connect Core, section 3.1.2.6). */
export type SignInError = 'access_denied' | 'interaction_required' | 'login_required' | 'consent_required';

/** Where the browser goes on to, and with what. */
export interface Redirection {
  readonly redirectUri: string;
  readonly mode: 'query' | 'fragment' | 'form_post';
  readonly parameters: URLSearchParams;
}

interface SignIn {
  readonly user: User;
  readonly authentication: Authentication;
  readonly asked: DelegatedRequest;
}

const MODES: readonly string[] = ['query', 'fragment', 'form_post'];
// What Microsoft Entra ID lets command lines and desktops have without a port being registered (RFC 8252, section 7.3).
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/;
const NATIVE = 'https://login.microsoftonline.com/common/oauth2/nativeclient';

/** Where a browser signs its user in. Nobody has to type: whoever is named, or the first user, is signed in at once. */
export class AuthorizationEndpoint {
  readonly requests: AuthorizationRequest[] = [];
  /** How sign-ins end from now on; null for well. */
  error: SignInError | null = null;
  readonly #users: Users;
  readonly #codes: AuthorizationCodeGrant;
  readonly #policies: InteractionPolicies;
  readonly #sessions: BrowserSessions;

  constructor(
    users: Users,
    codes: AuthorizationCodeGrant,
    policies: InteractionPolicies,
    sessions: BrowserSessions,
  ) {
    this.#users = users;
    this.#codes = codes;
    this.#policies = policies;
    this.#sessions = sessions;
  }

  /** Where the browser is sent, or why it stays on a page with an error: its client may not be who it says. */
  answer(query: URLSearchParams, publicClientId: string, now: number): Redirection | OAuthError {
    const redirectUri = query.get('redirect_uri') ?? '';
    const mode = query.get('response_mode') ?? 'query';
    if (!LOOPBACK.test(redirectUri) && redirectUri !== NATIVE) return OTHER_ADDRESS;
    if (!isMode(mode)) return badRequest('invalid_request', 70007, 'The response_mode is not supported.');
    const signIn = this.#signIn(query, publicClientId, now);
    this.requests.push({
      at: now,
      clientId: query.get('client_id') ?? '',
      redirectUri,
      scope: query.get('scope') ?? '',
      claims: query.get('claims') ?? undefined,
      acrValues: query.get('acr_values') ?? undefined,
      maxAge: maxAgeIn(query),
      prompt: query.get('prompt') ?? undefined,
      loginHint: query.get('login_hint') ?? undefined,
      correlationId: query.get('client-request-id') ?? undefined,
      user: 'error' in signIn ? undefined : signIn.user.objectId,
    });
    const outcome = 'error' in signIn ? refusal(signIn) : this.#bring(query, redirectUri, signIn, now);
    const parameters = new URLSearchParams(outcome);
    const state = query.get('state');
    if (state !== null) parameters.set('state', state);
    return { redirectUri, mode, parameters };
  }

  /** Who signs in, and for what. */
  #signIn(query: URLSearchParams, publicClientId: string, now: number): SignIn | OAuthError {
    const asked = readDelegated(query);
    if ('error' in asked) return asked;
    if (query.get('response_type') !== 'code') return NO_CODE;
    const isHashed = query.has('code_challenge') && query.get('code_challenge_method') === 'S256';
    if (query.get('client_id') === publicClientId && !isHashed) return NO_CHALLENGE;
    if (query.has('max_age') && maxAgeIn(query) === undefined) return BAD_MAX_AGE;
    if (this.error !== null) return SIGN_IN_ERRORS[this.error];
    const user = this.#whoSignsIn(query);
    if (user === undefined) return SIGN_IN_ERRORS.login_required;
    const demand = demandIn(query);
    const known = this.#sessions.find(user, demand, now);
    if (query.get('prompt') === 'none') {
      const fault = this.#policies.faultOf(user, asked.scopes.audience);
      if (fault !== undefined) return fault;
      if (known === undefined && (demand.acrs.length > 0 || demand.maxAge !== undefined))
        return SIGN_IN_ERRORS.login_required;
    } else this.#policies.interacted(user, asked.requestedClaims);
    return { user, authentication: known ?? this.#sessions.begin(user, demand, now), asked };
  }

  #bring(
    query: URLSearchParams,
    redirectUri: string,
    { asked, ...signedIn }: SignIn,
    now: number,
  ): Readonly<Record<string, string>> {
    const clientId = query.get('client_id') ?? '';
    const codeChallenge = query.get('code_challenge') ?? undefined;
    const nonce = query.get('nonce') ?? undefined;
    return {
      code: this.#codes.issue({ ...signedIn, clientId, redirectUri, asked, codeChallenge, nonce }, now),
      ...(query.get('client_info') === '1' && { client_info: clientInfoOf(signedIn) }),
    };
  }

  #whoSignsIn(query: URLSearchParams): User | undefined {
    const hint = query.get('login_hint');
    return hint === null ? this.#users.all[0] : this.#users.named(hint);
  }
}

function demandIn(query: URLSearchParams): SignInDemand {
  const acrs = (query.get('acr_values') ?? '').split(' ').filter((one) => one !== '');
  return { acrs, maxAge: maxAgeIn(query), isAnew: query.get('prompt') === 'login' };
}

function maxAgeIn(query: URLSearchParams): number | undefined {
  const text = query.get('max_age') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function isMode(mode: string): mode is Redirection['mode'] {
  return MODES.includes(mode);
}

function refusal({ error, code, description, claims }: OAuthError): Readonly<Record<string, string>> {
  return {
    error,
    error_description: `AADSTS${code}: ${description}`,
    ...(claims !== undefined && { claims }),
  };
}

const SIGN_IN_ERRORS: Readonly<Record<SignInError, OAuthError>> = {
  access_denied: badRequest('access_denied', 65004, 'The user declined to consent to access the app.'),
  interaction_required: INTERACTION_REQUIRED,
  login_required: badRequest('login_required', 50058, 'No user is signed in.'),
  consent_required: badRequest(
    'consent_required',
    65001,
    'The user has not consented to use the application.',
  ),
};

const NO_CODE = badRequest('unsupported_response_type', 700054, "Only response_type 'code' is enabled.");
const NO_CHALLENGE = badRequest('invalid_request', 9002325, 'Proof Key for Code Exchange is required.');
const BAD_MAX_AGE = badRequest('invalid_request', 90014, "The 'max_age' parameter is not valid.");
const OTHER_ADDRESS = badRequest(
  'invalid_request',
  50011,
  'The redirect URI specified in the request does not match the redirect URIs configured for the application.',
);
