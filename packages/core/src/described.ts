import { readingOf } from './option.js';
import { shared } from './calls.js';

/** One option of what a factory has made. */
export interface DescribedOption {
  readonly name: string;
  readonly value: unknown;
  /** It was not given, or as what it is without being given. */
  readonly isDefault: boolean;
  /** A text in it is no secret. */
  readonly isQuotable: boolean;
}

/** What an interceptor was made by, and with which options. */
export interface Description {
  /** The factory. */
  readonly name: string;
  readonly options: readonly DescribedOption[];
  /** One of the options, for who needs no other: what each of them is by default costs more to find out than to hold. */
  option(name: string): DescribedOption | undefined;
}

/** Works its options out only when somebody looks at them. */
class Made implements Description {
  readonly name: string;
  readonly #resolved: readonly object[];

  constructor(name: string, resolved: readonly object[]) {
    this.name = name;
    this.#resolved = resolved;
  }

  get options(): readonly DescribedOption[] {
    return this.#resolved.flatMap((resolved) =>
      Object.keys(resolved).map((name) => optionIn(resolved, name)),
    );
  }

  option(name: string): DescribedOption | undefined {
    const resolved = this.#resolved.find((one) => Object.hasOwn(one, name));
    return resolved && optionIn(resolved, name);
  }
}

function optionIn(resolved: object, name: string): DescribedOption {
  const reading = readingOf(resolved);
  const value = (resolved as Readonly<Record<string, unknown>>)[name];
  return {
    name,
    value,
    isDefault: reading === undefined ? value === undefined : reading.isDefault(name, value),
    isQuotable: reading?.isQuotable(name) ?? false,
  };
}

// Another copy of this package in the process reads what this one has written down, and the other way round.
const KEY = Symbol.for('@holdfast/core/described/1');
const globals = globalThis as Record<symbol, WeakMap<object, Description> | undefined>;
const descriptions = (globals[KEY] ??= new WeakMap());

/**
 * For factories: what they made, and what `readOptions` has read for it, so that `explain()` can show the two. A factory that
 * reads its options in several goes, or takes something beside them, names all of it: what comes from elsewhere than
 * `readOptions` is an object of its own, and of texts in that nothing is shown. What nobody explains costs a small record.
 */
export function described<Subject extends object>(
  subject: Subject,
  factory: string,
  ...resolved: readonly object[]
): Subject {
  descriptions.set(subject, new Made(factory, resolved));
  return subject;
}

/** What {@link described} was told of an interceptor, or of something that was handed to one. */
export function descriptionOf(subject: unknown): Description | undefined {
  const isObject = typeof subject === 'function' || (typeof subject === 'object' && subject !== null);
  return isObject ? descriptions.get(subject) : undefined;
}

/** The pipeline of a client, in order; `undefined` where nothing is installed. */
export function interceptorsOn(client: object): readonly unknown[] | undefined {
  return shared.installations.get(client)?.interceptors;
}
