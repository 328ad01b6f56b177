import { LIMIT_ALLOWED, LinkedSignal, isLimit, type Clock } from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, GenericAbortSignal, InternalAxiosRequestConfig } from 'axios';
import { LimitQueues, unlink, type LimitQueue, type Timed } from './limit-queues.js';

type Exceeded = (config: InternalAxiosRequestConfig, ms: number) => Error;

/** The time limit of one send or one call: the signal that ends it, and its place in the queue of those like it. */
class TimeLimit extends LinkedSignal implements Timed {
  /** Epoch milliseconds. */
  endsAt: number;
  readonly queue: LimitQueue;
  previous: Timed | undefined = undefined;
  next: Timed | undefined = undefined;
  readonly #config: InternalAxiosRequestConfig;
  readonly #signal: GenericAbortSignal | undefined;
  readonly #ms: number;
  readonly #exceeded: Exceeded;

  constructor(
    config: InternalAxiosRequestConfig,
    endsAt: number,
    ms: number,
    queue: LimitQueue,
    exceeded: Exceeded,
  ) {
    const { signal } = config;
    super(signal);
    this.endsAt = endsAt;
    this.queue = queue;
    this.#config = config;
    this.#signal = signal;
    this.#ms = ms;
    this.#exceeded = exceeded;
  }

  expire(): void {
    this.abort();
  }

  answered(response: AxiosResponse): AxiosResponse {
    this.#end();
    releaseAfter(response, this);
    return response;
  }

  failed(sent: Promise<AxiosResponse>): Promise<AxiosResponse> {
    this.#end();
    if (this.abortedHere) throw this.#exceeded(this.#config, this.#ms);
    // As it came: in an outage most calls are refused inside, and to throw costs several times as much.
    return sent;
  }

  #end(): void {
    unlink(this);
    restoreSignal(this.#config, this.#signal);
  }
}

/**
 * Time limits that cost one small object each, where an AbortController and a timer per call would cost more than the
 * rest of the pipeline.
 */
export class TimeLimits {
  readonly #queues: LimitQueues;
  readonly #exceeded: Exceeded;

  /** `exceeded` makes the error for a send that took longer. */
  constructor(clock: Clock, exceeded: Exceeded) {
    this.#queues = new LimitQueues(clock);
    this.#exceeded = exceeded;
  }

  /**
   * Sends under a limit of `ms` from `startedAt` (epoch milliseconds) on, really cancelling what takes longer, and leaves
   * the request's own signal as it was. It stands in the queue of `lengthMs`, which is not shorter.
   */
  send(
    next: AxiosAdapter,
    config: InternalAxiosRequestConfig,
    ms: number,
    startedAt: number,
    lengthMs: number = ms,
  ): Promise<AxiosResponse> {
    const limit = new TimeLimit(config, startedAt + ms, ms, this.#queues.of(lengthMs), this.#exceeded);
    this.#queues.start(limit);
    config.signal = limit;
    const sent = next(config);
    // Bound, and no closures: those would come with a copy of all that the limit has already.
    return sent.then(limit.answered.bind(limit), limit.failed.bind(limit, sent));
  }
}

/** Before an error leaves: axios replaces whatever is thrown while the signal on the request is an aborted one. */
export function restoreSignal(
  config: InternalAxiosRequestConfig,
  signal: GenericAbortSignal | undefined,
): void {
  if (signal === undefined) delete config.signal;
  else config.signal = signal;
}

/**
 * A stream outlives its promise: the caller's abort must still reach it, and a shared signal of his must not collect a
 * listener per call. axios takes its own listener off the signal that is on the request by then, which is not this one.
 */
export function releaseAfter(response: AxiosResponse, limit: LinkedSignal): void {
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
  name: 'deadlineMs' | 'attemptTimeoutMs' | 'stallMs',
  wanted: number | false | undefined,
  usual: number | false,
): number | false {
  if (wanted === undefined) return usual;
  if (isLimit(wanted)) return wanted;
  throw new TypeError(`holdfast: the option "${name}" must be ${LIMIT_ALLOWED}, and is ${String(wanted)}`);
}
