import { AxiosHeaders, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { hasDefaultHeader, hasHeader } from './call-options-headers.js';

/**
 * A body, and the headers of its request with its media type where neither they, nor the owner of the client, nor axios says it: what axios
 * takes a text, bytes or nothing at all for is a form.
 *
 * @throws {TypeError} for a body that cannot be sent.
 */
export function bodyConfig(
  caller: string,
  client: AxiosInstance,
  verb: string,
  headers: AxiosRequestConfig['headers'],
  body: unknown,
): { readonly data?: unknown; readonly headers: AxiosHeaders } {
  if (UNSENDABLE.has(typeof body) || isLost(body))
    throw new TypeError(
      `${caller}(): the body must be what JSON can hold, a text, bytes, a stream or a form`,
    );
  const all = new AxiosHeaders(headers as AxiosHeaders | undefined);
  const isSaid = hasHeader(all, 'content-type') || hasDefaultHeader(client, verb, 'content-type');
  const type = isSaid ? undefined : mediaTypeOf(body);
  if (type !== undefined) all.set('Content-Type', type);
  return { ...(body !== undefined && { data: body }), headers: all };
}

/** Of these JSON has nothing, and axios says nothing. */
const UNSENDABLE: ReadonlySet<string> = new Set(['function', 'symbol', 'bigint']);

/** An `await` that was forgotten, a Map, a generator: of each of these JSON makes `{}`, and the service would act on that. */
function isLost(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || 'toJSON' in body) return false;
  if (body instanceof Map || body instanceof Set) return true;
  if (typeof (body as Partial<PromiseLike<unknown>>).then === 'function') return true;
  return Symbol.asyncIterator in body && !('pipe' in body) && !(body instanceof ReadableStream);
}

/** `false` for none; `undefined` where axios says it: of forms, and of what it makes JSON of. */
function mediaTypeOf(body: unknown): string | false | undefined {
  if (body === undefined) return false;
  if (typeof body === 'string') return 'text/plain;charset=utf-8';
  // Of a value that is no object axios makes JSON where it is told to.
  if (typeof body !== 'object' || body === null) return 'application/json';
  if (body instanceof Blob && body.type !== '') return body.type;
  return isBytes(body) ? 'application/octet-stream' : undefined;
}

function isBytes(body: object): boolean {
  return (
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof ReadableStream ||
    // A form of the package `form-data` is a stream as well, and knows its type.
    ('pipe' in body && !('getHeaders' in body))
  );
}
