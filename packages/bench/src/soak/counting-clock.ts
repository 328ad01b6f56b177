import { systemClock, type Clock, type Timer } from '@holdfast/core';

/** The machine's clock, which knows how many of its timers run, those too that keep no process alive. */
export class CountingClock implements Clock {
  readonly #running = new Set<Timer>();

  get running(): number {
    return this.#running.size;
  }

  now(): number {
    return systemClock.now();
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer = systemClock.setTimeout(() => {
      this.#running.delete(timer);
      callback();
    }, delayMs);
    this.#running.add(timer);
    return {
      cancel: () => {
        this.#running.delete(timer);
        timer.cancel();
      },
      unref: () => {
        timer.unref();
      },
    };
  }
}
