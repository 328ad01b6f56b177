import { orCanceled, type Cancelable } from '@holdfast/core';

/** Those who wait for the same thing. What is done for them stands still while there is nobody. */
export class Audience {
  #waiting = 0;
  #leaving = new AbortController();
  #arrived: () => void = () => undefined;
  #arrival: Promise<void>;

  constructor() {
    this.#arrival = this.#nextArrival();
  }

  /** Whether somebody waits. */
  get isPresent(): boolean {
    return this.#waiting > 0;
  }

  /** Settles as the promise does; whoever gives up leaves at once. */
  async waitFor<T>(promise: Promise<T>, caller: Cancelable): Promise<T> {
    this.#waiting += 1;
    this.#arrived();
    try {
      return await orCanceled(promise, caller);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) {
        this.#arrival = this.#nextArrival();
        this.#leaving.abort();
        this.#leaving = new AbortController();
      }
    }
  }

  /** Waits for somebody, without a timer; resolves to what ends when nobody is left. */
  async present(): Promise<AbortSignal> {
    while (!this.isPresent) await this.#arrival;
    return this.#leaving.signal;
  }

  #nextArrival(): Promise<void> {
    return new Promise((resolve) => (this.#arrived = resolve));
  }
}
