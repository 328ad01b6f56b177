import FakeTimers from '@sinonjs/fake-timers';
import { flag, milliseconds, readOptions, type Clock, type Timer } from '@holdfast/core';

/** Options of {@link manualClock}. */
export interface ManualClockOptions {
  /** Epoch milliseconds at which it starts. Default: 2025-01-01T00:00:00Z. */
  readonly now?: number;
  /**
   * Whether the global `setTimeout`, `clearTimeout`, `setInterval`, `clearInterval` and `Date` follow this clock until it
   * is disposed of. Default: true, because opossum uses them; with false an opening ends in real time.
   */
  readonly fakeGlobals?: boolean;
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock, Disposable {
  /** The number of timers that wait, those of the faked globals included. */
  readonly pending: number;
  /** The number of timers started on this clock that wait and are not unref'd: what would keep a process alive. */
  readonly pendingRef: number;
  /**
   * Moves time on and runs the timers that fall due, in order. Promise chains settle before the first, after each and
   * after the last one.
   */
  advance(ms: number): Promise<void>;
  /** Lets promise chains settle while time stands still. */
  settle(): Promise<void>;
  /**
   * Goes from timer to timer until the promise settles, so that every wait passes at once.
   *
   * @throws {Error} when no timer is left and the promise still has not settled.
   */
  runUntilSettled<T>(promise: Promise<T>): Promise<T>;
  /** Gives the globals back. The clock itself goes on working. */
  uninstall(): void;
}

// Taken while it is the real one: a turn of the event loop lets every promise chain run to its end, however long.
const nextTurn = setImmediate;

// Node's streams, and code that calls setImmediate, need some turns of the event loop.
const TURNS = 20;

// No test has that many waits: an interval, which never ends, or a loop that retries for ever.
const MOST_TIMERS = 100_000;

/**
 * A clock for tests: time moves when the test says so.
 *
 * It cannot know that a real socket, or nock, is still at work: beside these, say `fakeGlobals: false`, wait for what they
 * do, and then `advance`.
 *
 * @throws {TypeError} when another clock has faked the globals already.
 */
export function manualClock(options: ManualClockOptions = {}): ManualClock {
  const { now, fakeGlobals } = readOptions(
    'manualClock',
    { now: milliseconds(Date.UTC(2025, 0, 1)), fakeGlobals: flag(true) },
    options,
  );
  return new FakedClock(now, fakeGlobals);
}

class FakedClock implements ManualClock {
  readonly #clock: FakeTimers.Clock;
  readonly #uninstall: () => void;
  readonly #refs = new Set<object>();

  constructor(now: number, fakeGlobals: boolean) {
    if (fakeGlobals) {
      const installed = FakeTimers.install({
        now,
        toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
      });
      this.#clock = installed;
      this.#uninstall = () => {
        installed.uninstall();
      };
    } else {
      this.#clock = FakeTimers.createClock(now);
      this.#uninstall = () => undefined;
    }
  }

  get pending(): number {
    return this.#clock.countTimers();
  }

  get pendingRef(): number {
    return this.#refs.size;
  }

  now(): number {
    return this.#clock.now;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const id: FakeTimers.TimerId = this.#clock.setTimeout(() => {
      this.#refs.delete(timer);
      callback();
    }, delayMs);
    const timer: Timer = {
      cancel: () => {
        this.#refs.delete(timer);
        // The two kinds of clock differ in the type of their ids only.
        (this.#clock.clearTimeout as (id: FakeTimers.TimerId) => void)(id);
      },
      unref: () => {
        this.#refs.delete(timer);
      },
    };
    this.#refs.add(timer);
    return timer;
  }

  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.#clock.tickAsync(ms);
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) {
      await new Promise<void>((resolve) => {
        nextTurn(resolve);
      });
    }
  }

  async runUntilSettled<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = () => (settled = true);
    promise.then(end, end);
    for (let timers = 0; ; timers += 1) {
      await this.settle();
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the callback above sets it
      if (settled) return promise;
      if (this.pending === 0)
        throw new Error('The promise has not settled, and no timer is left that could settle it');
      if (timers === MOST_TIMERS) throw new Error(`The promise has not settled after ${MOST_TIMERS} timers`);
      this.#clock.next();
    }
  }

  uninstall(): void {
    this.#uninstall();
  }

  [Symbol.dispose](): void {
    this.uninstall();
  }
}
