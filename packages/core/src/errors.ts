import axios, { AxiosError, type InternalAxiosRequestConfig } from 'axios';
import type { HoldfastErrorCode } from './error-code.js';
import { errorSummary } from './error-summary.js';
import { hide } from './hide.js';
import { retryDelayOf } from './retry-after.js';

/** What every error of the pipeline is made of. */
export interface HoldfastErrorInit {
  /** The service that was called, or the identity provider that was asked. */
  readonly service: string;
  /** The request; absent outside a call. */
  readonly config?: InternalAxiosRequestConfig | undefined;
  /** What led to this error. */
  readonly cause?: unknown;
}

/**
 * An error that the pipeline itself throws: an `AxiosError` with a literal `code`, without a secret. Test the code, by
 * {@link isHoldfastError}, and not the class: two copies of a package in one app are normal.
 *
 * `config` is there, but not enumerable, and JSON has {@link errorSummary}: what the request carries (headers, a body,
 * cookies, keys) comes into no log unasked.
 */
export class HoldfastError extends AxiosError {
  declare readonly code: HoldfastErrorCode;
  /** The service that was called, or the identity provider that was asked. */
  declare readonly service: string;

  static {
    // Axios's own shows the whole request. Axios types it as a member of the instance, so that no method may override it.
    Object.defineProperty(this.prototype, 'toJSON', {
      value: function toJSON(this: HoldfastError): object {
        return errorSummary(this);
      },
      writable: true,
      configurable: true,
    });
  }

  constructor(
    name: string,
    code: HoldfastErrorCode,
    message: string,
    { service, config, cause }: HoldfastErrorInit,
  ) {
    // A refusal is thrown at the rate of the calls that an outage refuses; axios adds the caller's frames anyway.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      super(message, code);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    this.name = name;
    this.service = service;
    // Loggers that walk an error's own properties meet no request and no sockets. Not given to axios first, who would show it: to
    // hide a member that is there costs more than one that is new.
    if (config !== undefined) hide(this, 'config', config);
    if (cause !== undefined) hide(this, 'cause', cause);
  }
}

/** The last recorded failure of a service, without anything of the call that met it. */
export interface FailureSummary {
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly message: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The service is taken to be down; nothing was sent. */
export class CircuitOpenError extends HoldfastError {
  declare readonly code: 'ERR_CIRCUIT_OPEN';
  /** Milliseconds until the service will be tried again. */
  readonly retryAfterMs: number;

  constructor(
    init: HoldfastErrorInit & { readonly retryAfterMs: number; readonly cause?: FailureSummary | undefined },
  ) {
    const when = `next try in ${Math.ceil(init.retryAfterMs)} ms`;
    super(
      'CircuitOpenError',
      'ERR_CIRCUIT_OPEN',
      `The circuit of ${init.service} is open, nothing was sent; ${when}`,
      init,
    );
    this.retryAfterMs = init.retryAfterMs;
  }
}

/** The service asked to be left alone until an instant; nothing was sent. */
export class ThrottledError extends HoldfastError {
  declare readonly code: 'ERR_THROTTLED';
  /** Milliseconds until the service may be called again. */
  readonly retryAfterMs: number;
  /** The same instant in epoch milliseconds. */
  readonly until: number;

  constructor(init: HoldfastErrorInit & { readonly retryAfterMs: number; readonly until: number }) {
    const when = `for another ${Math.ceil(init.retryAfterMs)} ms`;
    super(
      'ThrottledError',
      'ERR_THROTTLED',
      `${init.service} asked to be left alone ${when}; nothing was sent`,
      init,
    );
    this.retryAfterMs = init.retryAfterMs;
    this.until = init.until;
  }
}

/** The time limit for the whole call was over. The last attempt may have reached the service. */
export class DeadlineExceededError extends HoldfastError {
  declare readonly code: 'ERR_DEADLINE_EXCEEDED';
  /** The limit, in milliseconds. */
  readonly deadlineMs: number;

  constructor(init: HoldfastErrorInit & { readonly deadlineMs: number }) {
    const message = `The call to ${init.service} did not end within its deadline of ${init.deadlineMs} ms`;
    super('DeadlineExceededError', 'ERR_DEADLINE_EXCEEDED', message, init);
    this.deadlineMs = init.deadlineMs;
  }
}

/** What was known of a send that took too long. */
export interface AttemptTimeoutErrorInit extends HoldfastErrorInit {
  readonly timeoutMs: number;
  /** Default: that the service did not answer within the limit. */
  readonly message?: string;
}

/** One send took longer than its time limit. It may have reached the service, or have queued for a socket. */
export class AttemptTimeoutError extends HoldfastError {
  declare readonly code: 'ERR_ATTEMPT_TIMEOUT';
  /** The limit, in milliseconds. */
  readonly timeoutMs: number;

  constructor(init: AttemptTimeoutErrorInit) {
    const message = init.message ?? `${init.service} did not answer within ${init.timeoutMs} ms`;
    super('AttemptTimeoutError', 'ERR_ATTEMPT_TIMEOUT', message, init);
    this.timeoutMs = init.timeoutMs;
  }
}

/** What is known of a failed token acquisition. */
export interface TokenAcquisitionErrorInit extends HoldfastErrorInit {
  readonly message: string;
  readonly scopes: readonly string[];
  /** Milliseconds until the identity provider may be asked again. */
  readonly retryAfterMs?: number | undefined;
  /** The correlation id to give to the identity provider's support. */
  readonly correlationId?: string | undefined;
  /** Whether asking again later may help. A wrong secret does not mend itself. */
  readonly transient: boolean;
  /** Whether what the credential stands on is not there at all, so that another may be asked in its place. Default: false. */
  readonly unavailable?: boolean;
}

/**
 * No token could be had; nothing was sent. Where the credential has nothing to stand on (no managed identity on a laptop),
 * its name is `CredentialUnavailableError`: by that name the Azure SDK's chains go on to their next credential.
 */
export class TokenAcquisitionError extends HoldfastError {
  declare readonly code: 'ERR_TOKEN_ACQUISITION';
  readonly scopes: readonly string[];
  readonly retryAfterMs: number | undefined;
  readonly correlationId: string | undefined;
  readonly transient: boolean;

