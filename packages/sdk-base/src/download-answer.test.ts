import { AxiosHeaders, type AxiosResponse } from 'axios';
import { firstAnswer, nextAnswer } from './download-answer.js';
import { contentRangeOf } from './download-range.js';

type Headers = Readonly<Record<string, string | undefined>>;

function answer(status: number, headers: Headers): AxiosResponse {
  const told = Object.entries(headers).filter(([, value]) => value !== undefined);
  return {
    status,
    statusText: '',
    headers: Object.fromEntries(told),
    data: '',
    config: { headers: new AxiosHeaders() },
  };
}

const TEN = { 'content-length': '10', 'accept-ranges': 'bytes', etag: '"v1"' };
const part = (place: string, others: Headers = {}) =>
  answer(206, { 'content-range': place, etag: '"v1"', ...others });

const LONG_AGO = 'Wed, 01 Jan 2020 00:00:00 GMT';
const OTHER_RANGE = 'The service has sent another range than what was asked for';

describe('a first answer', () => {
  it('that has all of it is what was asked for without an end, and a part of what was asked for with one', () => {
    expect(firstAnswer(answer(200, TEN), { start: 0 })).toMatchObject({ start: 0, end: 10 });
    for (const range of [{ start: 0, end: 5 }, { start: 2 }])
      expect(() => firstAnswer(answer(200, TEN), range)).toThrow('The service has ignored the range');
  });

  it.each<[string, Headers, number]>([
    ['a service that takes no ranges', { 'accept-ranges': 'none' }, 200],
    ['a service that says nothing of ranges', { 'accept-ranges': undefined }, 200],
    ['a service with ranges of another unit', { 'accept-ranges': 'x-bytes, bytesets' }, 200],
    ['a proxy that has changed it', {}, 203],
    ['a weak ETag', { etag: 'W/"v1"' }, 200],
    ['an ETag without quotes', { etag: 'v1' }, 200],
    ['an ETag with a quote too many', { etag: '"v"1"' }, 200],
    ['a date of which nobody knows how long ago it is', { etag: undefined, 'last-modified': LONG_AGO }, 200],
    ['packed bytes', { 'content-encoding': 'gzip' }, 200],
  ])('of %s cannot be gone on with', (_, headers, status) => {
    expect(firstAnswer(answer(status, { ...TEN, ...headers }), undefined).validator).toBeUndefined();
  });

  it.each<[string, Headers, string]>([
    ['in capitals', { 'accept-ranges': 'Bytes' }, '"v1"'],
    ['beside others', { 'accept-ranges': 'x-rows ,bytes' }, '"v1"'],
    ['by an empty ETag', { etag: '""' }, '""'],
    ['of bytes that are packed by no more than name', { 'content-encoding': ' Identity ' }, '"v1"'],
  ])('of a service that takes ranges can be gone on with: %s', (_, headers, validator) => {
    const first = firstAnswer(answer(200, { ...TEN, ...headers }), undefined);
    expect([first.validator, first.end, first.encoding]).toEqual([validator, 10, undefined]);
  });

  it('that is packed has neither a size nor, as a part, anything to go on by', () => {
    const packed = { 'content-encoding': 'GZIP' };
    const whole = firstAnswer(answer(200, { ...TEN, ...packed }), undefined);
    expect([whole.encoding, whole.partEnd, whole.end]).toEqual(['gzip', undefined, undefined]);
    const first = firstAnswer(part('bytes 2-9/10', packed), { start: 2 });
    expect([first.encoding, first.validator]).toEqual(['gzip', undefined]);
  });

  it.each(['1e1', '-10', '10, 10', 'ten', '', undefined])('has no size by a length of %j', (length) => {
    expect(firstAnswer(answer(200, { ...TEN, 'content-length': length }), undefined).end).toBeUndefined();
  });

  it.each(['bytes 2-1/10', 'bytes 2-10/10', 'bytes 2-9', 'rows 2-9/10', 'bytes 2-9/*', 'bytes 3-9/10'])(
    'with "%s" is not all from the third byte',
    (place) => {
      expect(() => firstAnswer(part(place), { start: 2 })).toThrow(OTHER_RANGE);
    },
  );

  it('may write its place in capitals, and with spaces around it', () => {
    const place = { first: 2, last: 9, complete: 10 };
    expect(contentRangeOf({ 'content-range': ' Bytes 2-9/10 ' })).toEqual(place);
  });
});

describe('an answer that goes on', () => {
  it('with bytes after the range is not believed', () => {
    const before = firstAnswer(part('bytes 2-7/10'), { start: 2, end: 7 });
    expect(nextAnswer(part('bytes 4-7/10'), before, 4)).toMatchObject({ start: 4, end: 8 });
    expect(() => nextAnswer(part('bytes 4-9/10'), before, 4)).toThrow(OTHER_RANGE);
  });

  it('need not say how long the content is, and what was known of that is not forgotten', () => {
    const before = firstAnswer(answer(200, TEN), undefined);
    const next = nextAnswer(part('bytes 4-9/*'), before, 4);
    expect(next).toMatchObject({ start: 4, end: 10, complete: 10 });
    expect(() => nextAnswer(part('bytes 6-9/11'), next, 6)).toThrow('The content has changed');
  });
});
