import { LIMIT_ALLOWED, LinkedSignal, accepted, isLimit, quotable, readOptions } from '@holdfast/core';
import {
  AxiosError,
  isAxiosError,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import type { Readable } from 'node:stream';
import { isHeaderValue, mergedHeaders } from './call-options-headers.js';
import { requestOf } from './call-options-request.js';
import type { CallOptions } from './call-options.js';
import type { SdkConnection } from './connection.js';
import { send } from './send.js';
import type { OnProgress } from './transfer-progress.js';
import { countedBody, isStream, lengthOf, spend, type SentPart, type UploadContent } from './upload-body.js';

/**
 * What is uploaded: what is at hand, a stream, or a function that makes one of these anew, `() => createReadStream(file)`. What is at hand
 * and what is made are sent again where a call is retried; a stream is sent once, whatever becomes of it.
 */
export type UploadBody = UploadContent | (() => UploadContent | Promise<UploadContent>);

/** Options of {@link ServiceHttp.upload}, beside those of any call. */
export interface UploadOptions extends CallOptions {
  /**
   * Milliseconds for the whole call, or `false`. Default: the SDK's own, or else `false`, whatever the client's is: an upload may take
   * as long as it moves, and `stallMs` ends one that does not. Too short, and a slow line never gets it through.
   */
  readonly deadlineMs?: number | false;
  /** Default: `PUT`, which is sent again where it fails. `POST` and `PATCH` are with an `idempotencyKey` alone. */
  readonly method?: 'PUT' | 'POST' | 'PATCH';
  /** The media type. Default: that of a body that is a Blob, or else `application/octet-stream`. With a wrong one the service reads something else. */
  readonly contentType?: string;
  /**
   * The bytes of a body that is a stream. Default: not said, and it goes in pieces (`Transfer-Encoding: chunked`), which some services
   * refuse. A body of another length is broken off.
   */
  readonly contentLength?: number;
  /**
   * Which part of a larger content this is, for a service that takes it in parts: `Content-Range: bytes 0-1023/4096`. Default: it is all.
   * Needs a body whose length is known. A wrong place, and the service puts it together wrongly.
   */
  readonly range?: UploadRange;
  /**
   * Milliseconds for which it may stand still, or `false`. Default: the client's. Too short, and a service that pauses loses it; too long,
   * and a dead connection holds it. Needs `attemptTimeout()`.
   */
  readonly stallMs?: number | false;
  /** Is told of each piece that the transport takes. Default: nobody. It is awaited: a slow one slows the upload down, and what it throws ends it. */
  readonly onProgress?: OnProgress;
}

/** The place of an upload in a larger content. */
export interface UploadRange {
  /** Its first byte, from 0. */
  readonly start: number;
  /** Bytes of the whole content. Default: not known yet, `*`. */
  readonly total?: number;
}

const CALLER = 'http.upload';

/** Beside a header of the caller's, what is said of the body would be said twice. */
const OPTION_FOR: ReadonlyMap<string, string> = new Map([
  ['content-type', 'contentType'],
  ['content-length', 'contentLength'],
  ['content-range', 'range'],
]);

const METHODS: readonly unknown[] = ['PUT', 'POST', 'PATCH'];

const schemas = {
  method: quotable(
    accepted<'PUT' | 'POST' | 'PATCH'>((value) => METHODS.includes(value), '"PUT", "POST" or "PATCH"', 'PUT'),
  ),
  contentType: quotable(
    accepted<string | undefined>(
      (value) => isHeaderValue(value) && value !== '',
      'a media type, such as "text/csv"',
      undefined,
    ),
  ),
  contentLength: accepted<number | undefined>(isBytes, 'a whole number of bytes, 0 or more', undefined),
  range: accepted<UploadRange | undefined>(
    isRange,
    'an object with the whole number "start" and, above it, "total"',
    undefined,
  ),
  stallMs: accepted<number | false | undefined>(isLimit, LIMIT_ALLOWED, undefined),
  onProgress: accepted<OnProgress | undefined>(
    (value) => typeof value === 'function',
    'a function',
    undefined,
  ),
};

/**
 * Sends a content, as fast as the service takes it; bytes and streams are never held in memory a second time. A redirect is not followed.
 * A body that cannot be read to its end is nobody's fault but the caller's: `ERR_BAD_REQUEST`, with the reason as its `cause`.
 *
 * One upload is one request: sessions of several (Microsoft Graph's `uploadUrl` and `nextExpectedRanges`) are left to the caller.
 *
 * @throws {TypeError} for a bad option or body, naming it.
 */
export async function startUpload(
  connection: SdkConnection,
  path: string,
  body: UploadBody,
  options: UploadOptions = {},
): Promise<{ readonly data: AxiosResponse['data']; readonly response: AxiosResponse }> {
  const { method, contentType, contentLength, range, stallMs, onProgress, ...own } = options;
  const given = { method, contentType, contentLength, range, stallMs, onProgress };
  const read = readOptions(CALLER, schemas, given);
  refuseOwnHeaders(own.headers);
  const length = lengthOf(body) ?? read.contentLength;
  if (lengthOf(body) !== undefined && contentLength !== undefined && contentLength !== length)
    throw new TypeError(`${CALLER}(): "contentLength" is not the length of the body`);
  connection.pipeline.refuseUnread(CALLER, { stallMs });
  const { headers, holdfast, ...request } = requestOf(CALLER, connection, own);
  const config: AxiosRequestConfig = {
    ...request,
    method: read.method.toLowerCase(),
    url: path,
    headers: mergedHeaders(
      headers as Record<string, string>,
      bodyHeaders(body, read.contentType, length, range),
    ),
    holdfast: { deadlineMs: false, ...holdfast, ...(stallMs !== undefined && { stallMs }) },
  };
  // Last of all: what is refused for another reason is left as it was.
  if (typeof body !== 'function') spend(body, CALLER);
  const part = { length, onProgress: read.onProgress };
  const response = isStream(body)
    ? await sendOnce(connection, config, body, part)
    : await send(connection, { ...config, holdfast: { ...config.holdfast, body: maker(body, part) } });
  return { data: response.data, response };
}

type Part = Pick<SentPart, 'length' | 'onProgress'>;

/** As its `data` the pipeline knows that a stream is gone once it was sent. To follow redirects, axios would hold it in memory. */
async function sendOnce(
  connection: SdkConnection,
  config: AxiosRequestConfig,
  body: UploadContent,
  part: Part,
): Promise<AxiosResponse> {
  const signal = new LinkedSignal(config.signal);
  let broken: { readonly cause: unknown } | undefined;
  // Before it is sent nobody listens to it, and afterwards the service would be blamed.
  const broke = (cause: unknown) => {
    broken = { cause };
    signal.abort(cause);
  };
  const data = countedBody(body, { ...part, attempt: 1, broke });
  try {
    return await send(connection, { ...config, data, maxRedirects: 0, signal });
  } catch (error) {
    // What was not sent is not to stay open.
    data.destroy();
    throw brokenOff(broken, error);
  } finally {
    signal.release();
  }
}

/** As the pipeline tells it of a body that is made for each send. */
function brokenOff(broken: { readonly cause: unknown } | undefined, error: unknown): unknown {
  if (broken === undefined || !isAxiosError(error) || error.response !== undefined) return error;
  const { config, request } = error as { config?: InternalAxiosRequestConfig; request?: unknown };
  const message = 'The body broke off while it was sent';
  const own = new AxiosError(message, AxiosError.ERR_BAD_REQUEST, config, request);
  Object.defineProperty(own, 'cause', { value: broken.cause, configurable: true });
  return own;
}

function maker(body: UploadBody, part: Part): () => Promise<Readable> {
  let attempts = 0;
  return async () => {
    attempts += 1;
    const attempt = attempts;
    if (typeof body !== 'function') return countedBody(body, { ...part, attempt });
    const content = await body();
    spend(content, CALLER);
    return countedBody(content, { ...part, attempt });
  };
}

function bodyHeaders(
  body: UploadBody,
  contentType: string | undefined,
  length: number | undefined,
  range: UploadRange | undefined,
): Record<string, string> {
  const ownType = body instanceof Blob && body.type !== '' ? body.type : undefined;
  return {
    'Content-Type': contentType ?? ownType ?? 'application/octet-stream',
    ...(length !== undefined && { 'Content-Length': String(length) }),
    ...(range && { 'Content-Range': contentRange(range, length) }),
  };
}

function contentRange({ start, total }: UploadRange, length: number | undefined): string {
  if (length === undefined || length === 0)
    throw new TypeError(`${CALLER}(): the option "range" needs a body of a known length, 1 byte or more`);
  const end = start + length;
  if (end > (total ?? Infinity))
    throw new TypeError(`${CALLER}(): the body is longer than the option "range" says`);
  return `bytes ${start}-${end - 1}/${total ?? '*'}`;
}

function refuseOwnHeaders(headers: CallOptions['headers']): void {
  for (const name of Object.keys(headers ?? {})) {
    const option = OPTION_FOR.get(name.toLowerCase());
    if (option !== undefined)
      throw new TypeError(`${CALLER}(): instead of the header "${name}" there is the option "${option}"`);
  }
}

function isBytes(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRange(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { start, total, ...others } = value as Partial<UploadRange>;
  if (Object.keys(others).length > 0) return false;
  return isBytes(start) && (total === undefined || (isBytes(total) && total > (start ?? 0)));
}
