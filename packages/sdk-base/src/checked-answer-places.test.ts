import type { StandardSchemaV1 } from '@standard-schema/spec';
import { AxiosHeaders, type AxiosResponse } from 'axios';
import fc from 'fast-check';
import { inspect } from 'node:util';
import * as v from 'valibot';
import { z } from 'zod';
import { checked, type ResponseValidationError } from './checked-answer.js';

/** What is said of an answer that does not fit. */
function refusalOf(schema: StandardSchemaV1, data: unknown): ResponseValidationError {
  const response: AxiosResponse = {
    ...{ status: 200, statusText: '', headers: {}, data },
    config: { headers: new AxiosHeaders() },
  };
  try {
    void checked(schema, response);
  } catch (error) {
    return error as ResponseValidationError;
  }
  throw new Error('the answer fits');
}

const placesOf = (schema: StandardSchemaV1, data: unknown) =>
  refusalOf(schema, data).message.replace('The answer does not fit its schema: ', '');

interface Node {
  readonly value: number;
  readonly next?: Node | undefined;
}
const zodNode: z.ZodType<Node> = z.object({
  value: z.number(),
  get next() {
    return z.optional(zodNode);
  },
});

describe('where an answer does not fit', () => {
  it.each<[string, StandardSchemaV1, unknown, string]>([
    [
      'valibot',
      v.object({ items: v.array(v.object({ price: v.number() })) }),
      { items: [{}] },
      'items[].price',
    ],
    ['zod', z.object({ items: z.array(z.object({ price: z.number() })) }), { items: [{}] }, 'items[].price'],
    ['a lazy one', zodNode, { value: 1, next: { value: 2, next: { value: 'x' } } }, 'next.next.value'],
    ['the answer itself', v.object({}), 7, 'as a whole'],
    ['more than once', v.array(v.object({ a: v.number(), b: v.number() })), [{}, {}, {}], '[].a, [].b'],
    ['a record', v.record(v.string(), v.object({ id: v.number() })), { 'ann@contoso.example': {} }, '*.id'],
    ['a record by zod', z.record(z.string(), z.object({ id: z.number() })), { ann: { id: 'x' } }, '*.id'],
    ['a map', z.map(z.number(), z.string()), new Map([[4711, 1]]), '[]'],
    [
      'a member that is not to be there',
      z.strictObject({ id: z.number() }),
      { id: 1, S3cret: 1 },
      'as a whole',
    ],
  ])('is said by the names of its schema alone: %s', (_, schema, data, expected) => {
    expect(placesOf(schema, data)).toBe(expected);
  });

  it('is said in a few words, however much is wrong', () => {
    const members = Array.from({ length: 40 }, (_, index) => [`member${index}`, z.number()] as const);
    expect(placesOf(z.object(Object.fromEntries(members)), {})).toBe(
      'member0, member1, member2, member3, member4, and 35 more',
    );
    let deep: z.ZodType = z.number();
    let data: unknown = 'x';
    for (let level = 0; level < 60; level += 1) {
      deep = z.object({ member: deep });
      data = { member: data };
    }
    expect(placesOf(deep, data)).toMatch(/^(?:member\.){10,}.*…$/);
    expect(placesOf(deep, data).length).toBeLessThan(100);
  });

  it('is a star where a validator of one’s own holds its names nowhere', () => {
    const schema: StandardSchemaV1 = {
      '~standard': {
        ...{ version: 1, vendor: 'own' },
        validate: () => ({ issues: [{ message: 'S3cret', path: ['id', { key: Symbol('S3cret') }] }] }),
      },
    };
    expect(placesOf(schema, {})).toBe('*.*');
  });

  it('is said of a schema whose members throw, or make themselves anew, as well', () => {
    const endless = (): object => ({
      get id(): unknown {
        throw new Error('not to be looked at');
      },
      get inner(): object {
        return endless();
      },
    });
    const schema = Object.assign(endless(), {
      '~standard': {
        version: 1 as const,
        vendor: 'own',
        validate: () => ({ issues: [{ message: '', path: ['id'] }] }),
      },
    });
    expect(placesOf(schema, {})).toBe('id');
  });
});

/** Long and odd enough to be found, and not to be there by chance. */
const secret = fc.stringMatching(/^S3cret[A-Za-z0-9]{12,30}$/);

describe('what is shown of an answer that does not fit', () => {
  it.each<[string, StandardSchemaV1]>([
    [
      'valibot',
      v.object({ all: v.record(v.string(), v.picklist(['a'])), id: v.pipe(v.string(), v.maxLength(3)) }),
    ],
    ['zod', z.strictObject({ all: z.record(z.string(), z.enum(['a'])), id: z.string().max(3) })],
  ])('has nothing of what the service sent: %s', (_, schema) => {
    fc.assert(
      fc.property(secret, (value) => {
        const error = refusalOf(schema, { all: { [value]: value }, id: value, [value]: value });
        const shown = [
          error.message,
          String(error),
          error.stack,
          JSON.stringify(error),
          inspect(error, { depth: 9 }),
        ];
        for (const text of shown) expect(text).not.toContain(value);
        expect(error.message).toContain('all.*');
        // It is searched for what is really there.
        expect(inspect([error.issues, error.response], { depth: 9 })).toContain(value);
      }),
    );
  });
});
