import { randomUUID } from 'node:crypto';
import type { Answer } from './loopback-server.js';

/** An error of the token endpoint: what Microsoft Entra ID answers in the same case. */
export interface OAuthError {
  readonly status: number;
  /** RFC 6749, section 5.2. */
  readonly error: string;
  /** The number behind AADSTS. */
  readonly code: number;
  readonly description: string;
  /** JSON text. */
  readonly claims?: string | undefined;
}

/** The application that may ask for tokens. */
export interface Registration {
  readonly tenantId: string;
  readonly clientId: string;
}

/** What a token request grants. */
export interface Grant {
  readonly tenantId: string;
  readonly clientId: string;
  /** The resource whose `/.default` scope was asked for. */
  readonly audience: string;
  /** The `access_token` member of the claims that were asked for. */
  readonly requestedClaims: Readonly<Record<string, unknown>>;
}

const DEFAULT_SCOPE = '/.default';

/** What is wrong with a token request whoever sends it, proof or no proof; `undefined` when nothing is. */
export function faultOfClient(
  form: URLSearchParams,
  tenant: string,
  app: Registration,
): OAuthError | undefined {
  if (tenant !== app.tenantId)
    return {
      status: 400,
      error: 'invalid_request',
      code: 90002,
      description: `Tenant '${tenant}' not found.`,
    };
  if (form.get('grant_type') !== 'client_credentials')
    return {
      status: 400,
      error: 'unsupported_grant_type',
      code: 70003,
      description: 'The app requested an unsupported grant type.',
    };
  if (form.get('client_id') !== app.clientId)
    return {
      status: 400,
      error: 'unauthorized_client',
      code: 700016,
      description: 'Application was not found in the directory.',
    };
  return undefined;
}

/** What the application is granted in its own name (RFC 6749, section 4.4). */
export function grantOf(form: URLSearchParams, app: Registration): Grant | OAuthError {
  // The protocol's own scopes, which MSAL adds, name no resource.
  const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope.includes('/'));
  const [scope] = scopes;
  if (scope === undefined || scopes.length > 1 || !scope.endsWith(DEFAULT_SCOPE))
    return {
      status: 400,
      error: 'invalid_scope',
      code: 1002012,
      description: 'Client credential flows must have a scope value with /.default suffixed to the resource.',
    };

  const requestedClaims = accessTokenClaims(form.get('claims'));
  if (requestedClaims === undefined)
    return {
      status: 400,
      error: 'invalid_request',
      code: 90100,
      description: "The 'claims' parameter is not valid.",
    };
  const { tenantId, clientId } = app;
  return { tenantId, clientId, audience: scope.slice(0, -DEFAULT_SCOPE.length), requestedClaims };
}

/** What Microsoft Entra ID answers to another secret than the application's. */
export const WRONG_SECRET: OAuthError = {
  status: 401,
  error: 'invalid_client',
  code: 7000215,
  description: 'Invalid client secret provided.',
};

/** The errors that a test can ask for by name. */
export type OAuthErrorName = 'invalid_client' | 'invalid_grant' | 'interaction_required';

/** What Microsoft Entra ID answers under these names. */
export const OAUTH_ERRORS: Readonly<Record<OAuthErrorName, OAuthError>> = {
  invalid_client: WRONG_SECRET,
  invalid_grant: {
    status: 400,
    error: 'invalid_grant',
    code: 50173,
    description: 'The provided grant has expired due to it being revoked.',
  },
  interaction_required: {
    status: 400,
    error: 'interaction_required',
    code: 50076,
    description: 'You must use multi-factor authentication to access the resource.',
  },
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
  { status, error, code, description, claims }: OAuthError,
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
    ...(claims !== undefined && { claims }),
  };
  return { status, body };
}

/** `undefined` when the text is no claims request (OpenID Connect Core, section 5.5). */
function accessTokenClaims(text: string | null): Record<string, unknown> | undefined {
  if (text === null) return {};
  try {
    const { access_token: claims = {} } = JSON.parse(text) as { access_token?: unknown };
    return isRecord(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
