import type { Clock } from '@holdfast/core';
import { unlink, type LimitQueue, type LimitQueues, type Timed } from './limit-queues.js';

/** One wait for something to move. */
class Pause implements Timed {
  endsAt: number;
  readonly queue: LimitQueue;
  previous: Timed | undefined = undefined;
  next: Timed | undefined = undefined;
  readonly #over: (ms: number) => void;

  constructor(endsAt: number, queue: LimitQueue, over: (ms: number) => void) {
    this.endsAt = endsAt;
    this.queue = queue;
    this.#over = over;
  }

  expire(): void {
    this.#over(this.queue.ms);
  }
}

/** Watches something that should move. Between two moves it costs one small object, and no timer of its own. */
export class StallWatch {
  readonly #queues: LimitQueues;
  readonly #clock: Clock;
  readonly #over: (ms: number) => void;
  #pause: Pause | undefined = undefined;

  /** `over` is told how long nothing has moved. */
  constructor(queues: LimitQueues, clock: Clock, over: (ms: number) => void) {
    this.#queues = queues;
    this.#clock = clock;
    this.#over = over;
  }

  /** From now on it may stand still for `ms`. */
  begin(ms: number | false): void {
    this.end();
    if (ms === false) return;
    this.#pause = new Pause(this.#clock.now() + ms, this.#queues.of(ms), this.#over);
    this.#queues.start(this.#pause);
  }

  /** It may stand still for as long as it likes. */
  end(): void {
    if (this.#pause === undefined) return;
    unlink(this.#pause);
    this.#pause = undefined;
  }
}
