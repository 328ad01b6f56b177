import type { Clock, Timer } from '@holdfast/core';

/** A clock whose timers can all be ended at once: a time limit's goes on, for nobody, until its time is over. */
export class ClosingClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    return this.#keep((ended) => this.#clock.setTimeout(ended, delayMs), callback);
  }

  setWait(callback: () => void, delayMs: number): Timer {
    const clock = this.#clock;
    return this.#keep(
      (ended) => clock.setWait?.(ended, delayMs) ?? clock.setTimeout(ended, delayMs),
      callback,
    );
  }

  /** Ends those that run. */
  cancelAll(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #keep(start: (ended: () => void) => Timer, callback: () => void): Timer {
    const timer = start(() => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
      unref: () => {
        timer.unref();
      },
    };
  }
}
