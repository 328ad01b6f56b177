import { headerOf } from '@holdfast/core';

/** Bytes of a content, as HTTP counts them (RFC 9110, section 14.1.2). */
export interface ByteRange {
  /** The first byte, from 0. */
  readonly start: number;
  /** The last byte, itself included. Default: the content's last. */
  readonly end?: number;
}

/** Which bytes an answer with status 206 has (RFC 9110, section 14.4). */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  /** Bytes of the whole content, where the service knows. */
  readonly complete: number | undefined;
}

/** A `Content-Range` field; `undefined` where there is none, or one that makes no sense. */
export function contentRangeOf(headers: unknown): ContentRange | undefined {
  const text = headerOf(headers, 'content-range') ?? '';
  const [, first, last, total] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(text.trim()) ?? [];
  if (first === undefined || total === undefined) return undefined;
  const range = {
    first: Number(first),
    last: Number(last),
    complete: total === '*' ? undefined : Number(total),
  };
  return range.first <= range.last && range.last < (range.complete ?? Infinity) ? range : undefined;
}

/** A `Range` field. `end` is the byte after the last one. */
export function rangeField(start: number, end: number | undefined): string {
  return `bytes=${start}-${end === undefined ? '' : end - 1}`;
}

/** The bytes of a body by its Content-Length; `undefined` where it does not say. */
export function lengthOf(headers: unknown): number | undefined {
  const text = headerOf(headers, 'content-length')?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** So long after its last change a content that changes once more has another date, clocks that differ a little included. */
const DATE_IS_STRONG_AFTER_MS = 60_000;

/**
 * What says by `If-Range` that the rest is to be of the same content: a strong ETag, or a date that is as good as one (RFC 9110,
 * sections 13.1.5 and 8.8.2.2). A service that has given a weak ETag must not be asked by the date.
 */
export function validatorOf(headers: unknown): string | undefined {
  const etag = headerOf(headers, 'etag')?.trim();
  if (etag !== undefined) return /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : undefined;
  const changed = headerOf(headers, 'last-modified')?.trim() ?? '';
  const changedAt = instantOf(changed);
  const sentAt = instantOf(headerOf(headers, 'date')?.trim() ?? '');
  if (changedAt === undefined || sentAt === undefined) return undefined;
  return sentAt - changedAt >= DATE_IS_STRONG_AFTER_MS ? changed : undefined;
}

/** Only the form in which dates are sent today (RFC 9110, section 5.6.7). */
function instantOf(date: string): number | undefined {
  const instant = Date.parse(date);
  return !Number.isNaN(instant) && new Date(instant).toUTCString() === date ? instant : undefined;
}
