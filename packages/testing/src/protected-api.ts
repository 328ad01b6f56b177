import type { IncomingHttpHeaders } from 'node:http';
import { parseRetryAfter, type Clock } from '@holdfast/core';
import { bearerOf } from './bearer.js';
import { bearerChallenge, challengeHeader } from './challenge-header.js';
import {
  FaultPlan,
  drip,
  faultAnswer,
  stall,
  type DripFault,
  type HangFault,
  type ResetFault,
  type StallFault,
  type StatusFault,
} from './faults.js';
import type { IdentityProvider } from './identity-provider.js';
import { LoopbackServer, bodyOf, pause, send, type Answer, type Exchange } from './loopback-server.js';
import { LoopbackService } from './loopback-service.js';
import { readApiOptions, type ProtectedApiOptions } from './protected-api-options.js';
import { Revocation, issuedAfter } from './revocation.js';
import { StepUpDemand, type StepUpOptions } from './step-up.js';
import { Throttle, type ThrottleOptions } from './throttle.js';
import type { TokenClaims } from './token-issuer.js';

/** How the API fails. All of them come before the token is looked at. */
export type ApiFault = StatusFault | HangFault | ResetFault | StallFault | DripFault;

/** A request that reached the API, without its token. */
export interface ApiRequest {
  /** Epoch milliseconds at which it came in. */
  readonly at: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** By name in lower case, without Authorization. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The `jti` of its token, when that is one of the identity provider's and still valid. */
  readonly tokenId: string | undefined;
  readonly body: string;
  /** Whether its connection had carried an earlier request. */
  readonly reusedSocket: boolean;
  /** What was answered; `undefined` when nothing was, or not yet. */
  readonly status: number | undefined;
}

