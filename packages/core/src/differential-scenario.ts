// All the ways in which a call can be made, over adapters without a network.
import type { TransitionalOptions } from 'axios';
import fc from 'fast-check';
import { ADAPTERS, type AdapterKind } from './differential-adapters.js';
import { INTERCEPTORS, type InterceptorKind, type Point } from './differential-interceptors.js';

class Tenant {
  readonly id = 'a';
  self: unknown = this;
}

const MARK = Symbol('mark');

type Makers = Readonly<Record<string, () => unknown>>;

export const bodies: Makers = {
  none: () => undefined,
  null: () => null,
  text: () => 'text',
  empty: () => '',
  number: () => 7,
  object: () => ({ a: 1, deep: { list: [1, 'b'] } }),
  form: () => new URLSearchParams({ a: '1', b: '2 3' }),
  multipart: () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('file', new Blob(['x'], { type: 'text/plain' }), 'x.txt');
    return form;
  },
  bytes: () => Buffer.from('bytes'),
  arrayBuffer: () => new TextEncoder().encode('buffer').buffer,
  instance: () => new Tenant(),
  cyclic: () => {
    const cyclic: Record<string, unknown> = { a: 1 };
    cyclic['self'] = cyclic;
    return cyclic;
  },
};

export const validators: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  all: () => true,
  nothing: () => false,
  success: (status: number) => status >= 200 && status < 300,
  truthy: () => 'yes',
};

export const extras: Readonly<Record<string, () => object>> = {
  none: () => ({}),
  symbol: () => ({ [MARK]: { a: 1 } }),
  instance: () => ({ tenant: new Tenant() }),
  plain: () => ({ meta: { deep: { list: [1] } }, nothing: undefined }),
  cyclic: () => {
    const meta: Record<string, unknown> = {};
    meta['self'] = meta;
    return { meta };
  },
  frozen: () => Object.freeze({ meta: Object.freeze({ a: 1 }) }),
  redacted: () => ({ redact: ['authorization', 'x-a'], headers: { Authorization: 'a', 'X-A': 'b' } }),
};

export const serializers: Readonly<Record<string, () => object>> = {
  none: () => ({}),
  function: () => ({ paramsSerializer: { serialize: () => 'serialized=1' } }),
  encode: () => ({ paramsSerializer: { encode: (text: string) => text.toUpperCase() } }),
  indexes: () => ({ paramsSerializer: { indexes: true } }),
};

const kinds = (of: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(of));

/** It takes axios its time to overflow the stack. */
const seldomCyclic = (of: object): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 200, arbitrary: kinds(of).filter((kind) => kind !== 'cyclic') },
    { weight: 1, arbitrary: fc.constant('cyclic') },
  );

const CALLS = [
  'request',
  'call',
  'call with url',
  'get',
  'delete',
  'head',
  'options',
  'post',
  'put',
  'patch',
] as const;
const FORMS = ['postForm', 'putForm', 'patchForm'] as const;
const POINTS: readonly Point[] = [
  'before',
  'request interceptor',
  'to request',
  'sent',
  'answered',
  'status',
  'to response',
  'response interceptor',
  'turn',
];

/** One call in one of all the ways. */
export interface Scenario {
  readonly adapter: AdapterKind;
  /** And not that of the client. */
  readonly adapterPerRequest: boolean;
  readonly status: number;
  readonly answer: string;
  /** The function by which it is made. */
  readonly call: CallKind;
  readonly method: string | undefined;
  readonly url: string;
  readonly baseURL: string | undefined;
  readonly baseOfRequest: string | undefined;
  readonly allowAbsoluteUrls: boolean | undefined;
  readonly body: string;
  readonly params: object | undefined;
  readonly serializer: string;
  readonly validator: string | undefined;
  readonly validatorInDefaults: boolean;
  readonly responseType: string | undefined;
  readonly transitional: TransitionalOptions | undefined;
  readonly toRequest: string;
  readonly toResponse: string;
  readonly interceptors: readonly InterceptorKind[];
  /** Before which of them the pipeline comes. */
  readonly installedAt: number;
  readonly auth: boolean;
  /** What else is on the request. */
  readonly extra: string;
  readonly extraInDefaults: boolean;
  readonly cancelAt: Point | undefined;
  readonly cancelBy: string;
  readonly reason: unknown;
  /** What is done with its request afterwards. */
  readonly then: string;
}

type CallKind = (typeof CALLS)[number] | (typeof FORMS)[number];

/** All the ways in which a call can be made. */
export const scenario: fc.Arbitrary<Scenario> = fc.record({
  adapter: fc.constantFrom(...ADAPTERS),
  adapterPerRequest: fc.boolean(),
  status: fc.constantFrom(0, 200, 204, 301, 304, 400, 401, 404, 429, 500, 503, 599),
  answer: fc.constantFrom('', '{"a":1}', '{broken', 'text'),
  call: fc.constantFrom(...CALLS, ...CALLS, ...FORMS),
  method: fc.constantFrom(undefined, 'get', 'POST', 'put', 'delete', 'head', 'PATCH', 'query'),
  url: fc.constantFrom(
    '/a',
    'b?c=1#d',
    'https://other.test/x',
    '',
    '//c',
    '../d',
    'http://',
    'a b',
    'https://u:p@x.test/',
  ),
  baseURL: fc.constantFrom(undefined, 'https://api.test', 'https://api.test/v1/', '/relative'),
  baseOfRequest: fc.constantFrom(undefined, undefined, 'https://second.test/v2'),
  allowAbsoluteUrls: fc.constantFrom(undefined, true, false),
  body: seldomCyclic(bodies),
  params: fc.constantFrom(undefined, { q: 'x y', list: [1, 2] }, new URLSearchParams('a=1')),
  serializer: kinds(serializers),
  validator: fc.option(kinds(validators), { nil: undefined }),
  validatorInDefaults: fc.boolean(),
  responseType: fc.constantFrom(undefined, 'json', 'text', 'arraybuffer', 'stream'),
  transitional: fc.option(
    fc.record(
      {
        silentJSONParsing: fc.boolean(),
        forcedJSONParsing: fc.boolean(),
        legacyInterceptorReqResOrdering: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ),
  toRequest: fc.constantFrom('none', 'one', 'list', 'throwing', 'null'),
  toResponse: fc.constantFrom('none', 'one', 'list', 'throwing', 'async'),
  interceptors: fc.array(fc.constantFrom(...INTERCEPTORS), { maxLength: 3 }),
  installedAt: fc.nat(3),
  auth: fc.boolean(),
  extra: seldomCyclic(extras),
  extraInDefaults: fc.boolean(),
  cancelAt: fc.option(fc.constantFrom(...POINTS), { nil: undefined, freq: 2 }),
  cancelBy: fc.constantFrom('signal', 'token', 'both'),
  reason: fc.constantFrom(undefined, 'a text', new RangeError('a reason')),
  then: fc.constantFrom('nothing', 'again', 'elsewhere', 'after eject', 'twice at once'),
});
