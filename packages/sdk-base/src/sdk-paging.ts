import { paginate, type Page, type PagedItems, type PaginateOptions } from '@holdfast/client';
import { inScope, inherited } from '@holdfast/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios';
import { requestOf } from './call-options-request.js';
import type { CallOptions } from './call-options.js';
import { checkedValue } from './checked-answer.js';
import type { SdkConnection } from './connection.js';
import { pathWithin } from './path-within.js';
import { readLater, send } from './send.js';
import { USER } from './user-scope.js';

/**
 * What a list takes beside {@link CallOptions}, of which each holds for every page, but `query` for the first: links have their own. A
 * deadline is that of one page; `withDeadline()` or a `signal` limits all.
 */
export interface ListOptions<T>
  extends CallOptions, Pick<PaginateOptions<T>, 'items' | 'next' | 'cursor' | 'origins'> {}

/**
 * A list that the service hands out in pages. Each is asked for by `send()`, so that its errors are those of the SDK. One that was made
 * inside of `withCredential()` is its user's; any other is of whoever asks for its pages.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function listOf<T>(
  connection: SdkConnection,
  path: string,
  { items, next, cursor, origins = [], ...options }: ListOptions<T>,
): PagedItems<T> {
  const { client, pipeline } = connection;
  // Its pages are one user's, wherever somebody goes on with it.
  const user = inherited(USER);
  const request = (config: AxiosRequestConfig) =>
    user === undefined ? send(connection, config) : inScope(USER, user, () => send(connection, config));
  const sending = Object.create(client, { request: { value: request } }) as AxiosInstance;
  return paginate<T>(sending, pathWithin('http.paginate', client, path), {
    ...requestOf('http.paginate', connection, options),
    ...(items !== undefined && { items }),
    ...(next !== undefined && { next }),
    ...(cursor !== undefined && { cursor }),
    // What they are is paginate()'s to check.
    origins: Array.isArray(origins) ? [...(origins as readonly string[]), ...pipeline.tokenOrigins] : origins,
  });
}

/** The same list, of which each item is looked at before it is given out. */
export function checkedList<Schema extends StandardSchemaV1>(
  connection: SdkConnection,
  schema: Schema,
  list: PagedItems<unknown>,
): PagedItems<StandardSchemaV1.InferOutput<Schema>> {
  const check = (item: unknown, page: AxiosResponse) =>
    readLater(connection, () => checkedValue(schema, item, page));
  return {
    [Symbol.asyncIterator]: () => itemsOf(list.byPage(), check),
    byPage: (settings) => pagesOf(list.byPage(settings), check),
  };
}

type CheckItem<T> = (item: unknown, page: AxiosResponse) => Promise<T>;

async function* itemsOf<T>(
  pages: AsyncIterable<Page<unknown>>,
  check: CheckItem<T>,
): AsyncGenerator<T, void, undefined> {
  for await (const { items, response } of pages) for (const item of items) yield await check(item, response);
}

async function* pagesOf<T>(
  pages: AsyncIterable<Page<unknown>>,
  check: CheckItem<T>,
): AsyncGenerator<Page<T>, void, undefined> {
  for await (const page of pages) {
    const items: T[] = [];
    for (const item of page.items) items.push(await check(item, page.response));
    yield { ...page, items };
  }
}
