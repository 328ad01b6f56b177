import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './loopback-server.js';

/** What a managed identity endpoint can behave as. */
export type ManagedIdentitySource = 'app-service' | 'imds';

/** What is wrong with a request. */
export interface EndpointFault {
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

/** How one of Azure's endpoints is asked, and answers. */
export interface Dialect {
  readonly env: (url: string) => Readonly<Record<string, string>>;
  /** The query parameters that choose an identity. */
  readonly identityIds: readonly string[];
  /** Whether a token can be named that is not good any more. */
  readonly takesRejections: boolean;
  readonly faultOf: (
    pathname: string,
    query: URLSearchParams,
    headers: IncomingHttpHeaders,
  ) => EndpointFault | undefined;
  readonly nobody: Omit<EndpointFault, 'status'>;
  readonly outage: Omit<EndpointFault, 'status'>;
  readonly errorAnswer: (fault: EndpointFault) => Answer & { readonly body: object };
}

const APP_SERVICE_SECRET = 'a-header-for-loopback-only';

/** "How to use managed identities for App Service and Azure Functions", REST endpoint reference. */
const APP_SERVICE: Dialect = {
  env: (url) => ({ IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: APP_SERVICE_SECRET }),
  identityIds: ['client_id', 'mi_res_id', 'object_id', 'principal_id'],
  takesRejections: true,
  faultOf: (pathname, query, headers) => {
    if (pathname !== '/msi/token') return notFound(pathname);
    if (headers['x-identity-header'] !== APP_SERVICE_SECRET)
      return {
        status: 401,
        error: 'Unauthorized',
        description: 'The X-IDENTITY-HEADER is not that of the app.',
      };
    return faultOfQuery(query, '2019-08-01');
  },
  nobody: {
    error: 'BadRequest',
    description:
      'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
  },
  outage: {
    error: 'InternalServerError',
    description: 'An unexpected error occured while fetching the AAD Token.',
  },
  errorAnswer: ({ status, description }) => ({
    status,
    body: { statusCode: status, message: description, correlationId: '00000000-0000-0000-0000-000000000000' },
  }),
};

/** "How to use managed identities for Azure resources on an Azure VM to acquire an access token". */
const IMDS: Dialect = {
  env: (url) => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: url }),
  identityIds: ['client_id', 'msi_res_id', 'object_id'],
  takesRejections: false,
  faultOf: (pathname, query, headers) => {
    if (!/^\/metadata\/identity\/oauth2\/token\/?$/.test(pathname)) return notFound(pathname);
    // A request that somebody was talked into sending, or that a proxy sends on.
    if (headers['metadata'] !== 'true' || headers['x-forwarded-for'] !== undefined)
      return { status: 400, error: 'invalid_request', description: 'Required metadata header not specified' };
    return faultOfQuery(query, '2018-02-01');
  },
  nobody: { error: 'invalid_request', description: 'Identity not found' },
  outage: { error: 'unknown', description: 'Failed to retrieve token from the Active directory.' },
  errorAnswer: ({ status, error, description }) => ({
    status,
    headers: { Server: 'IMDS/150.870.65.1854' },
    body: { error, error_description: description },
  }),
};

/** By the source that has them. */
export const DIALECTS: Readonly<Record<ManagedIdentitySource, Dialect>> = {
  'app-service': APP_SERVICE,
  imds: IMDS,
};

function notFound(pathname: string): EndpointFault {
  return { status: 404, error: 'not_found', description: `There is nothing at ${pathname}.` };
}

function faultOfQuery(query: URLSearchParams, version: string): EndpointFault | undefined {
  if (query.get('api-version') !== version)
    return { status: 400, error: 'invalid_request', description: `The api-version must be ${version}.` };
  if ((query.get('resource') ?? '') === '')
    return { status: 400, error: 'invalid_request', description: 'The resource is missing.' };
  return undefined;
}