  /** Whether another credential may be asked in place of this one. */
  get unavailable(): boolean {
    return this.name === 'CredentialUnavailableError';
  }

  constructor(init: TokenAcquisitionErrorInit) {
    const name = init.unavailable === true ? 'CredentialUnavailableError' : 'TokenAcquisitionError';
    super(name, 'ERR_TOKEN_ACQUISITION', init.message, init);
    this.scopes = init.scopes;
    this.retryAfterMs = init.retryAfterMs;
    this.correlationId = init.correlationId;
    this.transient = init.transient;
  }
}

/** What a user has to be asked for. */
export interface InteractionRequiredErrorInit extends HoldfastErrorInit {
  readonly message: string;
  readonly scopes: readonly string[];
  readonly claims?: string | undefined;
  readonly acrValues?: string | undefined;
  readonly maxAge?: number | undefined;
  /** The correlation id to give to the identity provider's support. */
  readonly correlationId?: string | undefined;
}

/** A token can only be had by asking the user; nothing was sent. */
export class InteractionRequiredError extends HoldfastError {
  declare readonly code: 'ERR_INTERACTION_REQUIRED';
  readonly scopes: readonly string[];
  /** The claims to ask with, as JSON text. */
  readonly claims: string | undefined;
  /** RFC 9470, section 3. */
  readonly acrValues: string | undefined;
  /** Seconds; RFC 9470, section 3. */
  readonly maxAge: number | undefined;
  readonly correlationId: string | undefined;

  constructor(init: InteractionRequiredErrorInit) {
    super('InteractionRequiredError', 'ERR_INTERACTION_REQUIRED', init.message, init);
    this.scopes = init.scopes;
    this.claims = init.claims;
    this.acrValues = init.acrValues;
    this.maxAge = init.maxAge;
    this.correlationId = init.correlationId;
  }
}

/** The request goes where the client's token must not go; nothing was sent. */
export class TokenOriginError extends HoldfastError {
  declare readonly code: 'ERR_TOKEN_ORIGIN';

  constructor(init: HoldfastErrorInit & { readonly message: string }) {
    super('TokenOriginError', 'ERR_TOKEN_ORIGIN', init.message, init);
  }
}

/** The client was closed: it takes no calls any more, or did not wait for this one to end. */
export class ClientClosedError extends HoldfastError {
  declare readonly code: 'ERR_CLIENT_CLOSED';
  /** Whether anything of the call was sent before. If not, it can be made elsewhere without a second thought. */
  readonly sent: boolean;

  constructor(init: HoldfastErrorInit & { readonly sent: boolean }) {
    const what = init.sent ? 'did not wait for this call to end' : 'nothing was sent';
    super(
      'ClientClosedError',
      'ERR_CLIENT_CLOSED',
      `The client of ${init.service} is closed, and ${what}`,
      init,
    );
    this.sent = init.sent;
  }
}

interface HoldfastErrors {
  ERR_ATTEMPT_TIMEOUT: AttemptTimeoutError;
  ERR_CIRCUIT_OPEN: CircuitOpenError;
  ERR_CLIENT_CLOSED: ClientClosedError;
  ERR_DEADLINE_EXCEEDED: DeadlineExceededError;
  ERR_INTERACTION_REQUIRED: InteractionRequiredError;
  ERR_THROTTLED: ThrottledError;
  ERR_TOKEN_ACQUISITION: TokenAcquisitionError;
  ERR_TOKEN_ORIGIN: TokenOriginError;
}

const CODES: ReadonlySet<string> = new Set<HoldfastErrorCode>([
  'ERR_ATTEMPT_TIMEOUT',
  'ERR_CIRCUIT_OPEN',
  'ERR_CLIENT_CLOSED',
  'ERR_DEADLINE_EXCEEDED',
  'ERR_INTERACTION_REQUIRED',
  'ERR_THROTTLED',
  'ERR_TOKEN_ACQUISITION',
  'ERR_TOKEN_ORIGIN',
]);

/**
 * Whether the pipeline itself threw this: any of its errors, or one with a code among those given. By shape and code, never
 * by class: errors of another copy of the package, of axios or of another realm are recognised as well.
 */
export function isHoldfastError<Code extends HoldfastErrorCode = HoldfastErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is HoldfastErrors[Code] {
  if (!axios.isAxiosError(error) || error.code === undefined || !CODES.has(error.code)) return false;
  return codes.length === 0 || (codes as readonly string[]).includes(error.code);
}

/**
 * Milliseconds after which it makes sense to call again: of a refusal, of a token that could not be had, or of a plain
 * answer that says when (a 429 or 503 mostly; {@link retryDelayOf}). `undefined` when nobody said: then a backoff is the
 * caller's own matter. `now` is in epoch milliseconds, and only a Retry-After that is a date is read by it: a wrong one
 * brings the caller back too early, or too late.
 */
export function retryAfterOf(error: unknown, now: number = Date.now()): number | undefined {
  if (isHoldfastError(error, 'ERR_CIRCUIT_OPEN', 'ERR_THROTTLED', 'ERR_TOKEN_ACQUISITION'))
    return error.retryAfterMs;
  return axios.isAxiosError(error) ? retryDelayOf(error.response?.headers, now) : undefined;
}
