import { descriptionOf, type Interceptor } from '@holdfast/core';

/** Options that a pipeline gives to one of its interceptors where its user gives none. */
export interface Usual {
  /** Whose word they are, as it is to be read: `profile batch`. None: they are the user's, said for several interceptors. */
  readonly source?: string;
  readonly options: object;
}

/** Where the options of one interceptor come from. */
interface Sources {
  readonly given: ReadonlySet<string>;
  readonly usual: ReadonlyMap<string, string>;
  /** What somebody else than the user has a word on, and his counts. */
  readonly overruled: ReadonlySet<string>;
  /** What counts in place of a default. */
  readonly limited: Map<string, Limited>;
}

interface Limited {
  readonly value: number;
  readonly source: string;
}

/** How a list of interceptors came about. */
interface Arrangement {
  readonly profile: string;
  /** One for each interceptor. */
  readonly places: readonly (string | undefined)[];
}

interface Shared {
  readonly sources: WeakMap<object, Sources>;
  readonly arrangements: WeakMap<object, Arrangement>;
}

// Two copies of this package in one process (ESM and CommonJS, say) explain each other's pipelines.
const KEY = Symbol.for('@holdfast/client/sources/1');
const globals = globalThis as Record<symbol, Shared | undefined>;
const shared = (globals[KEY] ??= { sources: new WeakMap(), arrangements: new WeakMap() });

/** Makes an interceptor of what its user gives and, where he gives nothing, of what is usual: the last that says it counts. */
export function sourced<Options extends object, Made extends Interceptor>(
  factory: (options: Options) => Made,
  own: { readonly [Name in keyof Options]?: Options[Name] | undefined },
  ...usual: readonly Usual[]
): Made {
  const given = known(own);
  const options: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  const overruled = new Set<string>();
  for (const { source, options: more } of usual) {
    for (const [name, value] of Object.entries(known(more))) {
      if (name in given) {
        if (source !== undefined) overruled.add(name);
        continue;
      }
      options[name] = value;
      if (source !== undefined) sources.set(name, source);
    }
  }
  const made = factory({ ...options, ...given } as Options);
  const names = new Set(Object.keys(given));
  shared.sources.set(made, { given: names, usual: sources, overruled, limited: new Map() });
  return made;
}

/** Without what is `undefined`: it does not take the place of what is usual. */
function known(options: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Writes down that something else cuts a default short. */
export function limitDefault(interceptor: Interceptor, option: string, value: number, source: string): void {
  shared.sources.get(interceptor)?.limited.set(option, { value, source });
}

/** The value of an interceptor's option that counts, and whose word it is: `given`, `default`, or that of its source. */
interface Setting {
  readonly value: unknown;
  readonly source: string;
}

export function settingOf(interceptor: Interceptor, option: string): Setting | undefined {
  const described = descriptionOf(interceptor)?.option(option);
  if (described === undefined) return undefined;
  const { value, isDefault } = described;
  if (shared.sources.get(interceptor)?.given.has(option)) return { value, source: 'given' };
  const source = sourceOf(interceptor, option) ?? (isDefault ? 'default' : 'given');
  return limitOn(interceptor, option) ?? { value, source };
}

/** Who cuts a default short, and to what. */
export function limitOn(interceptor: object, option: string): Limited | undefined {
  return shared.sources.get(interceptor)?.limited.get(option);
}

/** Whose word an option is that nobody has given. */
export function sourceOf(interceptor: object, option: string): string | undefined {
  return shared.sources.get(interceptor)?.usual.get(option);
}

/** Whether its user has said an option that would else be somebody else's word: it is none of a default then, whatever it is. */
export function isOverruled(interceptor: object, option: string): boolean {
  return shared.sources.get(interceptor)?.overruled.has(option) ?? false;
}

export function putArrangement(interceptors: readonly Interceptor[], arrangement: Arrangement): void {
  shared.arrangements.set(interceptors, arrangement);
}

export function arrangementOf(interceptors: readonly unknown[]): Arrangement | undefined {
  return shared.arrangements.get(interceptors);
}
