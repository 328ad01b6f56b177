import type { LogMethod, RequestRetryOptions, TokenCredential } from '@holdfast/client';
import { LIMIT_ALLOWED, accepted, isLimit, isText, quotable, type Option } from '@holdfast/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isEntityTag, isHeaderValue, isHeaders, type RequestHeaders } from './call-options-headers.js';
import { QUERY_ALLOWED, isQuery, type Query } from './call-options-query.js';

/**
 * Options of {@link ServiceHttp.get}, and of any other call of an SDK. A name that is not here is refused, and so is an option that the client's pipeline has no
 * interceptor for: the call rejects with a `TypeError` that names it, and nothing is sent.
 */
export interface CallOptions {
  /** Ends the call. Default: the SDK's own; with both, the first to end counts. Without one, it goes on when nobody waits any more. */
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole call, or `false`. Default: the client's. Too short, and no retry ever fits. Needs `deadline()`. */
  readonly deadlineMs?: number | false;
  /** Milliseconds for one send, or `false`. Default: the client's. Too short, and a slow answer is asked for again. Needs `attemptTimeout()`. */
  readonly attemptTimeoutMs?: number | false;
  /**
   * Headers of the request, over those of the SDK; `undefined` is as good as not there. Default: none. Letters above U+00FF and line
   * breaks are refused. What is secret among them is to be named in the client's `sensitiveHeaders`, or it follows redirects.
   */
  readonly headers?: RequestHeaders;
  /**
   * The query of the request, beside what the client adds to each. Default: none. `undefined` is left out, a date is sent as ISO 8601, each
   * of a list by itself (`a=1&a=2`). A secret in it stands in the logs of every server on the way.
   */
  readonly query?: Query;
  /**
   * The key by which the service tells a repetition from a second request, or `true` for a fresh one: makes any method safe to retry.
   * Default: none. Printable ASCII. With a service that does not know the header, a retried POST acts twice. Needs `retry()`.
   */
  readonly idempotencyKey?: string | true;
  /**
   * The entity tag that the resource must have, as the service gave it (`"v7"`, with its quotes), or `*`: else the call rejects with 412.
   * Default: none; then a change that somebody else has made meanwhile is lost. RFC 9110, section 13.1.1.
   */
  readonly ifMatch?: string;
  /**
   * The entity tag that the resource must not have, or `*`: else a GET rejects with 304, and a PUT with 412. Default: none; then what is
   * known already is sent again, and what `*` protects is overwritten. RFC 9110, section 13.1.2.
   */
  readonly ifNoneMatch?: string;
  /**
   * Whose token the call carries. Default: the SDK's, or the client's. With the wrong one a user sees what is another's. A plain object
   * with members beside `getToken` is refused: axios would copy it. Needs `attachToken()`, and no Authorization header, which would go in
   * its place.
   */
  readonly credential?: TokenCredential;
  /** Options of `retry()` for this call, or `false` to send it once. Default: the client's. Too many, and they multiply with those of callers. Needs `retry()`. */
  readonly retry?: false | RequestRetryOptions;
  /**
   * The id under which the service logs the call, in the client's correlation header. Default: what `correlate()` makes. One for many calls,
   * and the logs do not tell them apart. Needs `correlate()`.
   */
  readonly correlationId?: string;
}

/** Beside {@link CallOptions}: what the answer must look like. */
export interface CheckedBy<Schema extends StandardSchemaV1> {
  /**
   * A validator that speaks Standard Schema (https://standardschema.dev): valibot's, zod's, ArkType's. What it makes of the answer is the
   * call's `data`; what it refuses, the call rejects with. Without one, `data` is whatever came.
   */
  readonly schema: Schema;
}

/** How much an SDK tells its logger. */
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug';

/**
 * pino's logger, winston's, a console, or an object of one's own with a method for each level from `logLevel` on. Without `error`, what is
 * as grave is a warning.
 */
export interface SdkLogger {
  readonly warn: LogMethod;
  readonly error?: LogMethod;
  readonly info?: LogMethod;
  readonly log?: LogMethod;
  readonly debug?: LogMethod;
}

/** Options of {@link ServiceSdk}: what all its calls, or those of a view of it, have in common; a call's own {@link CallOptions} go over it. */
export interface SdkSettings extends Pick<CallOptions, SettingName> {
  /** The SDK's name and version, for its User-Agent. Default: none. With a wrong one, the service's owner asks the wrong people. */
  readonly product?: { readonly name: string; readonly version: string };
  /** Where a line per call goes: pino, winston, a console, or their like. Default: nowhere. A slow one slows down every call. */
  readonly logger?: SdkLogger;
  /** From which level on. Default: `warn`. With `debug`, a line for every call; with `off`, nobody is told of an outage. */
  readonly logLevel?: LogLevel;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const optional = <T>(accepts: (value: unknown) => boolean, allowed: string) =>
  accepted<T | undefined>(accepts, allowed, undefined);
const timeLimit = () => optional<number | false>(isLimit, LIMIT_ALLOWED);
const entityTag = () => optional<string>(isEntityTag, 'an entity tag in its quotes ("v7"), or "*"');

type Schemas<Options, Names extends keyof Options> = {
  readonly [Name in Names]-?: Option<Options[Name] | undefined>;
};

type SettingName = 'signal' | 'deadlineMs' | 'attemptTimeoutMs' | 'headers' | 'credential' | 'retry';

export const CREDENTIAL_ALLOWED: string = 'an object with getToken()';

/** What calls and settings have in common. */
export const SETTING_SCHEMAS: Schemas<CallOptions, SettingName> = {
  signal: optional<AbortSignal>(isSignal, 'an AbortSignal'),
  deadlineMs: timeLimit(),
  attemptTimeoutMs: timeLimit(),
  headers: optional<RequestHeaders>(
    isHeaders,
    'an object of header names and texts without line breaks or letters above U+00FF',
  ),
  credential: optional<TokenCredential>(isCredential, CREDENTIAL_ALLOWED),
  retry: optional<false | RequestRetryOptions>(
    (value) => value === false || isObject(value),
    'an object of options, or false',
  ),
};

/** What a call has. */
export const CALL_SCHEMAS: Schemas<CallOptions, keyof CallOptions> = {
  ...SETTING_SCHEMAS,
  query: optional<Query>(isQuery, QUERY_ALLOWED),
  idempotencyKey: optional<string | true>(
    (value) => value === true || (typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)),
    'true, or a text of printable ASCII characters',
  ),
  ifMatch: quotable(entityTag()),
  ifNoneMatch: quotable(entityTag()),
  correlationId: optional<string>(
    (value) => isText(value) && isHeaderValue(value),
    'a text without line breaks or letters above U+00FF',
  ),
};

function isSignal(value: unknown): boolean {
  return isObject(value) && typeof (value as Partial<AbortSignal>).addEventListener === 'function';
}

export function isCredential(value: unknown): boolean {
  return isObject(value) && typeof (value as Partial<TokenCredential>).getToken === 'function';
}
