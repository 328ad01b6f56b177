import { accepted, isText, readOptions, statusError } from '@holdfast/core';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { requestForLink } from './follow-link.js';
import { Circle, parseContinuation, printContinuation, type Continuation } from './paged-continuation.js';
import { PageBounds } from './paginate-bounds.js';
import { PaginateError } from './paginate-error.js';

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /**
   * What goes on after this page, in {@link PagedItems.byPage}, also in another process: opaque, safe to store and to put into
   * a URL. Of what the client has sent there is only what the service's own link repeats, and the body that `next` names.
   * `undefined` on the last page.
   */
  readonly continuationToken: string | undefined;
  readonly response: AxiosResponse;
}

/** Options of {@link PagedItems.byPage}. */
export interface PageSettings {
  /** Begins after the page that had it. Default: none, from the beginning. Whoever can change it chooses what is asked for. */
  readonly continuationToken?: string | undefined;
}

/** A list that comes in pages. Nothing is sent before an item or a page is asked for; each iteration begins anew. */
export interface PagedItems<T> extends AsyncIterable<T> {
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
  /**
   * Page by page.
   *
   * @throws {TypeError} for a token that is none of this list's.
   */
  byPage(settings?: PageSettings): AsyncGenerator<Page<T>, void, undefined>;
}

/** How one list is read. */
export interface ListReader<T> {
  readonly send: (request: AxiosRequestConfig) => Promise<unknown>;
  /** Of the first page. */
  readonly first: AxiosRequestConfig;
  /** What the client adds to each request. */
  readonly defaults: Pick<AxiosRequestConfig, 'baseURL' | 'params'>;
  /** Where links may lead beside the list's own place. */
  origins(): readonly string[];
  itemsOf(page: AxiosResponse): readonly T[];
  /** Which request comes next; a link as the page has it. */
  nextOf(page: AxiosResponse): Continuation | undefined;
  /** Whether this is what a page of such a list tells. */
  accepts(continuation: Continuation): boolean;
}

const schemas = {
  continuationToken: accepted<string | undefined>(isText, 'the continuationToken of a page', undefined),
};

/** A list that a reader reads. */
export function pagedItems<T>(reader: ListReader<T>): PagedItems<T> {
  return {
    [Symbol.asyncIterator]: () => itemsOf(reader),
    byPage: (settings = {}) => {
      const { continuationToken } = readOptions('byPage', schemas, settings);
      return pagesOf(
        reader,
        continuationToken === undefined ? undefined : resumed(reader, continuationToken),
      );
    },
  };
}

function resumed<T>(reader: ListReader<T>, token: string): Continuation {
  const continuation = parseContinuation(token);
  if (continuation === undefined || !reader.accepts(continuation))
    throw new TypeError(
      'byPage(): the option "continuationToken" must be that of a page of the same list, and is another text',
    );
  return continuation;
}

async function* itemsOf<T>(reader: ListReader<T>): AsyncGenerator<T, void, undefined> {
  for await (const { items } of pagesOf(reader, undefined)) yield* items;
}

async function* pagesOf<T>(
  reader: ListReader<T>,
  after: Continuation | undefined,
): AsyncGenerator<Page<T>, void, undefined> {
  const { send, first, defaults } = reader;
  const circle = new Circle();
  const origins = new Set(reader.origins().map((origin) => new URL(origin).origin));
  const asked = { ...first, baseURL: first.baseURL ?? defaults.baseURL ?? '' };
  let bounds = new PageBounds(defaults.baseURL, asked, origins);
  // What comes from a store is looked at like a link.
  let next = after && within(bounds, after, undefined);
  if (next !== undefined) circle.closesWith(printContinuation(next));
  do {
    const response = pageIn(await send(next === undefined ? first : requestFor(next, reader)));
    // Where the request went that was made of it: the caller's own interceptors have had their say.
    if (next === undefined) bounds = new PageBounds(defaults.baseURL, response.config, origins);
    const items = reader.itemsOf(response);
    const told = reader.nextOf(response);
    next = told && within(bounds, told, response);
    const continuationToken = next && printContinuation(next);
    if (continuationToken !== undefined && circle.closesWith(continuationToken))
      throw new PaginateError('The pages lead in a circle: one names a page next that was there before');
    yield { items, continuationToken, response };
  } while (next !== undefined);
}

function within(bounds: PageBounds, next: Continuation, page: AxiosResponse | undefined): Continuation {
  return 'url' in next ? { url: bounds.follow(next.url, page) } : next;
}

function pageIn(answer: unknown): AxiosResponse {
  if (!isResponse(answer))
    throw new PaginateError(
      'The client answers with something else than a response: paginate() needs one without interceptors that unwrap `data`',
    );
  // With a `validateStatus` that takes everything, a failure in the middle would read like the end.
  if (answer.status >= 400) throw statusError(answer);
  return answer;
}

function isResponse(answer: unknown): answer is AxiosResponse {
  if (typeof answer !== 'object' || answer === null) return false;
  const { status, config, headers } = answer as Partial<AxiosResponse>;
  return (
    typeof status === 'number' &&
    typeof config === 'object' &&
    typeof headers === 'object' &&
    'data' in answer
  );
}

function requestFor<T>(next: Continuation, { first, defaults }: ListReader<T>): AxiosRequestConfig {
  const { holdfast } = first;
  const request = { ...first };
  // The same key says that it is the same request: the service would answer with the first page for ever.
  if (typeof holdfast?.idempotencyKey === 'string') request.holdfast = { ...holdfast, idempotencyKey: true };
  if ('url' in next) return { ...request, ...requestForLink(next.url, defaults.params) };
  if (next.params !== undefined) request.params = merged(first.params, next.params);
  if (next.data !== undefined) request.data = next.data;
  return request;
}

function merged(params: unknown, more: Readonly<Record<string, unknown>>): object {
  if (!(params instanceof URLSearchParams)) return { ...(params as object | undefined), ...more };
  const all = new URLSearchParams(params);
  for (const [name, value] of Object.entries(more)) all.set(name, String(value));
  return all;
}
