import { AxiosHeaders, type AxiosResponse } from 'axios';
import fc from 'fast-check';
import { outcomeOfResponse, parseRetryAfter, retryAfterOf, retryDelayOf, statusError } from './index.js';

const now = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('parseRetryAfter', () => {
  it.each([
    ['delay-seconds', '120', 120_000],
    ['zero', '0', 0],
    ['surrounding white space', ' 7 \t', 7_000],
    ['leading zeros', '007', 7_000],
    ['a decimal, rounded up to a whole second', '1.5', 2_000],
    ['the smallest decimal, which is not zero', '0.001', 1_000],
    ['thirty days', '2592000', 2_592_000_000],
    ['the preferred date', 'Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['the date of RFC 850', 'Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['the date of asctime, which is GMT', 'Thu Jan  1 12:00:30 2026', 30_000],
    ['a date with white space around it', ' Thu, 01 Jan 2026 12:00:30 GMT ', 30_000],
    ['a date of the first century', 'Thu, 01 Jan 0026 12:00:30 GMT', 0],
    ['a date that is over', 'Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['a leap second', 'Thu, 31 Dec 2026 23:59:60 GMT', Date.UTC(2027, 0, 1) - now],
    ['a leap day', 'Tue, 29 Feb 2028 00:00:00 GMT', Date.UTC(2028, 1, 29) - now],
    ['a leap day of a century that has one', 'Tue, 29 Feb 2400 00:00:00 GMT', Date.UTC(2400, 1, 29) - now],
  ])('reads %s: %j', (_what, value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });

  it.each([
    ['nothing', undefined],
    ['a blank, which is not zero', '  '],
    ['an empty value', ''],
    ['a negative number', '-1'],
    ['an exponent', '1e3'],
    ['a sum', '+5'],
    ['hexadecimal', '0x10'],
    ['infinity', 'Infinity'],
    ['digits of another script', '١٢'],
    ['a decimal comma', '1,5'],
    ['no whole part', '.5'],
    ['a half number', '1.'],
    ['words', 'soon'],
    ['two values in one', '1, 2'],
    ['30 February', 'Mon, 30 Feb 2026 00:00:00 GMT'],
    ['another time zone', 'Thu, 01 Jan 2026 12:00:30 CET'],
    ['an ISO date', '2026-01-01T12:00:30Z'],
    ['29 February of a common year', 'Sun, 29 Feb 2026 00:00:00 GMT'],
    ['day 0', 'Thu, 00 Jan 2026 12:00:30 GMT'],
    ['a month that there is not', 'Thu, 01 Jab 2026 12:00:30 GMT'],
    ['hour 24', 'Thu, 01 Jan 2026 24:00:00 GMT'],
    ['minute 60', 'Thu, 01 Jan 2026 12:60:00 GMT'],
    ['a date without its zone', 'Thu, 01 Jan 2026 12:00:30'],
    ['asctime with a zone', 'Thu Jan  1 12:00:30 2026 GMT'],
    ['a date in lower case', 'thu, 01 jan 2026 12:00:30 gmt'],
    ['words behind a date', 'Thu, 01 Jan 2026 12:00:30 GMT or later'],
    ['words behind a date of RFC 850', 'Thursday, 01-Jan-26 12:00:30 GMT or later'],
    ['words behind a date of asctime', 'Thu Jan  1 12:00:30 2026 or later'],
    ['words before a date', 'after Thu, 01 Jan 2026 12:00:30 GMT'],
    ['words before a date of RFC 850', 'after Thursday, 01-Jan-26 12:00:30 GMT'],
    ['words before a date of asctime', 'after Thu Jan  1 12:00:30 2026'],
    ['second 61', 'Thu, 01 Jan 2026 12:00:61 GMT'],
    ['29 February of a century that has none', 'Mon, 29 Feb 2100 00:00:00 GMT'],
  ])('has no use for %s: %j', (_what, value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined();
  });

  it('takes a two-digit year for the past century once the date lies more than 50 years ahead', () => {
    const in50Years = Date.UTC(2076, 0, 1, 12, 0, 0) - now;
    expect(parseRetryAfter('Wednesday, 01-Jan-76 12:00:00 GMT', now)).toBe(in50Years);
    expect(parseRetryAfter('Thursday, 01-Jan-76 12:00:01 GMT', now)).toBe(0);
    expect(parseRetryAfter('Friday, 31-Dec-76 00:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfter('Saturday, 01-Jan-77 00:00:00 GMT', now)).toBe(0);
    const endOfCentury = Date.UTC(2099, 0, 1);
    expect(parseRetryAfter('Thursday, 01-Jan-05 00:00:00 GMT', endOfCentury)).toBe(
      Date.UTC(2105, 0, 1) - endOfCentury,
    );
    expect(parseRetryAfter('Friday, 01-Jan-99 00:00:30 GMT', endOfCentury)).toBe(30_000);
  });

  it('takes a short leap day for one only where it is one', () => {
    expect(parseRetryAfter('Thursday, 29-Feb-96 00:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfter('Monday, 29-Feb-00 00:00:00 GMT', Date.UTC(2099, 0, 1))).toBeUndefined();
  });

  it('never answers with what a timer or a sum chokes on', () => {
    expect(parseRetryAfter('9'.repeat(400), now)).toBe(Number.MAX_SAFE_INTEGER);
    const almost = fc.oneof(
      fc.stringMatching(/^[\d. eE+,x-]{1,20}$/),
      fc.stringMatching(/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/),
      fc.stringMatching(/^(?:Mon|Sun)day, \d\d-(?:Jan|Feb|Xyz)-\d\d \d\d:\d\d:\d\d GMT$/),
    );
    const instant = fc.integer({ min: 0, max: Date.UTC(9999, 0, 1) });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), almost), instant, (value, at) => {
        const ms = parseRetryAfter(value, at);
        return ms === undefined || (Number.isSafeInteger(ms) && ms >= 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads back every date that a server can print, in all three forms', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(now), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (date) => {
          const whole = Math.floor(date.getTime() / 1000) * 1000;
          const printed = date.toUTCString();
          const [, weekday, day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(printed) ?? [];
          const asctime = `${weekday} ${month} ${day?.replace(/^0/, ' ')} ${time} ${year}`;
          expect(parseRetryAfter(printed, now)).toBe(Math.max(0, whole - now));
          expect(parseRetryAfter(asctime, now)).toBe(Math.max(0, whole - now));
          // The weekday is not read: any that RFC 850 spells will do.
          const short = `Friday, ${day}-${month}-${year?.slice(-2)} ${time} GMT`;
          const anHourBefore = whole - 3_600_000;
          expect(parseRetryAfter(short, anHourBefore)).toBe(3_600_000);
        },
      ),
    );
  });
});

describe('retryDelayOf', () => {
  it.each([
    ['an hour slow', 'Thu, 01 Jan 2026 11:00:00 GMT', 'Thu, 01 Jan 2026 11:00:05 GMT', 5_000],
    ['an hour fast', 'Thu, 01 Jan 2026 13:00:00 GMT', 'Thu, 01 Jan 2026 13:00:05 GMT', 5_000],
    ['over by its own clock', 'Thu, 01 Jan 2026 13:00:00 GMT', 'Thu, 01 Jan 2026 12:30:00 GMT', 0],
    ['of an unreadable clock', 'today', 'Thu, 01 Jan 2026 12:00:05 GMT', 5_000],
    ['with blanks around', ' Thu, 01 Jan 2026 11:00:00 GMT ', 'Thu, 01 Jan 2026 11:00:05 GMT', 5_000],
    ['of a blank clock', ' ', 'Thu, 01 Jan 2026 12:00:05 GMT', 5_000],
  ])('counts a date on the clock of the server that sent it: %s', (_what, date, retryAfter, ms) => {
    expect(retryDelayOf({ date, 'retry-after': retryAfter }, now)).toBe(ms);
  });

  it('counts seconds from now, whatever the server takes for now', () => {
    expect(retryDelayOf({ date: 'Thu, 01 Jan 2026 11:00:00 GMT', 'retry-after': '5' }, now)).toBe(5_000);
  });

  it('finds the header whatever its case', () => {
    expect(retryDelayOf({ 'Retry-After': '3' }, now)).toBe(3_000);
    expect(retryDelayOf({ 'Retry-After': 3 }, now)).toBe(3_000);
    expect(retryDelayOf({ 'X-MS-Retry-After-Ms': '3' }, now)).toBe(3);
    expect(retryDelayOf({}, now)).toBeUndefined();
    expect(retryDelayOf(undefined, now)).toBeUndefined();
  });

  it.each([
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'x-ms-retry-after-ms': '250' }, 250],
    [{ 'retry-after-ms': 250 }, 250],
    [{ 'retry-after-ms': ' 0 ' }, 0],
    [{ 'retry-after-ms': '9'.repeat(400) }, Number.MAX_SAFE_INTEGER],
    // In the order of Azure's SDKs.
    [{ 'retry-after': '9', 'x-ms-retry-after-ms': '700', 'retry-after-ms': '250' }, 250],
    [{ 'retry-after': '9', 'x-ms-retry-after-ms': '700' }, 700],
    [{ 'retry-after': '9', 'x-ms-retry-after-ms': '0' }, 0],
  ])('a service that tells milliseconds is not asked seconds later, or too early: %j', (headers, ms) => {
    expect(retryDelayOf(headers, now)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    '-1',
    '+1',
    '1e3',
    '0x10',
    '1.5',
    'soon',
    '1, 2',
    'NaN',
    'Thu, 01 Jan 2026 12:00:30 GMT',
  ])('milliseconds that cannot be read leave the word to the next header: %j', (unreadable) => {
    const both = { 'retry-after-ms': unreadable, 'x-ms-retry-after-ms': unreadable };
    expect(retryDelayOf(both, now)).toBeUndefined();
    expect(retryDelayOf({ ...both, 'retry-after': '9' }, now)).toBe(9_000);
    expect(retryDelayOf({ 'retry-after-ms': unreadable, 'x-ms-retry-after-ms': '700' }, now)).toBe(700);
  });

  it.each([
    ['retry-after', 4_000_000],
    ['retry-after-ms', 4_000],
    ['x-ms-retry-after-ms', 4_000],
  ])('a 503 with %s is busy, and not down', (name, ms) => {
    const busy = answered503({ [name]: '4000' });
    expect(outcomeOfResponse(busy, now)).toBe('busy');
    expect(outcomeOfResponse(answered503({ [name]: 'soon' }), now)).toBe('unavailable');
    expect(retryAfterOf(statusError(busy), now)).toBe(ms);
  });
});

function answered503(headers: Record<string, string>): AxiosResponse {
  return { status: 503, statusText: '', data: '', headers, config: { headers: new AxiosHeaders() } };
}
