import { headerOf } from '@holdfast/core';
import type { AxiosResponse } from 'axios';
import { DownloadError } from './download-error.js';
import {
  contentRangeOf,
  lengthOf,
  validatorOf,
  type ByteRange,
  type ContentRange,
} from './download-range.js';

/** An answer whose body is a part of a download, or all of it. Places are bytes of the content; an end is the byte after the last. */
export interface DownloadAnswer {
  readonly response: AxiosResponse;
  /** What is said of the content: an answer that goes on need not repeat it (RFC 9110, section 15.3.7). */
  readonly headers: AxiosResponse['headers'];
  readonly start: number;
  /** Where its own body ends; `undefined` where that is not known before. */
  readonly partEnd: number | undefined;
  /** Where the download ends; `undefined` where that is not known before. */
  readonly end: number | undefined;
  /** Bytes of the whole content, as far as they are known. */
  readonly complete: number | undefined;
  /** What the rest can be asked for by; without one it cannot. */
  readonly validator: string | undefined;
  /** Its bytes are packed: what is counted is not what was sent. */
  readonly encoding: string | undefined;
}

/**
 * The first answer of a download.
 *
 * @throws {DownloadError} where it has not the bytes that were asked for.
 */
export function firstAnswer(response: AxiosResponse, range: ByteRange | undefined): DownloadAnswer {
  const { status, headers } = response;
  const encoding = encodingOf(headers);
  if (status === 206) return partOf(response, range ?? { start: 0 }, encoding);
  if (range !== undefined && (range.start > 0 || range.end !== undefined))
    throw new DownloadError('ERR_DOWNLOAD_RANGE', 'The service has ignored the range', response);
  const size = encoding === undefined ? lengthOf(headers) : undefined;
  const isResumable = encoding === undefined && status === 200 && acceptsRanges(headers);
  const validator = isResumable ? validatorOf(headers) : undefined;
  return { response, headers, start: 0, partEnd: size, end: size, complete: size, validator, encoding };
}

/**
 * The answer that goes on at a place.
 *
 * @throws {DownloadError} where it does not fit what is there already.
 */
export function nextAnswer(response: AxiosResponse, before: DownloadAnswer, at: number): DownloadAnswer {
  if (isOther(response, before)) throw changed(response);
  if (response.status !== 206)
    throw headerOf(response.headers, 'etag') === undefined
      ? changed(response)
      : new DownloadError('ERR_DOWNLOAD_RANGE', 'The service has ignored the range', response);
  const encoding = encodingOf(response.headers);
  if (encoding !== undefined) throw misfit(response);
  const { end: wanted, complete } = before;
  const range = wanted === undefined ? { start: at } : { start: at, end: wanted - 1 };
  const next = partOf(response, range, undefined);
  if (complete !== undefined && next.complete !== undefined && next.complete !== complete)
    throw changed(response);
  const { headers, validator } = before;
  return { ...next, headers, complete: next.complete ?? complete, validator };
}

/** A service that does not know `If-Range` tells by this alone that it is another content: its ETag, or the date where there is none. */
function isOther(response: AxiosResponse, before: DownloadAnswer): boolean {
  for (const name of ['etag', 'last-modified']) {
    const now = headerOf(response.headers, name)?.trim();
    const known = headerOf(before.headers, name)?.trim();
    if (now !== undefined && known !== undefined) return now !== known;
  }
  return false;
}

/** What is left of the content has changed, or is gone, since the download began. */
export function changed(response: AxiosResponse, cause?: unknown): DownloadError {
  const message = 'The content has changed since the download began';
  return new DownloadError('ERR_DOWNLOAD_CHANGED', message, response, cause);
}

function partOf(
  response: AxiosResponse,
  { start, end: last }: ByteRange,
  encoding: string | undefined,
): DownloadAnswer {
  const part = contentRangeOf(response.headers);
  if (part?.first !== start || part.last > (last ?? Infinity)) throw misfit(response);
  const end = endOf(part, last);
  // A part of a content of unknown length, shorter than what was asked for, may be the end of it or not.
  if (end === undefined) throw misfit(response);
  const validator = encoding === undefined ? validatorOf(response.headers) : undefined;
  const { headers } = response;
  return {
    response,
    headers,
    start,
    partEnd: part.last + 1,
    end,
    complete: part.complete,
    validator,
    encoding,
  };
}

function endOf({ last, complete }: ContentRange, asked: number | undefined): number | undefined {
  if (complete !== undefined) return Math.min(complete, asked === undefined ? Infinity : asked + 1);
  return last === asked ? last + 1 : undefined;
}

/** Also for `multipart/byteranges`, which has no Content-Range: several ranges were never asked for. */
function misfit(response: AxiosResponse): DownloadError {
  return new DownloadError(
    'ERR_DOWNLOAD_RANGE',
    'The service has sent another range than what was asked for',
    response,
  );
}

function encodingOf(headers: unknown): string | undefined {
  const encoding = headerOf(headers, 'content-encoding')?.trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? undefined : encoding;
}

function acceptsRanges(headers: unknown): boolean {
  return /(?:^|,)\s*bytes\s*(?:,|$)/i.test(headerOf(headers, 'accept-ranges') ?? '');
}
