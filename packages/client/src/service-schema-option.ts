import { LIMIT_ALLOWED, LONGEST_TIMER_MS } from '@holdfast/core';
import * as v from 'valibot';

/** What the text of a variable stands for, where an option takes more than text. */
type Reading = 'number' | 'boolean' | 'list';

/** One option, as a configuration says it. */
export interface Leaf<T> {
  /** The first sentence of the option's own documentation. */
  readonly description: string;
  /** Its messages say what is allowed. */
  readonly schema: v.GenericSchema<unknown, T>;
  readonly reads: readonly Reading[];
  /** Whether it may hold a secret: then no message shows any of its value. */
  readonly isSecret?: boolean;
  /** Whether it has no variable of its own, `HOLDFAST_<SERVICE>_<OPTION>`: it is more than a text or a list of texts. */
  readonly isNested?: boolean;
}

/** Several options that stand together. */
export interface Group {
  readonly description: string;
  readonly entries: Readonly<Record<string, Leaf<unknown> | Group>>;
  /** Whether `false` may stand in its place. */
  readonly canBeOff: boolean;
}

/** An entry for each option: whoever adds one to the type adds it here, or says why JSON cannot say it. */
export type Entries<Options> = {
  readonly [Name in keyof Options]-?: Leaf<Exclude<Options[Name], undefined>> | Group;
};

export function isLeaf(node: Leaf<unknown> | Group): node is Leaf<unknown> {
  return 'schema' in node;
}

export function count(description: string, from = 0, to: number = Number.MAX_SAFE_INTEGER): Leaf<number> {
  const allowed =
    to === Number.MAX_SAFE_INTEGER
      ? `a whole number, ${from} or more`
      : `a whole number from ${from} to ${to}`;
  const schema = v.pipe(
    v.number(allowed),
    v.integer(allowed),
    v.minValue(from, allowed),
    v.maxValue(to, allowed),
  );
  return { description, schema, reads: ['number'] };
}

export function milliseconds(description: string): Leaf<number> {
  const allowed = 'a number of milliseconds, 0 or more';
  const schema = v.pipe(v.number(allowed), v.finite(allowed), v.minValue(0, allowed));
  return { description, schema, reads: ['number'] };
}

export function limit(description: string): Leaf<number | false> {
  const number = v.pipe(
    v.number(LIMIT_ALLOWED),
    v.gtValue(0, LIMIT_ALLOWED),
    v.maxValue(LONGEST_TIMER_MS, LIMIT_ALLOWED),
  );
  const schema = v.union([v.literal(false), number], LIMIT_ALLOWED);
  return { description, schema, reads: ['number', 'boolean'] };
}

export function timer(description: string): Leaf<number> {
  const allowed = `a number of milliseconds above 0, up to ${LONGEST_TIMER_MS}`;
  const schema = v.pipe(v.number(allowed), v.gtValue(0, allowed), v.maxValue(LONGEST_TIMER_MS, allowed));
  return { description, schema, reads: ['number'] };
}

export function ratio(description: string): Leaf<number> {
  const allowed = 'a number from 0 to 1';
  const schema = v.pipe(v.number(allowed), v.minValue(0, allowed), v.maxValue(1, allowed));
  return { description, schema, reads: ['number'] };
}

export function flag(description: string): Leaf<boolean> {
  return { description, schema: v.boolean('true or false'), reads: ['boolean'] };
}

/** Nothing but `false`: what else there is can only be made in code. */
export function onlyFalse(description: string): Leaf<false> {
  const schema = v.literal(false, 'false, or be left out: another one is made in code');
  return { description, schema, reads: ['boolean'] };
}

export function choice<const Value extends string>(
  description: string,
  values: readonly [Value, Value],
): Leaf<Value> {
  const schema = v.picklist(values, values.map((value) => `"${value}"`).join(' or '));
  return { description, schema, reads: [] };
}

export function text(description: string, allowed: string): Leaf<string> {
  return { description, schema: v.pipe(v.string(allowed), v.nonEmpty(allowed)), reads: [] };
}

// RFC 9110, section 5.1.
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

export function headerName(description: string): Leaf<string> {
  return { description, schema: headerNameSchema('the name of a header'), reads: [] };
}

export function headerNames(description: string): Leaf<string[]> {
  const schema = v.array(headerNameSchema('the name of a header'), 'a list of header names');
  return { description, schema, reads: ['list'] };
}

/** By name. A value is a secret as a rule: `${VAR}` keeps it out of the file. */
export function headers(description: string): Leaf<Record<string, string>> {
  const value = 'a text that a header can hold, without line breaks and characters beyond Latin-1';
  const allowed = 'an object of headers, each a text';
  const schema = v.pipe(
    v.unknown(),
    // A record takes a list for an object.
    v.check((given) => !Array.isArray(given), allowed),
    v.record(
      headerNameSchema('a header by a name that it can have'),
      v.pipe(v.string(value), v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, value)),
      allowed,
    ),
  );
  return { description, schema, reads: [], isSecret: true, isNested: true };
}

export function scopes(description: string): Leaf<string | string[]> {
  const allowed = 'a scope, or a list of scopes';
  const one = v.pipe(v.string(allowed), v.nonEmpty(allowed));
  const list = v.pipe(v.array(one, allowed), v.nonEmpty(allowed));
  return { description, schema: v.union([one, list], allowed), reads: ['list'] };
}

function headerNameSchema(allowed: string): v.GenericSchema<string> {
  return v.pipe(v.string(allowed), v.regex(HEADER_NAME, allowed));
}
