/** Where time comes from: injected, so that a test can own it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls `callback` once, after `delayMs` milliseconds. */
  setTimeout(callback: () => void, delayMs: number): Timer;
  /**
   * The same for a wait that somebody awaits, and not for a limit: a clock that tells the two apart, for tests, can let the waits
   * pass at once and the limits hold. Default: `setTimeout`.
   */
  setWait?(callback: () => void, delayMs: number): Timer;
}

/** A timer that a {@link Clock} started. */
export interface Timer {
  /** The callback is not called any more. */
  cancel(): void;
  /** Lets the process end although the timer runs. */
  unref(): void;
}

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(callback: () => void, delayMs: number) {
    this.#timeout = setTimeout(callback, delayMs);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  unref(): void {
    this.#timeout.unref();
  }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => new SystemTimer(callback, delayMs),
};

/** The longest delay that `setTimeout` can take: beyond it Node fires after 1 ms. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;
