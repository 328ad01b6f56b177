import { systemClock, type Clock } from '@holdfast/core';
import type { X509Certificate } from 'node:crypto';
import { ClientProofs, proofKindOf, type FederatedIssuer, type ProofKind } from './client-proofs.js';
import { FaultPlan, faultAnswer, type HangFault, type ResetFault, type StatusFault } from './faults.js';
import { LoopbackServer, bodyOf, pause, send, type Answer, type Exchange } from './loopback-server.js';
import { metadataOf, type ProviderMetadata } from './provider-metadata.js';
import { signingKey, type SigningKey } from './signing-key.js';
import {
  OAUTH_ERRORS,
  errorAnswer,
  faultOfClient,
  grantOf,
  outageError,
  type Grant,
  type OAuthError,
  type OAuthErrorName,
} from './token-endpoint.js';
import { TokenIssuer, type TokenClaims, type VerifyOptions } from './token-issuer.js';

/** Options of {@link startIdentityProvider}. */
export interface IdentityProviderOptions {
  /** Default: a fixed UUID. */
  readonly tenantId?: string;
  /** Default: a fixed UUID. */
  readonly clientId?: string;
  /** Default: a fixed text. */
  readonly clientSecret?: string;
  /** Seconds for which a token is valid. Default: 3599. */
  readonly expiresIn?: number;
  /** Seconds after which a token should be renewed. Default: null, which leaves `refresh_in` out. */
  readonly refreshIn?: number | null;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** The application to configure a credential with. */
export interface AppRegistration {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** MSAL refuses authorities over http, so this is the public cloud's … */
  readonly authority: string;
  /** … and these, the metadata of OpenID Connect Discovery as JSON text, lead to the loopback server. */
  readonly authorityMetadata: string;
}

/** An OAuth error in place of a token; `claims` (JSON text or an object) are what the user has to be asked for. */
export interface OAuthFault {
  readonly error: OAuthErrorName;
  readonly claims?: string | object;
}

/** How the token endpoint fails. */
export type TokenFault = StatusFault | HangFault | ResetFault | OAuthFault;

/** A request to the token endpoint, without its secret or assertion. */
export interface TokenRequest {
  /** Epoch milliseconds at which it came in. */
  readonly at: number;
  readonly grantType: string;
  readonly scope: string;
  /** JSON text. */
  readonly claims: string | undefined;
  readonly clientId: string;
  /** How the client has tried to prove who it is. */
  readonly proof: ProofKind | undefined;
  readonly correlationId: string | undefined;
  /** What was answered; `undefined` when nothing was, or not yet. */
  readonly status: number | undefined;
}

/** An identity provider on loopback that behaves as Microsoft Entra ID does to an application that asks in its own name. */
export interface IdentityProvider extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** For `clientCredential({ ...idp.app })`. */
  readonly app: AppRegistration;
  /** Seconds for which tokens issued from now on are valid. */
  expiresIn: number;
  /** Seconds after which they should be renewed; null leaves `refresh_in` out. */
  refreshIn: number | null;
  /** Milliseconds that a token request takes. Default: 0. */
  delayMs: number;
  /** Every token request, in the order in which they came in. */
  readonly tokenRequests: readonly TokenRequest[];
  /** The `jti` of every token issued. */
  readonly issuedTokenIds: ReadonlySet<string>;
  /** From now on the application's secret is this one; `app` has it. */
  rotateSecret(clientSecret: string): void;
  /** The application may prove itself by this certificate too; PEM text, or the certificate. */
  trust(certificate: string | X509Certificate): void;
  /** … and by this one no longer. */
  distrust(certificate: string | X509Certificate): void;
  /** The application may prove itself by tokens of another issuer. */
  trustIssuer(issuer: FederatedIssuer): void;
  /** Token requests fail from now on; null ends it. */
  fail(fault: TokenFault | null): void;
  /** The next token requests fail. `times` defaults to 1. */
  failNext(fault: TokenFault, times?: number): void;
  /**
   * Checks a token's signature, issuer and expiry, and its audience where one is given.
   *
   * @throws when the token is not good; the error has jose's `code`.
   */
  verify(token: string, options?: VerifyOptions): Promise<TokenClaims>;
  /** Refuses connections, and cuts those there are. */
  down(): Promise<void>;
  /** Accepts connections again, on the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an identity provider on 127.0.0.1. */
export async function startIdentityProvider(
  options: IdentityProviderOptions = {},
): Promise<IdentityProvider> {
  return new LoopbackIdentityProvider(options, await signingKey(), await LoopbackServer.start());
}

interface OpenTokenRequest extends TokenRequest {
  status: number | undefined;
}

class LoopbackIdentityProvider implements IdentityProvider {
  app: AppRegistration;
  readonly tokenRequests: OpenTokenRequest[] = [];
  expiresIn: number;
  refreshIn: number | null;
  delayMs = 0;
  readonly #metadata: ProviderMetadata;
  readonly #faults = new FaultPlan<TokenFault>();
  readonly #clock: Clock;
  readonly #issuer: TokenIssuer;
  readonly #proofs: ClientProofs;
  readonly #server: LoopbackServer;

