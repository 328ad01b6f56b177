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

/** What is written down of a call that did not succeed at once. */
export class Journal {
  readonly #attempts: (Attempt & { readonly decisions: string[] })[] = [];
  readonly #refusals: string[] = [];

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
    this.#attempts.push({ ...attempt, decisions: [] });
  }

  /** What was decided upon the last attempt, and why. */
  note(decision: string): void {
    (this.#attempts.at(-1)?.decisions ?? this.#refusals).push(decision);
  }
}
