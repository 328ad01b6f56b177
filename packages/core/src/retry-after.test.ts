import fc from 'fast-check';
import { parseRetryAfter, retryDelayOf } from './index.js';

const now = Date.UTC(2026, 0, 1, 12, 0, 0);

describe('parseRetryAfter', () => {
  it.each([
    ['delay-seconds', '120', 120_000],
    ['zero', '0', 0],
    ['surrounding white space', ' 7 \t', 7_000],
    ['leading zeros', '007', 7_000],
    ['a decimal, rounded up to a whole second', '1.5', 2_000],
    ['thirty days', '2592000', 2_592_000_000],
    ['the preferred date', 'Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['the date of RFC 850', 'Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['the date of asctime, which is GMT', 'Thu Jan  1 12:00:30 2026', 30_000],
    ['a date that is over', 'Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['a leap second', 'Thu, 31 Dec 2026 23:59:60 GMT', Date.UTC(2027, 0, 1) - now],
    ['a leap day', 'Tue, 29 Feb 2028 00:00:00 GMT', Date.UTC(2028, 1, 29) - now],
  ])('reads %s: %j', (_what, value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });

  it.each([
    ['nothing', undefined],
    ['a blank, which is not zero', '  '],
    ['an empty value', ''],
    ['a negative number', '-1'],
    ['an exponent', '1e3'],
    ['hexadecimal', '0x10'],
    ['a half number', '1.'],
    ['words', 'soon'],
    ['two values in one', '1, 2'],
    ['30 February', 'Mon, 30 Feb 2026 00:00:00 GMT'],
    ['another time zone', 'Thu, 01 Jan 2026 12:00:30 CET'],
    ['an ISO date', '2026-01-01T12:00:30Z'],
    ['hour 24', 'Thu, 01 Jan 2026 24:00:00 GMT'],
  ])('has no use for %s: %j', (_what, value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined();
  });

  it('takes a two-digit year for the past century once it lies more than 50 years ahead', () => {
    expect(parseRetryAfter('Wednesday, 01-Jan-76 00:00:00 GMT', now)).toBe(Date.UTC(2076, 0, 1) - now);
    expect(parseRetryAfter('Saturday, 01-Jan-77 00:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfter('Saturday, 01-Jan-05 00:00:00 GMT', Date.UTC(2099, 0, 1))).toBe(
      Date.UTC(2105, 0, 1) - Date.UTC(2099, 0, 1),
    );
  });

  it('never answers with what a timer or a sum chokes on', () => {
    expect(parseRetryAfter('9'.repeat(400), now)).toBe(Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d. -]{1,20}$/)), (value) => {
        const ms = parseRetryAfter(value, now);
        return ms === undefined || (Number.isSafeInteger(ms) && ms >= 0);
      }),
    );
  });

  it('reads back every date that a server can print', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(now), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        (date) => {
          const whole = Math.floor(date.getTime() / 1000) * 1000;
          expect(parseRetryAfter(date.toUTCString(), now)).toBe(Math.max(0, whole - now));
        },
      ),
    );
  });
});

describe('retryDelayOf', () => {
  it('counts a date on the clock of the server that sent it', () => {
    const anHourSlow = {
      date: 'Thu, 01 Jan 2026 11:00:00 GMT',
      'retry-after': 'Thu, 01 Jan 2026 11:00:05 GMT',
    };
    expect(retryDelayOf(anHourSlow, now)).toBe(5_000);
  });

  it('finds the header whatever its case', () => {
    expect(retryDelayOf({ 'Retry-After': '3' }, now)).toBe(3_000);
    expect(retryDelayOf({ 'Retry-After': 3 }, now)).toBe(3_000);
    expect(retryDelayOf({}, now)).toBeUndefined();
    expect(retryDelayOf(undefined, now)).toBeUndefined();
  });
});
