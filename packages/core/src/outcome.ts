import type { AxiosError, AxiosResponse } from 'axios';
import { callOf } from './calls.js';
import type { Failure } from './failure.js';
import type { HoldfastErrorCode } from './error-code.js';
import { isHoldfastError } from './errors.js';
import { POLICY, type Outcome } from './policy.js';
import { retryDelayOf } from './retry-after.js';
import { summaryOf, type SentRequest } from './sent-request.js';

const ALIVE_5XX: ReadonlySet<number> = new Set([501, 505, 506, 510, 511]);

/** The class of an answer. Times are epoch milliseconds. */
export function outcomeOfResponse(response: AxiosResponse, now: number): Outcome {
  const { status } = response;
  if (status < 400) return 'success';
  if (status === 401) return 'unauthorized';
  if (status === 429) return 'throttled';
  if (status === 503 && retryDelayOf(response.headers, now) !== undefined) return 'busy';
  if (status === 408 || (status >= 500 && !ALIVE_5XX.has(status))) return 'unavailable';
  return 'answered';
}

const NOT_SENT: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const LOCAL: ReadonlySet<string> = new Set([
  'ERR_BAD_OPTION',
  'ERR_BAD_OPTION_VALUE',
  'ERR_DEPRECATED',
  'ERR_FR_MAX_BODY_LENGTH_EXCEEDED',
  'ERR_FR_TOO_MANY_REDIRECTS',
  'ERR_FORM_DATA_DEPTH_EXCEEDED',
  'ERR_INVALID_URL',
  'ERR_NOT_SUPPORT',
]);

// Node will not make such a request at all: a bad header, method, port or URL.
const NODE_ARGUMENT = /^ERR_(?:INVALID_|HTTP_INVALID_|UNESCAPED_CHARACTERS|OUT_OF_RANGE)/;

// OpenSSL's verification codes as Node names them, and Node's own.
const TLS =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|ERR_OSSL_|EPROTO$|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$|ERROR_IN_C)/;

/** The class of a failure. The error of an interceptor of somebody's own says it itself, by its member `outcome`. */
export function outcomeOfError(error: unknown): Outcome {
  if (isHoldfastError(error)) return HOLDFAST[error.code];
  const said = outcomeSaidBy(error);
  if (said !== undefined) return said;
  const { code, message, response, ...rest } = (error ?? {}) as Partial<AxiosError>;
  if (code === 'ERR_CANCELED') return 'canceled';
  const settled = answerSettledBy(error);
  if (settled !== undefined) return outcomeOfResponse(settled, 0);
  const request: unknown = rest.request;
  const codes = [...codesOf(error)];
  const sent = typeof request === 'object' && request !== null ? summaryOf(request) : undefined;
  if (codes.some((one) => LOCAL.has(one) || NODE_ARGUMENT.test(one))) return 'local';
  // axios has no code of its own for its size limits, nor for a request it cannot make.
  if (/\bmax(?:Content|Body)Length\b/.test(message ?? '')) return 'local';
  if (code === 'ERR_BAD_REQUEST' && response === undefined) return 'local';
  if (codes.some((one) => TLS.test(one))) return 'tls';
  if (codes.some((one) => NOT_SENT.has(one)) || diedConnecting(error) || wasRefusedUnread(error)) {
    // A redirect that leads nowhere comes after the service has answered: it may have acted on the request.
    return mayHaveBeenRedirected(error, sent) ? 'lost' : 'not-sent';
  }
  const reset = codes.includes('ECONNRESET') || codes.includes('EPIPE');
  if (reset && sent?.reusedSocket === true && sent.res === undefined) return 'stale-socket';
  // What is no AxiosError and has no code did not come from a socket: an adapter or an interceptor is at fault.
  return codes.length > 0 ? 'lost' : 'local';
}

/** The class of what came of a send, by the table. Times are epoch milliseconds. */
export function outcomeOfFailure({ response, error }: Failure, now: number): Outcome {
  return response === undefined ? outcomeOfError(error) : outcomeOfResponse(response, now);
}

/** What an error says itself that it is. */
export function outcomeSaidBy(error: unknown): Outcome | undefined {
  const isSaid = error instanceof Error && 'outcome' in error && isOutcome(error.outcome);
  return isSaid ? (error.outcome as Outcome) : undefined;
}

