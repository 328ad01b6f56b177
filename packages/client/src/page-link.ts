import { headerLines } from '@holdfast/core';
import type { AxiosResponse } from 'axios';
import { PaginateError } from './paginate-error.js';

// RFC 8288, section 3: `<URI-Reference>` and its parameters, up to the comma that ends them. Empty elements of a list are
// legal (RFC 9110, section 5.6.1). Each step is taken once: what a quote that does not end costs grows with the text alone.
const LINK = /[\t ,]*<([^>]*)>([^",]*(?:"(?:[^"\\]|\\.)*"[^",]*)*)(?:,|$)/sy;
const REST = /[\t ,]*$/y;
// A parameter needs no value, and has spaces around everything.
const PARAMETER =
  /[\t ]*(?:;[\t ]*)+([^\s;="]+)[\t ]*(?:=[\t ]*(?:"((?:[^"\\]|\\.)*)"|([^\t ;"]*)))?[\t ]*/sy;

/**
 * The link of `rel="next"` in the Link header of a page; `undefined` when there is none.
 *
 * @throws {PaginateError} when the header names a next page and cannot be read: the list would be cut off in silence.
 */
export function nextInHeader({ headers }: AxiosResponse): string | undefined {
  for (const line of headerLines(headers, 'link')) {
    const link = nextOf(line);
    if (link !== undefined) return link;
  }
  return undefined;
}

function nextOf(line: string): string | undefined {
  let at = 0;
  for (;;) {
    LINK.lastIndex = at;
    const found = LINK.exec(line);
    if (found === null) break;
    const [, uri = '', parameters = ''] = found;
    if (isNext(parameters)) return uri.trim();
    at = LINK.lastIndex;
  }
  REST.lastIndex = at;
  if (!REST.test(line) && /\bnext\b/i.test(line)) throw unreadable();
  return undefined;
}

/** The first `rel` counts (RFC 8288, section 3.3); with an `anchor` that is not empty, the link is that of something else than this page. */
function isNext(parameters: string): boolean {
  let rel: string | undefined;
  let at = 0;
  while (at < parameters.length) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(parameters);
    if (found === null) break;
    const [, name = '', quoted, token = ''] = found;
    const lowerCaseName = name.toLowerCase();
    if (lowerCaseName === 'anchor' && (quoted ?? token) !== '') return false;
    if (lowerCaseName === 'rel') rel ??= quoted?.replace(/\\(.)/gs, '$1') ?? token;
    at = PARAMETER.lastIndex;
  }
  const relations = rel?.toLowerCase().split(/\s+/) ?? [];
  if (relations.includes('next')) return true;
  // `rel=prev next` and `rel='next'` are not legal: neither is what follows, nor what it was to mean.
  if (/\bnext\b/i.test(parameters.slice(at)) || relations.includes("'next'")) throw unreadable();
  return false;
}

function unreadable(): PaginateError {
  return new PaginateError(
    'The Link header of a page names a next one, and cannot be read (RFC 8288): say with `next` where the next page is',
  );
}

const MEMBERS = ['@odata.nextLink', 'odata.nextLink', 'nextLink'] as const;

/**
 * The next link in the body of a page, as OData and Azure's services have it; `undefined` when there is none.
 *
 * @throws {PaginateError} when there is one that is no text.
 */
export function nextInBody(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  for (const name of MEMBERS) {
    const link: unknown = (data as Readonly<Record<string, unknown>>)[name];
    if (typeof link === 'string' && link !== '') return link;
    if (link !== undefined && link !== null && link !== '')
      throw new PaginateError(`The member "${name}" of a page must be a link, and is none`);
  }
  return undefined;
}

const HINTS = [
  'next',
  'nextToken',
  'nextCursor',
  'next_cursor',
  'nextPageToken',
  'next_page_token',
  'continuationToken',
  '$skipToken',
  'hasMore',
  'has_more',
] as const;

/** Members of the body in which others keep their links, or what else is to be said of a page: JSON:API, say. */
const PLACES = ['links', 'paging', 'pagination', 'meta'] as const;
const HINT_HEADERS = ['x-ms-continuationtoken', 'x-ms-continuation'] as const;

/** The member or header by which a page says that there is more, in a way that nobody was told to read. */
export function hintIn({ data, headers }: AxiosResponse): string | undefined {
  const header = HINT_HEADERS.find((name) => headerLines(headers, name).some((line) => line !== ''));
  if (header !== undefined || typeof data !== 'object' || data === null) return header;
  const body = data as Json;
  const places = PLACES.map((place) => [`${place}.`, body[place]] as const);
  for (const [prefix, members] of [['', body] as const, ...places]) {
    const name = typeof members === 'object' && members !== null ? hintAmong(members as Json) : undefined;
    if (name !== undefined) return prefix + name;
  }
  return undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** Neither null nor an empty text nor false; an object may be anything. */
function hintAmong(members: Json): string | undefined {
  return HINTS.find(
    (name) => ['string', 'number', 'boolean'].includes(typeof members[name]) && Boolean(members[name]),
  );
}