  constructor(
    {
      tenantId = '7a1d3c52-0d4b-4c7e-9a55-6c1b8f0e2d41',
      clientId = 'b02f6a8e-5e0c-4f0b-8d53-2f7c9e1a6b34',
      clientSecret = 'a-secret-for-loopback-only',
      expiresIn = 3599,
      refreshIn = null,
      clock = systemClock,
    }: IdentityProviderOptions,
    key: SigningKey,
    server: LoopbackServer,
  ) {
    const authority = `https://login.microsoftonline.com/${tenantId}`;
    this.#metadata = metadataOf(`${authority}/v2.0`, `${server.url}/${tenantId}`);
    this.app = {
      tenantId,
      clientId,
      clientSecret,
      authority,
      authorityMetadata: JSON.stringify(this.#metadata),
    };
    const { issuer, token_endpoint } = this.#metadata;
    this.#proofs = new ClientProofs(clientId, clientSecret, [token_endpoint, issuer]);
    this.expiresIn = expiresIn;
    this.refreshIn = refreshIn;
    this.#clock = clock;
    this.#issuer = new TokenIssuer(this.#metadata.issuer, key);
    this.#server = server;
    server.handle((exchange) => this.#respond(exchange));
  }

  get url(): string {
    return this.#server.url;
  }

  get issuedTokenIds(): ReadonlySet<string> {
    return this.#issuer.tokenIds;
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

  fail(fault: TokenFault | null): void {
    this.#faults.fail(fault);
  }

  failNext(fault: TokenFault, times = 1): void {
    this.#faults.failNext(fault, times);
  }

  async verify(
    token: string,
    { audience, now = this.#clock.now() }: VerifyOptions = {},
  ): Promise<TokenClaims> {
    return this.#issuer.verify(token, audience, now);
  }

  async down(): Promise<void> {
    await this.#server.down();
  }

  async up(): Promise<void> {
    await this.#server.up();
  }

  async close(): Promise<void> {
    await this.#server.down();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #respond(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const { pathname } = new URL(request.url ?? '/', this.url);
    if (request.method === 'POST' && pathname.endsWith('/oauth2/v2.0/token'))
      await this.#token(exchange, pathname);
    else if (pathname.endsWith('/discovery/v2.0/keys')) send(response, { body: this.#issuer.jwks });
    else if (pathname.endsWith('/v2.0/.well-known/openid-configuration'))
      send(response, { body: this.#metadata });
    else send(response, { status: 404 });
  }

  async #token(exchange: Exchange, pathname: string): Promise<void> {
    const { request, response } = exchange;
    const at = this.#clock.now();
    const form = new URLSearchParams(await bodyOf(request));
    const header = request.headers['client-request-id'];
    const correlationId = form.get('client-request-id') ?? (typeof header === 'string' ? header : undefined);
    const seen: OpenTokenRequest = {
      at,
      grantType: form.get('grant_type') ?? '',
      scope: form.get('scope') ?? '',
      claims: form.get('claims') ?? undefined,
      clientId: form.get('client_id') ?? '',
      proof: proofKindOf(form),
      correlationId,
      status: undefined,
    };
    this.tokenRequests.push(seen);
    await pause(exchange, this.delayMs, this.#clock);

    const fault = this.#faults.take();
    if (fault !== undefined && 'hang' in fault) return;
    if (fault !== undefined && 'reset' in fault) {
      request.socket.destroy();
      return;
    }
    const tenant = pathname.split('/')[1] ?? '';
    const answer =
      fault === undefined
        ? await this.#answer(await this.#judge(form, tenant), correlationId)
        : this.#faultAnswer(fault, correlationId);
    seen.status = answer.status;
    send(response, answer);
  }

  async #judge(form: URLSearchParams, tenant: string): Promise<Grant | OAuthError> {
    const fault = faultOfClient(form, tenant, this.app);
    return fault ?? (await this.#proofs.faultOf(form, this.#clock.now())) ?? grantOf(form, this.app);
  }

  async #answer(grant: Grant | OAuthError, correlationId: string | undefined): Promise<Answer> {
    if ('error' in grant) return errorAnswer(grant, correlationId, this.#clock.now());
    const body = {
      token_type: 'Bearer',
      expires_in: this.expiresIn,
      ext_expires_in: this.expiresIn,
      ...(this.refreshIn !== null && { refresh_in: this.refreshIn }),
      access_token: await this.#issuer.issue(grant, this.expiresIn, this.#clock.now()),
    };
    return { status: 200, headers: { 'Cache-Control': 'no-store, no-cache' }, body };
  }

  #faultAnswer(fault: StatusFault | OAuthFault, correlationId: string | undefined): Answer {
    const now = this.#clock.now();
    if ('status' in fault)
      return faultAnswer(fault, errorAnswer(outageError(fault.status), correlationId, now).body);
    const claims = typeof fault.claims === 'object' ? JSON.stringify(fault.claims) : fault.claims;
    return errorAnswer({ ...OAUTH_ERRORS[fault.error], claims }, correlationId, now);
  }
}
