import { accepted, isText, quotable, readOptions } from '@holdfast/core';
import type { AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import { hintIn, nextInBody, nextInHeader } from './page-link.js';
import type { Continuation } from './paged-continuation.js';
import { pagedItems, type PagedItems } from './paged-items.js';
import { PaginateError } from './paginate-error.js';
import { isOrigins, tokenOriginsOf } from './paginate-origins.js';

/** What changes in the request for the next page. */
export interface NextRequest {
  /** Go with the parameters of the first page, or in the place of those of the same name. */
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** In the place of the first page's body. It stands in the `continuationToken`: plain JSON, and no secret. */
  readonly data?: unknown;
}

/** Where a cursor comes from, and where it goes. */
export interface CursorOptions {
  /** The query parameter in which the next page is asked for: `cursor`. */
  readonly param: string;
  /** The member of the body that has the cursor, `next_cursor` say, or a function that finds it. Without one, the list ends. */
  readonly from:
    string | ((data: AxiosResponse['data'], response: AxiosResponse) => string | number | null | undefined);
}

/**
 * Options of {@link paginate}, beside whatever one request takes: headers, `signal` and `holdfast` hold for every page,
 * `params` for the first one, since a link has them. A deadline is that of one page: `withDeadline()` or a `signal` limits all.
 */
export interface PaginateOptions<T> extends Omit<AxiosRequestConfig, 'url'> {
  /** The items of a page. Default: the body itself, or its member `value`, `items`, `data` or `results`, where that is a list. */
  readonly items?: (data: AxiosResponse['data'], response: AxiosResponse) => readonly T[];
  /**
   * Where the next page is: `'nextLink'`, a member of the body (`@odata.nextLink`, `odata.nextLink`, `nextLink`); `'link'`, the
   * Link header (RFC 8288); or a function that returns a link, a {@link NextRequest}, or nothing at the end. Default: in the body,
   * and else in the header. With the wrong one, the list ends after one page.
   */
  readonly next?:
    'nextLink' | 'link' | ((response: AxiosResponse) => string | NextRequest | null | undefined);
  /** For an API that hands out cursors, in place of `next`. Default: none. From a member that is not there, one page comes. */
  readonly cursor?: CursorOptions;
  /**
   * Origins to which a link may lead beside the list's own, and those that get the client's token anyway: `https://files.example`.
   * Default: none. Whoever runs one gets the headers of this request; the token only by the `origins` of `attachToken()`.
   */
  readonly origins?: readonly string[];
}

const schemas = {
  items: accepted<PaginateOptions<unknown>['items']>(isFunction, 'a function', undefined),
  next: quotable(
    accepted<PaginateOptions<unknown>['next']>(
      (value) => value === 'nextLink' || value === 'link' || isFunction(value),
      '"nextLink", "link" or a function',
      undefined,
    ),
  ),
  cursor: accepted<CursorOptions | undefined>(
    isCursor,
    'an object with the texts "param" and "from", or a function for "from"',
    undefined,
  ),
  origins: quotable(
    accepted<readonly string[]>(
      isOrigins,
      'a list of origins such as "https://files.example", by https or on loopback',
      [],
    ),
  ),
};

/**
 * A list that an API hands out in pages, item by item, with any axios client: `for await (const user of paginate<User>(graph, '/users'))`.
 *
 * A page is asked for when its first item is. What ends a page's call ends the iteration; `byPage({ continuationToken })` goes on
 * after the last good page. A link that leads out of the client's base URL is refused with `TokenOriginError` before anything is sent.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function paginate<T = unknown>(
  client: AxiosInstance,
  url: string,
  options: PaginateOptions<T> = {},
): PagedItems<T> {
  if (typeof url !== 'string') throw new TypeError('paginate(): the URL of the list must be a string');
  const { items, next, cursor, origins, ...request } = options;
  const own = readOptions('paginate', schemas, { items, next, cursor, origins });
  if (own.next !== undefined && own.cursor !== undefined)
    throw new TypeError('paginate(): the options "next" and "cursor" exclude each other');
  const list = items ?? usualItems;
  return pagedItems<T>({
    send: (config) => client.request(config),
    first: { ...request, url },
    defaults: client.defaults,
    origins: () => [...own.origins, ...tokenOriginsOf(client)],
    itemsOf: (page) => checkedItems(list(page.data, page)) as readonly T[],
    nextOf: (page) => nextOf(page, own.next, own.cursor),
    accepts: (continuation) => accepts(continuation, own.next, own.cursor),
  });
}

const LISTS = ['value', 'items', 'data', 'results'] as const;

function usualItems(data: unknown, { status }: AxiosResponse): unknown {
  if (Array.isArray(data)) return data;
  if (status === 204) return [];
  if (typeof data !== 'object' || data === null) return undefined;
  const body = data as Readonly<Record<string, unknown>>;
  return LISTS.map((name) => body[name]).find((member) => Array.isArray(member));
}

function checkedItems(items: unknown): readonly unknown[] {
  if (Array.isArray(items)) return items;
  throw new PaginateError(
    `A page has no list where paginate() looks for it: say with the option \`items\` where its items are (by default the body itself, or its ${LISTS.join(', ')})`,
  );
}

function nextOf(
  page: AxiosResponse,
  next: PaginateOptions<unknown>['next'],
  cursor: CursorOptions | undefined,
): Continuation | undefined {
  if (cursor !== undefined) return nextByCursor(page, cursor);
  if (typeof next === 'function') return nextBy(next(page));
  const link =
    (next === 'link' ? undefined : nextInBody(page.data)) ??
    (next === 'nextLink' ? undefined : nextInHeader(page));
  const hint = link === undefined && next === undefined ? hintIn(page) : undefined;
  if (hint !== undefined)
    throw new PaginateError(
      `A page says by "${hint}" that there is more, and in no way that paginate() reads unasked: say with the option \`cursor\` or \`next\` what the next page is asked for by`,
    );
  return nextBy(link);
}

function nextBy(told: string | NextRequest | null | undefined): Continuation | undefined {
  if (told === undefined || told === null || told === '') return undefined;
  if (typeof told === 'string') return { url: told };
  if (typeof told !== 'object' || (told.params === undefined && told.data === undefined))
    throw new PaginateError(
      'The option `next` has returned neither a link nor an object with `params` or `data`',
    );
  const { params, data } = told;
  return { ...(params !== undefined && { params }), ...(data !== undefined && { data }) };
}

function nextByCursor(page: AxiosResponse, { param, from }: CursorOptions): Continuation | undefined {
  const body: unknown = page.data;
  const cursor: unknown =
    typeof from === 'function'
      ? from(page.data, page)
      : (body as Readonly<Record<string, unknown>> | null)?.[from];
  if (cursor === undefined || cursor === null || cursor === '') return undefined;
  if (typeof cursor === 'string' || typeof cursor === 'number') return { params: { [param]: cursor } };
  throw new PaginateError('The cursor of a page must be a text or a number, and is neither');
}

/** What comes back from a store changes no more of the request than what a page of this list could have changed. */
function accepts(
  continuation: Continuation,
  next: PaginateOptions<unknown>['next'],
  cursor: CursorOptions | undefined,
): boolean {
  if (typeof next === 'function') return true;
  if (cursor === undefined) return 'url' in continuation;
  if ('url' in continuation || continuation.data !== undefined) return false;
  const [[name, value] = [], ...others] = Object.entries(continuation.params ?? {});
  return (
    name === cursor.param && others.length === 0 && (typeof value === 'string' || typeof value === 'number')
  );
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isCursor(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { param, from } = value as { readonly param?: unknown; readonly from?: unknown };
  return isText(param) && (isText(from) || isFunction(from));
}
