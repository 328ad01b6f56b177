import { headerOf } from './headers.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// RFC 9110, section 5.6.7: the preferred form, and the two obsolete ones that a recipient must accept.
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/;
const RFC_850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/;

/**
 * Reads a Retry-After field: milliseconds from `now` (epoch milliseconds), never negative, or `undefined` when the
 * value is neither delay-seconds nor an HTTP-date (RFC 9110, section 10.2.3).
 *
 * Stricter than `Number()` and `Date.parse()` on purpose: a blank value is not zero, `1e3` and `-1` are not seconds,
 * and asctime is GMT whatever the machine's time zone. Decimals, which some services send, round up to a whole second.
 * A value read wrongly brings a client back too early, which prolongs the throttling, or days too late.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text)) * 1000, Number.MAX_SAFE_INTEGER);
  const instant = parseHttpDate(text, now);
  return instant === undefined ? undefined : Math.max(0, instant - now);
}

/** Reads an HTTP-date (RFC 9110, section 5.6.7) as epoch milliseconds; `now`, likewise, says which century a short year is of. */
function parseHttpDate(text: string, now: number): number | undefined {
  const parts = (IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups as
    Record<'day' | 'month' | 'year' | 'time', string> | undefined;
  if (parts === undefined) return undefined;
  const month = MONTHS.indexOf(parts.month);
  const day = Number(parts.day);
  const [hour, minute, second] = parts.time.split(':').map(Number) as [number, number, number];
  const at = (year: number): number => {
    const instant = new Date(0);
    // Not Date.UTC: that reads the years 0 to 99 as 1900 to 1999.
    instant.setUTCFullYear(year, month, day);
    return instant.setUTCHours(hour, minute, second);
  };
  const year = parts.year.length === 2 ? fullYear(Number(parts.year), at, now) : Number(parts.year);
  // A leap second is legal; 30 February is not, and a Date would make 2 March of it.
  if (month < 0 || day < 1 || day > daysIn(month, year) || hour > 23 || minute > 59 || second > 60)
    return undefined;
  return at(year);
}

/** The latest year that ends so and does not put the date more than 50 years ahead (RFC 9110, section 5.6.7). */
function fullYear(twoDigits: number, at: (year: number) => number, now: number): number {
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const furthest = limit.getUTCFullYear();
  const year = furthest - (furthest % 100) + twoDigits;
  return at(year) > limit.getTime() ? year - 100 : year;
}

function daysIn(month: number, year: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] ?? 0;
}

/** Milliseconds instead of seconds: Azure's services send one or the other, and its SDKs read them before Retry-After. */
const IN_MILLISECONDS = ['retry-after-ms', 'x-ms-retry-after-ms'] as const;

/**
 * How long a response asks to be left alone, in milliseconds from `now` (epoch milliseconds), never negative; `undefined`
 * when it does not say. The first of these that can be read counts, as in Azure's own SDKs: `retry-after-ms` and
 * `x-ms-retry-after-ms`, in whole milliseconds, then Retry-After ({@link parseRetryAfter}). A date is counted on the
 * server's own clock where it tells its time: the `Date` field (RFC 9110, section 6.6.1) corrects a skewed one.
 */
export function retryDelayOf(headers: unknown, now: number): number | undefined {
  for (const name of IN_MILLISECONDS) {
    const text = headerOf(headers, name)?.trim() ?? '';
    if (/^\d+$/.test(text)) return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
  }
  const value = headerOf(headers, 'retry-after');
  if (value === undefined) return undefined;
  const serverNow = parseHttpDate(headerOf(headers, 'date')?.trim() ?? '', now) ?? now;
  return parseRetryAfter(value, serverNow);
}
