import axios, { type InternalAxiosRequestConfig } from 'axios';
import type { Call } from './call.js';
import { callOf } from './calls.js';
import { retryDelayOf } from './retry-after.js';

/**
 * What a log may have of an error: plain, and ready for JSON. Its members cannot be changed; others can be added, as pino's
 * own serializer does while it looks at it. What is not known is not there.
 */
export interface ErrorSummary {
  readonly name: string;
  /** Cleaned: without queries, fragments and user names of URLs, and without what looks like a credential. */
  readonly message: string;
  readonly code?: string | number;
  /** The HTTP status that came back. */
  readonly status?: number;
  /** The service that was called, or the identity provider that was asked. */
  readonly service?: string;
  /** In upper case. */
  readonly method?: string;
  /** Without query, fragment and user name. The path stays: what is secret does not belong there. */
  readonly url?: string;
  /** How many times the call was sent; 0 when it never left. */
  readonly attempts?: number;
  /** Milliseconds after which it makes sense to call again. */
  readonly retryAfterMs?: number;
  /** The id to give to support: the identity provider's of a token request, or else the call's own at the service. */
  readonly correlationId?: string;
  /** The name, the cleaned message, and the frames. */
  readonly stack?: string;
  /** What led to it, told in the same way. */
  readonly cause?: ErrorSummary;
  /** The errors of an `AggregateError`, the first few. */
  readonly errors?: readonly ErrorSummary[];
}

/** Deep enough for an error of ours around one of MSAL's around one of axios's around one of Node's. */
const MOST_CAUSES = 5;
/** One for each address of a host, say. */
const MOST_ERRORS = 5;
/** Of all of them together: aggregates may hold aggregates. */
const MOST_OBJECTS = 20;
const MOST_FRAMES = 20;
/** In characters: some put a whole page of HTML into a message. */
const LONGEST_TEXT = 1_000;
const LONGEST_STACK = 20_000;

/**
 * What a log may have of an error: who was called, what came back, after how many attempts, and why. No body, header,
 * cookie, key or token: only the members of {@link ErrorSummary} are read, and of messages and URLs what may hold a secret
 * is cut out. A foreign error that words a secret as plain text keeps it.
 *
 * Takes whatever was thrown, also what is no error, is cyclic, or throws when it is looked at; never throws. `now` is in
 * epoch milliseconds, and only a Retry-After that is a date is read by it.
 */
export function errorSummary(error: unknown, now: number = Date.now()): ErrorSummary {
  return summaryOf(error, { now, depth: 0, seen: new Set(), outerConfig: undefined });
}

interface Place {
  readonly now: number;
  readonly depth: number;
  readonly seen: Set<object>;
  /** The request of the error around this one: told once. */
  readonly outerConfig: unknown;
}

function summaryOf(subject: unknown, place: Place): ErrorSummary {
  if (typeof subject !== 'object' || subject === null) {
    const message = typeof subject === 'function' ? '' : cleanMessage(String(subject));
    return fixed({ name: typeof subject, message });
  }
  place.seen.add(subject);
  const name = wordOf(read(subject, 'name')) ?? 'object';
  const message = textOf(read(subject, 'message')) ?? '';
  const response = read(subject, 'response');
  const config = read(subject, 'config');
  return known({
    name,
    message,
    code: codeOf(read(subject, 'code')) ?? codeOf(read(subject, 'errorCode')),
    status:
      numberOf(read(subject, 'status')) ??
      numberOf(read(response, 'status')) ??
      numberOf(read(subject, 'statusCode')),
    service: textOf(read(subject, 'service')),
    correlationId: wordOf(read(subject, 'correlationId')),
    ...(isTold(config, place) ? undefined : requestOf(subject, config)),
    retryAfterMs: numberOf(read(subject, 'retryAfterMs')) ?? toldDelay(response, place.now),
    stack: stackOf(subject, name, message),
    cause: innerOf(read(subject, 'cause'), { ...place, outerConfig: config }),
    errors: innersOf(read(subject, 'errors'), { ...place, outerConfig: config }),
  });
}

/** The request of the error around this one. */
function isTold(config: unknown, { outerConfig }: Place): boolean {
  return config !== undefined && config === outerConfig;
}

/** What an error led back to; nothing for what was told already, or lies too deep. */
function innerOf(inner: unknown, place: Place): ErrorSummary | undefined {
  const { depth, seen } = place;
  if (inner === undefined || inner === null || depth === MOST_CAUSES || seen.size === MOST_OBJECTS)
    return undefined;
  if (typeof inner === 'object' && seen.has(inner)) return undefined;
  return summaryOf(inner, { ...place, depth: depth + 1 });
}

function innersOf(errors: unknown, place: Place): readonly ErrorSummary[] | undefined {
  const length = numberOf(read(errors, 'length')) ?? 0;
  const summaries: ErrorSummary[] = [];
  for (let index = 0; index < Math.min(length, MOST_ERRORS); index += 1) {
    const summary = innerOf(read(errors, String(index)), place);
    if (summary !== undefined) summaries.push(summary);
  }
  return summaries.length > 0 ? Object.freeze(summaries) : undefined;
}

type RequestMember = 'service' | 'method' | 'url' | 'attempts' | 'correlationId';

