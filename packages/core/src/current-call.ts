import type { AxiosError, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { Call, type CallFacts } from './call.js';
import type { Failure } from './failure.js';
import { removeHeader } from './headers.js';
import { Journal, type Attempt } from './journal.js';
import type { HoldfastErrorCode } from './error-code.js';
import type { Outcome } from './policy.js';
import { serviceKey } from './service-key.js';
import { NOWHERE, type Target } from './target.js';
import type { TokenDemand } from './token-demand.js';

/** What an interceptor that attached a token lets others do with it. */
export interface Authorization {
  readonly scopes: readonly string[];
  /**
   * Puts another token on the request than the one that was just refused, one that satisfies what the refusal demands.
   * False when the source has no other: sending again would end the same way. Rejects at once when the request is given up.
   */
  renew(config: InternalAxiosRequestConfig, demand: TokenDemand): Promise<boolean>;
}

/** What says of which class an answer or an error is. */
export interface Classifying {
  /** `now` is epoch milliseconds. */
  outcomeOf(failure: Failure, now: number): Outcome;
}

/**
 * Is told when a call ends, by the pipeline itself: a promise of one's own, to be told by that, would cost each call more
 * than the rest of what is wanted.
 */
export interface CallKeeper {
  /**
   * The request leaves the pipeline: what was put on it comes off. `error` is what the call failed with, if it did; what is
   * returned takes its place.
   */
  release(call: CurrentCall, config: InternalAxiosRequestConfig, error: unknown): unknown;
}

const NONE: readonly never[] = [];

/** What the caller got. */
export interface Ending {
  readonly outcome: Outcome;
  /** It was an error. */
  readonly failed: boolean;
  /** Epoch milliseconds, where somebody wanted to know. */
  readonly endedAt: number | undefined;
}

/**
 * One call of a user while it is under way: the only thing that interceptors share. For them alone, since it leads to
 * tokens and bodies; everybody else gets its {@link Call}. After a call that succeeded at once it holds no journal.
 */
export class CurrentCall implements CallFacts {
  /** The service's name; without one, its origin. */
  service = '';
  method = 'get';
  url = '';
  /** Where the request goes. */
  target: Target = NOWHERE;
  /** Epoch milliseconds. */
  startedAt = 0;
  /** Epoch milliseconds at which the caller gives up; `Infinity` without a deadline. */
  deadlineAt: number = Infinity;
  /** How many times the request was sent. */
  sends = 0;
  /** Epoch milliseconds at which it was sent last. */
  lastSentAt = 0;
  /** A throttle gate stands in this pipeline: a Retry-After is waited for there, and nowhere else. */
  gated = false;
  /** The instant until which the gate holds a place for this call's next attempt. */
  heldUntil: number | undefined = undefined;
  /** Why nothing more was sent, where the caller gets what came back before that. */
  refusedFor: HoldfastErrorCode | undefined = undefined;
  /** The failure in whose place the caller gets a reduced answer. */
  fallbackFor: Outcome | undefined = undefined;
  /** Set by the interceptor that attached a token, for as long as that token is on the request. */
  authorization: Authorization | undefined = undefined;
  /** What the last failed send came to: an answer, or an error. Cancellations leave it alone. */
  lastFailure: Failure | undefined = undefined;
  /** The last answer about which the caller's `validateStatus` is not asked: a success, whatever its status. */
  unasked: AxiosResponse | undefined = undefined;
  /** The last answer that its adapter had rejected by itself, and the error that it came in: the caller may get that. */
  rejected: { readonly response: AxiosResponse; readonly error: AxiosError } | undefined = undefined;
  /** The caller's own `validateStatus`: on the request stands one that takes everything. */
  validateStatus: InternalAxiosRequestConfig['validateStatus'] = undefined;
  /** What somebody's hook says of the classes of this call's answers, in place of the table; mostly there is none. */
  classification: Classifying | undefined = undefined;
  /** Who is told when the call ends; mostly nobody. */
  keeper: CallKeeper | undefined = undefined;
  /** The id under which the service can find the call in its own logs, where it is sent one. */
  correlationId: string | undefined = undefined;
  /** Mostly there is one, and a list for it would be dearer than the header. */
  #lentHeaders: string | readonly string[] | undefined = undefined;
  #journal: Journal | undefined = undefined;
  #ending: Ending | undefined = undefined;
  #shown: Call | undefined = undefined;

  /** What others than interceptors may see of it. */
  get shown(): Call {
    return (this.#shown ??= new Call(this));
  }

  /** What it shares a breaker and a gate with, unless somebody says otherwise: its service, at its origin. */
  get key(): string {
    return serviceKey(this.service, this.target.origin);
  }

  /** Whether the caller gets an error for an answer: because its adapter says so, or his own `validateStatus`. */
  rejects(response: AxiosResponse): boolean {
    if (this.rejected?.response === response) return true;
    const { validateStatus } = this;
    if (this.unasked === response || !response.status || !validateStatus) return false;
    return !validateStatus(response.status);
  }

  /** Whether an answer is a success by its status alone. The usual case: it pays for no clock reading. */
  isPlainSuccess({ status }: AxiosResponse): boolean {
    return status < 400 && this.classification === undefined;
  }

  get attempts(): readonly Attempt[] {
    return this.#journal?.attempts ?? NONE;
  }

  get refusals(): readonly string[] {
    return this.#journal?.refusals ?? NONE;
  }

  get outcome(): Outcome | undefined {
    return this.#ending?.outcome;
  }

  get failed(): boolean {
    return this.#ending?.failed ?? false;
  }

  get endedAt(): number | undefined {
    return this.#ending?.endedAt;
  }

  /** Whether sends are being written down, because one has failed. */
  get journaled(): boolean {
    return this.attempts.length > 0;
  }

  /** For interceptors: writes down what was decided upon the last attempt, and why. Never with a secret in it. */
  note(decision: string): void {
    (this.#journal ??= new Journal()).note(decision);
  }

  /** For the pipeline: writes down how a send ended. */
  record(attempt: Omit<Attempt, 'delayMs' | 'reason' | 'decisions'>): void {
    const { number, startedAt, endedAt, status, code } = attempt;
    const { delayMs, reason } = this.leadUpTo(startedAt);
    (this.#journal ??= new Journal()).record({ number, startedAt, endedAt, delayMs, reason, status, code });
  }

  /** Writes down an answer that looked like a success when it came: those stand in no journal of their own. */
  writeDown({ status }: AxiosResponse, now: number): void {
    if (this.journaled || this.sends === 0) return;
    this.record({
      number: this.sends,
      startedAt: this.lastSentAt,
      endedAt: now,
      status,
      code: undefined,
    });
  }

  /** What led up to an attempt that starts at an instant. */
  leadUpTo(startedAt: number): Pick<Attempt, 'delayMs' | 'reason'> {
    const last = this.attempts.at(-1);
    const delayMs = Math.max(0, startedAt - (last?.endedAt ?? this.startedAt));
    return { delayMs, reason: last?.decisions.at(-1) };
  }

  /** For the pipeline: the caller gets what came of it. */
  end(ending: Ending): void {
    this.#ending = ending;
    // With it go the last answer's body and headers.
    this.lastFailure = undefined;
    this.rejected = undefined;
    this.classification = undefined;
  }

  /** Puts a header on the request until the call ends: when it is submitted again, it is another call. */
  lendHeader({ headers }: InternalAxiosRequestConfig, name: string, value: string): void {
    headers[name] = value;
    this.#lentHeaders = this.#lentHeaders === undefined ? name : [this.#lentHeaders, name].flat();
  }

  /** Has a header taken off when the call ends, in whatever case it is there by then. */
  reclaimHeader(name: string): void {
    this.#lentHeaders = [this.#lentHeaders ?? [], name].flat();
  }

  /** For the pipeline: takes the lent headers off again. */
  takeHeadersBack({ headers }: InternalAxiosRequestConfig): void {
    const lent = this.#lentHeaders;
    if (lent === undefined) return;
    if (typeof lent !== 'string') for (const name of lent) removeHeader(headers, name);
    // Mostly it stands there as it was put on; by now the headers are slow to walk through.
    else if (Object.hasOwn(headers, lent)) Reflect.deleteProperty(headers, lent);
    else removeHeader(headers, lent);
  }
}
