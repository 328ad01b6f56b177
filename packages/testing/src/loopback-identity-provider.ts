import type { Clock } from '@holdfast/core';
import type { X509Certificate } from 'node:crypto';
import type { AppRegistration, PublicAppRegistration } from './app-registration.js';
import { PLAIN_ACR } from './authentication.js';
import { AuthorizationCodeGrant } from './authorization-code-grant.js';
import {
  AuthorizationEndpoint,
  type AuthorizationRequest,
  type SignInError,
} from './authorization-endpoint.js';
import { browse } from './browser.js';
import { BrowserSessions } from './browser-sessions.js';
import { ClientProofs, type FederatedIssuer } from './client-proofs.js';
import { readScopes } from './delegated-scopes.js';
import { DeviceGrant, type DeviceSignIn } from './device-grant.js';
import { FaultPlans } from './faults.js';
import { IdentityEndpoints } from './identity-endpoints.js';
import type {
  FaultOptions,
  IdentityProvider,
  IdentityProviderOptions,
  TokenFault,
  TokenRequest,
  UserTokenOptions,
} from './identity-provider.js';
import { InteractionPolicies, type InteractionPolicy } from './interaction-policies.js';
import { LoopbackServer } from './loopback-server.js';
import { LoopbackService } from './loopback-service.js';
import { OAUTH_ERRORS } from './oauth-error.js';
import { OnBehalfOfGrant } from './on-behalf-of-grant.js';
import { readProviderOptions } from './identity-provider-options.js';
import { metadataOf } from './provider-metadata.js';
import { RefreshGrant } from './refresh-grant.js';
import { RefreshTokens } from './refresh-tokens.js';
import { readClaims } from './requested-claims.js';
import { signingKey, type SigningKey } from './signing-key.js';
import { TokenEndpoint } from './token-endpoint.js';
import { TokenIssuer, type TokenClaims, type VerifyOptions } from './token-issuer.js';
import { Users, type User, type UserInit } from './users.js';