function requestOf(
  subject: object,
  config: unknown,
): { [Name in RequestMember]?: ErrorSummary[Name] | undefined } {
  const call = callFor(subject);
  const service = textOf(read(subject, 'service')) ?? textOf(read(call, 'service'));
  // A summary has no request, and says it itself: a logger may summarise what was handed to it as a summary.
  const method = wordOf(read(config, 'method') ?? read(subject, 'method'))?.toUpperCase();
  return {
    service,
    method,
    url: shownUrlOf(config ?? { url: read(subject, 'url') }),
    attempts: numberOf(read(call, 'sends') ?? read(subject, 'attempts')),
    correlationId: wordOf(read(subject, 'correlationId')) ?? wordOf(read(call, 'correlationId')),
  };
}

function callFor(subject: object): Call | undefined {
  try {
    return callOf(subject);
  } catch {
    return undefined;
  }
}

function toldDelay(response: unknown, now: number): number | undefined {
  try {
    return retryDelayOf(read(response, 'headers'), now);
  } catch {
    return undefined;
  }
}

/** Origin and path; of a request without an origin the path, and of a URL that holds its own content (`data:`) the scheme. */
function shownUrlOf(config: unknown): string | undefined {
  if (typeof config !== 'object' || config === null) return undefined;
  try {
    // Without `params`: a serializer of the caller's own may have side effects.
    const { url = '', baseURL = '', allowAbsoluteUrls = true } = config as InternalAxiosRequestConfig;
    if (url === '' && baseURL === '') return undefined;
    const text = axios.getUri({ url, baseURL, allowAbsoluteUrls });
    const isRelative = !URL.canParse(text);
    const { protocol, host, pathname } = new URL(text, isRelative ? RELATIVE : undefined);
    if (!/^https?:$/.test(protocol)) return protocol;
    if (!isRelative) return `${protocol}//${host}${pathname}`.slice(0, LONGEST_TEXT);
    return `${host === RELATIVE_HOST ? '' : `//${host}`}${pathname}`.slice(0, LONGEST_TEXT);
  } catch {
    return undefined;
  }
}

const RELATIVE_HOST = 'relative.invalid';
const RELATIVE = `http://${RELATIVE_HOST}`;

/** Where messages carry what must not be in a log, and what stands there instead. */
const UNFIT: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // V8 quotes the text that it could not parse, and undici the header that it could not send.
  [/^.*is not valid JSON.*$/s, 'The text is not valid JSON'],
  [/^.*is an invalid header value.*$/s, 'A header value is invalid'],
  [/(?<=\S)[?#]\S*/g, ''],
  [/(?<=[/\\]{2})[^\s/\\?#]*@/g, ''],
  [/\b(Cookie|Set-Cookie|(?:Proxy-)?Authorization)["']? *[:=].*/gi, '$1: …'],
  [/\b(Basic|Bearer|DPoP|PoP|Negotiate|SharedKey|SharedAccessSignature) +\S+/gi, '$1 …'],
  [
    // From the beginning of a word: to try each of its hyphens would take a millisecond for some.
    /(?<![\w-])([\w-]*(?:secret|password|passwd|token|assertion|api[_-]?key|signature|sig))["']? *[:=] *["']?[^\s"',;&]+/gi,
    '$1=…',
  ],
  // A JWT, signed or encrypted: its header is JSON.
  [/\beyJ[\w-]+(?:\.[\w-]*)+/g, '…'],
];

/** A message without what may hold a secret, and not too long: it may stand in a log, or before other callers. */
export function cleanMessage(text: string): string {
  let clean = text.slice(0, LONGEST_TEXT);
  for (const [pattern, replacement] of UNFIT) clean = clean.replace(pattern, replacement);
  return clean;
}

const FRAME = /^ +at .*(?::\d+\)?|\(<anonymous>\)|\(native\))$/;

/** The frames alone, under a clean heading: the message stands in a stack as well, and axios adds the stacks of causes. */
function stackOf(subject: object, name: string, message: string): string | undefined {
  const stack = read(subject, 'stack');
  if (typeof stack !== 'string') return undefined;
  const raw = read(subject, 'message');
  const told = stack.slice(0, LONGEST_STACK);
  // The lines of a message may look like frames.
  const hasLines = typeof raw === 'string' && raw.includes('\n');
  const frames = (hasLines ? told.replaceAll(raw, '') : told)
    .split('\n')
    .filter((line) => FRAME.test(line) && !line.includes('data:'))
    .slice(0, MOST_FRAMES);
  return frames.length > 0 ? [`${name}: ${message}`, ...frames.map(cleanMessage)].join('\n') : undefined;
}

/** A member, or nothing where looking at it throws, as a getter or a revoked proxy may. */
function read(from: unknown, name: string): unknown {
  if (typeof from !== 'object' || from === null) return undefined;
  try {
    return (from as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? cleanMessage(value) : undefined;
}

/** A name, a code, an id: anything longer or with other characters is none. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.$:-]{1,80}$/.test(value) ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function codeOf(value: unknown): string | number | undefined {
  return wordOf(value) ?? numberOf(value);
}

type Unfinished = { readonly [Name in keyof ErrorSummary]: ErrorSummary[Name] | undefined };

/** What is not known is left out, so that it does not stand in every line of a log. */
function known(members: Unfinished & Pick<ErrorSummary, 'name' | 'message'>): ErrorSummary {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return fixed(Object.fromEntries(entries) as Record<string, unknown> & ErrorSummary);
}

/** Not frozen: pino's own serializer marks what it looks at, and throws where it cannot. */
function fixed(summary: ErrorSummary): ErrorSummary {
  for (const name of Object.keys(summary))
    Object.defineProperty(summary, name, { writable: false, configurable: false });
  return summary;
}
