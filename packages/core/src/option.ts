import * as v from 'valibot';
import { LONGEST_TIMER_MS } from './clock.js';
import { PrivateFieldsOn } from './private-fields.js';

declare const checked: unique symbol;

/**
 * What a factory accepts for one option, and what it takes when the option is not given. What checks it stays in here: in
 * a declaration, the schema's type would have to be read by every compiler that sees this package.
 */
export interface Option<T> {
  /** Never there: it tells the compiler what comes out. */
  readonly [checked]?: () => T;
}

type Checked<Schemas> = {
  readonly [Key in keyof Schemas]: Schemas[Key] extends Option<infer T> ? T : never;
};

function option<T>(schema: v.GenericSchema<unknown, T>): Option<T> {
  return schema as Option<T>;
}

function optional<T>(schema: v.GenericSchema<unknown, T>, fallback: T): Option<T> {
  return option(v.optional(schema, () => fallback));
}

/** Whether a value is a text that says something. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Milliseconds, from 0. */
export function milliseconds(fallback: number): Option<number> {
  const message = 'a number of milliseconds, 0 or more';
  return optional(v.pipe(v.number(message), v.finite(message), v.minValue(0, message)), fallback);
}

/** What a time limit may be: one that no timer can hold would end at once. */
export const LIMIT_ALLOWED: string = `a number of milliseconds above 0, up to ${LONGEST_TIMER_MS}, or false`;

/** Whether a value is a time limit: milliseconds, or `false` for none. */
export function isLimit(value: unknown): value is number | false {
  return value === false || (typeof value === 'number' && value > 0 && value <= LONGEST_TIMER_MS);
}

/** Milliseconds, more than 0; or `false` for no limit. */
export function limit(fallback: number | false): Option<number | false> {
  return accepted<number | false>(isLimit, LIMIT_ALLOWED, fallback);
}

/** A whole number within bounds. */
export function count(fallback: number, from = 0, to: number = Number.MAX_SAFE_INTEGER): Option<number> {
  const message =
    to === Number.MAX_SAFE_INTEGER
      ? `a whole number, ${from} or more`
      : `a whole number from ${from} to ${to}`;
  return optional(
    v.pipe(v.number(message), v.integer(message), v.minValue(from, message), v.maxValue(to, message)),
    fallback,
  );
}

/** A part of a whole, from 0 to 1. */
export function ratio(fallback: number): Option<number> {
  const message = 'a number from 0 to 1';
  return optional(v.pipe(v.number(message), v.minValue(0, message), v.maxValue(1, message)), fallback);
}

/** True or false. */
export function flag(fallback: boolean): Option<boolean> {
  return optional(v.boolean('true or false'), fallback);
}

/** A function. */
export function func<F extends (...args: never[]) => unknown>(fallback: F): Option<F> {
  return optional(
    v.custom<F>((value) => typeof value === 'function', 'a function') as v.GenericSchema<unknown, F>,
    fallback,
  );
}

/** An object of ours or of the caller's that has these methods. */
export function having<T extends object>(methods: readonly (keyof T & string)[], fallback: T): Option<T> {
  const isOne = (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof (value as T)[name] === 'function');
  const message = `an object with ${methods.map((name) => `${name}()`).join(' and ')}`;
  return optional(v.custom<T>(isOne, message) as v.GenericSchema<unknown, T>, fallback);
}

/** What `accepts` says yes to, and the fallback where the option is not given. */
export function accepted<T>(accepts: (value: unknown) => boolean, allowed: string, fallback: T): Option<T> {
  return optional(v.custom<T>(accepts, allowed) as v.GenericSchema<unknown, T>, fallback);
}

const open = new WeakSet<Option<unknown>>();

/** The same option, of which a message may quote a text: nobody takes it for the place of a secret. */
export function quotable<T>(one: Option<T>): Option<T> {
  open.add(one);
  return one;
}

const LONGEST_QUOTE = 100;