/** An API on loopback that takes tokens of an identity provider, and counts what it sees. */
export interface ProtectedApi extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Every request, in the order in which they came in. */
  readonly requests: readonly ApiRequest[];
  /** How many requests came in before an instant was over that a Retry-After had told. */
  readonly early: number;
  /** Milliseconds that a request takes before anything is decided. Default: 0. */
  delayMs: number;
  /** Answers requests with a good token; `undefined` leaves it to the API: 200 `{ ok, path, method, body }`. */
  handle: ((request: ApiRequest) => Answer | undefined | Promise<Answer | undefined>) | undefined;
  /**
   * Refuses every token issued up to now by a claims challenge, and later ones until one comes that was acquired with its
   * claims. `claims`, JSON text or an object, default to a token issued after now. Returns the claims as JSON text.
   */
  revoke(options?: { readonly claims?: string | object }): string;
  /**
   * Refuses tokens of users who have not signed in as demanded by a step-up challenge (RFC 9470, section 3), those of
   * applications too. Each call adds a demand; the first that is not met is told.
   */
  requireStepUp(demand: StepUpOptions): void;
  /** Answers 429 with Retry-After. */
  throttle(options: ThrottleOptions): void;
  /** Requests fail from now on; null ends it. */
  fail(fault: ApiFault | null): void;
  /** The next requests fail. `times` defaults to 1. */
  failNext(fault: ApiFault, times?: number): void;
  /** Ends revocation, step-ups, throttling, faults and delay, and forgets what Retry-After it told. */
  recover(): void;
  /** Refuses connections, and cuts those there are. */
  down(): Promise<void>;
  /** Accepts connections again, on the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a protected API on 127.0.0.1.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export async function startProtectedApi(options: ProtectedApiOptions): Promise<ProtectedApi> {
  return new LoopbackApi(readApiOptions(options), await LoopbackServer.start());
}

interface OpenApiRequest extends ApiRequest {
  body: string;
  tokenId: string | undefined;
  status: number | undefined;
}

class LoopbackApi extends LoopbackService implements ProtectedApi {
  readonly requests: OpenApiRequest[] = [];
  early = 0;
  delayMs = 0;
  handle: ProtectedApi['handle'] = undefined;
  readonly #idp: IdentityProvider;
  readonly #audience: string;
  readonly #requireCae: boolean;
  readonly #clock: Clock;
  readonly #faults = new FaultPlan<ApiFault>(['status', 'hang', 'reset', 'stallAfterHeaders', 'dripMs']);
  #revocation: Revocation | undefined = undefined;
  readonly #stepUps: StepUpDemand[] = [];
  #throttle: Throttle | undefined = undefined;
  #toldUntil = 0;

  constructor({ idp, audience, requireCae, clock }: Required<ProtectedApiOptions>, server: LoopbackServer) {
    super(server);
    this.#idp = idp;
    this.#audience = audience;
    this.#requireCae = requireCae;
    this.#clock = clock;
    server.handle((exchange) => this.#respond(exchange));
  }

  revoke({ claims = issuedAfter(this.#clock.now()) }: { readonly claims?: string | object } = {}): string {
    const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
    this.#revocation = new Revocation(text, this.#idp.issuedTokenIds);
    return text;
  }

  requireStepUp(demand: StepUpOptions): void {
    this.#stepUps.push(new StepUpDemand(demand));
  }

  throttle(options: ThrottleOptions): void {
    this.#throttle = new Throttle(options, this.#clock.now());
  }

  fail(fault: ApiFault | null): void {
    this.#faults.fail(fault);
  }

  failNext(fault: ApiFault, times = 1): void {
    this.#faults.failNext(fault, times);
  }

  recover(): void {
    this.#faults.fail(null);
    this.#revocation = undefined;
    this.#stepUps.length = 0;
    this.#throttle = undefined;
    this.#toldUntil = 0;
    this.delayMs = 0;
  }

  async #respond(exchange: Exchange): Promise<void> {
    const { request, response, reusedSocket } = exchange;
    const { authorization, ...headers } = request.headers;
    const { method = 'GET', url: path = '/' } = request;
    const at = this.#clock.now();
    if (at < this.#toldUntil) this.early += 1;
    const seen: OpenApiRequest = {
      at,
      method,
      path,
      headers,
      tokenId: undefined,
      body: '',
      reusedSocket,
      status: undefined,
    };
    this.requests.push(seen);
    seen.body = await bodyOf(request);
    const token = await this.#check(authorization);
    if (typeof token === 'object') seen.tokenId = token.jti;
    await pause(exchange, this.delayMs, this.#clock);

    const fault = this.#faults.take();
    if (fault !== undefined && 'hang' in fault) return;
    if (fault !== undefined && 'reset' in fault) {
      request.socket.destroy();
      return;
    }
    if (fault !== undefined && !('status' in fault)) {
      seen.status = 200;
      if ('dripMs' in fault) drip(exchange, usualAnswer(seen), fault, this.#clock);
      else stall(exchange, usualAnswer(seen));
      return;
    }
    const answer =
      fault === undefined
        ? (this.#refuse() ?? this.#challenge(token, path) ?? (await this.handle?.(seen)) ?? usualAnswer(seen))
        : this.#faultAnswer(fault);
    seen.status = answer.status ?? 200;
    send(response, answer);
  }

  #faultAnswer(fault: StatusFault): Answer {
    const now = this.#clock.now();
    const inMs = parseRetryAfter(fault.retryAfter, now);
    if (inMs !== undefined) this.#tell(now + inMs);
    return faultAnswer(fault, errorBody(fault.status, 'The API fails on purpose'));
  }

  #refuse(): Answer | undefined {
    const refusal = this.#throttle?.refuse(this.#clock.now());
    if (refusal === undefined) return undefined;
    if (refusal.until !== undefined) this.#tell(refusal.until);
    return {
      status: 429,
      headers: { 'Retry-After': refusal.retryAfter },
      body: errorBody(429, 'Too many requests'),
    };
  }

  /** Nobody should come before the instant any more. */
  #tell(until: number): void {
    this.#toldUntil = Math.max(this.#toldUntil, until);
  }

  /** The token's claims, or what is wrong with it. */
  async #check(authorization: string | undefined): Promise<TokenClaims | string> {
    const token = bearerOf(authorization);
    if (token === undefined) return 'There is no bearer token';
    try {
      return await this.#idp.verify(token, { audience: this.#audience, now: this.#clock.now() });
    } catch (error) {
      return error instanceof Error ? error.message : 'The token cannot be read';
    }
  }

  /** The 401 for a token that is not good enough. */
  #challenge(token: TokenClaims | string, path: string): Answer | undefined {
    const authorizationUri = `${this.#idp.app.authority}/oauth2/v2.0/authorize`;
    if (typeof token === 'string') return unauthorized(invalidToken(authorizationUri, token));
    if (this.#requireCae && token.xms_cc?.includes('cp1') !== true)
      return unauthorized(invalidToken(authorizationUri, 'The client has not declared the capability cp1'));
    if (this.#revocation?.refuses(token) === true)
      return unauthorized(challengeHeader({ claims: this.#revocation.claims, authorizationUri }));
    const now = this.#clock.now();
    for (const stepUp of this.#stepUps) {
      const challenge = stepUp.challengeFor(token, path, now);
      if (challenge !== undefined) return unauthorized(challenge);
    }
    return undefined;
  }
}

function usualAnswer({ path, method, body }: ApiRequest): Answer {
  return { status: 200, body: { ok: true, path, method, body } };
}

function unauthorized(challenge: string): Answer {
  return {
    status: 401,
    headers: { 'WWW-Authenticate': challenge },
    body: errorBody(401, 'The token is not accepted'),
  };
}

function invalidToken(authorizationUri: string, description: string): string {
  return bearerChallenge({
    realm: '',
    authorization_uri: authorizationUri,
    error: 'invalid_token',
    error_description: description,
  });
}

function errorBody(status: number, message: string): object {
  return { error: { code: status, message } };
}
