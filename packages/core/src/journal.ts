/** One send, and what became of it. Kept from a call's first failure on. */
export interface Attempt {
  /** Counts the first send: 1, 2, … */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Milliseconds between the end of the attempt before, or the start of the call, and this one. */
  readonly delayMs: number;
  /** Why it was sent, when it is not the first: what was decided upon the attempt before. */
  readonly reason: string | undefined;
  /** The HTTP status, where one came back. */
  readonly status: number | undefined;
  /** The code of the failure, where nothing came back. */
  readonly code: string | undefined;
  /** What was decided upon it, and why. */
  readonly decisions: readonly string[];
}

type Journaled<T> = { -readonly [Name in keyof T]: T[Name] };

const NONE: readonly never[] = [];

/**
 * What is written down of a call that did not succeed at once. Its lists are copied when they grow, since what is pushed to an
 * empty one makes room for seventeen: of thousands of calls that wait, that is what one would see in memory.
 */
export class Journal {
  #attempts: readonly Journaled<Attempt>[] = NONE;
  #refusals: readonly string[] = NONE;

  /** Every send, in order. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  /** What was decided before anything was sent. */
  get refusals(): readonly string[] {
    return this.#refusals;
  }

  /** How a send ended. */
  record(attempt: Omit<Attempt, 'decisions'>): void {
    const { number, startedAt, endedAt, delayMs, reason, status, code } = attempt;
    // Member by member: a storm of challenges would spend a tenth of its time on copying by spread.
    const written = { number, startedAt, endedAt, delayMs, reason, status, code, decisions: NONE };
    this.#attempts = this.#attempts.concat(written);
  }

  /** What was decided upon the last attempt, and why. */
  note(decision: string): void {
    const last = this.#attempts.at(-1);
    if (last === undefined) this.#refusals = this.#refusals.concat(decision);
    else last.decisions = last.decisions.concat(decision);
  }
}
