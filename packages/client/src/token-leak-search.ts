// Looks for secrets in everything that can be reached from a value, for the tests that hold that a token shows nowhere.
import { Agent } from 'node:http';
import { inspect, types } from 'node:util';
import { callOf } from '@holdfast/core';

/** The ways from a value to a secret. */
export function pathsToSecrets(value: unknown, secrets: readonly string[]): string[] {
  return pathsIn(value, 'it', (text) => secrets.some((secret) => text.includes(secret)));
}

/** Where one of the secrets can be read: by a path through the value, or in what some way of printing it shows. */
export function leaksIn(value: unknown, secrets: readonly string[]): string[] {
  const shows = (text: string): boolean => secrets.some((secret) => text.includes(secret));
  const printed = Object.entries(printsOf(value)).flatMap(([name, text]) => (shows(text) ? [name] : []));
  return [...printed, ...pathsIn(value, 'it', shows), ...pathsIn(callOf(value), 'callOf(it)', shows)];
}

function printsOf(value: unknown): Record<string, string> {
  const deep = {
    depth: Infinity,
    showHidden: true,
    getters: true,
    maxStringLength: Infinity,
    maxArrayLength: Infinity,
  };
  const isObject = typeof value === 'object' && value !== null;
  const { toJSON, message, stack } = (isObject ? value : {}) as Record<
    'toJSON' | 'message' | 'stack',
    unknown
  >;
  return {
    'inspect()': tried(() => inspect(value, deep)),
    'console.log()': tried(() => inspect(value)),
    'inspect({ ...it })': tried(() => inspect({ ...(value as object) }, deep)),
    'String()': tried(() => String(value)),
    'JSON.stringify()': json(value),
    'toJSON()': typeof toJSON === 'function' ? json(tried(() => toJSON.call(value) as unknown)) : '',
    message: String(message),
    stack: String(stack),
    'String(callOf())': String(callOf(value)),
    'JSON.stringify(callOf())': json(callOf(value)),
    'inspect(callOf())': inspect(callOf(value), deep),
  };
}

function tried<T>(act: () => T): T | string {
  try {
    return act();
  } catch (error) {
    return String(error);
  }
}

/** What it is in JSON; a cycle ends where it closes. */
function json(value: unknown): string {
  const above: object[] = [];
  function acyclic(this: object, _key: string, inner: unknown): unknown {
    if (typeof inner === 'bigint') return String(inner);
    if (typeof inner !== 'object' || inner === null) return inner;
    while (above.length > 0 && above.at(-1) !== this) above.pop();
    if (above.includes(inner)) return '(cycle)';
    above.push(inner);
    return inner;
  }
  return tried(() => JSON.stringify([value], acyclic));
}

/** Every way from a value to a text that shows a secret, one for each object on which it ends. */
function pathsIn(root: unknown, name: string, shows: (text: string) => boolean): string[] {
  const found: string[] = [];
  const met = new Set<unknown>([globalThis, process]);
  const waiting: [value: unknown, path: string][] = [[root, name]];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [value, path] = next;
    if (typeof value === 'string') {
      if (shows(value)) found.push(path);
      continue;
    }
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || met.has(value))
      continue;
    met.add(value);
    // An agent that the caller made is his; what its sockets hold is Node's.
    if (value instanceof Agent) continue;
    if (types.isTypedArray(value) || types.isAnyArrayBuffer(value)) {
      if (shows(bytesOf(value).toString('latin1'))) found.push(path);
      continue;
    }
    for (const [step, inner] of membersOf(value)) waiting.push([inner, `${path}${step}`]);
  }
  return found;
}

function bytesOf(value: NodeJS.TypedArray | ArrayBufferLike): Buffer {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
}

/** Own members, hidden ones and symbols too; entries; and what the accessors of its classes give. Not what closures hold. */
function* membersOf(value: object): Generator<[step: string, inner: unknown]> {
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'string') yield [`.${key} (its name)`, key];
    yield [`.${String(key)}`, tried(() => Reflect.get(value, key) as unknown)];
  }
  if (types.isMap(value)) {
    for (const [key, inner] of value) {
      yield ['.keys()', key];
      yield [`.get(${typeof key === 'string' ? key : typeof key})`, inner];
    }
  }
  if (types.isSet(value)) for (const inner of value) yield ['.values()', inner];
  // Their accessors say what an object of that kind is made of, and take one.
  if (typeof value === 'function') return;
  let proto: object | null = Reflect.getPrototypeOf(value);
  for (; proto !== null && proto !== Object.prototype; proto = Reflect.getPrototypeOf(proto)) {
    for (const key of Reflect.ownKeys(proto)) {
      if (Object.getOwnPropertyDescriptor(proto, key)?.get !== undefined)
        yield [`.${String(key)}`, tried(() => Reflect.get(value, key) as unknown)];
    }
  }
}
