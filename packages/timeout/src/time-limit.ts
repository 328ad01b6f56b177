import { LIMIT_ALLOWED, LinkedSignal, isLimit, type Clock, type Timer } from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, GenericAbortSignal, InternalAxiosRequestConfig } from 'axios';

/** The time limit of one send or one call: the signal that ends it, and its place in the queue of those like it. */
export class TimeLimit extends LinkedSignal {
  /** Epoch milliseconds. */
  readonly endsAt: number;
  readonly queue: Queue;
  previous: TimeLimit | undefined = undefined;
  next: TimeLimit | undefined = undefined;

  constructor(parent: GenericAbortSignal | undefined, endsAt: number, queue: Queue) {
    super(parent);
    this.endsAt = endsAt;
    this.queue = queue;
  }

  get isLinked(): boolean {
    return this.previous !== undefined || this.next !== undefined || this.queue.first === this;
  }
}

/** The limits of one length, in the order in which they end: one timer serves them all. */
interface Queue {
  readonly ms: number;
  first: TimeLimit | undefined;
  last: TimeLimit | undefined;
  /** The timer that runs, and the limit that it is for. */
  armed: { readonly timer: Timer; readonly limit: TimeLimit } | undefined;
}

/**
 * Time limits that cost one small object each, where an AbortController and a timer per call would cost more than the
 * rest of the pipeline. A timer runs while limits of its length do, and for at most one such length more; it does not
 * keep the process alive, since the socket that is waited for does.
 */
export class TimeLimits {
  readonly #clock: Clock;
  readonly #exceeded: (config: InternalAxiosRequestConfig, ms: number) => Error;
  readonly #queues = new Map<number, Queue>();

  /** `exceeded` makes the error for a send that took longer. */
  constructor(clock: Clock, exceeded: (config: InternalAxiosRequestConfig, ms: number) => Error) {
    this.#clock = clock;
    this.#exceeded = exceeded;
  }

  /**
   * Sends under a limit of `ms` from `startedAt` (epoch milliseconds) on, really cancelling what takes longer, and leaves
   * the request's own signal as it was.
   */
  send(
    next: AxiosAdapter,
    config: InternalAxiosRequestConfig,
    ms: number,
    startedAt: number,
  ): Promise<AxiosResponse> {
    const { signal } = config;
    const limit = this.#start(ms, startedAt, signal);
    config.signal = limit;
    return next(config).then(
      (response) => {
        this.#end(limit, config, signal);
        releaseAfter(response, limit);
        return response;
      },
      (error: unknown) => {
        this.#end(limit, config, signal);
        throw limit.abortedHere ? this.#exceeded(config, ms) : error;
      },
    );
  }

  #start(ms: number, startedAt: number, parent: GenericAbortSignal | undefined): TimeLimit {
    let queue = this.#queues.get(ms);
    if (queue === undefined) {
      queue = { ms, first: undefined, last: undefined, armed: undefined };
      this.#queues.set(ms, queue);
    }
    const limit = new TimeLimit(parent, startedAt + ms, queue);
    link(limit);
    if (queue.armed === undefined || limit.endsAt < queue.armed.limit.endsAt) this.#arm(queue, limit);
    return limit;
  }

  #end(limit: TimeLimit, config: InternalAxiosRequestConfig, signal: GenericAbortSignal | undefined): void {
    unlink(limit);
    // Before an error leaves: axios replaces whatever is thrown while the signal on the request is an aborted one.
    if (signal === undefined) delete config.signal;
    else config.signal = signal;
  }

  #arm(queue: Queue, limit: TimeLimit): void {
    queue.armed?.timer.cancel();
    // The clock may have been set back since the call began: no limit takes longer than its length.
    const delayMs = Math.min(Math.max(0, limit.endsAt - this.#clock.now()), queue.ms);
    const timer = this.#clock.setTimeout(() => {
      this.#sweep(queue, limit);
    }, delayMs);
    timer.unref();
    queue.armed = { timer, limit };
  }

  /** The limit that the timer was for is over, whatever the clock says by now, and so are those before it. */
  #sweep(queue: Queue, due: TimeLimit): void {
    const now = this.#clock.now();
    let more = due.isLinked;
    for (let { first } = queue; first !== undefined && (more || first.endsAt <= now); { first } = queue) {
      if (first === due) more = false;
      unlink(first);
      first.abort();
    }
    queue.armed = undefined;
    if (queue.first === undefined) this.#queues.delete(queue.ms);
    else this.#arm(queue, queue.first);
  }
}

/** Puts a limit in its queue: at the end, but for a call that was held up outside of its limit. */
function link(limit: TimeLimit): void {
  const { queue } = limit;
  let previous = queue.last;
  while (previous !== undefined && previous.endsAt > limit.endsAt) previous = previous.previous;
  const next = previous === undefined ? queue.first : previous.next;
  limit.previous = previous;
  limit.next = next;
  if (previous === undefined) queue.first = limit;
  else previous.next = limit;
  if (next === undefined) queue.last = limit;
  else next.previous = limit;
}

/** Takes a limit out of its queue; it may be out already. */
function unlink(limit: TimeLimit): void {
  if (!limit.isLinked) return;
  const { previous, next, queue } = limit;
  if (previous === undefined) queue.first = next;
  else previous.next = next;
  if (next === undefined) queue.last = previous;
  else next.previous = previous;
  limit.previous = undefined;
  limit.next = undefined;
}

/**
 * A stream outlives its promise: the caller's abort must still reach it, and a shared signal of his must not collect a
 * listener per call. axios takes its own listener off the signal that is on the request by then, which is not this one.
 */
function releaseAfter(response: AxiosResponse, limit: TimeLimit): void {
  const body: unknown = response.data;
  if (typeof body === 'object' && body !== null && 'once' in body && typeof body.once === 'function') {
    (body as NodeJS.ReadableStream).once('close', () => {
      limit.release();
    });
  }
}

/**
 * The limit that one request asks for, or else the usual one.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function limitOf(
  name: 'deadlineMs' | 'attemptTimeoutMs',
  wanted: number | false | undefined,
  usual: number | false,
): number | false {
  if (wanted === undefined) return usual;
  if (isLimit(wanted)) return wanted;
  throw new TypeError(`holdfast: the option "${name}" must be ${LIMIT_ALLOWED}, and is ${String(wanted)}`);
}
