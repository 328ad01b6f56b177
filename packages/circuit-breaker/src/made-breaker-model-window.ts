/** By what a window is judged. */
export interface WindowRules {
  readonly windowMs: number;
  readonly minimumAttempts: number;
  readonly failureRatio: number;
  readonly consecutiveFailures: number;
  readonly consecutiveSpanMs: number;
  readonly slowRatio: number;
}

const TENTHS = 10;

/** What was counted since a circuit closed, without a thought for memory: every outcome is kept, and counted anew. */
export class WindowModel {
  readonly #rules: WindowRules;
  #outcomes: { at: number; failed: boolean; slow: boolean }[] = [];
  /** When each failure since the last success was. */
  #run: number[] = [];

  constructor(rules: WindowRules) {
    this.#rules = rules;
  }

  add(failed: boolean, slow: boolean, at: number): void {
    // A clock that was set back: of what was counted nobody can say how old it is.
    if (this.#tenth(at) < this.#tenth(this.#outcomes.at(-1)?.at ?? at)) this.#outcomes = [];
    this.#outcomes.push({ at, failed, slow });
    this.#run = failed ? [...this.#run, at] : [];
  }

  /** Whether the service is down, by what was counted up to now. */
  isDown(now: number): boolean {
    const { minimumAttempts, failureRatio, slowRatio, consecutiveFailures, consecutiveSpanMs } = this.#rules;
    const recent = this.#outcomes.filter(({ at }) => this.#tenth(at) > this.#tenth(now) - TENTHS);
    const failed = recent.filter((one) => one.failed).length / recent.length;
    const slow = recent.filter((one) => one.slow).length / recent.length;
    // Where nothing can be slow, a share of none is not one that is too large.
    const isTooSlow = slow > 0 && slow >= slowRatio;
    if (recent.length >= minimumAttempts && (failed >= failureRatio || isTooSlow)) return true;
    const isLong = now - Math.min(...this.#run) >= consecutiveSpanMs;
    return this.#run.length >= consecutiveFailures * (isLong ? 1 : 10);
  }

  #tenth(at: number): number {
    return Math.floor(at / (this.#rules.windowMs / TENTHS));
  }
}
