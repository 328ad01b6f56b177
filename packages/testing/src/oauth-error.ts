import { randomUUID } from 'node:crypto';
import type { Answer } from './loopback-server.js';

/** An error of the identity provider: what Microsoft Entra ID answers in the same case. */
export interface OAuthError {
  readonly status: number;
  /** RFC 6749, section 5.2. */
  readonly error: string;
  /** The number behind AADSTS. */
  readonly code: number;
  readonly description: string;
  /** Microsoft Entra ID's own, more exact than the error. */
  readonly suberror?: string;
  /** JSON text. */
  readonly claims?: string | undefined;
}

/** With status 400. */
export function badRequest(error: string, code: number, description: string): OAuthError {
  return { status: 400, error, code, description };
}

/** RFC 6749, section 5.2: what was presented in the user's name is not good. */
export function invalidGrant(code: number, description: string): OAuthError {
  return badRequest('invalid_grant', code, description);
}

/** What Microsoft Entra ID answers to another secret than the application's. */
export const WRONG_SECRET: OAuthError = {
  status: 401,
  error: 'invalid_client',
  code: 7000215,
  description: 'Invalid client secret provided.',
};

const EXPIRED_BY_REVOCATION = invalidGrant(50173, 'The provided grant has expired due to it being revoked.');

/** What was granted before the user's sessions were revoked. MSAL asks the user for this `suberror`. */
export const REVOKED: OAuthError = { ...EXPIRED_BY_REVOCATION, suberror: 'bad_token' };

/** A policy wants the user himself. */
export const INTERACTION_REQUIRED: OAuthError = badRequest(
  'interaction_required',
  50076,
  'You must use multi-factor authentication to access the resource.',
);

/** The errors that a test can ask for by name. */
export type OAuthErrorName =
  'invalid_client' | 'invalid_grant' | 'interaction_required' | 'consent_required' | 'slow_down';

/** What Microsoft Entra ID answers under these names. */
export const OAUTH_ERRORS: Readonly<Record<OAuthErrorName, OAuthError>> = {
  invalid_client: WRONG_SECRET,
  invalid_grant: EXPIRED_BY_REVOCATION,
  interaction_required: INTERACTION_REQUIRED,
  consent_required: {
    ...invalidGrant(65001, 'The user or administrator has not consented to use the application.'),
    suberror: 'consent_required',
  },
  // RFC 8628, section 3.5: others send it.
  slow_down: badRequest('slow_down', 90033, 'The device polls too often.'),
};

/** The error that stands in the body of a status that a test asked for. */
export function outageError(status: number): OAuthError {
  return status === 429
    ? {
        status,
        error: 'temporarily_unavailable',
        code: 90055,
        description: 'There are too many incoming requests.',
      }
    : {
        status,
        error: 'temporarily_unavailable',
        code: 90033,
        description: 'A transient error has occurred.',
      };
}

/** An error in the shape of Microsoft Entra ID. */
export function errorAnswer(
  { status, error, code, description, suberror, claims }: OAuthError,
  correlationId: string | undefined,
  now: number,
): Answer & { readonly body: object } {
  const trace_id = randomUUID();
  const correlation_id = correlationId ?? randomUUID();
  const timestamp = `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const ids = `Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`;
  const body = {
    error,
    error_description: `AADSTS${code}: ${description} ${ids}`,
    error_codes: [code],
    timestamp,
    trace_id,
    correlation_id,
    ...(suberror !== undefined && { suberror }),
    ...(claims !== undefined && { claims }),
  };
  return { status, body };
}
