import type { AxiosRequestConfig } from 'axios';

/** One value of a query. */
export type QueryValue = string | number | boolean | bigint | Date | undefined;

/** The query of a request, by the names of its parameters. An `interface` is no such type, but its copy is: `{ ...query }`. */
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

/** What the client adds to each request, and how it writes it. */
type OwnQuery = Pick<AxiosRequestConfig, 'params' | 'paramsSerializer'>;

export const QUERY_ALLOWED =
  'an object of texts, finite numbers, booleans, bigints, valid dates, or lists of these, without the names "constructor", "prototype" and "__proto__"';

/** What axios leaves out of every object without a word. */
const LOST: ReadonlySet<string> = new Set(['constructor', 'prototype', '__proto__']);

/** Whether this can be sent as a query. */
export function isQuery(value: unknown): value is Query {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { entries } = Object;
  return entries(value).every(
    ([name, one]: [string, unknown]) =>
      isWellFormed(name) &&
      !LOST.has(name) &&
      (Array.isArray(one) ? one.every(isQueryValue) : isQueryValue(one)),
  );
}

function isQueryValue(value: unknown): boolean {
  if (typeof value === 'string') return isWellFormed(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return value === undefined || typeof value === 'boolean' || typeof value === 'bigint';
}

/** Half of a surrogate pair has no UTF-8: to encode it throws. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** As axios is told: beside the parameters that the client adds to each request, each of a list by itself. */
export function queryConfig(query: Query, { params: own, paramsSerializer }: OwnQuery): OwnQuery {
  const serializer =
    typeof paramsSerializer === 'function' ? { serialize: paramsSerializer } : paramsSerializer;
  const params: [string, string | readonly string[]][] = [];
  for (const [name, value] of [...searchOf(own), ...Object.entries(query)]) {
    if (isList(value))
      params.push([
        // Whoever writes the query himself is told its names as they are.
        serializer?.serialize ? name : listName(name),
        value.flatMap((one) => (one === undefined ? [] : [textOf(one)])),
      ]);
    else if (value !== undefined) params.push([name, textOf(value)]);
  }
  return { params: Object.fromEntries(params), paramsSerializer: { ...serializer, indexes: null } };
}

/** Axios adds a call's parameters to those of an object, and puts them in the place of these. */
function searchOf(own: unknown): [string, readonly string[]][] {
  if (!(own instanceof URLSearchParams)) return [];
  return [...own.keys()].map((name) => [name, own.getAll(name)]);
}

/** From the name of a list axios takes brackets off, and by braces it makes JSON of the list. */
function listName(name: string): string {
  return /(?:\[\]|\{\})$/.test(name) ? `${name}[]` : name;
}

function textOf(value: NonNullable<QueryValue>): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

// Array.isArray does not narrow readonly arrays.
function isList(value: Query[string]): value is readonly QueryValue[] {
  return Array.isArray(value);
}