/**
 * Starts an identity provider on 127.0.0.1.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export async function startIdentityProvider(
  options: IdentityProviderOptions = {},
): Promise<IdentityProvider> {
  return new LoopbackIdentityProvider(
    readProviderOptions(options),
    await signingKey(),
    await LoopbackServer.start(),
  );
}

class LoopbackIdentityProvider extends LoopbackService implements IdentityProvider {
  app: AppRegistration;
  readonly publicApp: PublicAppRegistration;
  readonly user: User;
  expiresIn: number;
  refreshIn: number | null;
  delayMs = 0;
  refreshTokenExpiresIn: number = 90 * 24 * 60 * 60;
  rotatesRefreshTokens = true;
  detectsReuse = false;
  deviceCodeExpiresIn = 900;
  deviceCodeInterval = 5;
  readonly #faults = new FaultPlans<TokenFault>(['status', 'hang', 'reset', 'error']);
  readonly #policies = new InteractionPolicies();
  readonly #sessions = new BrowserSessions();
  readonly #refreshTokens = new RefreshTokens(this);
  readonly #devices = new DeviceGrant(this, this.#policies, this.#refreshTokens);
  readonly #clock: Clock;
  readonly #issuer: TokenIssuer;
  readonly #users: Users;
  readonly #proofs: ClientProofs;
  readonly #onBehalfOf: OnBehalfOfGrant;
  readonly #authorizations: AuthorizationEndpoint;
  readonly #endpoints: IdentityEndpoints;

  constructor(
    {
      tenantId,
      clientId,
      clientSecret,
      expiresIn,
      refreshIn,
      users,
      clock,
    }: Required<IdentityProviderOptions>,
    key: SigningKey,
    server: LoopbackServer,
  ) {
    super(server);
    const authority = `https://login.microsoftonline.com/${tenantId}`;
    const metadata = metadataOf(`${authority}/v2.0`, `${server.url}/${tenantId}`);
    const where = { tenantId, authority, authorityMetadata: JSON.stringify(metadata) };
    this.app = { ...where, clientId, clientSecret };
    this.publicApp = { ...where, clientId: PUBLIC_CLIENT_ID };
    this.expiresIn = expiresIn;
    this.refreshIn = refreshIn;
    this.#clock = clock;
    this.#users = new Users(tenantId);
    this.user = this.#users.add(FIRST_USER);
    for (const user of users) this.#users.add(user);
    const issuer = (this.#issuer = new TokenIssuer(metadata.issuer, key));
    this.#proofs = new ClientProofs(clientId, clientSecret, [metadata.token_endpoint, metadata.issuer]);
    this.#onBehalfOf = new OnBehalfOfGrant(this.#users, issuer, this.#policies, this.#refreshTokens);
    const code = new AuthorizationCodeGrant(this.#refreshTokens);
    this.#authorizations = new AuthorizationEndpoint(this.#users, code, this.#policies, this.#sessions);
    const tokens = new TokenEndpoint(this, this.#proofs, {
      onBehalfOf: this.#onBehalfOf,
      refresh: new RefreshGrant(this.#refreshTokens, this.#policies),
      device: this.#devices,
      code,
    });
    this.#endpoints = new IdentityEndpoints(this, {
      metadata,
      issuer,
      tokens,
      devices: this.#devices,
      authorizations: this.#authorizations,
      faults: this.#faults,
      clock,
    });
    server.handle((exchange) => this.#endpoints.respond(exchange));
  }

  get issuedTokenIds(): ReadonlySet<string> {
    return this.#issuer.tokenIds;
  }

  get deviceCodes(): readonly DeviceSignIn[] {
    return this.#devices.signIns;
  }

  get authorizationRequests(): readonly AuthorizationRequest[] {
    return this.#authorizations.requests;
  }

  get tokenRequests(): readonly TokenRequest[] {
    return this.#endpoints.tokenRequests;
  }

  rotateSecret(clientSecret: string): void {
    this.app = { ...this.app, clientSecret };
    this.#proofs.secret = clientSecret;
  }

  trust(certificate: string | X509Certificate): void {
    this.#proofs.trust(certificate);
  }

  distrust(certificate: string | X509Certificate): void {
    this.#proofs.distrust(certificate);
  }

  trustIssuer(issuer: FederatedIssuer): void {
    this.#proofs.trustIssuer(issuer);
  }

  fail(fault: TokenFault | null, { user }: FaultOptions = {}): void {
    if (fault !== null) checkErrorOf(fault);
    this.#faults.fail(fault, user?.objectId);
  }

  failNext(fault: TokenFault, times = 1, { user }: FaultOptions = {}): void {
    checkErrorOf(fault);
    this.#faults.failNext(fault, times, user?.objectId);
  }

  addUser(init: UserInit = {}): User {
    return this.#users.add(init);
  }

  async issueUserToken({
    user = this.user,
    audience = `api://${this.app.clientId}`,
    scope = 'user_impersonation',
    clientId = this.publicApp.clientId,
    claims,
    acr = PLAIN_ACR,
    authTime = this.#clock.now(),
    expiresIn = this.expiresIn,
  }: UserTokenOptions = {}): Promise<string> {
    const text = typeof claims === 'object' ? JSON.stringify(claims) : claims;
    const requested = readClaims(text ?? null);
    if ('error' in requested) throw new TypeError(requested.description);
    const scopes = readScopes(
      scope
        .split(' ')
        .map((name) => `${audience}/${name}`)
        .join(' '),
    );
    if ('error' in scopes) throw new TypeError(scopes.description);
    this.#policies.interacted(user, requested.claims);
    const { tenantId } = this.app;
    const grant = {
      tenantId,
      clientId,
      audience,
      requestedClaims: requested.claims,
      delegation: { user, authentication: { acr, at: authTime }, scopes },
    };
    return this.#issuer.issue(grant, expiresIn, this.#clock.now());
  }

  revoke(user: User = this.user): void {
    this.#refreshTokens.revoke(user);
    this.#sessions.end(user);
    this.#onBehalfOf.revoke(user);
  }

  requireInteraction(policy: InteractionPolicy = {}): string {
    return this.#policies.require(policy);
  }

  failSignIn(error: SignInError | null): void {
    this.#authorizations.error = error;
  }

  browse(url: string): Promise<URLSearchParams> {
    return browse(url);
  }

  approve(userCode: string, user: User = this.user): void {
    this.#devices.approve(userCode, user, this.#clock.now());
  }

  decline(userCode: string): void {
    this.#devices.decline(userCode, this.#clock.now());
  }

  async verify(
    token: string,
    { audience, now = this.#clock.now() }: VerifyOptions = {},
  ): Promise<TokenClaims> {
    return this.#issuer.verify(token, audience, now);
  }
}

function checkErrorOf(fault: TokenFault): void {
  const error = Object(fault) === fault && 'error' in fault ? fault.error : undefined;
  if (error !== undefined && !Object.hasOwn(OAUTH_ERRORS, error))
    throw new TypeError(`The fault's "error" must be one of ${Object.keys(OAUTH_ERRORS).join(', ')}`);
}

const PUBLIC_CLIENT_ID = 'e41c7f0d-93a2-4b6e-a8d7-5f2c60b1d9e8';
const FIRST_USER: UserInit = {
  username: 'ada@contoso.example',
  name: 'Ada',
  objectId: '3d9b6b1e-7c55-4a0f-9f0e-1b2c8d4e6f70',
};
