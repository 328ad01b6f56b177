const BUCKETS = 10;

/**
 * The completed attempts of the last `windowMs`, and the run of failures at their end. Constant memory, constant cost
 * per outcome, no timer: the ring of buckets is rotated by the clock reading that comes with each outcome.
 *
 * The figures hold as of the last outcome that was recorded.
 */
export class Window {
  readonly #bucketMs: number;
  readonly #completed: number[] = new Array<number>(BUCKETS).fill(0);
  readonly #failed: number[] = new Array<number>(BUCKETS).fill(0);
  /** Counted from the epoch. */
  #newestBucket = -Infinity;
  #attempts = 0;
  #failures = 0;
  #run = 0;
  #runStartedAt = 0;
  #runMs = 0;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
  }

  /** Attempts that completed within the window. */
  get attempts(): number {
    return this.#attempts;
  }

  /** How many of them failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Failures since the last success, however long ago that was. */
  get run(): number {
    return this.#run;
  }

  /** Milliseconds between the first and the last failure of the run. */
  get runMs(): number {
    return this.#runMs;
  }

  succeeded(now: number): void {
    addTo(this.#completed, this.#rotate(now));
    this.#attempts += 1;
    this.#run = 0;
  }

  failed(now: number): void {
    const slot = this.#rotate(now);
    addTo(this.#completed, slot);
    addTo(this.#failed, slot);
    this.#attempts += 1;
    this.#failures += 1;
    // A clock that was set back shortens the run; it must not make it endless.
    if (this.#run === 0 || now < this.#runStartedAt) this.#runStartedAt = now;
    this.#run += 1;
    this.#runMs = now - this.#runStartedAt;
  }

  clear(): void {
    this.#completed.fill(0);
    this.#failed.fill(0);
    this.#attempts = 0;
    this.#failures = 0;
    this.#run = 0;
    this.#runMs = 0;
  }

  #rotate(now: number): number {
    const bucket = Math.floor(now / this.#bucketMs);
    const passed = bucket - this.#newestBucket;
    if (passed !== 0) {
      // All too old; or, when the clock was set back, of times that mean nothing any more.
      const stale = passed < 0 || passed > BUCKETS ? BUCKETS : passed;
      for (let back = 0; back < stale; back += 1) this.#empty(slotOf(bucket - back));
      this.#newestBucket = bucket;
    }
    return slotOf(bucket);
  }

  #empty(slot: number): void {
    this.#attempts -= this.#completed[slot] ?? 0;
    this.#failures -= this.#failed[slot] ?? 0;
    this.#completed[slot] = 0;
    this.#failed[slot] = 0;
  }
}

function addTo(ring: number[], slot: number): void {
  ring[slot] = (ring[slot] ?? 0) + 1;
}

function slotOf(bucket: number): number {
  return ((bucket % BUCKETS) + BUCKETS) % BUCKETS;
}
