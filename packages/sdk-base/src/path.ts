import { isWellFormed } from './call-options-query.js';

/** What a segment of a path can be made of. */
export type PathValue = string | number | bigint;

/**
 * The path of a request, with each value as one segment, or a part of one, percent-encoded (RFC 3986, section 3.3): of
 * `` path`/orders/${id}` `` no `id` makes another place than an order.
 *
 * @throws {TypeError} for a value that no segment can be: empty, `.` or `..`, with a `..` beside a slash (it climbs where a proxy decodes
 * it), with half of a surrogate pair, a number that is not finite, or anything but a text, a number or a bigint.
 */
export function path(texts: TemplateStringsArray, ...values: readonly PathValue[]): string {
  return String.raw({ raw: texts }, ...values.map(segmentOf));
}

function segmentOf(value: unknown, index: number): string {
  const obstacle = obstacleIn(value);
  if (obstacle !== undefined) throw new TypeError(`path: value ${index + 1} ${obstacle}`);
  return encodeURIComponent(String(value));
}

function obstacleIn(value: unknown): string | undefined {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) return undefined;
  if (typeof value !== 'string')
    return `must be a text, a finite number or a bigint, and is ${typeof value === 'number' ? value : typeof value}`;
  if (value === '') return 'is empty: the path would lead to another place';
  if (value === '.' || value === '..' || /\.\.[/\\;]|[/\\]\.\./.test(value))
    return 'climbs: the path would lead to another place';
  return isWellFormed(value) ? undefined : 'has half of a surrogate pair in it, and cannot be sent';
}
