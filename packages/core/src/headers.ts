/**
 * The name under which a headers object holds a header, whatever its case. Axios's own `has` and `get` do the same by
 * way of a regular expression per header; this one runs on every call.
 */
export function headerKey(headers: object, lowerCaseName: string): string | undefined {
  for (const key in headers) {
    if (key.length === lowerCaseName.length && key.toLowerCase() === lowerCaseName) return key;
  }
  return undefined;
}

/** Takes off a header that was put on under this name, in whatever case somebody has put it on again meanwhile. */
export function removeHeader(headers: object, name: string): void {
  // All are found before one is taken off: what has lost a member is slow to walk through.
  let others: string[] | undefined;
  for (const key in headers) {
    // Mostly it stands there as it was put on: a text in lower case is made for none of the two.
    if (key !== name && key.length === name.length && key.toLowerCase() === name.toLowerCase())
      (others ??= []).push(key);
  }
  Reflect.deleteProperty(headers, name);
  if (others !== undefined) for (const key of others) Reflect.deleteProperty(headers, key);
}

/** All lines of a response header, from axios's headers or from the plain object a custom adapter may answer with. */
export function headerLines(headers: unknown, lowerCaseName: string): readonly string[] {
  if (typeof headers !== 'object' || headers === null) return [];
  const key = headerKey(headers, lowerCaseName);
  const value: unknown = key === undefined ? undefined : (headers as Record<string, unknown>)[key];
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string') : [];
}

/** The first line of a response header. */
export function headerOf(headers: unknown, lowerCaseName: string): string | undefined {
  return headerLines(headers, lowerCaseName)[0];
}
