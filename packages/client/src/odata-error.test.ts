import { AxiosError, type AxiosResponse } from 'axios';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { odataErrorOf } from './odata-error.js';

// https://learn.microsoft.com/graph/errors
const body = {
  error: {
    code: 'activityLimitReached',
    message: 'The request has been throttled',
    target: 'items',
    innerError: {
      code: 'throttledRequest',
      innerError: { code: 'quota' },
      date: '2021-11-30T12:17:46',
      'request-id': '01c3bdb8-fbb1-4613-96ad-be961ba99e11',
      'client-request-id': 'e70c5c1b-8b47-68c0-3171-3d22f5e0bd54',
    },
  },
};
const told = {
  code: 'activityLimitReached',
  message: 'The request has been throttled',
  codes: ['activityLimitReached', 'throttledRequest', 'quota'],
  target: 'items',
  innerError: {
    code: 'quota',
    date: '2021-11-30T12:17:46',
    requestId: '01c3bdb8-fbb1-4613-96ad-be961ba99e11',
    clientRequestId: 'e70c5c1b-8b47-68c0-3171-3d22f5e0bd54',
  },
};
const text = JSON.stringify(body);
const bytes = new TextEncoder().encode(text);

describe('the OData error of', () => {
  it('an error that axios has thrown is told with its most specific code and the ids for support', () => {
    const response = { data: body, status: 429 } as AxiosResponse;
    expect(odataErrorOf(new AxiosError('429', 'ERR_BAD_REQUEST', undefined, undefined, response))).toEqual(
      told,
    );
  });

  it.each<[string, unknown]>([
    ['a response', { data: body }],
    ['a part of a $batch', { id: '1', status: 429, body }],
    ['a body that nobody has parsed', { data: text }],
    ['a Buffer', { data: Buffer.from(text) }],
    ['a part of a larger Buffer', { data: Buffer.from(`xx${text}xx`).subarray(2, 2 + text.length) }],
    ['bytes', { data: bytes }],
    ['an ArrayBuffer', { data: bytes.buffer }],
  ])('%s is the same', (_, subject) => {
    expect(odataErrorOf(subject)).toEqual(told);
  });

  it('the standard’s spelling, with details', () => {
    const error = {
      code: 'BadRequest',
      message: 'Two members are wrong',
      details: [{ code: 'tooLong', message: 'Too long', target: 'mail' }, 'nonsense', { message: 'Missing' }],
      innererror: { code: 'invalid' },
    };
    expect(odataErrorOf({ data: { error } })).toEqual({
      code: 'BadRequest',
      message: 'Two members are wrong',
      codes: ['BadRequest', 'invalid'],
      details: [
        { code: 'tooLong', message: 'Too long', target: 'mail' },
        { code: '', message: 'Missing' },
      ],
      innerError: { code: 'invalid' },
    });
  });

  it('version 3 has its message and its code', () => {
    const error = { code: '-1, Microsoft.SharePoint.Client', message: { lang: 'en-US', value: 'Not there' } };
    expect(odataErrorOf({ data: { 'odata.error': error } })).toEqual({
      code: '-1, Microsoft.SharePoint.Client',
      message: 'Not there',
      codes: ['-1, Microsoft.SharePoint.Client'],
    });
  });

  it('Planner, which leaves the code empty, has its message', () => {
    expect(odataErrorOf({ data: { error: { code: '', message: 'Not permitted' } } })).toEqual({
      code: '',
      message: 'Not permitted',
      codes: [],
    });
  });
});

it.each([
  [{ code: 'a' }, { code: 'a', message: '', codes: ['a'] }],
  [{ message: 'm' }, { code: '', message: 'm', codes: [] }],
])('an error that says only half of it is one all the same: %j', (error, told) => {
  expect(odataErrorOf({ data: { error } })).toEqual(told);
});

it('a long body is read: a batch of details is no page', () => {
  const error = { code: 'a', message: 'm', details: [{ code: 'b'.repeat(100_000), message: '' }] };
  expect(odataErrorOf({ data: JSON.stringify({ error }) })?.code).toBe('a');
});

describe('no OData error is found in', () => {
  const throwing = {
    get data(): unknown {
      throw new Error('looked at');
    },
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'error'],
    ['an answer without a body', { data: '' }],
    ['a page', { data: '<html>' }],
    ['a success', { data: { value: [] } }],
    ['an error of the identity provider', { data: { error: 'invalid_grant', error_description: 'x' } }],
    ['an error of other types', { data: { error: { code: 7, message: [] } } }],
    ['a stream', { data: Readable.from(['{"error":{"code":"a"}}']) }],
    ['a body that is too long', { data: `{"error":{"code":"a"},"x":"${'x'.repeat(300_000)}"}` }],
    ['bytes that are too long', { data: Buffer.alloc(300_000, '{') }],
    [
      'bytes that are too long, though they are not that many characters',
      { data: Buffer.from(`{"error":{"code":"a"},"x":"${'é'.repeat(200_000)}"}`) },
    ],
    ['a body that nests without end', { data: '['.repeat(200_000) }],
    ['what throws when it is looked at', throwing],
    ['what cannot be looked at', { data: revoked.proxy }],
  ])('%s', (_, subject) => {
    expect(odataErrorOf(subject)).toBeUndefined();
  });
});

describe('a hostile body', () => {
  it('is clipped: texts, details and errors within errors', () => {
    const endless: Record<string, unknown> = { code: 'again' };
    endless['innerError'] = endless;
    const details = Array.from({ length: 1_000 }, () => ({
      code: 'c'.repeat(1_000),
      message: 'm'.repeat(9_000),
    }));
    const error = odataErrorOf({ data: { error: { ...endless, message: 'm'.repeat(9_000), details } } })!;
    expect(error.codes).toHaveLength(11);
    expect(error.message).toHaveLength(4_000);
    expect(error.details).toHaveLength(20);
    expect(error.details?.[0]?.code).toHaveLength(200);
  });

  it('gets nothing into the ids that a log could take for something else', () => {
    const innerError = { 'request-id': 'a\nb', 'client-request-id': 'Bearer x', date: 'today' };
    const error = odataErrorOf({ data: { error: { code: 'a', message: '', innerError } } })!;
    expect(error).toEqual({ code: 'a', message: '', codes: ['a'] });
  });

  it('cannot be changed by who reads it', () => {
    const error = odataErrorOf({ data: body })!;
    expect([error, error.codes, error.innerError].every(Object.isFrozen)).toBe(true);
  });

  it('whatever it is, nothing is thrown, and what is told is of a bounded size', () => {
    const name = fc.constantFrom(
      'error',
      'odata.error',
      'code',
      'message',
      'value',
      'innerError',
      'innererror',
      'details',
      'request-id',
      '0',
      'length',
    );
    const tree = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, fc.anything(), fc.dictionary(name, tie('node'))),
    })).node;
    fc.assert(
      fc.property(tree, fc.boolean(), (tree, asText) => {
        const data: unknown = asText
          ? JSON.stringify(tree, (_, value: unknown) => (typeof value === 'bigint' ? 1 : value))
          : tree;
        for (const subject of [tree, { data }, { data: { error: data } }, { response: { data } }]) {
          const error = odataErrorOf(subject);
          if (error === undefined) continue;
          expect(error.code.length).toBeLessThanOrEqual(200);
          expect(error.message.length).toBeLessThanOrEqual(4_000);
          expect(error.codes.length).toBeLessThanOrEqual(11);
          expect((error.details ?? []).length).toBeLessThanOrEqual(20);
        }
      }),
    );
  });
});
