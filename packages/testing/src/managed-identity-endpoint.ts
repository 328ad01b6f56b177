import { accepted, having, isText, readOptions, required, systemClock, type Clock } from '@holdfast/core';
import { createHash } from 'node:crypto';
import { FaultPlan, faultAnswer, type HangFault, type ResetFault, type StatusFault } from './faults.js';
import { LoopbackServer, pause, send, type Answer, type Exchange } from './loopback-server.js';
import { LoopbackService } from './loopback-service.js';
import {
  DIALECTS,
  type Dialect,
  type EndpointFault,
  type ManagedIdentitySource,
} from './managed-identity-source.js';
import { signingKey, type SigningKey } from './signing-key.js';
import { TokenIssuer, type TokenClaims, type VerifyOptions } from './token-issuer.js';

/** An identity that a user has assigned to the machine. */
export interface UserAssignedIdentity {
  readonly clientId: string;
  readonly resourceId?: string;
  readonly objectId?: string;
}

/** Options of {@link startManagedIdentityEndpoint}. */
export interface ManagedIdentityEndpointOptions {
  /** What it behaves as: `app-service` (API version 2019-08-01) or `imds` (2018-02-01). */
  readonly source: ManagedIdentitySource;
  /** The client id of the system's identity; null when there is none. Default: a fixed UUID. */
  readonly systemAssigned?: string | null;
  /** The identities that users have assigned. Default: none. */
  readonly userAssigned?: readonly UserAssignedIdentity[];
  /** Seconds for which a token is valid. Default: 86,400. */
  readonly expiresIn?: number;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** An answer in place of the real one, as it stands. */
export interface AnswerFault {
  readonly answer: Answer;
}

/** How the endpoint fails. */
export type ManagedIdentityFault = StatusFault | HangFault | ResetFault | AnswerFault;

/** A request to the endpoint, without its secret. */
export interface ManagedIdentityRequest {
  /** Epoch milliseconds at which it came in. */
  readonly at: number;
  readonly resource: string;
  /** The id by which an identity was chosen; `undefined` for that of the system. */
  readonly identity: string | undefined;
  /** `xms_cc`: `cp1` means that the client can handle claims challenges. */
  readonly capabilities: string | undefined;
  /** `token_sha256_to_refresh`: the hash of a token that is not good any more. */
  readonly rejectedSha256: string | undefined;
  readonly correlationId: string | undefined;
  /** Whether the connection has carried an earlier request. */
  readonly reusedSocket: boolean;
  /** What was answered; `undefined` when nothing was, or not yet. */
  readonly status: number | undefined;
}

/** An endpoint for managed identities on loopback. */
export interface ManagedIdentityEndpoint extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** The environment variables by which a process finds it. MSAL reads them once: one process for each source. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds for which tokens issued from now on are valid. */
  expiresIn: number;
  /** Milliseconds that a request takes. Default: 0. */
  delayMs: number;
  /** Every request, in the order in which they came in. */
  readonly requests: readonly ManagedIdentityRequest[];
  /** The `jti` of every token issued. */
  readonly issuedTokenIds: ReadonlySet<string>;
  /** Requests fail from now on; null ends it. */
  fail(fault: ManagedIdentityFault | null): void;
  /** The next requests fail. `times` defaults to 1. */
  failNext(fault: ManagedIdentityFault, times?: number): void;
  /**
   * Checks a token's signature, issuer and expiry, and its audience where one is given; `azp` is the identity's client id.
   *
   * @throws when the token is not good; the error has jose's `code`.
   */
  verify(token: string, options?: VerifyOptions): Promise<TokenClaims>;
  /** Connections are refused from now on. */
  down(): Promise<void>;
  /** … and accepted again, at the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}

const START = 'startManagedIdentityEndpoint';

const isSource = (value: unknown): boolean => typeof value === 'string' && Object.hasOwn(DIALECTS, value);

const schemas = {
  source: required<ManagedIdentitySource>(isSource, '"app-service" or "imds"'),
  systemAssigned: accepted<string | null>(
    (value) => value === null || isText(value),
    'a client id, or null',
    '5d1c5a8e-3b7f-4f52-9f0e-0c9a6b2d7e10',
  ),
  userAssigned: accepted<readonly UserAssignedIdentity[]>(Array.isArray, 'a list of identities', []),
  expiresIn: accepted((value) => Number.isFinite(value), 'a number of seconds', 86_400),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

/**
 * Starts an endpoint for managed identities on 127.0.0.1.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export async function startManagedIdentityEndpoint(
  options: ManagedIdentityEndpointOptions,
): Promise<ManagedIdentityEndpoint> {
  return new LoopbackEndpoint(
    readOptions(START, schemas, options),
    await signingKey(),
    await LoopbackServer.start(),
  );
}

interface OpenRequest extends ManagedIdentityRequest {
  status: number | undefined;
}

interface HeldToken {
  readonly token: string;
  /** Epoch seconds. */
  readonly expiresOn: number;
}

const TENANT = '7a1d3c52-0d4b-4c7e-9a55-6c1b8f0e2d41';
// The platform answers from a cache of its own for as long as a token is good.
const RENEWED_BEFORE_S = 300;