/**
 * A text for a message: a URL, as far as everybody may see it, or a word. Anything else may be a secret that stands in the
 * wrong place.
 */
export function quoted(text: string): string {
  if (text === '') return 'an empty string';
  const isWord = /^[a-z][a-z.-]*$/i.test(text);
  const url = !isWord && /^https?:/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!isWord && (url === undefined || url.username !== '' || url.password !== '')) return 'a string';
  return JSON.stringify((url === undefined ? text : url.origin + url.pathname).slice(0, LONGEST_QUOTE));
}

/** What `accepts` says yes to; the option must be given. */
export function required<T>(accepts: (value: unknown) => boolean, allowed: string): Option<T> {
  // The fallback is no answer either: it makes a missing option read like one with a wrong value.
  const given = v.optional(v.unknown(), () => undefined);
  return option(v.pipe(given, v.custom<T>(accepts, allowed)));
}

/** What is known of the options that were read, beside their values. */
interface Reading {
  /** Whether an option was not given, or as exactly what it is then. */
  isDefault(name: string, value: unknown): boolean;
  isQuotable(name: string): boolean;
}

type Schemas = Readonly<Record<string, Option<unknown>>>;

/**
 * By which schemas an object was read, in a private field on it: nobody sees it. As cheap as it gets, since what a request
 * brings is read for each call.
 */
class Read extends PrivateFieldsOn {
  #schemas: Schemas = {};

  static remember(output: object, schemas: Schemas): void {
    const read = new Read(output);
    read.#schemas = schemas;
  }

  static reading(output: object): Reading | undefined {
    if (!(#schemas in output)) return undefined;
    const schemas = output.#schemas;
    return {
      isDefault: (name, value) => Object.is(value, defaultOf(schemas[name])),
      isQuotable: (name) => isQuotable(schemas[name]),
    };
  }
}

/** How options were read; nothing of an object that does not come from {@link readOptions}. */
export function readingOf(output: object): Reading | undefined {
  return Read.reading(output);
}

/** No value of an option is this one. */
const REQUIRED = Symbol('required');

/** What an option is when it is not given. */
function defaultOf(one: Option<unknown> | undefined): unknown {
  if (one === undefined) return undefined;
  const { success, output } = v.safeParse(one as v.GenericSchema, undefined);
  return success ? output : REQUIRED;
}

/**
 * Checks what a factory was given, and fills in the defaults.
 *
 * @throws {TypeError} naming the factory, the option, the value and what is allowed.
 */
export function readOptions<Schemas extends Record<string, Option<unknown>>>(
  factory: string,
  schemas: Schemas,
  given: unknown,
): Checked<Schemas> {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${factory}(): the options must be an object, and are ${shown(given)}`);
  }
  const all: Readonly<Record<string, Option<unknown>>> = schemas;
  const { issues, output } = v.safeParse(v.strictObject(all as Record<string, v.GenericSchema>), given);
  const issue = issues?.[0];
  if (issue === undefined) {
    const read = output as Checked<Schemas>;
    Read.remember(read, schemas);
    return read;
  }
  const key = issue.path?.[0]?.key;
  const name = typeof key === 'string' ? key : '';
  if (!Object.hasOwn(schemas, name)) {
    throw new TypeError(
      `${factory}(): there is no option "${name}"; there are ${Object.keys(schemas).join(', ')}`,
    );
  }
  throw new TypeError(
    `${factory}(): the option "${name}" must be ${issue.message}, and is ${shown(issue.input, isQuotable(all[name]))}`,
  );
}

function isQuotable(one: Option<unknown> | undefined): boolean {
  return one !== undefined && open.has(one);
}

/** Neither the text of a string, unless it may be quoted, nor the inside of an object: either may be a secret. */
function shown(value: unknown, mayQuote = false): string {
  if (typeof value === 'string') return mayQuote || value === '' ? quoted(value) : 'a string';
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value))
    return mayQuote ? `[${value.map((one) => shown(one, true)).join(', ')}]` : 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
