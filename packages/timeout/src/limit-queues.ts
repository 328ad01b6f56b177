import type { Clock, Timer } from '@holdfast/core';

/** Something that is over at an instant, unless it is taken out of its queue before. */
export interface Timed {
  /** Epoch milliseconds; set back with the clock. */
  endsAt: number;
  readonly queue: LimitQueue;
  previous: Timed | undefined;
  next: Timed | undefined;
  /** Called once, out of the queue already. */
  expire(): void;
}

/** What ends after the same time, in the order in which it ends: one timer serves it all. */
export interface LimitQueue {
  readonly ms: number;
  first: Timed | undefined;
  last: Timed | undefined;
  /** The timer that runs, and what it is for. */
  armed: { readonly timer: Timer; readonly timed: Timed } | undefined;
}

/**
 * One queue for each length. A timer runs while there is something of its length, and for at most one such length more;
 * it does not keep the process alive, since the socket that is waited for does.
 */
export class LimitQueues {
  readonly #clock: Clock;
  readonly #queues = new Map<number, LimitQueue>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The queue for what takes `ms` at most; {@link start} something of it at once. */
  of(ms: number): LimitQueue {
    let queue = this.#queues.get(ms);
    if (queue === undefined) {
      queue = { ms, first: undefined, last: undefined, armed: undefined };
      this.#queues.set(ms, queue);
    }
    return queue;
  }

  start(timed: Timed): void {
    const { queue } = timed;
    // A call that was held up comes before others, and so does all that begins once the clock was set back.
    if (queue.last !== undefined && timed.endsAt < queue.last.endsAt) followClock(queue, this.#clock.now());
    link(timed);
    if (queue.armed === undefined || timed.endsAt < queue.armed.timed.endsAt)
      this.#arm(queue, queue.first ?? timed);
  }

  #arm(queue: LimitQueue, timed: Timed): void {
    queue.armed?.timer.cancel();
    // The clock may have been set back since: nothing takes longer than its length.
    const delayMs = Math.min(Math.max(0, timed.endsAt - this.#clock.now()), queue.ms);
    const timer = this.#clock.setTimeout(() => {
      this.#sweep(queue, timed);
    }, delayMs);
    timer.unref();
    queue.armed = { timer, timed };
  }

  /** What the timer was for is over, whatever the clock says by now, and so is what stands before it. */
  #sweep(queue: LimitQueue, due: Timed): void {
    const now = this.#clock.now();
    followClock(queue, now);
    let more = isLinked(due);
    for (let { first } = queue; first !== undefined && (more || first.endsAt <= now); { first } = queue) {
      if (first === due) more = false;
      unlink(first);
      first.expire();
    }
    queue.armed = undefined;
    if (queue.first === undefined) this.#queues.delete(queue.ms);
    else this.#arm(queue, queue.first);
  }
}

/**
 * Nothing that has begun ends later than its length from now. Where something would, the clock was set back by so much at
 * least, and all that waits goes with it: or each would be held up by those before it, one length after another.
 */
function followClock(queue: LimitQueue, now: number): void {
  const setBackMs = (queue.last?.endsAt ?? now) - (now + queue.ms);
  if (setBackMs <= 0) return;
  for (let timed = queue.first; timed !== undefined; timed = timed.next) timed.endsAt -= setBackMs;
}

function isLinked(timed: Timed): boolean {
  return timed.previous !== undefined || timed.next !== undefined || timed.queue.first === timed;
}

/** Puts it in its queue: at the end, but for a call that was held up outside of its limit. */
function link(timed: Timed): void {
  const { queue } = timed;
  let previous = queue.last;
  while (previous !== undefined && previous.endsAt > timed.endsAt) previous = previous.previous;
  const next = previous === undefined ? queue.first : previous.next;
  timed.previous = previous;
  timed.next = next;
  if (previous === undefined) queue.first = timed;
  else previous.next = timed;
  if (next === undefined) queue.last = timed;
  else next.previous = timed;
}

/** Takes it out of its queue; it may be out already. */
export function unlink(timed: Timed): void {
  if (!isLinked(timed)) return;
  const { previous, next, queue } = timed;
  if (previous === undefined) queue.first = next;
  else previous.next = next;
  if (next === undefined) queue.last = previous;
  else next.previous = previous;
  timed.previous = undefined;
  timed.next = undefined;
}
