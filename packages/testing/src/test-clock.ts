import timers from 'node:timers';
import { LONGEST_TIMER_MS, type Clock, type Timer } from '@holdfast/core';

// Taken while they are the real ones: fake timers take the places of the module's as well.
const { clearTimeout, setImmediate, setTimeout } = timers;

/** A clock by which the waits of a client pass at once, and its limits hold: see {@link testClock}. */
export interface TestClock extends Clock {
  /** Epoch milliseconds: the machine's, and what was skipped up to now. */
  now(): number;
  /** For a limit: it takes real time, unless a wait that ends later is skipped. */
  setTimeout(callback: () => void, delayMs: number): Timer;
  /** For a wait that somebody awaits: it is skipped as soon as nothing is under way. */
  setWait(callback: () => void, delayMs: number): Timer;
  /**
   * Lets so many milliseconds pass at once: what falls due meanwhile happens, in order, each at its instant.
   *
   * @throws {TypeError} for what is no number of milliseconds.
   */
  advance(ms: number): Promise<void>;
  /** Runs something that takes real time, a request over another client, say: until it has ended no wait is skipped. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

interface Pending {
  readonly dueAt: number;
  readonly isWait: boolean;
  readonly callback: () => void;
  timeout: NodeJS.Timeout;
}

// What has begun by a promise, or by a turn of the event loop, as Node's streams do, has then come to its next send or wait.
const TURNS = 20;

/**
 * Simulated time for tests over real sockets, nock, or an adapter in memory. It goes as the machine's does while a send or a
 * token request is under way. When nothing is, it jumps to the end of the earliest wait: a backoff, a Retry-After of two
 * minutes, the interval of a poll. Limits that fall due before come first, so all happens in the order that it would have in
 * reality, at instants as far apart.
 *
 * `Date`, where a test fakes it, is followed; faked timers are not needed. A send ends with its headers: where a stream is read while
 * another call waits for longer than `stallMs`, run the reading inside of `during()`.
 */
export function testClock(): TestClock {
  return new SkippingClock();
}

/** The same, with what the makers of clients need. */
export class SkippingClock implements TestClock {
  readonly #pending = new Set<Pending>();
  readonly #listeners: (() => void)[] = [];
  #skippedMs = 0;
  #underWay = 0;
  #isWatching = false;
  #quietTurns = 0;

  now(): number {
    return Date.now() + this.#skippedMs;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    return this.#start(callback, delayMs, false);
  }

  setWait(callback: () => void, delayMs: number): Timer {
    const timer = this.#start(callback, delayMs, true);
    this.#watch();
    return timer;
  }

  async advance(ms: number): Promise<void> {
    if (!(Number.isFinite(ms) && ms >= 0))
      throw new TypeError(`advance() takes a number of milliseconds, 0 or more, and not ${String(ms)}`);
    await settled();
    const until = this.now() + ms;
    for (let next = this.#first(); next !== undefined && next.dueAt <= until; next = this.#first()) {
      this.#fire(next);
      await settled();
    }
    this.#skipTo(until);
    await settled();
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (typeof work !== 'function') throw new TypeError('during() takes a function that begins the work');
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      this.#watch();
    }
  }

  /** Is told when time was skipped, before anything that falls due then. */
  onSkip(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #start(callback: () => void, delayMs: number, isWait: boolean): Timer {
    const delay = Math.ceil(delayMs);
    const pending: Pending = {
      dueAt: this.now() + delay,
      isWait,
      callback,
      timeout: this.#timeoutOf(delay, () => pending),
    };
    this.#pending.add(pending);
    return {
      cancel: () => {
        this.#pending.delete(pending);
        clearTimeout(pending.timeout);
        this.#watch();
      },
      unref: () => {
        pending.timeout.unref();
      },
    };
  }

  #fire(pending: Pending): void {
    this.#pending.delete(pending);
    clearTimeout(pending.timeout);
    // A timer of Node's may come a millisecond early, and where `Date` is faked the machine's time stands still.
    this.#skipTo(pending.dueAt);
    pending.callback();
    this.#watch();
  }

  #skipTo(instant: number): void {
    const ms = instant - this.now();
    if (ms <= 0) return;
    this.#skippedMs += ms;
    for (const pending of this.#pending) this.#startAnew(pending);
    for (const listener of this.#listeners) listener();
  }

  #startAnew(pending: Pending): void {
    const isRef = pending.timeout.hasRef();
    clearTimeout(pending.timeout);
    const delay = Math.max(0, pending.dueAt - this.now());
    pending.timeout = this.#timeoutOf(delay, () => pending);
    if (!isRef) pending.timeout.unref();
  }

  #timeoutOf(delay: number, pending: () => Pending): NodeJS.Timeout {
    // Node takes no more, and would fire at once: all that time would be skipped.
    if (delay > LONGEST_TIMER_MS)
      return setTimeout(() => {
        this.#startAnew(pending());
      }, LONGEST_TIMER_MS);
    return setTimeout(() => {
      this.#fire(pending());
    }, delay);
  }

  #first(of: (pending: Pending) => boolean = () => true): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending)
      if (of(pending) && (first === undefined || pending.dueAt < first.dueAt)) first = pending;
    return first;
  }

  /** Something has changed: what comes of it has some turns to begin. */
  #watch(): void {
    this.#quietTurns = 0;
    if (this.#isWatching) return;
    this.#isWatching = true;
    setImmediate(() => {
      this.#turn();
    });
  }

  #turn(): void {
    this.#isWatching = false;
    if (this.#underWay > 0) return;
    const wait = this.#first(({ isWait }) => isWait);
    if (wait === undefined) return;
    this.#quietTurns += 1;
    if (this.#quietTurns < TURNS) {
      this.#isWatching = true;
      setImmediate(() => {
        this.#turn();
      });
      return;
    }
    const next = this.#first(({ dueAt }) => dueAt <= wait.dueAt);
    if (next !== undefined) this.#fire(next);
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1)
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
}
