import type { AppRegistration, PublicAppRegistration } from './app-registration.js';
import type { AuthorizationCodeGrant } from './authorization-code-grant.js';
import { clientCredentialsGrant } from './client-credentials-grant.js';
import { proofKindOf, type ClientProofs } from './client-proofs.js';
import { DEVICE_CODE, type DeviceGrant } from './device-grant.js';
import type { Grant, GrantRequest } from './grant.js';
import { badRequest, type OAuthError } from './oauth-error.js';
import { ON_BEHALF_OF, type OnBehalfOfGrant } from './on-behalf-of-grant.js';
import type { RefreshGrant } from './refresh-grant.js';
import type { User } from './users.js';

/** What the identity provider grants, by what is shown for it. */
export interface Grants {
  readonly onBehalfOf: OnBehalfOfGrant;
  readonly refresh: RefreshGrant;
  readonly device: DeviceGrant;
  readonly code: AuthorizationCodeGrant;
}

/** Who may ask. */
export interface Clients {
  readonly app: AppRegistration;
  readonly publicApp: PublicAppRegistration;
}

const GRANT_TYPES: readonly string[] = [
  'client_credentials',
  ON_BEHALF_OF,
  'refresh_token',
  'authorization_code',
  ...DEVICE_CODE,
];
/** What a client without a secret is never granted. */
const CONFIDENTIAL: readonly string[] = ['client_credentials', ON_BEHALF_OF];

/** Decides on token requests. */
export class TokenEndpoint {
  readonly #clients: Clients;
  readonly #proofs: ClientProofs;
  readonly #grants: Grants;

  constructor(clients: Clients, proofs: ClientProofs, grants: Grants) {
    this.#clients = clients;
    this.#proofs = proofs;
    this.#grants = grants;
  }

  /** The user in whose name is asked, as far as the request tells. */
  userOf(form: URLSearchParams): User | undefined {
    const { onBehalfOf, refresh, device, code } = this.#grants;
    const type = form.get('grant_type') ?? '';
    if (type === ON_BEHALF_OF) return onBehalfOf.userOf(form);
    if (type === 'refresh_token') return refresh.userOf(form);
    if (type === 'authorization_code') return code.userOf(form);
    return DEVICE_CODE.includes(type) ? device.userOf(form) : undefined;
  }

  /** What is granted at `now`, epoch milliseconds, or why nothing is. */
  async judge(form: URLSearchParams, tenant: string, now: number): Promise<Grant | OAuthError> {
    const type = form.get('grant_type') ?? '';
    const fault =
      this.faultOfTenant(tenant) ??
      (GRANT_TYPES.includes(type) ? undefined : UNSUPPORTED) ??
      this.faultOfClient(form) ??
      (await this.#faultOfProof(form, type, now));
    if (fault !== undefined) return fault;
    const { app } = this.#clients;
    const request: GrantRequest = {
      form,
      tenantId: app.tenantId,
      clientId: form.get('client_id') ?? '',
      now,
    };
    const { onBehalfOf, refresh, device, code } = this.#grants;
    if (type === 'client_credentials') return clientCredentialsGrant(form, app);
    if (type === ON_BEHALF_OF) return onBehalfOf.judge(request);
    if (type === 'refresh_token') return refresh.judge(request);
    return type === 'authorization_code' ? code.judge(request) : device.judge(request);
  }

  faultOfTenant(tenant: string): OAuthError | undefined {
    return tenant === this.#clients.app.tenantId
      ? undefined
      : badRequest('invalid_request', 90002, `Tenant '${tenant}' not found.`);
  }

  faultOfClient(parameters: URLSearchParams): OAuthError | undefined {
    const { app, publicApp } = this.#clients;
    const clientId = parameters.get('client_id');
    return clientId === app.clientId || clientId === publicApp.clientId ? undefined : UNKNOWN_CLIENT;
  }

  /** A client without a secret has nothing to prove, and must not pretend to. */
  async #faultOfProof(form: URLSearchParams, type: string, now: number): Promise<OAuthError | undefined> {
    if (form.get('client_id') === this.#clients.app.clientId) return this.#proofs.faultOf(form, now);
    if (proofKindOf(form) !== undefined) return IS_PUBLIC;
    return CONFIDENTIAL.includes(type) ? PROOF_MISSING : undefined;
  }
}

const UNSUPPORTED = badRequest(
  'unsupported_grant_type',
  70003,
  'The app requested an unsupported grant type.',
);
const UNKNOWN_CLIENT = badRequest(
  'unauthorized_client',
  700016,
  'Application was not found in the directory.',
);
const IS_PUBLIC: OAuthError = {
  status: 401,
  error: 'invalid_client',
  code: 700025,
  description: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
};
const PROOF_MISSING: OAuthError = {
  status: 401,
  error: 'invalid_client',
  code: 7000218,
  description: "The request body must contain 'client_assertion' or 'client_secret'.",
};
