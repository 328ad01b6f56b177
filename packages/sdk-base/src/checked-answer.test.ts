import { errorSummary } from '@holdfast/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { AxiosError, AxiosHeaders, isAxiosError, type AxiosResponse } from 'axios';
import * as v from 'valibot';
import { z } from 'zod';
import { ResponseValidationError, assertSchema, checked } from './checked-answer.js';

function answer(data: unknown, status = 200): AxiosResponse {
  const config = { url: '/7', method: 'get', headers: new AxiosHeaders() };
  return { status, statusText: '', headers: {}, data, config, request: {} };
}

/** A validator of one's own. */
function own<T>(validate: StandardSchemaV1.Props<unknown, T>['validate']): StandardSchemaV1<unknown, T> {
  return { '~standard': { version: 1, vendor: 'own', validate } };
}

/** What a check fails with, however it does. */
async function failureOf(schema: StandardSchemaV1, response: AxiosResponse): Promise<unknown> {
  try {
    return { value: await checked(schema, response) };
  } catch (error) {
    return error;
  }
}

const ORDERS: readonly [string, StandardSchemaV1<unknown, { id: number; at: Date }>][] = [
  [
    'valibot',
    v.object({
      id: v.number(),
      at: v.pipe(
        v.string(),
        v.transform((at) => new Date(at)),
      ),
    }),
  ],
  ['zod', z.object({ id: z.number(), at: z.string().transform((at) => new Date(at)) })],
  [
    'zod, asynchronously',
    z.object({
      id: z.number().refine(async (id) => Promise.resolve(id > 0)),
      at: z.string().transform((at) => new Date(at)),
    }),
  ],
  [
    'valibot, asynchronously',
    v.objectAsync({
      id: v.pipeAsync(
        v.number(),
        v.checkAsync((id) => Promise.resolve(id > 0)),
      ),
      at: v.pipe(
        v.string(),
        v.transform((at) => new Date(at)),
      ),
    }),
  ],
];

describe.each(ORDERS)('an answer that is checked by %s', (_, schema) => {
  it('is what the schema makes of it', async () => {
    const at = '2026-01-02T03:04:05.000Z';
    expect(await checked(schema, answer({ id: 7, at, more: true }))).toEqual({ id: 7, at: new Date(at) });
  });

  it('and does not fit is an axios error that leads to the response, and says where', async () => {
    const response = answer({ id: 'S3cret', at: 'x' });
    const error = await failureOf(schema, response);
    expect(error).toBeInstanceOf(ResponseValidationError);
    expect(error).toBeInstanceOf(AxiosError);
    expect(isAxiosError(error)).toBe(true);
    expect(error).toMatchObject({
      name: 'ResponseValidationError',
      code: 'ERR_RESPONSE_VALIDATION',
      message: 'The answer does not fit its schema: id',
      status: 200,
    });
    const { response: found, issues } = error as ResponseValidationError;
    expect(found).toBe(response);
    expect(issues).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ status: 200, method: 'GET', url: '/7' });
    expect(errorSummary(error).code).toBe('ERR_RESPONSE_VALIDATION');
  });
});

it('a validator that needs no time gives its value at once', () => {
  expect(checked(v.number(), answer(7))).toBe(7);
  expect(
    checked(
      own(() => Promise.resolve({ value: 8 })),
      answer(7),
    ),
  ).toBeInstanceOf(Promise);
});

it.each([
  ['204', answer('', 204)],
  ['204 that an adapter has null for', answer(null, 204)],
  ['205', answer('', 205)],
  ['200 with an empty body', answer('')],
])('an answer without a body is one of nothing: %s', async (_, response) => {
  expect(await checked(v.optional(v.object({ id: v.number() })), response)).toBeUndefined();
  expect(await failureOf(z.undefined(), response)).toEqual({ value: undefined });
  expect(await failureOf(z.object({}), response)).toMatchObject({
    message: 'The answer does not fit its schema: as a whole',
  });
});

it('an answer of null is null', () => {
  const nothing: unknown = checked(v.null(), answer(null));
  expect(nothing).toBeNull();
});

describe('a validator that throws in place of telling', () => {
  const thrown = new RangeError('S3cret');

  it.each<[string, StandardSchemaV1]>([
    [
      'at once',
      own(() => {
        throw thrown;
      }),
    ],
    ['later', own(() => Promise.reject(thrown))],
  ])('%s fails the call with what it threw at hand, and in no log', async (_, schema) => {
    const error = await failureOf(schema, answer({}));
    expect(error).toMatchObject({
      code: 'ERR_RESPONSE_VALIDATION',
      message: 'The answer could not be checked: its schema threw an error',
      issues: [],
    });
    expect((error as ResponseValidationError).thrown).toBe(thrown);
    expect(JSON.stringify(error)).not.toContain('S3cret');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['nothing, later', Promise.resolve(undefined)],
    ['places that lead nowhere', { issues: [{ message: 'S3cret', path: [null] }] }],
    ['the same, later', Promise.resolve({ issues: [{ message: 'S3cret', path: [null] }] })],
  ])('also where it returns %s', async (_, result) => {
    const response = answer({});
    const error = await failureOf(
      own(() => result as never),
      response,
    );
    expect(error).toBeInstanceOf(ResponseValidationError);
    expect((error as ResponseValidationError).response).toBe(response);
    expect((error as ResponseValidationError).thrown).toBeInstanceOf(TypeError);
  });

  it('also where it throws nothing that can be named', async () => {
    const schema = own(() => Promise.reject(undefined as never));
    expect(await failureOf(schema, answer({}))).toHaveProperty(
      'message',
      'The answer could not be checked: its schema threw an error',
    );
  });
});

describe('the option schema', () => {
  it.each([
    undefined,
    null,
    'S3cret',
    {},
    { '~standard': {} },
    { '~standard': { version: 1, vendor: 'own', validate: 7 } },
    () => true,
    { parse: () => 7 },
  ])('is refused where it is no validator: %p', (schema) => {
    expect(() => {
      assertSchema('http.get', schema);
    }).toThrow(
      new TypeError(
        'http.get(): the option "schema" must be a validator that speaks Standard Schema (with "~standard"), and is not',
      ),
    );
  });

  it.each([
    ['an object', v.string()],
    ['a class', z.string()],
    [
      'a function',
      Object.assign(
        () => true,
        own((value) => ({ value })),
      ),
    ],
  ])('may be %s', (_, schema) => {
    expect(() => {
      assertSchema('http.get', schema);
    }).not.toThrow();
  });
});

describe('the type of a checked answer', () => {
  it('is what comes out of the schema, and not what goes in', async () => {
    const length: number | Promise<number> = checked(
      v.pipe(
        v.string(),
        v.transform((text) => text.length),
      ),
      answer('four'),
    );
    const at: Date = await checked(
      z.string().transform((text) => new Date(text)),
      answer('2026-01-02'),
    );
    // @ts-expect-error -- a number comes out
    const text: string = await checked(z.number(), answer(7));
    expect([length, at.getUTCFullYear(), text]).toEqual([4, 2026, 7]);
  });
});
