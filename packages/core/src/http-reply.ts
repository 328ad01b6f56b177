import axios, { type AxiosError } from 'axios';
import { callOf } from './calls.js';
import { systemClock, type Clock } from './clock.js';
import type { HoldfastErrorCode } from './error-code.js';
import { isHoldfastError, retryAfterOf, type InteractionRequiredError } from './errors.js';
import { accepted, flag, having, readOptions } from './option.js';
import { outcomeOfError } from './outcome.js';
import { printChallenge } from './print-challenge.js';

/** What a server answers its own caller. */
export interface HttpReply {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, to be sent as JSON. */
  readonly problem: Problem;
}

/** Problem details (RFC 9457, section 3). */
export interface Problem {
  /** `about:blank`: the problem is what the status says (section 4.2.1). */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** One sentence; it names no service, host, code or user. */
  readonly detail: string;
}

/** Options of {@link httpReplyFor}. */
export interface HttpReplyOptions {
  /**
   * The realm of a challenge: the tenant that this server belongs to. Default: empty, which is right for an app that any
   * tenant may use. With another tenant's, the caller signs the user in where this server does not look.
   */
  readonly realm?: string;
  /**
   * The authorize endpoint of a challenge. Default: the public cloud's, for any tenant. A wrong one sends the user to a
   * cloud or a tenant that does not know him.
   */
  readonly authorizationUri?: string;
  /**
   * Whether a browser on another origin may read WWW-Authenticate and Retry-After (CORS): `Access-Control-Expose-Headers`
   * names them. Default: false. Without it, a client in a browser never hears of the claims; beside a CORS layer that sets the
   * field itself, one of both is lost.
   */
  readonly exposeHeaders?: boolean;
  /** Where time comes from; read for a Retry-After that is a date. Default: the machine's clock. */
  readonly clock?: Clock;
}

const isQuotable = (value: unknown) => typeof value === 'string' && /^[\x20-\x7e]*$/.test(value);

