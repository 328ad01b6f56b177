import { EventEmitter } from 'node:events';
import { LONGEST_TIMER_MS } from '@holdfast/core';
import CircuitBreaker from 'opossum';

// opossum rotates its own counts, which nobody reads, by an interval of each breaker, unless it is given an emitter.
const neverRotates = new EventEmitter();

/**
 * The states of one circuit, and the timer that ends an opening: opossum's. Its `fire()` stays off the path: it counts
 * calls in flight, takes a filtered error for a success, and sorts its whole window at each failure.
 */
export class StateMachine {
  readonly #name: string;
  readonly #onHalfOpen: () => void;
  /** opossum reads its reset time from here at each opening. */
  #options: CircuitBreaker.Options = {};
  #breaker: CircuitBreaker;
  /** Of the opening, what comes after the timer that runs: opossum's timers overflow beyond 2^31 ms. */
  #leftMs = 0;

  /** `onHalfOpen` is called when an opening has lasted for its time. */
  constructor(name: string, onHalfOpen: () => void) {
    this.#name = name;
    this.#onHalfOpen = onHalfOpen;
    this.#breaker = this.#create({ closed: true });
  }

  get opened(): boolean {
    return this.#breaker.opened;
  }

  get halfOpen(): boolean {
    return this.#breaker.halfOpen;
  }

  /** Opens for so many milliseconds from now, whatever it was, and if it is open already. */
  open(delayMs: number): void {
    const resetTimeout = Math.min(delayMs, LONGEST_TIMER_MS);
    this.#leftMs = delayMs - resetTimeout;
    // opossum heeds a reset time only where it is not open.
    this.#breaker.close();
    this.#options.resetTimeout = resetTimeout;
    this.#breaker.open();
  }

  close(): void {
    this.#breaker.close();
  }

  /** Half-open without waiting for a timer, and without a call of `onHalfOpen`: opossum can only be born so. */
  becomeHalfOpen(): void {
    this.shutDown();
    this.#breaker = this.#create({ closed: false, halfOpen: true });
  }

  /** Nothing of it happens any more. */
  shutDown(): void {
    this.#breaker.shutdown();
  }

  #create(state: { readonly closed: boolean; readonly halfOpen?: boolean }): CircuitBreaker {
    const options = {
      name: this.#name,
      timeout: false,
      enableSnapshots: false,
      rollingPercentilesEnabled: false,
      rotateBucketController: neverRotates,
      state,
    } as const;
    this.#options = options;
    const breaker = new CircuitBreaker(() => Promise.resolve(), this.#options);
    // It never will: a listener left on it would only keep a forgotten circuit in memory.
    neverRotates.removeAllListeners();
    breaker.on('halfOpen', () => {
      if (this.#leftMs > 0) this.open(this.#leftMs);
      else this.#onHalfOpen();
    });
    return breaker;
  }
}
