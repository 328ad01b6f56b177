import { cleanMessage, descriptionOf } from '@holdfast/core';

/** A value as everybody may see it, fit for JSON. */
export type ShownValue =
  string | number | boolean | null | readonly ShownValue[] | { readonly [name: string]: ShownValue };

const LONGEST_LIST = 20;

/**
 * A value of an option, without what may be a secret: of a function its name, of an object its class, and of a text nothing,
 * unless it may be quoted. `null` stands for none.
 */
export function shownValue(value: unknown, isQuotable: boolean): ShownValue {
  try {
    return shown(value, isQuotable);
  } catch {
    // A proxy that was revoked, or a getter of somebody else's.
    return '[object]';
  }
}

function shown(value: unknown, isQuotable: boolean): ShownValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value;
  // JSON would make nothing of `Infinity`.
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return isQuotable ? readable(value) : '[string]';
  if (typeof value === 'function') return titled('function', nameOf(value));
  if (Array.isArray(value)) return value.slice(0, LONGEST_LIST).map((one) => shownValue(one, isQuotable));
  return typeof value === 'object' ? shownObject(value) : `[${typeof value}]`;
}

/** What was made by a factory that says so tells its options; anything else its class. */
function shownObject(value: object): ShownValue {
  const described = descriptionOf(value);
  if (described === undefined) return titled('object', classOf(value));
  const options = described.options.map((option) => [
    option.name,
    shownValue(option.value, option.isQuotable),
  ]);
  return { type: described.name, ...(Object.fromEntries(options) as Record<string, ShownValue>) };
}

/** `[AzureCliCredential]`, or `[object]` of what has no class of its own. */
export function classOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return undefined;
  return nameOf((prototype as { constructor?: unknown }).constructor);
}

function titled(kind: 'function' | 'object', name: string | undefined): string {
  if (kind === 'object') return `[${name ?? kind}]`;
  return name === undefined ? `[${kind}]` : `[${kind} ${name}]`;
}

/** The name of a function or a class; anything else than a word of code is none. */
export function nameOf(subject: unknown): string | undefined {
  if (typeof subject !== 'function') return undefined;
  const name: unknown = subject.name;
  return typeof name === 'string' && /^[a-z_$][\w$]{0,59}$/i.test(name) ? name : undefined;
}

const LONGEST_TEXT = 200;
/** A scope, a header, a tenant, a mode: no white space, no sign that a URL has before a user name or a query. */
const WORD = /^[\w.:/$~+!*%-]*$/;

/** A text that may be quoted: a URL without user name and query, or a word. */
function readable(text: string): string {
  if (WORD.test(text)) return cleanMessage(text).slice(0, LONGEST_TEXT);
  const url = /^[a-z][\w.+-]*:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  return url === undefined ? '[string]' : shownUrl(url);
}

/** Where a URL leads, without the user name and the query: either may be a secret. */
function shownUrl({ protocol, host, pathname }: URL): string {
  return cleanMessage(`${protocol}//${host}${pathname}`).slice(0, LONGEST_TEXT);
}

/** The base URL of a client, as far as everybody may see it: a path of its own where it has no origin. */
export function shownBaseUrl(baseURL: unknown): string | null {
  if (typeof baseURL !== 'string' || baseURL === '') return null;
  if (/^https?:/i.test(baseURL) && URL.canParse(baseURL)) return shownUrl(new URL(baseURL));
  const path = /^\/(?![/\\])[^?#]*/.exec(baseURL)?.[0];
  return path === undefined ? '[string]' : cleanMessage(path).slice(0, LONGEST_TEXT);
}