/** The answer of an error that is about its status: by an adapter of somebody's own, by an interceptor, or by axios's where nobody asked it not to. */
export function answerSettledBy(error: unknown): AxiosResponse | undefined {
  const { code, response } = (error ?? {}) as Partial<AxiosError>;
  const isStatus = code === 'ERR_BAD_REQUEST' || code === 'ERR_BAD_RESPONSE';
  return isStatus && (response?.status ?? 0) >= 400 ? response : undefined;
}

/** Whether a connection that was never made may have been that of a redirect. fetch does not say; its error may. */
function mayHaveBeenRedirected(error: unknown, sent: SentRequest | undefined): boolean {
  if (sent === undefined || sent.redirected !== undefined) return sent?.redirected === true;
  const origin = callOf(error)?.target.origin;
  return (
    !URL.canParse(origin ?? '') ||
    ![...causesOf(error)].some((cause) => isAbout(cause, new URL(origin ?? '')))
  );
}

/** Whether a failed look-up or connection was for this host: by name, or by an address that is one in the URL too. */
function isAbout(cause: object, { hostname, port, protocol }: URL): boolean {
  const {
    hostname: name,
    address,
    port: number,
  } = cause as Partial<Record<'hostname' | 'address' | 'port', unknown>>;
  if (name !== undefined) return name === hostname;
  const usualPort = protocol === 'https:' ? 443 : 80;
  const isSameHost =
    address === hostname.replace(/^\[|\]$/g, '') ||
    (hostname === 'localhost' && (address === '127.0.0.1' || address === '::1'));
  return isSameHost && number === (port === '' ? usualPort : Number(port));
}

/** Whether a value is the name of a class. */
export function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'string' && Object.hasOwn(POLICY, value);
}

const HOLDFAST: Readonly<Record<HoldfastErrorCode, Outcome>> = {
  ERR_ATTEMPT_TIMEOUT: 'lost',
  ERR_CIRCUIT_OPEN: 'refused',
  ERR_CLIENT_CLOSED: 'refused',
  ERR_DEADLINE_EXCEEDED: 'deadline',
  ERR_INTERACTION_REQUIRED: 'no-token',
  ERR_THROTTLED: 'refused',
  ERR_TOKEN_ACQUISITION: 'no-token',
  ERR_TOKEN_ORIGIN: 'local',
};

/**
 * An error and its causes: axios's fetch adapter keeps the socket's own error two down. By shape, since `instanceof` does
 * not hold for errors of another realm, as in a `vm` context.
 */
function* causesOf(error: unknown): Generator<object> {
  let one = error;
  for (let depth = 0; typeof one === 'object' && one !== null && depth < 5; depth += 1) {
    yield one;
    const { cause, errors } = one as { readonly cause?: unknown; readonly errors?: unknown };
    // One for each address of the host.
    if (Array.isArray(errors)) yield* errors.filter((inner) => typeof inner === 'object' && inner !== null);
    one = cause;
  }
}

function* codesOf(error: unknown): Generator<string> {
  for (const one of causesOf(error)) {
    if ('code' in one && typeof one.code === 'string') yield one.code;
  }
}

/** A connection that timed out while it was being made carried nothing. */
function diedConnecting(error: unknown): boolean {
  for (const one of causesOf(error)) {
    if ('syscall' in one && one.syscall === 'connect') return true;
  }
  return false;
}

/** HTTP/2: the server has done nothing with it (RFC 9113, section 8.7). Node tells the code of a reset in its message alone. */
function wasRefusedUnread(error: unknown): boolean {
  for (const one of causesOf(error)) {
    const { code, message } = one as { readonly code?: unknown; readonly message?: unknown };
    if (code === 'ERR_HTTP2_STREAM_ERROR' && /\bNGHTTP2_REFUSED_STREAM$/.test(String(message))) return true;
  }
  return false;
}

const IDEMPOTENT: ReadonlySet<string> = new Set([
  'get',
  'head',
  'options',
  'trace',
  'put',
  'delete',
  'query',
]);

/** Whether sending a request twice means the same as sending it once (RFC 9110, section 9.2.2). */
export function isIdempotent(method: string | undefined): boolean {
  return IDEMPOTENT.has((method ?? 'get').toLowerCase());
}
