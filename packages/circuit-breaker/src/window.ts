const BUCKETS = 10;
/** Of each bucket: completed, failed, slow. */
const FIGURES = 3;

/** The completed attempts of one tenth of a window. */
export interface Bucket {
  /** Epoch milliseconds at which it begins. */
  readonly at: number;
  readonly attempts: number;
  readonly failures: number;
  readonly slow: number;
}

/** What a window holds, as plain data. */
export interface WindowContent {
  readonly windowMs: number;
  /** Oldest first. */
  readonly buckets: readonly Bucket[];
  /** Failures since the last success. */
  readonly run: number;
  /** Epoch milliseconds of the first failure of the run, and of the last one. */
  readonly runStartedAt: number;
  readonly runEndedAt: number;
}

/**
 * The completed attempts of the last `windowMs`, and the run of failures at their end. Constant memory, constant cost
 * per outcome, no timer: the ring of buckets is rotated by the clock reading that comes with each outcome.
 *
 * The figures hold as of the last outcome that was recorded.
 */
export class Window {
  #windowMs: number;
  /** One ring and no object per bucket: ten thousand services have one each. */
  readonly #ring: number[] = new Array<number>(BUCKETS * FIGURES).fill(0);
  /** Counted from the epoch. */
  #newestBucket = -Infinity;
  #attempts = 0;
  #failures = 0;
  #slow = 0;
  #run = 0;
  #runStartedAt = 0;
  #runMs = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Attempts that completed within the window. */
  get attempts(): number {
    return this.#attempts;
  }

  /** How many of them failed. */
  get failures(): number {
    return this.#failures;
  }

  /** How many of them were slow. */
  get slow(): number {
    return this.#slow;
  }

  /** Failures since the last success, however long ago that was. */
  get run(): number {
    return this.#run;
  }

  /** Milliseconds between the first and the last failure of the run. */
  get runMs(): number {
    return this.#runMs;
  }

  succeeded(now: number, slow = false): void {
    this.#count(now, 0, slow ? 1 : 0);
    this.#run = 0;
    this.#runMs = 0;
  }

  failed(now: number, slow = false): void {
    this.#count(now, 1, slow ? 1 : 0);
    // A clock that was set back shortens the run; it must not make it endless.
    if (this.#run === 0 || now < this.#runStartedAt) this.#runStartedAt = now;
    this.#run += 1;
    this.#runMs = now - this.#runStartedAt;
  }

  clear(): void {
    this.#ring.fill(0);
    this.#attempts = 0;
    this.#failures = 0;
    this.#slow = 0;
    this.#run = 0;
    this.#runMs = 0;
  }

  /** What is in it as of an instant: without what is too old by then. */
  content(now: number): WindowContent {
    const current = this.#bucketOf(now);
    const buckets: Bucket[] = [];
    // Nothing, when the clock was set back: those instants mean nothing any more.
    if (current >= this.#newestBucket) {
      for (let bucket = current - BUCKETS + 1; bucket <= this.#newestBucket; bucket += 1) {
        const [attempts = 0, failures = 0, slow = 0] = this.#ring.slice(
          slotOf(bucket),
          slotOf(bucket) + FIGURES,
        );
        if (attempts > 0) buckets.push({ at: this.#startOf(bucket, now), attempts, failures, slow });
      }
    }
    const runEndedAt = this.#runStartedAt + this.#runMs;
    return {
      windowMs: this.#windowMs,
      buckets,
      run: this.#run,
      runStartedAt: this.#runStartedAt,
      runEndedAt,
    };
  }

  /** Counts again over another length: each tenth goes where it began. */
  resize(windowMs: number, now: number): void {
    const content = this.content(now);
    this.#windowMs = windowMs;
    this.restore(content, now);
  }

  /** Takes over what another window held, as far as it is not of a time to come. What is too old goes with the next outcome. */
  restore({ buckets, run, runStartedAt, runEndedAt }: WindowContent, now: number): void {
    this.clear();
    for (const { at, attempts, failures, slow } of [...buckets].sort((one, other) => one.at - other.at)) {
      if (at <= now) this.#count(at, failures, slow, attempts);
    }
    // The run is not a matter of the window: it may have begun long ago, and lasts until a success.
    this.#run = runEndedAt <= now ? run : 0;
    this.#runStartedAt = runStartedAt;
    this.#runMs = this.#run === 0 ? 0 : runEndedAt - runStartedAt;
  }

  #count(now: number, failures: number, slow: number, attempts = 1): void {
    const slot = this.#rotate(now);
    this.#add(slot, attempts);
    this.#attempts += attempts;
    if (failures > 0) {
      this.#add(slot + 1, failures);
      this.#failures += failures;
    }
    if (slow > 0) {
      this.#add(slot + 2, slow);
      this.#slow += slow;
    }
  }

  #add(index: number, amount: number): void {
    this.#ring[index] = (this.#ring[index] ?? 0) + amount;
  }

  #rotate(now: number): number {
    const bucket = this.#bucketOf(now);
    const passed = bucket - this.#newestBucket;
    if (passed !== 0) {
      // All too old; or, when the clock was set back, of times that mean nothing any more.
      const stale = passed < 0 || passed > BUCKETS ? BUCKETS : passed;
      for (let back = 0; back < stale; back += 1) this.#empty(slotOf(bucket - back));
      this.#newestBucket = bucket;
    }
    return slotOf(bucket);
  }

  #bucketOf(at: number): number {
    return Math.floor((at * BUCKETS) / this.#windowMs);
  }

  /** A whole millisecond that lies in it, and not after `now`: a fraction may come out as part of the bucket before. */
  #startOf(bucket: number, now: number): number {
    return Math.min(Math.ceil((bucket * this.#windowMs) / BUCKETS), now);
  }

  #empty(slot: number): void {
    this.#attempts -= this.#ring[slot] ?? 0;
    this.#failures -= this.#ring[slot + 1] ?? 0;
    this.#slow -= this.#ring[slot + 2] ?? 0;
    this.#ring.fill(0, slot, slot + FIGURES);
  }
}

function slotOf(bucket: number): number {
  return (((bucket % BUCKETS) + BUCKETS) % BUCKETS) * FIGURES;
}
