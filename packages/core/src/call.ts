import type { Attempt } from './journal.js';
import type { Outcome } from './policy.js';
import { printable } from './printable.js';
import type { Target } from './target.js';

/** What is known of a call, for {@link Call} to show. */
export interface CallFacts {
  readonly service: string;
  readonly method: string;
  readonly url: string;
  readonly target: Target;
  readonly correlationId: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly sends: number;
  readonly attempts: readonly Attempt[];
  readonly refusals: readonly string[];
  readonly outcome: Outcome | undefined;
  readonly fallbackFor: Outcome | undefined;
  readonly failed: boolean;
}

/**
 * What became of one call of a user, whatever it took: for whoever made it, and for observers. `callOf()` finds it by the
 * request, the response or the error. It leads to no header, body or token.
 */
export class Call {
  static {
    // A console shows the story too.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Call): string {
        return this.toString();
      },
    });
  }

  readonly #facts: CallFacts;

  constructor(facts: CallFacts) {
    this.#facts = facts;
  }

  /** The service's name; without one, its origin. */
  get service(): string {
    return this.#facts.service;
  }

  get method(): string {
    return this.#facts.method;
  }

  /** As the caller wrote it, without query, fragment, user name and what `data:` holds: they may be secrets. */
  get url(): string {
    if (/^\s*data:/i.test(this.#facts.url)) return 'data:';
    // With backslashes, or slashes that are missing: that cannot be sent, and is shown all the same.
    return this.#facts.url
      .replace(/[?#].*$/s, '')
      .replace(/(^[a-z][a-z\d+.-]*:[/\\\s]*|[/\\]{2})[^/\\]*@/gi, '$1');
  }

  /** Where the request goes. */
  get target(): Target {
    return this.#facts.target;
  }

  /** The id under which the service can find the call in its own logs, where it was sent one. */
  get correlationId(): string | undefined {
    return this.#facts.correlationId;
  }

  /** Epoch milliseconds. */
  get startedAt(): number {
    return this.#facts.startedAt;
  }

  /** Epoch milliseconds; `undefined` while it is under way, and of a call that succeeded at once while nobody listened. */
  get endedAt(): number | undefined {
    return this.#facts.endedAt;
  }

  /** How many times the request was sent. */
  get sends(): number {
    return this.#facts.sends;
  }

  /** From the first failure on: every send, in order. Empty for a call that succeeded at once, or was never sent. */
  get attempts(): readonly Attempt[] {
    return this.#facts.attempts;
  }

  /** What was decided before anything was sent. */
  get refusals(): readonly string[] {
    return this.#facts.refusals;
  }

  /** What it came to; `undefined` while it is under way. */
  get outcome(): Outcome | undefined {
    return this.#facts.outcome;
  }

  /** The failure in whose place the caller got a reduced answer; `undefined` when what he got is the service's own. */
  get fallbackFor(): Outcome | undefined {
    return this.#facts.fallbackFor;
  }

  /** Whether the caller got an error. */
  get failed(): boolean {
    return this.#facts.failed;
  }

  /** The call's story for a log in JSON, with as little in it as {@link toString}. */
  toJSON(): object {
    const { service, method, url, correlationId, startedAt, endedAt, sends } = this;
    const { outcome, fallbackFor, failed, refusals, attempts } = this;
    return {
      service,
      method,
      url,
      correlationId,
      startedAt,
      endedAt,
      sends,
      outcome,
      fallbackFor,
      failed,
      refusals,
      attempts,
    };
  }

  /** The call's story, a line for each attempt. Without user names, query, headers or bodies: they may hold secrets. */
  toString(): string {
    const title = `${this.method.toUpperCase()} ${this.service} ${this.url}`;
    const before = this.sends === 0 ? 'not sent' : 'before it was sent';
    const refusals = this.refusals.map((decision) => `${before}: ${decision}`);
    const attempts = this.attempts.map(({ number, startedAt, endedAt, status, code, decisions }) => {
      const outcome = status === undefined ? (code ?? 'failed') : String(status);
      const when = `+${startedAt - this.startedAt} ms, took ${endedAt - startedAt} ms`;
      return [`#${number} (${when}): ${outcome}`, ...decisions].join('; ');
    });
    return [title, ...refusals, ...attempts].map(printable).join('\n  ');
  }
}
