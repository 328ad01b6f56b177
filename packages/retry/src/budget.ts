import { accepted, count, described, quotable, ratio, readOptions, type Option } from '@holdfast/core';

/** Options of {@link RetryBudget}. */
export interface RetryBudgetOptions {
  /**
   * Retries per call that was observed. Default: 0.1. At 1, a service that fails gets twice its load just when it
   * can bear none.
   */
  readonly ratio?: number;
  /**
   * Retries per second that are always allowed, so that a quiet client may retry at all; three seconds' worth of them at once.
   * Default: 1.
   */
  readonly minPerSecond?: number;
  /**
   * `observe` counts, writes into the journal what it would have refused, and lets it through. Default: enforce. Left at
   * `observe`, an outage multiplies the load by all the retries there are.
   */
  readonly mode?: RetryBudgetMode;
}

/** Whether a budget refuses what it cannot pay for, or only tells. */
export type RetryBudgetMode = 'enforce' | 'observe';

const isMode = (value: unknown): boolean => value === 'enforce' || value === 'observe';

const schemas = {
  ratio: ratio(0.1),
  minPerSecond: count(1) satisfies Option<number>,
  mode: quotable(accepted<RetryBudgetMode>(isMode, '"enforce" or "observe"', 'enforce')),
};

const SECONDS = 10;
/** So many seconds' worth in two seconds at most, or a service that goes down is sent at once what ten have saved up. */
const BURST_SECONDS = 3;

/**
 * How many retries all calls of a client may make together: a share of the traffic of the last ten seconds, so that an
 * outage multiplies the load by a little more than one and never by four, and only a part of them at once, so that its
 * first second does not either.
 */
export class RetryBudget {
  /** Whether it refuses what it cannot pay for. Who asks it heeds that: {@link spend} says the same in both. */
  readonly mode: RetryBudgetMode;
  readonly #ratio: number;
  readonly #minPerSecond: number;
  // A ring of seconds, rotated when somebody looks: no timer, and the same cost at any load.
  readonly #earned = new Float64Array(SECONDS);
  readonly #spent = new Float64Array(SECONDS);
  #second = 0;

  constructor(options: RetryBudgetOptions = {}) {
    const read = readOptions('RetryBudget', schemas, options);
    const { mode, ratio: share, minPerSecond } = read;
    this.mode = mode;
    this.#ratio = share;
    this.#minPerSecond = minPerSecond;
    described(this, 'RetryBudget', read);
  }

  /** Counts a call. `now` is epoch milliseconds. */
  observe(now: number): void {
    const at = this.#rotate(now);
    this.#earned[at] = (this.#earned[at] ?? 0) + this.#ratio;
  }

  /**
   * Pays for one retry, if it is there to be paid. What is not is not counted, so that `observe` tells what `enforce` would do.
   * Below the price of 1 it is one that the service has told when to come back.
   */
  spend(price: number, now: number): boolean {
    const at = this.#rotate(now);
    const earned = sum(this.#earned);
    if (isMore(sum(this.#spent) + price, this.#minPerSecond * SECONDS + earned)) return false;
    // Those that were told their instant come back spread, and later.
    if (price >= 1 && this.#bursts(price, at, earned)) return false;
    this.#spent[at] = (this.#spent[at] ?? 0) + price;
    return true;
  }

  /** Whether this second and the one before it would have more than their part. One retry alone is no burst, whatever a second is worth. */
  #bursts(price: number, at: number, earned: number): boolean {
    const spent = (this.#spent[at] ?? 0) + (this.#spent[(at + SECONDS - 1) % SECONDS] ?? 0);
    const worth = Math.max(this.#minPerSecond, earned / SECONDS);
    return spent > 0 && isMore(spent + price, BURST_SECONDS * worth);
  }

  /** The slot of this second; the slots of the seconds that passed unseen are emptied. */
  #rotate(now: number): number {
    const second = Math.floor(now / 1000);
    if (second > this.#second) {
      const passed = Math.min(second - this.#second, SECONDS);
      for (let back = 0; back < passed; back += 1) {
        const slot = (second - back) % SECONDS;
        this.#earned[slot] = 0;
        this.#spent[slot] = 0;
      }
      this.#second = second;
    }
    // A clock that stepped back keeps to the newest slot.
    return this.#second % SECONDS;
  }
}

/** But for the sum of many tenths, which is a little off. */
function isMore(one: number, than: number): boolean {
  return one > than + 1e-9;
}

function sum(slots: Float64Array): number {
  return slots.reduce((total, slot) => total + slot, 0);
}
