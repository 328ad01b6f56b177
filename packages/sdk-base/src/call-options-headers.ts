import type { AxiosInstance } from 'axios';

/** Headers of a request; `undefined` is as good as not there. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

// RFC 9110, sections 5.1 and 5.5. What axios would leave out of a value without a word is refused instead.
const NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a text can be the value of a header: no line breaks, no signs above U+00FF. */
export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && VALUE.test(value);
}

/** Whether these can be headers. */
export function isHeaders(value: unknown): value is RequestHeaders {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    // By that name an object takes no value.
    ([name, content]) =>
      NAME.test(name) && name !== '__proto__' && (content === undefined || isHeaderValue(content)),
  );
}

// RFC 9110, sections 8.8.3 and 13.1.1; spaces inside of a tag, which some services send, are theirs.
const TAG =
  /^(?:W\/)?"[\x20\x21\x23-\x7e\x80-\xff]*"(?:[\t ]*,[\t ]*(?:W\/)?"[\x20\x21\x23-\x7e\x80-\xff]*")*$/;

/** Whether a text is an entity tag, a list of them, or `*`. */
export function isEntityTag(value: unknown): value is string {
  return value === '*' || (typeof value === 'string' && TAG.test(value));
}

/** Several sets of headers as one: the later wins, whatever the case of its name. */
export function mergedHeaders(...all: readonly (RequestHeaders | undefined)[]): Record<string, string> {
  const merged = new Map<string, readonly [name: string, value: string]>();
  for (const headers of all)
    for (const [name, value] of Object.entries(headers ?? {}))
      if (value !== undefined) merged.set(name.toLowerCase(), [name, value]);
  return Object.fromEntries(merged.values());
}

/** Whether a header is among these: with a value, or by `false` or `null` the word that there is to be none. */
export function hasHeader(headers: unknown, lowerCaseName: string): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  // One name may be there twice, in another case: axios has one of its own that says nothing.
  return Object.entries(headers).some(
    ([name, value]) => value !== undefined && name.toLowerCase() === lowerCaseName,
  );
}

/** Whether the owner of a client has given it a header for all requests of a method. */
export function hasDefaultHeader(
  { defaults: { headers } }: AxiosInstance,
  method: string,
  lowerCaseName: string,
): boolean {
  const byMethod: unknown = Reflect.get(headers, method.toLowerCase());
  return [headers, headers.common, byMethod].some((some) => hasHeader(some, lowerCaseName));
}
