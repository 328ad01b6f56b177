import { types } from 'node:util';

/** What an API that speaks OData, as Microsoft Graph does, says of a failure. Plain, frozen, and of a bounded size. */
export interface ODataError {
  /** The first of {@link codes}; may be empty. */
  readonly code: string;
  /**
   * For developers, and never to branch on. It may hold what the caller has sent and what belongs to a user: no text for a log that
   * others read.
   */
  readonly message: string;
  /** All codes, the most specific one last: take the last that you know. */
  readonly codes: readonly string[];
  /** What of the request is at fault. */
  readonly target?: string;
  /** Further errors, the first few. */
  readonly details?: readonly ODataErrorDetail[];
  /** What the service knows it by. */
  readonly innerError?: ODataInnerError;
}

/** One of several errors. */
export interface ODataErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
}

/** By what the service's support finds a failure. */
export interface ODataInnerError {
  /** The most specific code. */
  readonly code?: string;
  /** When it happened, as the service writes it. */
  readonly date?: string;
  readonly requestId?: string;
  readonly clientRequestId?: string;
}

/** In bytes, or characters: what is longer is a page, and no error. */
const LONGEST_BODY = 262_144;
const LONGEST_MESSAGE = 4_000;
const LONGEST_CODE = 200;
const MOST_DETAILS = 20;
/** They hold each other. */
const MOST_INNER = 10;

/**
 * The OData error in an answer: of an error that axios has thrown, of a response, or of one part of a `$batch`. From a body that is
 * parsed, a text, or bytes (`responseType: 'arraybuffer'`); `undefined` for a stream, and for everything else that holds none. Takes
 * whatever it is given, also what throws when it is looked at; never throws.
 *
 * https://learn.microsoft.com/graph/errors, https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ErrorResponse
 */
export function odataErrorOf(subject: unknown): ODataError | undefined {
  const response = read(subject, 'response') ?? subject;
  const body = parsed(read(response, 'data') ?? read(response, 'body'));
  // The second is that of version 3, which SharePoint's own API still speaks.
  const error = read(body, 'error') ?? read(body, 'odata.error');
  const message = messageOf(error);
  const code = textOf(read(error, 'code'), LONGEST_CODE);
  if (message === undefined && code === undefined) return undefined;
  const inner = innerErrorsOf(error);
  const codes = [error, ...inner].map((one) => textOf(read(one, 'code'), LONGEST_CODE)).filter(isGiven);
  const innerError = innerErrorOf(inner);
  return known<ODataError>({
    code: code ?? '',
    message: message ?? '',
    codes: Object.freeze(codes),
    target: textOf(read(error, 'target'), LONGEST_CODE),
    details: detailsOf(read(error, 'details')),
    innerError: Object.keys(innerError).length > 0 ? innerError : undefined,
  });
}

/** Graph spells it in one way, and the standard in another. */
function innerErrorsOf(error: unknown): unknown[] {
  const inner: unknown[] = [];
  let one = error;
  while (inner.length < MOST_INNER) {
    one = read(one, 'innerError') ?? read(one, 'innererror');
    if (one === undefined) break;
    inner.push(one);
  }
  return inner;
}

function innerErrorOf(inner: readonly unknown[]): ODataInnerError {
  const first = (name: string, pattern: RegExp) =>
    inner.map((one) => matching(read(one, name), pattern)).find((value) => value !== undefined);
  const codes = inner.map((one) => textOf(read(one, 'code'), LONGEST_CODE)).filter(isGiven);
  return known<ODataInnerError>({
    code: codes.at(-1),
    date: first('date', /^[\dTZ:.+-]{8,40}$/),
    requestId: first('request-id', /^[\w-]{1,80}$/),
    clientRequestId: first('client-request-id', /^[\w-]{1,80}$/),
  });
}

function detailsOf(details: unknown): readonly ODataErrorDetail[] | undefined {
  const list: ODataErrorDetail[] = [];
  for (let index = 0; index < MOST_DETAILS; index += 1) {
    const one = read(details, String(index));
    const code = textOf(read(one, 'code'), LONGEST_CODE);
    const message = messageOf(one);
    if (code === undefined && message === undefined) continue;
    const target = textOf(read(one, 'target'), LONGEST_CODE);
    list.push(known<ODataErrorDetail>({ code: code ?? '', message: message ?? '', target }));
  }
  return list.length > 0 ? Object.freeze(list) : undefined;
}

/** A text, or in version 3 an object with one and its language. */
function messageOf(error: unknown): string | undefined {
  const message = read(error, 'message');
  return textOf(message, LONGEST_MESSAGE) ?? textOf(read(message, 'value'), LONGEST_MESSAGE);
}

function parsed(data: unknown): unknown {
  try {
    const text = typeof data === 'string' ? data : bytesAsText(data);
    if (text === undefined) return data;
    return text.length > LONGEST_BODY ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function bytesAsText(data: unknown): string | undefined {
  const bytes = types.isAnyArrayBuffer(data) ? new Uint8Array(data) : data;
  if (!ArrayBuffer.isView(bytes)) return undefined;
  if (bytes.byteLength > LONGEST_BODY) return '';
  return new TextDecoder().decode(bytes as Uint8Array);
}

/** A member, or nothing where looking at it throws. */
function read(from: unknown, name: string): unknown {
  if (typeof from !== 'object' || from === null) return undefined;
  try {
    return (from as Readonly<Record<string, unknown>>)[name] ?? undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown, longest: number): string | undefined {
  return typeof value === 'string' ? value.slice(0, longest) : undefined;
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function isGiven(code: string | undefined): code is string {
  return code !== undefined && code !== '';
}

type Unfinished<T> = { readonly [Name in keyof T]-?: T[Name] | undefined };

function known<T extends object>(members: Unfinished<T>): T {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(entries) as unknown) as T;
}
