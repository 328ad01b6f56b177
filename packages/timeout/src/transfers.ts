import { LinkedSignal, type Clock } from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { LimitQueues } from './limit-queues.js';
import { watched, type WatchedStream } from './response-stream.js';
import { StallWatch } from './stall-watch.js';
import type { Outlet } from './request-body.js';
import { releaseAfter, restoreSignal } from './time-limit.js';
import { isUpload, watchUpload } from './upload.js';

/** How long a transfer may take where it can be seen to move. */
export interface TransferLimits {
  /** Milliseconds until the headers come, from the last byte that was sent; or `false`. */
  readonly timeoutMs: number | false;
  /** Milliseconds for which it may stand still. */
  readonly stallMs: number;
}

type Exceeded = (config: InternalAxiosRequestConfig, ms: number, stalled?: Stalled) => Error;

/** What stood still. */
export type Stalled = 'upload' | 'download';

/** Sends that may take as long as they move: uploads, and answers that are streams. */
export class Transfers {
  readonly #clock: Clock;
  readonly #queues: LimitQueues;
  readonly #exceeded: Exceeded;

  constructor(clock: Clock, exceeded: Exceeded) {
    this.#clock = clock;
    this.#queues = new LimitQueues(clock);
    this.#exceeded = exceeded;
  }

  /** Sends, really cancelling what stands still, and leaves the request as it was. */
  send(
    next: AxiosAdapter,
    config: InternalAxiosRequestConfig,
    limits: TransferLimits,
  ): Promise<AxiosResponse> {
    const { signal } = config;
    const linked = new LinkedSignal(signal);
    config.signal = linked;
    const wait = this.#sending(config, limits, linked);
    return next(config).then(
      (response) => {
        wait.end();
        restoreSignal(config, signal);
        if (config.responseType === 'stream') this.#receive(response, config, limits.stallMs, linked);
        return response;
      },
      (error: unknown) => {
        wait.end();
        restoreSignal(config, signal);
        throw linked.abortedHere ? this.#exceeded(config, wait.exceededMs, wait.stalled) : error;
      },
    );
  }

  #sending(config: InternalAxiosRequestConfig, limits: TransferLimits, signal: LinkedSignal): Sending {
    const sending = new Sending(limits, signal, this.#queues, this.#clock);
    if (isUpload(config)) sending.watch(config);
    else sending.awaitHeaders();
    return sending;
  }

  #receive(
    response: AxiosResponse,
    config: InternalAxiosRequestConfig,
    stallMs: number,
    signal: LinkedSignal,
  ): void {
    let body: WatchedStream | undefined = undefined;
    const watch = new StallWatch(this.#queues, this.#clock, (ms) => {
      body?.fail(this.#exceeded(config, ms, 'download'));
      // What axios has put around the socket need not let go of it by itself.
      signal.abort();
    });
    const reader = {
      begin: () => {
        watch.begin(stallMs);
      },
      end: () => {
        watch.end();
      },
      leave: () => {
        signal.abort();
      },
    };
    body = watched(response.data, config, reader);
    if (body !== undefined) response.data = body.stream;
    releaseAfter(response, signal);
  }
}

/** A request on its way, until its headers come back. */
class Sending {
  /** The limit that ended it, in milliseconds. */
  exceededMs = 0;
  /** Set where it stood still before its last byte. */
  stalled: Stalled | undefined = undefined;
  readonly #limits: TransferLimits;
  readonly #signal: LinkedSignal;
  readonly #watch: StallWatch;
  #phase: 'uploading' | 'awaiting' | 'ended' = 'awaiting';
  #off: () => void = () => undefined;
  /** The adapter has taken the last byte; not all need have left. */
  #isTaken = false;
  #outlet: Outlet | undefined = undefined;

  constructor(limits: TransferLimits, signal: LinkedSignal, queues: LimitQueues, clock: Clock) {
    this.#limits = limits;
    this.#signal = signal;
    this.#watch = new StallWatch(queues, clock, (ms) => {
      this.#over(ms);
    });
  }

  awaitHeaders(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'awaiting';
    this.#watch.begin(this.#limits.timeoutMs);
  }

  watch(config: InternalAxiosRequestConfig): void {
    this.#phase = 'uploading';
    this.#watch.begin(this.#limits.stallMs);
    this.#off = watchUpload(config, {
      moved: () => {
        if (this.#phase === 'uploading') this.#watch.begin(this.#limits.stallMs);
      },
      sent: () => {
        if (this.#phase !== 'uploading') return;
        this.#isTaken = true;
        if (this.#hasLeft()) this.awaitHeaders();
        else this.#watch.begin(this.#limits.stallMs);
      },
      into: (outlet) => (this.#outlet = outlet),
    });
  }

  end(): void {
    this.#phase = 'ended';
    this.#watch.end();
    this.#off();
  }

  #over(ms: number): void {
    if (this.#phase === 'uploading') {
      if (this.#hasLeft()) {
        this.awaitHeaders();
        return;
      }
      this.stalled = 'upload';
    }
    this.exceededMs = ms;
    this.#signal.abort();
  }

  /** Whether the last byte has left, as far as that can be seen. */
  #hasLeft(): boolean {
    if (!this.#isTaken) return false;
    const { _currentRequest: current, writableLength } = this.#outlet ?? {};
    return (current?.writableLength ?? writableLength ?? 0) === 0;
  }
}
