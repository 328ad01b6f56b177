import { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { problemDetailsOf } from './problem-details.js';

const PROBLEM = 'application/problem+json';
const config: InternalAxiosRequestConfig = { headers: new AxiosHeaders() };

function answer(data: unknown, contentType = PROBLEM, status = 403): AxiosResponse {
  return { status, statusText: '', headers: { 'Content-Type': contentType }, data, config };
}

// RFC 9457, section 3.
const body = {
  type: 'https://example.com/probs/out-of-credit',
  title: 'You do not have enough credit.',
  status: 403,
  detail: 'Your current balance is 30, but that costs 50.',
  instance: '/account/12345/msgs/abc',
  balance: 30,
  accounts: ['/account/12345', '/account/67890'],
};
const { balance, accounts, ...members } = body;
const told = { ...members, extensions: { balance, accounts } };
const text = JSON.stringify(body);
const bytes = new TextEncoder().encode(text);

describe('the problem details of', () => {
  it.each<[string, unknown]>([
    ['a body that axios has parsed', body],
    ['a body that nobody has parsed', text],
    ['a text that begins with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['a Buffer', Buffer.from(text)],
    ['a part of a larger Buffer', Buffer.from(`xx${text}xx`).subarray(2, 2 + bytes.length)],
    ['bytes', bytes],
    ['an ArrayBuffer', bytes.buffer],
    ['what a class of no prototype holds', Object.assign(Object.create(null) as object, body)],
  ])('%s are the same', (_, data) => {
    expect(problemDetailsOf(answer(data))).toEqual(told);
  });

  it.each([`${PROBLEM}; charset=utf-8`, 'Application/Problem+JSON', ` ${PROBLEM} ;x=y`])(
    'an answer of type "%s" are read, however little they say',
    (contentType) => {
      const found = problemDetailsOf(answer({}, contentType));
      expect(found).toEqual({ type: 'about:blank', extensions: {} });
    },
  );

  it.each(['application/json', 'application/json; charset=utf-8', undefined])(
    'an answer of type "%s" are read where they plainly are some: a title, and the very status that came back',
    (contentType) => {
      const plain: AxiosResponse = { ...answer(body), headers: {} };
      if (contentType !== undefined) plain.headers = { 'content-type': contentType };
      expect(problemDetailsOf(plain)).toEqual(told);
      for (const less of [{ ...body, status: 404 }, { ...body, title: 7 }, { title: 'x' }, { status: 403 }])
        expect(problemDetailsOf({ ...plain, data: less })).toBeUndefined();
    },
  );

  it.each<[string, unknown, string]>([
    ['a list', [body], PROBLEM],
    ['a number', 7, PROBLEM],
    ['null', null, PROBLEM],
    ['a text that is no JSON', '<html>', PROBLEM],
    ['nothing', undefined, PROBLEM],
    ['an OData error', { error: { code: 'a', message: 'm' } }, 'application/json'],
    ['XML', '<problem/>', 'application/problem+xml'],
    ['another type of almost that name', {}, `${PROBLEM}x`],
    ['a stream that nobody has read', Readable.from([text]), PROBLEM],
    ['a map', new Map([['title', 'x']]), PROBLEM],
  ])('%s are not there', (_, data, contentType) => {
    expect(problemDetailsOf(answer(data, contentType))).toBeUndefined();
  });
});

describe('a member of a wrong type', () => {
  it.each(['title', 'detail', 'instance', 'status'] as const)('is as good as none: %s', (name) => {
    for (const value of [null, [], {}, true, name === 'status' ? '403' : 403]) {
      const found = problemDetailsOf(answer({ ...body, [name]: value }))!;
      expect(Object.keys(found)).not.toContain(name);
      expect(found.extensions).toEqual(told.extensions);
    }
  });

  it('leaves the type at about:blank', () => {
    for (const type of [null, 7, {}])
      expect(problemDetailsOf(answer({ ...body, type }))?.type).toBe('about:blank');
  });

  it.each([0, 99, 600, 403.5, 1e9])('is a status that is none: %d', (status) => {
    expect(problemDetailsOf(answer({ status }))).toEqual({ type: 'about:blank', extensions: {} });
  });
});

describe('a hostile body', () => {
  it('of more than 64 KiB has no problem, as a text, as bytes and parsed', () => {
    const long = { ...body, detail: 'é'.repeat(40_000) };
    const longer = { ...body, detail: 'x'.repeat(65_536) };
    expect(problemDetailsOf(answer(Buffer.from(JSON.stringify(long))))).toBeUndefined();
    expect(problemDetailsOf(answer(JSON.stringify(longer)))).toBeUndefined();
    expect(problemDetailsOf(answer(longer))).toBeUndefined();
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`m${index}`, 1]));
    expect(problemDetailsOf(answer(many))).toBeUndefined();
    expect(problemDetailsOf(answer({ title: 'x'.repeat(60_000) }))?.title).toHaveLength(60_000);
  });

  it('is left alone as soon as it has been too long', () => {
    let looked = 0;
    const one = { toJSON: () => (looked += 1) };
    expect(problemDetailsOf(answer({ list: Array.from({ length: 1_000_000 }, () => one) }))).toBeUndefined();
    expect(looked).toBeLessThan(65_536);
  });

  it('gets in no more than fifty members of its own, ten deep', () => {
    const nested = (depth: number, bottom: string) =>
      `${'{"deep":'.repeat(depth)}${bottom}${'}'.repeat(depth)}`;
    const many = Array.from({ length: 100 }, (_, index) => `"m${index}":${index}`).join(',');
    const long = `{"deep":${nested(5_000, '1')},${many}}`;
    const parsed: unknown = JSON.parse(`{"deep":${nested(500, '1')},${many}}`);
    for (const data of [long, parsed]) {
      const { extensions } = problemDetailsOf(answer(data))!;
      expect(Object.keys(extensions)).toHaveLength(50);
      expect(JSON.stringify(extensions['deep'])).toBe(nested(9, 'null'));
    }
  });

  it('cannot be changed by who reads it, nor change what others read', () => {
    const data = JSON.parse('{"__proto__":{"polluted":1},"list":[{"a":1}],"type":"t"}') as object;
    const found = problemDetailsOf(answer(data))!;
    const list = found.extensions['list'] as readonly unknown[];
    expect([found, found.extensions, list, list[0]].every(Object.isFrozen)).toBe(true);
    expect(Object.getPrototypeOf(found.extensions)).toBe(Object.prototype);
    expect(Object.keys(found.extensions)).toContain('__proto__');
    expect('polluted' in {}).toBe(false);
  });

  const cyclic: Record<string, unknown> = { title: 'x' };
  cyclic['self'] = cyclic;
  const throwing = {
    get title(): unknown {
      throw new Error('looked at');
    },
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  it.each<[string, unknown]>([
    ['leads back to itself', cyclic],
    ['throws when it is looked at', throwing],
    ['cannot be looked at', revoked.proxy],
    ['is invalid UTF-8', Buffer.from([0xff, 0xfe, 0x7b])],
    ['nests without end', '['.repeat(60_000)],
    ['holds what JSON cannot', { n: 1n }],
  ])('that %s has no problem', (_, data) => {
    expect(problemDetailsOf(answer(data))).toBeUndefined();
  });

  it('that is the response itself, and throws, has none', () => {
    const response = Object.defineProperty(answer(undefined), 'data', {
      get: () => {
        throw new Error('looked at');
      },
    });
    expect(problemDetailsOf(response)).toBeUndefined();
    expect(problemDetailsOf({ ...answer(body), headers: revoked.proxy })).toBeUndefined();
  });

  it('whatever it is, nothing is thrown, and what is told has the types of RFC 9457', () => {
    const name = fc.constantFrom('type', 'title', 'status', 'detail', 'instance', 'errors', '__proto__', '0');
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }),
        fc.constantFrom(403, 'text', cyclic, throwing),
        fc.dictionary(name, tie('node')),
      ),
    })).node;
    const drawn = fc.oneof(
      tree,
      fc.json(),
      fc.json().map((json) => Buffer.from(json)),
      fc.uint8Array(),
      fc.string(),
    );
    fc.assert(
      fc.property(drawn, fc.constantFrom(PROBLEM, 'application/json'), (data, contentType) => {
        const found = problemDetailsOf(answer(data, contentType));
        if (found === undefined) return;
        const { type, title = '', status = 100, detail = '', instance = '', extensions } = found;
        expect([type, title, detail, instance].map((one) => typeof one)).toEqual(
          Array.from({ length: 4 }, () => 'string'),
        );
        expect(Number.isInteger(status)).toBe(true);
        expect(Object.keys(extensions).length).toBeLessThanOrEqual(50);
        expect(JSON.stringify(found).length).toBeLessThan(7 * 65_536);
      }),
    );
  });
});