class LoopbackEndpoint extends LoopbackService implements ManagedIdentityEndpoint {
  readonly requests: OpenRequest[] = [];
  readonly env: Readonly<Record<string, string>>;
  expiresIn: number;
  delayMs = 0;
  readonly #dialect: Dialect;
  readonly #systemAssigned: string | null;
  readonly #userAssigned: readonly UserAssignedIdentity[];
  readonly #clock: Clock;
  readonly #faults = new FaultPlan<ManagedIdentityFault>(['status', 'hang', 'reset', 'answer']);
  readonly #issuer: TokenIssuer;
  readonly #held = new Map<string, HeldToken>();

  constructor(
    { source, systemAssigned, userAssigned, expiresIn, clock }: Required<ManagedIdentityEndpointOptions>,
    key: SigningKey,
    server: LoopbackServer,
  ) {
    super(server);
    this.#dialect = DIALECTS[source];
    this.#systemAssigned = systemAssigned;
    this.#userAssigned = userAssigned;
    this.expiresIn = expiresIn;
    this.#clock = clock;
    this.#issuer = new TokenIssuer(`https://sts.windows.net/${TENANT}/`, key);
    this.env = this.#dialect.env(server.url);
    server.handle((exchange) => this.#respond(exchange));
  }

  get issuedTokenIds(): ReadonlySet<string> {
    return this.#issuer.tokenIds;
  }

  fail(fault: ManagedIdentityFault | null): void {
    this.#faults.fail(fault);
  }

  failNext(fault: ManagedIdentityFault, times = 1): void {
    this.#faults.failNext(fault, times);
  }

  verify(token: string, { audience, now = this.#clock.now() }: VerifyOptions = {}): Promise<TokenClaims> {
    return this.#issuer.verify(token, audience, now);
  }

  async #respond(exchange: Exchange): Promise<void> {
    const { request, response, reusedSocket } = exchange;
    const { pathname, searchParams: query } = new URL(request.url ?? '/', this.url);
    const correlationId = request.headers['x-ms-client-request-id'];
    const seen: OpenRequest = {
      at: this.#clock.now(),
      resource: query.get('resource') ?? '',
      identity: this.#dialect.identityIds.map((name) => query.get(name) ?? undefined).find(Boolean),
      capabilities: query.get('xms_cc') ?? undefined,
      rejectedSha256: query.get('token_sha256_to_refresh') ?? undefined,
      correlationId: typeof correlationId === 'string' ? correlationId : undefined,
      reusedSocket,
      status: undefined,
    };
    this.requests.push(seen);
    await pause(exchange, this.delayMs, this.#clock);

    const fault = this.#faults.take();
    if (fault !== undefined && 'hang' in fault) return;
    if (fault !== undefined && 'reset' in fault) {
      request.socket.destroy();
      return;
    }
    const refusal = this.#dialect.faultOf(pathname, query, request.headers);
    const answer = fault === undefined ? await this.#answer(seen, refusal) : this.#faultAnswer(fault);
    seen.status = answer.status ?? 200;
    send(response, answer);
  }

  async #answer(seen: OpenRequest, refusal: EndpointFault | undefined): Promise<Answer> {
    if (refusal !== undefined) return this.#dialect.errorAnswer(refusal);
    const { resource, identity } = seen;
    const clientId = this.#clientIdOf(identity);
    if (clientId === undefined) return this.#dialect.errorAnswer({ status: 400, ...this.#dialect.nobody });
    const { token, expiresOn } = await this.#token(clientId, seen);
    const body = {
      access_token: token,
      expires_on: String(expiresOn),
      resource,
      token_type: 'Bearer',
      client_id: clientId,
    };
    return { body };
  }

  #faultAnswer(fault: StatusFault | AnswerFault): Answer {
    if ('answer' in fault) return fault.answer;
    const { status } = fault;
    return faultAnswer(fault, this.#dialect.errorAnswer({ status, ...this.#dialect.outage }).body);
  }

  #clientIdOf(identity: string | undefined): string | undefined {
    if (identity === undefined) return this.#systemAssigned ?? undefined;
    return this.#userAssigned.find((one) =>
      [one.clientId, one.resourceId, one.objectId].some((id) => id?.toLowerCase() === identity.toLowerCase()),
    )?.clientId;
  }

  async #token(
    clientId: string,
    { resource, capabilities, rejectedSha256 }: ManagedIdentityRequest,
  ): Promise<HeldToken> {
    const key = JSON.stringify([clientId, resource, capabilities]);
    const now = this.#clock.now();
    const held = this.#held.get(key);
    const isGood = held !== undefined && held.expiresOn - now / 1000 > RENEWED_BEFORE_S;
    const isRejected =
      this.#dialect.takesRejections && held !== undefined && sha256(held.token) === rejectedSha256;
    if (isGood && !isRejected) return held;
    const requestedClaims = capabilities === undefined ? {} : { xms_cc: { values: capabilities.split(',') } };
    const grant = { tenantId: TENANT, clientId, audience: resource, requestedClaims };
    const token = await this.#issuer.issue(grant, this.expiresIn, now);
    const fresh = { token, expiresOn: Math.floor(now / 1000) + this.expiresIn };
    this.#held.set(key, fresh);
    return fresh;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
