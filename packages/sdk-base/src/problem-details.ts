import { headerOf } from '@holdfast/core';
import type { AxiosResponse } from 'axios';
import { jsonIn } from './error-body.js';

/** What an API says of a failure (RFC 9457, section 3). Plain, frozen, and of a bounded size; what is not told is not there. */
export interface ProblemDetails {
  /**
   * What kind of problem it is: the member to branch on. A URI reference as the service writes it; `about:blank` where it writes
   * none, and then the status says it all.
   */
  readonly type: string;
  /** The kind, for people. */
  readonly title?: string;
  /** What the service's own status was, whatever a gateway has made of it. */
  readonly status?: number;
  /** This one problem, for people. It may hold what the caller has sent: no text for a log that others read, and never to branch on. */
  readonly detail?: string;
  /** A URI reference to this one problem, as the service writes it. */
  readonly instance?: string;
  /** The members that the service has added, the first few: `errors`, `traceId`. Of any type, so look before you believe. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

type Members = Readonly<Record<string, unknown>>;

const MOST_EXTENSIONS = 50;
const MOST_DEPTH = 10;

/**
 * The problem details in a failed answer; `undefined` where there are none, or the body is longer than 64 KiB. Never throws.
 *
 * They are told by their media type, `application/problem+json`. Many services send the same as `application/json`, since their
 * framework chooses the type apart from the body: so a body counts as well that has a `title` and the very `status` that came
 * back. Less, such as a `title` alone, could be anything. Members of another type than section 3.1 says are ignored.
 */
export function problemDetailsOf(response: AxiosResponse): ProblemDetails | undefined {
  try {
    const body = jsonIn(response.data);
    if (!isObject(body) || !(isTold(response) || isPlainlyOne(body, response))) return undefined;
    return problemIn(body);
  } catch {
    // No JSON, or what a custom adapter has made that cannot be looked at.
    return undefined;
  }
}

function problemIn(body: Members): ProblemDetails {
  const { type, title, status, detail, instance, ...others } = body;
  const extensions = Object.entries(others).slice(0, MOST_EXTENSIONS);
  return Object.freeze({
    type: typeof type === 'string' ? type : 'about:blank',
    ...(typeof title === 'string' && { title }),
    ...(isStatus(status) && { status }),
    ...(typeof detail === 'string' && { detail }),
    ...(typeof instance === 'string' && { instance }),
    extensions: frozen(Object.fromEntries(extensions), 0) as Members,
  });
}

function isObject(body: unknown): body is Members {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

function isTold({ headers }: AxiosResponse): boolean {
  return /^\s*application\/problem\+json\s*(?:;|$)/i.test(headerOf(headers, 'content-type') ?? '');
}

function isPlainlyOne({ title, status }: Members, { status: answered }: AxiosResponse): boolean {
  return typeof title === 'string' && isStatus(status) && status === answered;
}

/** As the schema of RFC 9457, appendix A, has it. */
function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}

/** A copy that nobody can change; what lies too deep for whoever walks through it is null. */
function frozen(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MOST_DEPTH) return null;
  if (Array.isArray(value)) return Object.freeze(value.map((one) => frozen(one, depth + 1)));
  const members = Object.entries(value).map(([name, one]) => [name, frozen(one, depth + 1)] as const);
  return Object.freeze(Object.fromEntries(members));
}
