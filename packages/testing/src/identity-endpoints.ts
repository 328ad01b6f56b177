import type { Clock } from '@holdfast/core';
import type { AuthorizationEndpoint } from './authorization-endpoint.js';
import { redirectionAnswer } from './browser.js';
import { proofKindOf } from './client-proofs.js';
import type { DeviceGrant } from './device-grant.js';
import { faultAnswer, type FaultPlans } from './faults.js';
import type { TokenFault, TokenRequest } from './identity-provider.js';
import { bodyOf, pause, send, type Answer, type Exchange } from './loopback-server.js';
import { OAUTH_ERRORS, errorAnswer, outageError } from './oauth-error.js';
import type { ProviderMetadata } from './provider-metadata.js';
import type { Clients, TokenEndpoint } from './token-endpoint.js';
import type { TokenIssuer } from './token-issuer.js';
import { tokenResponse, type TokenLifetimes } from './token-response.js';

/** What a test may change while the endpoints answer. */
export interface EndpointSettings extends TokenLifetimes, Clients {
  readonly delayMs: number;
}

/** What decides on the answers of the endpoints. */
export interface EndpointParts {
  readonly metadata: ProviderMetadata;
  readonly issuer: TokenIssuer;
  readonly tokens: TokenEndpoint;
  readonly devices: DeviceGrant;
  readonly authorizations: AuthorizationEndpoint;
  readonly faults: FaultPlans<TokenFault>;
  readonly clock: Clock;
}

interface OpenTokenRequest extends TokenRequest {
  user: string | undefined;
  status: number | undefined;
}

/** The identity provider as HTTP shows it. */
export class IdentityEndpoints {
  readonly tokenRequests: OpenTokenRequest[] = [];
  readonly #settings: EndpointSettings;
  readonly #parts: EndpointParts;

  constructor(settings: EndpointSettings, parts: EndpointParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  async respond(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const { issuer, metadata } = this.#parts;
    // Only its path and query matter.
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://loopback');
    const tenant = pathname.split('/')[1] ?? '';
    const isPost = request.method === 'POST';
    if (isPost && pathname.endsWith('/oauth2/v2.0/token')) await this.#token(exchange, tenant);
    else if (isPost && pathname.endsWith('/oauth2/v2.0/devicecode')) await this.#device(exchange, tenant);
    else if (pathname.endsWith('/oauth2/v2.0/authorize')) this.#authorize(exchange, tenant, searchParams);
    else if (pathname.endsWith('/discovery/v2.0/keys')) send(response, { body: issuer.jwks });
    else if (pathname.endsWith('/v2.0/.well-known/openid-configuration')) send(response, { body: metadata });
    else send(response, { status: 404 });
  }

  async #token(exchange: Exchange, tenant: string): Promise<void> {
    const { tokens, clock } = this.#parts;
    const at = clock.now();
    const form = new URLSearchParams(await bodyOf(exchange.request));
    const correlationId = correlationIdOf(exchange, form);
    const seen: OpenTokenRequest = {
      at,
      grantType: form.get('grant_type') ?? '',
      scope: form.get('scope') ?? '',
      claims: form.get('claims') ?? undefined,
      clientId: form.get('client_id') ?? '',
      proof: proofKindOf(form),
      user: undefined,
      correlationId,
      status: undefined,
    };
    this.tokenRequests.push(seen);
    await pause(exchange, this.#settings.delayMs, clock);
    // Not before: the user of a device may have come meanwhile.
    seen.user = tokens.userOf(form)?.objectId;
    const fault = this.#parts.faults.take(seen.user);
    const answer =
      fault === undefined
        ? await this.#grant(form, tenant, correlationId)
        : this.#failure(exchange, fault, correlationId);
    if (answer === undefined) return;
    seen.status = answer.status;
    send(exchange.response, answer);
  }

  async #grant(form: URLSearchParams, tenant: string, correlationId: string | undefined): Promise<Answer> {
    const { tokens, issuer, clock } = this.#parts;
    const now = clock.now();
    const grant = await tokens.judge(form, tenant, now);
    if ('error' in grant) return errorAnswer(grant, correlationId, now);
    const wantsClientInfo = form.get('client_info') === '1';
    const body = await tokenResponse(issuer, grant, this.#settings, wantsClientInfo, now);
    return { status: 200, headers: { 'Cache-Control': 'no-store, no-cache' }, body };
  }

  async #device(exchange: Exchange, tenant: string): Promise<void> {
    const { tokens, devices, faults, clock } = this.#parts;
    const form = new URLSearchParams(await bodyOf(exchange.request));
    const correlationId = correlationIdOf(exchange, form);
    await pause(exchange, this.#settings.delayMs, clock);
    const fault = faults.take(undefined);
    if (fault !== undefined) {
      const answer = this.#failure(exchange, fault, correlationId);
      if (answer !== undefined) send(exchange.response, answer);
      return;
    }
    const now = clock.now();
    const begun =
      tokens.faultOfTenant(tenant) ?? tokens.faultOfClient(form) ?? devices.begin(form, correlationId, now);
    const answer = 'error' in begun ? errorAnswer(begun, correlationId, now) : { body: begun };
    send(exchange.response, answer);
  }

  #authorize({ response }: Exchange, tenant: string, query: URLSearchParams): void {
    const { tokens, authorizations, clock } = this.#parts;
    const now = clock.now();
    const outcome =
      tokens.faultOfTenant(tenant) ??
      tokens.faultOfClient(query) ??
      authorizations.answer(query, this.#settings.publicApp.clientId, now);
    const correlationId = query.get('client-request-id') ?? undefined;
    send(
      response,
      'error' in outcome ? errorAnswer(outcome, correlationId, now) : redirectionAnswer(outcome),
    );
  }

  /** `undefined` when nothing is answered. */
  #failure({ request }: Exchange, fault: TokenFault, correlationId: string | undefined): Answer | undefined {
    if ('hang' in fault) return undefined;
    if ('reset' in fault) {
      request.socket.destroy();
      return undefined;
    }
    const now = this.#parts.clock.now();
    if ('status' in fault)
      return faultAnswer(fault, errorAnswer(outageError(fault.status), correlationId, now).body);
    const claims = typeof fault.claims === 'object' ? JSON.stringify(fault.claims) : fault.claims;
    return errorAnswer({ ...OAUTH_ERRORS[fault.error], claims }, correlationId, now);
  }
}

function correlationIdOf({ request }: Exchange, form: URLSearchParams): string | undefined {
  const header = request.headers['client-request-id'];
  return form.get('client-request-id') ?? (typeof header === 'string' ? header : undefined);
}
