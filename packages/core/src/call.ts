import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Interceptor } from './interceptor.js';
import type { Target } from './target.js';

/** What an interceptor that attached a token lets others do with it. */
export interface Authorization {
  readonly scopes: readonly string[];
  /**
   * Puts another token on the request than the one that was just refused, acquired with `claims` where the refusal
   * brought some. False when the source has no other: sending again would end the same way.
   */
  renew(config: InternalAxiosRequestConfig, claims: string | undefined): Promise<boolean>;
}

/** One send, and what became of it. Kept from a call's first failure on. */
export interface Attempt {
  /** Counts the first send: 1, 2, … */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The HTTP status, where one came back. */
  readonly status: number | undefined;
  /** The code of the failure, where nothing came back. */
  readonly code: string | undefined;
  /** What was decided upon it, and why. */
  readonly decisions: readonly string[];
}

/** A failed send: the answer that came back, or the error that came in its place. */
export type Failure =
  | { readonly response: AxiosResponse; readonly error?: undefined }
  | { readonly error: unknown; readonly response?: undefined };

/** What a call is made with. */
export interface CallInit {
  readonly method: string;
  readonly url: string;
  readonly target: Target;
  readonly startedAt: number;
}

/**
 * One call of a user, whatever it takes: the only thing that interceptors share. {@link callOf} finds it by the
 * request, the response or the error. After a call that succeeded at once it holds no journal.
 */
export class Call {
  /** The service's name; without one, its origin. */
  service: string;
  readonly method: string;
  /** Where the request goes. */
  readonly target: Target;
  /** Epoch milliseconds: the call's one clock reading while all goes well. */
  readonly startedAt: number;
  /** Epoch milliseconds at which the caller gives up; `Infinity` without a deadline. */
  deadlineAt: number = Infinity;
  /** How many times the request was sent. */
  sends = 0;
  /** A throttle gate stands in this pipeline: a Retry-After is waited for there, and nowhere else. */
  gated = false;
  /** The instant until which the gate holds a place for this call's next attempt. */
  heldUntil: number | undefined = undefined;
  readonly #url: string;
  #authorization: Authorization | undefined = undefined;
  #lastFailure: Failure | undefined = undefined;
  #attempts: (Attempt & { readonly decisions: string[] })[] | undefined = undefined;
  #refusals: string[] | undefined = undefined;

  constructor({ method, url, target, startedAt }: CallInit) {
    this.service = target.origin;
    this.method = method;
    this.target = target;
    this.startedAt = startedAt;
    this.#url = url;
  }

  // These two hold tokens, bodies and headers: accessors, so that no logger walks into them.

  /** Set by the interceptor that attached a token, for as long as that token is on the request. */
  get authorization(): Authorization | undefined {
    return this.#authorization;
  }

  set authorization(authorization: Authorization | undefined) {
    this.#authorization = authorization;
  }

  /** What the last failed send came to: an answer, or an error. Cancellations leave it alone. */
  get lastFailure(): Failure | undefined {
    return this.#lastFailure;
  }

  set lastFailure(failure: Failure | undefined) {
    this.#lastFailure = failure;
  }

  /** From the first failure on: every send, in order. Empty for a call that succeeded at once, or was never sent. */
  get attempts(): readonly Attempt[] {
    return this.#attempts ?? [];
  }

  /** What was decided before anything was sent. */
  get refusals(): readonly string[] {
    return this.#refusals ?? [];
  }

  /** Whether sends are being written down, because one has failed. */
  get journaled(): boolean {
    return this.#attempts !== undefined;
  }

  /** For the pipeline: writes down how a send ended. */
  record(attempt: Omit<Attempt, 'number' | 'decisions'>): void {
    (this.#attempts ??= []).push({ number: this.sends, ...attempt, decisions: [] });
  }

  /** For interceptors: writes down what was decided upon the last attempt, and why. Never with a secret in it. */
  note(decision: string): void {
    const last = this.#attempts?.at(-1);
    if (last === undefined) (this.#refusals ??= []).push(decision);
    else last.decisions.push(decision);
  }

  /** The call's story for a log in JSON, with as little in it as {@link toString}. */
  toJSON(): object {
    const { service, method, startedAt, sends, refusals, attempts } = this;
    return { service, method, url: this.#shownUrl, startedAt, sends, refusals, attempts };
  }

  get #shownUrl(): string {
    return this.#url.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//');
  }

  /** The call's story, a line for each attempt. Without user names, query, headers or bodies: they may hold secrets. */
  toString(): string {
    const title = `${this.method.toUpperCase()} ${this.service} ${this.#shownUrl}`;
    const refusals = this.refusals.map((decision) => `not sent: ${decision}`);
    const attempts = this.attempts.map(({ number, startedAt, endedAt, status, code, decisions }) => {
      const outcome = status === undefined ? (code ?? 'failed') : String(status);
      const when = `+${startedAt - this.startedAt} ms, took ${endedAt - startedAt} ms`;
      return [`#${number} (${when}): ${outcome}`, ...decisions].join('; ');
    });
    return [title, ...refusals, ...attempts].join('\n  ');
  }
}

/** A pipeline on a client, as another copy of this package has to know it. */
interface InstallationEntry {
  readonly interceptors: readonly unknown[];
  eject(): void;
  replace(interceptors: readonly Interceptor[]): void;
}

interface Shared {
  readonly calls: WeakMap<object, Call>;
  /** What is installed, by client. */
  readonly installations: WeakMap<object, InstallationEntry>;
}

// Two copies of this package in one process (ESM and CommonJS, say) share what they know. Not a symbol on the request:
// axios copies symbols when a request is submitted again, and would bring a stale journal back with it.
const KEY = Symbol.for('@holdfast/core/1');
const globals = globalThis as Record<symbol, Shared | undefined>;
export const shared: Shared = (globals[KEY] ??= { calls: new WeakMap(), installations: new WeakMap() });

/** Makes the call of a request known. */
export function setCall(config: object, call: Call): void {
  shared.calls.set(config, call);
}

/** The call that a request, a response or an error belongs to. */
export function callOf(subject: unknown): Call | undefined {
  if (typeof subject !== 'object' || subject === null) return undefined;
  const call = shared.calls.get(subject);
  if (call !== undefined) return call;
  const { config } = subject as { config?: unknown };
  return typeof config === 'object' && config !== null ? shared.calls.get(config) : undefined;
}

/** For interceptors: the call of the request they are given. */
export function currentCall(config: InternalAxiosRequestConfig): Call {
  const call = shared.calls.get(config);
  if (call === undefined) {
    throw new TypeError(
      'This request did not come through install(), or is a copy of one that did: change the one you are given',
    );
  }
  return call;
}