const schemas = {
  realm: accepted<string>(isQuotable, 'a text of printable ASCII characters', ''),
  authorizationUri: accepted<string>(
    (value) => isQuotable(value) && URL.canParse(value as string),
    'an absolute URL',
    'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
  ),
  exposeHeaders: flag(false),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

type Status = 401 | 500 | 502 | 503 | 504;

/** Section 4.2.1 of RFC 9457 wants the status phrase for a title. */
const PROBLEMS: Readonly<Record<Status, Pick<Problem, 'title' | 'detail'>>> = {
  401: { title: 'Unauthorized', detail: 'The user has to sign in again, as the challenge asks.' },
  500: { title: 'Internal Server Error', detail: 'This service could not call another one that it needs.' },
  502: { title: 'Bad Gateway', detail: 'A service that this one needs has failed.' },
  503: {
    title: 'Service Unavailable',
    detail: 'A service that this one needs takes no calls at the moment.',
  },
  504: { title: 'Gateway Timeout', detail: 'A service that this one needs did not answer in time.' },
};

/**
 * What a server answers its own caller when a call that it made has failed. It tells what the caller can do about it (come
 * back later, sign in again), and nothing else: no host, URL, code, body or message of what failed.
 *
 * | what failed                                                                   | status | with                  |
 * | ----------------------------------------------------------------------------- | ------ | --------------------- |
 * | `ERR_CIRCUIT_OPEN`, `ERR_THROTTLED`, a transient `ERR_TOKEN_ACQUISITION`      | 503    | Retry-After if known  |
 * | answered with 429 or 503                                                      | 503    | Retry-After if known  |
 * | `ERR_CLIENT_CLOSED`: this server is about to end                              | 503    |                       |
 * | `ERR_DEADLINE_EXCEEDED`, `ERR_ATTEMPT_TIMEOUT`, any other time-out            | 504    |                       |
 * | answered with 408 or 504                                                      | 504    |                       |
 * | answered with another 5xx, or so that it cannot be read; network, DNS and TLS | 502    |                       |
 * | `ERR_INTERACTION_REQUIRED`                                                    | 401    | WWW-Authenticate      |
 * | `ERR_TOKEN_ACQUISITION` that is not transient, `ERR_TOKEN_ORIGIN`             | 500    |                       |
 * | answered with 401: this server's own token was refused                        | 500    |                       |
 * | not sent by axios: a bad option, a size limit, too many redirects             | 500    |                       |
 * | answered with 3xx or another 4xx                                              | –      | `undefined`           |
 * | `ERR_CANCELED`, unless by `AbortSignal.timeout()`, which is a time-out        | –      | `undefined`           |
 * | anything that is neither axios's nor Holdfast's                               | –      | `undefined`           |
 *
 * `undefined` means that only the application knows. A 404 of another service may be a 404 of its own, a 409, or a fault;
 * do not hand such an error on as it is: Express and Koa answer with an error's own `status`.
 *
 * RFC 9457 (problem details), RFC 9110, sections 10.2.3 and 15.6, RFC 6750, section 3, RFC 9470, section 3; Microsoft
 * identity platform, "Claims challenges, claims requests, and client capabilities".
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function httpReplyFor(error: unknown, options: HttpReplyOptions = {}): HttpReply | undefined {
  const { clock, exposeHeaders, ...challenge } = readOptions('httpReplyFor', schemas, options);
  if (!axios.isAxiosError(error)) return undefined;
  const status = statusFor(error);
  if (status === undefined) return undefined;
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (status === 503) {
    const retryAfterMs = retryAfterOf(error, clock.now());
    if (retryAfterMs !== undefined && Number.isFinite(retryAfterMs))
      headers['retry-after'] = delaySeconds(retryAfterMs);
  }
  if (isHoldfastError(error, 'ERR_INTERACTION_REQUIRED'))
    headers['www-authenticate'] = challengeOf(error, challenge);
  if (exposeHeaders) expose(headers);
  const problem = { type: 'about:blank', status, ...PROBLEMS[status] };
  return Object.freeze({ status, headers: Object.freeze(headers), problem: Object.freeze(problem) });
}

/** What a browser keeps from a script of another origin, unless the answer names it (Fetch Standard, "CORS-safelisted response-header name"). */
function expose(headers: Record<string, string>): void {
  const names = ['www-authenticate', 'retry-after'].filter((name) => name in headers);
  if (names.length > 0) headers['access-control-expose-headers'] = names.join(', ');
}

const HOLDFAST: Readonly<Record<HoldfastErrorCode, Status>> = {
  ERR_ATTEMPT_TIMEOUT: 504,
  ERR_CIRCUIT_OPEN: 503,
  ERR_CLIENT_CLOSED: 503,
  ERR_DEADLINE_EXCEEDED: 504,
  ERR_INTERACTION_REQUIRED: 401,
  ERR_THROTTLED: 503,
  ERR_TOKEN_ACQUISITION: 503,
  ERR_TOKEN_ORIGIN: 500,
};

function statusFor(error: AxiosError): Status | undefined {
  if (isHoldfastError(error)) {
    // A wrong secret does not mend itself: nobody should be told to come back.
    const isPermanent = isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') && !error.transient;
    return isPermanent ? 500 : HOLDFAST[error.code];
  }
  const answered = error.response?.status ?? 0;
  const outcome = callOf(error)?.outcome;
  // An API that throttles by another status, as a hook of the client's owner knows.
  if (answered >= 300 && (outcome === 'throttled' || outcome === 'busy')) return 503;
  // Below 300, what failed is the reading of the answer.
  return answered >= 300 ? statusForAnswer(answered) : statusForFailure(error);
}

function statusForAnswer(status: number): Status | undefined {
  if (status === 429 || status === 503) return 503;
  if (status === 408 || status === 504) return 504;
  if (status === 401) return 500;
  return status >= 500 ? 502 : undefined;
}

function statusForFailure(error: AxiosError): Status | undefined {
  switch (outcomeOfError(error)) {
    case 'canceled':
      return gaveUpByTime(error) ? 504 : undefined;
    case 'local':
      return 500;
    default:
      return isTimeout(error) ? 504 : 502;
  }
}

/** axios does not tell an abort from a time limit that the caller set with `AbortSignal.timeout()`; the signal does. */
function gaveUpByTime({ config }: AxiosError): boolean {
  const signal = config?.signal as { readonly reason?: unknown } | undefined;
  const reason = signal?.reason as { readonly name?: unknown } | null | undefined;
  return reason?.name === 'TimeoutError';
}

/** The code may be axios's (`ECONNABORTED`), Node's (`ETIMEDOUT`), or undici's (`UND_ERR_HEADERS_TIMEOUT`), which lies two causes down. */
function isTimeout(error: AxiosError): boolean {
  let one: unknown = error;
  for (let depth = 0; typeof one === 'object' && one !== null && depth < 5; depth += 1) {
    const { code, cause } = one as { readonly code?: unknown; readonly cause?: unknown };
    if (typeof code === 'string' && /^ECONNABORTED$|TIMEDOUT$|_TIMEOUT$/.test(code)) return true;
    one = cause;
  }
  return false;
}

/** Seconds of RFC 9111, section 1.2.2: more than this nobody has to be able to read. */
const MOST_SECONDS = 2 ** 31;

/** Rounded up, and never 0: who is told 0 comes back at once. */
function delaySeconds(delayMs: number): string {
  return String(Math.min(Math.max(Math.ceil(delayMs / 1000), 1), MOST_SECONDS));
}

/** Words with spaces between them, and nothing in a word that would have to be escaped. */
const ACR_VALUES = /^ *[\x21\x23-\x5b\x5d-\x7e][\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function challengeOf(
  { claims, acrValues, maxAge }: InteractionRequiredError,
  { realm, authorizationUri }: { readonly realm: string; readonly authorizationUri: string },
): string {
  // What came from elsewhere goes into a header of ours only if a reader can make sense of it.
  const encodedClaims = isObject(claims) ? Buffer.from(claims).toString('base64') : undefined;
  const acr = acrValues !== undefined && ACR_VALUES.test(acrValues) ? acrValues : undefined;
  const age = maxAge !== undefined && Number.isSafeInteger(maxAge) && maxAge >= 0 ? maxAge : undefined;
  const stepUp =
    acr !== undefined || age !== undefined ? 'insufficient_user_authentication' : 'invalid_token';
  const params = {
    realm,
    authorization_uri: authorizationUri,
    error: encodedClaims === undefined ? stepUp : 'insufficient_claims',
    claims: encodedClaims,
    acr_values: acr,
    max_age: age,
  };
  const known = Object.entries(params).filter(([, value]) => value !== undefined);
  return printChallenge({
    scheme: 'Bearer',
    params: Object.fromEntries(known.map(([name, value]) => [name, String(value)])),
  });
}

function isObject(json: string | undefined): json is string {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
