// What a caller can tell two outcomes apart by, as plain data: for the tests that hold a pipeline against bare axios.
import { getEventListeners } from 'node:events';
import { Agent, ClientRequest } from 'node:http';
import { Stream } from 'node:stream';
import { types } from 'node:util';
import axios, { AxiosError, AxiosHeaders, CanceledError } from 'axios';

/** Stacks, how long it took, and by which port. */
const VOLATILE: ReadonlySet<string> = new Set(['stack', 'Symbol(causeStack)', 'duration', 'socket']);
// Drawn anew for each body, and the number by which the loopback server tells two calls apart.
const DRAWN =
  /play-\d+|-{24,}[0-9a-f]{24}|axios-[\d.]+-boundary-[\w-]+|-{4}(?:formdata-undici|axios|WebKitFormBoundary)[\w-]*/g;

/**
 * Everything of a value: classes, own keys in their order, hidden ones and symbols, errors with what they print as JSON,
 * what listens to a signal. Functions count by their name; what is met again, by being the same.
 */
export function shown(value: unknown, met: Map<object, number> = new Map()): unknown {
  if (typeof value === 'string') return value.replaceAll(DRAWN, 'drawn');
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'number' ? value : `(${String(value)})`;
  const number = met.get(value);
  if (number !== undefined) return `(object ${number})`;
  met.set(value, met.size);
  return shownObject(value, (inner) => shown(inner, met));
}

function shownObject(value: object, inside: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((inner) => inside(inner));
  // Errors of Node's own are of another realm in a test.
  if (types.isNativeError(value)) return shownError(value, inside);
  if (value instanceof AxiosHeaders) return { AxiosHeaders: members(value.toJSON(), inside) };
  if (value instanceof AbortSignal) {
    const listeners = getEventListeners(value, 'abort').length;
    return { signal: value.aborted, reason: inside(value.reason), listeners };
  }
  if (value instanceof axios.CancelToken) return shownCancelToken(value, inside);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return { [classOf(value)]: value.byteLength > 4_096 ? value.byteLength : textOf(value) };
  if (value instanceof ClientRequest) {
    const { method, path, host, protocol } = value;
    const { res } = value as { res?: { responseUrl?: unknown; statusCode?: unknown } | null };
    return {
      ClientRequest: [method, path, host, protocol, inside(res?.responseUrl), inside(res?.statusCode)],
    };
  }
  if (value instanceof Request) {
    const { method, url, redirect, headers } = value;
    return { Request: [method, url, redirect, inside([...headers.keys()])] };
  }
  if (value instanceof Agent || value instanceof Stream || value instanceof ReadableStream)
    return classOf(value);
  if (types.isPromise(value)) return 'Promise';
  if (value instanceof URLSearchParams || value instanceof URL) return { [classOf(value)]: String(value) };
  if (value instanceof Date) return { Date: value.getTime() };
  if (value instanceof Blob) return { [classOf(value)]: [value.size, value.type] };
  if (value instanceof FormData) return { FormData: inside([...value.entries()]) };
  return { [classOf(value)]: members(value, inside), ...(Object.isFrozen(value) && { frozen: true }) };
}

function shownError(error: Error, inside: (inner: unknown) => unknown): unknown {
  const { name, message } = error;
  return {
    name,
    message,
    text: String(error),
    classes: classesOf(error),
    is: [
      axios.isAxiosError(error),
      axios.isCancel(error),
      error instanceof AxiosError,
      error instanceof CanceledError,
    ],
    hasStack: typeof error.stack,
    own: members(error, inside),
    json: inside(jsonOf(error)),
  };
}

function jsonOf(error: Error & { toJSON?(): object; config?: { data?: unknown } }): unknown {
  const { config } = error;
  const data = config?.data;
  // Axios would tell the inside of a stream, which changes with every byte.
  const isStream = config !== undefined && data instanceof Stream;
  if (isStream) config.data = 'a stream';
  try {
    const json = { ...error.toJSON?.(), stack: undefined };
    return JSON.parse(JSON.stringify(json).replace(/"duration":\d+/g, '"duration":0')) as unknown;
  } catch (failure) {
    return `toJSON() failed: ${String(failure).split('\n', 1)[0] ?? ''}`;
  } finally {
    if (isStream) config.data = data;
  }
}

function shownCancelToken(token: object, inside: (inner: unknown) => unknown): unknown {
  const { reason, _listeners } = token as { reason?: unknown; _listeners?: readonly unknown[] | null };
  return { cancelToken: inside(reason), listeners: _listeners?.length ?? 0 };
}

/** A list, and not an object: the order of the keys counts, and so does a key that holds `undefined`. */
function members(value: object, inside: (inner: unknown) => unknown): unknown[] {
  return keysOf(value).map((key) => {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    const flags = `${descriptor?.enumerable ? '' : ' hidden'}${descriptor?.writable ? '' : ' readonly'}`;
    const held: unknown = VOLATILE.has(String(key))
      ? 'any'
      : inside((value as Record<PropertyKey, unknown>)[key]);
    return [`${String(key)}${flags}`, held];
  });
}

function textOf(bytes: ArrayBufferView | ArrayBuffer): string {
  const view = ArrayBuffer.isView(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Buffer.from(bytes);
  return view.toString('latin1').replaceAll(DRAWN, 'drawn');
}

function classOf(value: object): string {
  return classesOf(value)[0] ?? 'null';
}

function classesOf(value: object): string[] {
  const names: string[] = [];
  for (let one: unknown = Object.getPrototypeOf(value); one !== null; one = Object.getPrototypeOf(one))
    names.push((one as object).constructor.name);
  return names;
}

/** Axios hides one of its own on every config, and shows it on the copy it makes of a frozen one: that one is left out. */
export function keysOf(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) => key !== 'hasOwnProperty');
}
