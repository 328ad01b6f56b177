import { quoted } from '@holdfast/core';
import * as v from 'valibot';
import { resolvedText, type Env } from './service-env-text.js';
import type { SaidByVariable } from './service-env.js';
import { isLeaf, type Group, type Leaf } from './service-schema-option.js';
import { placeIn, type ServicesProblem } from './services-error.js';

/** In the place of a value that is not allowed: it was given, and nobody is to say that it is missing. */
export const BAD: unique symbol = Symbol('bad');

/** What was read of a service: options by name, in groups as they are written. */
export interface ReadOptions {
  readonly [name: string]: unknown;
}

/** A value as it was written, with its variables in their places. */
interface Resolved {
  readonly value: unknown;
  readonly variables: readonly string[];
}

/** Reads what was written, and keeps what is wrong with it, all of it. */
export class ServicesReader {
  readonly problems: ServicesProblem[] = [];
  readonly #env: Env | undefined;

  constructor(env: Env | undefined) {
    this.#env = env;
  }

  note(place: string, problem: string): typeof BAD {
    this.problems.push({ place, problem });
    return BAD;
  }

  /** The options of a group, or `false` where that may stand in its place. */
  group(node: Group, given: unknown, place: string): ReadOptions | false | typeof BAD {
    const resolved = typeof given === 'string' ? this.#resolved(given, place, ['boolean']) : undefined;
    if (resolved === BAD) return BAD;
    const value = resolved === undefined ? given : resolved.value;
    if (node.canBeOff && value === false) return false;
    const allowed = `an object of options${node.canBeOff ? ', or false' : ''}`;
    if (!isObject(value)) return this.note(place, mustBe(allowed, shownValue(value), resolved?.variables));
    const read = Object.entries(value).flatMap(([key, inner]): readonly (readonly [string, unknown])[] => {
      if (inner === undefined) return [];
      const entry = Object.hasOwn(node.entries, key) ? node.entries[key] : undefined;
      if (entry !== undefined) return [[key, this.#entry(entry, inner, placeIn(place, key))]];
      this.note(placeIn(place, key), unknownKey(key, Object.keys(node.entries)));
      return [];
    });
    return Object.fromEntries(read);
  }

  /** What variables say of one service, in groups as a configuration has them. */
  variables(said: readonly SaidByVariable[]): ReadOptions {
    let read: ReadOptions = {};
    const isOff = ({ node, value }: SaidByVariable) => !isLeaf(node) && value === 'false';
    const off = said.filter(isOff);
    for (const one of said) {
      const { variable, value, path, node } = one;
      const name = path.join('.');
      const contradicted = off.find((other) => other !== one && name.startsWith(`${other.path.join('.')}.`));
      let inner: unknown = false;
      if (contradicted !== undefined)
        this.note(variable, `sets "${name}", which ${contradicted.variable} switches off`);
      else if (isLeaf(node))
        inner = this.#checked(node, { value: readAs(value, node.reads), variables: [] }, variable, true);
      else if (!isOff(one))
        this.note(variable, 'must be false, or be left out: each of the options has a variable of its own');
      const nested = path.reduceRight<unknown>((deeper, key) => ({ [key]: deeper }), inner);
      read = merged(read, nested as ReadOptions);
    }
    return read;
  }

  #entry(node: Leaf<unknown> | Group, given: unknown, place: string): unknown {
    if (!isLeaf(node)) return this.group(node, given, place);
    const resolved = this.#resolved(given, place, node.reads);
    return resolved === BAD ? BAD : this.#checked(node, resolved, place);
  }

  /** `isVariable`: the place is a variable, and what it says is in no message. */
  #checked(node: Leaf<unknown>, { value, variables }: Resolved, place: string, isVariable = false): unknown {
    const { issues, output } = v.safeParse(node.schema, value);
    if (issues === undefined) return output;
    if (isVariable) return this.note(place, `must be ${issues[0].message}, and says something else`);
    const told = new Set<string>();
    for (const { path = [], message, input } of issues) {
      const inner = path.reduce(
        (at, { key }) => placeIn(at, typeof key === 'number' ? key : String(key)),
        place,
      );
      if (told.has(inner)) continue;
      told.add(inner);
      this.note(
        inner,
        mustBe(message, node.isSecret === true ? kindOf(input) : shownValue(input), variables),
      );
    }
    return BAD;
  }

  #resolved(given: unknown, place: string, reads: Leaf<unknown>['reads']): Resolved | typeof BAD {
    if (typeof given === 'string') {
      const { text, variables, isWhole, problems } = resolvedText(given, this.#env);
      for (const problem of problems) this.note(place, problem);
      if (problems.length > 0) return BAD;
      return { value: isWhole ? readAs(text, reads) : text, variables };
    }
    if (typeof given !== 'object' || given === null) return { value: given, variables: [] };
    const variables: string[] = [];
    const problemsBefore = this.problems.length;
    const inner = (key: string | number, value: unknown): unknown => {
      // The schema passes them over without a word.
      if (WORDS_OF_OBJECTS.includes(key)) {
        return this.note(placeIn(place, key), 'is a name that nothing can have here');
      }
      const resolved = this.#resolved(value, placeIn(place, key), []);
      if (resolved === BAD) return BAD;
      variables.push(...resolved.variables);
      return resolved.value;
    };
    const value: unknown = Array.isArray(given)
      ? given.map((one: unknown, at) => inner(at, one))
      : Object.fromEntries(Object.entries(given).map(([key, one]) => [key, inner(key, one)]));
    return this.problems.length > problemsBefore ? BAD : { value, variables };
  }
}

/** What is said later goes before: groups option by option, lists and all else as a whole. Nothing of it is what it was made of. */
export function merged(first: ReadOptions, later: ReadOptions): ReadOptions {
  const both = Object.entries(later).map(([key, value]): [string, unknown] => {
    const before = Object.hasOwn(first, key) ? first[key] : undefined;
    return [key, isObject(value) ? merged(isObject(before) ? before : {}, value) : value];
  });
  return { ...first, ...Object.fromEntries(both) };
}

export function isObject(value: unknown): value is ReadOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const WORDS_OF_OBJECTS: readonly unknown[] = ['__proto__', 'constructor', 'prototype'];

// A number of JSON's without an exponent: "1e3", "0x10", "5s" and " 5" are somebody's mistake.
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** What the text of a variable stands for, where it is all that was said. */
function readAs(text: string, reads: Leaf<unknown>['reads']): unknown {
  if (reads.includes('number') && NUMBER.test(text)) return Number(text);
  if (reads.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return reads.includes('list') ? text.split(',').map((one) => one.trim()) : text;
}

function mustBe(allowed: string, shown: string, variables: readonly string[] = []): string {
  const names = [...new Set(variables)].join(', ');
  return names === ''
    ? `must be ${allowed}, and is ${shown}`
    : `must be ${allowed}, and is something else by ${names}`;
}

/** As far as everybody may see it. */
function shownValue(value: unknown): string {
  if (typeof value === 'string')
    return /^https?:.*[?#]/i.test(value) ? `${quoted(value)} with more` : quoted(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** With the name that is meant, where only case, dashes and underscores are others: `baseUrl`, `deadline_ms`. */
export function unknownKey(key: string, known: readonly string[]): string {
  const plain = (name: string) => name.replace(/[-_]/g, '').toLowerCase();
  const meant = known.find((name) => plain(name) === plain(key));
  return `is no option${meant === undefined ? '' : `: "${meant}" is`}; there are ${known.join(', ')}`;
}
