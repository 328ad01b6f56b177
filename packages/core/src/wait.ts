import { CanceledError, isCancel, type InternalAxiosRequestConfig } from 'axios';
import { LONGEST_TIMER_MS, type Clock, type Timer } from './clock.js';
import { hide } from './hide.js';

/** What can be given up: a request, or anything else with a signal. */
export type Cancelable = Pick<InternalAxiosRequestConfig, 'signal' | 'cancelToken'>;

/** Whether the caller, or a time limit of ours, has given the request up. */
export function isCanceled({ signal, cancelToken }: Cancelable): boolean {
  return signal?.aborted === true || cancelToken?.reason !== undefined;
}

/** The error of a request that was given up: axios's own, with the reason that was given as its cause. */
export function cancellationOf(config: Cancelable): unknown {
  if (config.cancelToken?.reason !== undefined) return config.cancelToken.reason;
  const request = 'headers' in config ? (config as InternalAxiosRequestConfig) : undefined;
  const error = new CanceledError(undefined, request);
  const reason: unknown = (config.signal as { reason?: unknown } | undefined)?.reason;
  if (reason instanceof Error) hide(error, 'cause', reason);
  return error;
}

/**
 * Calls `listener` once when the request is given up, by `signal` or by axios's older `cancelToken`; returns the way back.
 * Ask {@link isCanceled} first: a signal that is aborted already tells nobody.
 */
export function onCancel({ signal, cancelToken }: Cancelable, listener: () => void): () => void {
  signal?.addEventListener?.('abort', listener);
  cancelToken?.subscribe(listener);
  return () => {
    offCancel({ signal, cancelToken }, listener);
  };
}

/** By what a request was to be given up when somebody began to listen: it may have another signal by now. */
export interface Listened {
  readonly signal: Cancelable['signal'] | undefined;
  readonly cancelToken: Cancelable['cancelToken'] | undefined;
}

/** The way back from {@link onCancel}, for who would rather not keep one more function for each of thousands. */
export function offCancel({ signal, cancelToken }: Listened, listener: () => void): void {
  signal?.removeEventListener?.('abort', listener);
  cancelToken?.unsubscribe(listener);
}

/** Settles as `promise` does, or rejects at once when the request is given up. What is promised goes on without it. */
export function orCanceled<T>(promise: Promise<T>, config: Cancelable): Promise<T> {
  if (isCanceled(config)) {
    // Nobody waits for it any more; that is no reason to bring the process down when it fails.
    promise.catch(() => undefined);
    return Promise.reject(cancellationOf(config));
  }
  return new Promise<T>((resolve, reject) => {
    const off = onCancel(config, () => {
      off();
      reject(cancellationOf(config));
    });
    promise.then(
      (value) => {
        off();
        resolve(value);
      },
      (error: unknown) => {
        off();
        reject(error);
      },
    );
  });
}

/** The same promise for who asks a credential: callers of Azure's SDKs tell by the name that they have given up themselves. */
export function asAbortError<T>(promise: Promise<T>): Promise<T> {
  return promise.catch((error: unknown) => {
    throw isCancel(error) ? Object.assign(error, { name: 'AbortError' }) : error;
  });
}

/** Waits, and rejects at once when the request is given up. The caller awaits it, so it keeps the process alive. */
export function wait(delayMs: number, config: Cancelable, clock: Clock): Promise<void> {
  return new Promise<void>((onEnd, onCanceled) => {
    startWait(delayMs, config, clock, { onEnd, onCanceled });
  });
}

/** Whoever waits. */
export interface Waiting {
  onEnd(): void;
  /** With the error of the request that was given up. */
  onCanceled(error: unknown): void;
}

/** The same for who would rather not keep promises for each of thousands: what is under way is one object with one function. */
export function startWait(delayMs: number, config: Cancelable, clock: Clock, waiting: Waiting): void {
  if (isCanceled(config)) waiting.onCanceled(cancellationOf(config));
  else new Wait(delayMs, config, clock, waiting);
}

class Wait implements Listened {
  readonly signal: Listened['signal'];
  readonly cancelToken: Listened['cancelToken'];
  readonly #config: Cancelable;
  readonly #clock: Clock;
  readonly #waiting: Waiting;
  readonly #wake = (): void => {
    this.#goOn();
  };
  #leftMs: number;
  #timer: Timer;

  constructor(delayMs: number, config: Cancelable, clock: Clock, waiting: Waiting) {
    this.#config = config;
    this.#clock = clock;
    this.#waiting = waiting;
    this.#leftMs = delayMs;
    this.signal = config.signal;
    this.cancelToken = config.cancelToken;
    config.signal?.addEventListener?.('abort', this.#wake);
    config.cancelToken?.subscribe(this.#wake);
    this.#timer = this.#start();
  }

  #start(): Timer {
    const delayMs = Math.min(this.#leftMs, LONGEST_TIMER_MS);
    this.#leftMs -= delayMs;
    return this.#clock.setWait?.(this.#wake, delayMs) ?? this.#clock.setTimeout(this.#wake, delayMs);
  }

  /** The timer has ended, or the request was given up. */
  #goOn(): void {
    const canceled = isCanceled(this.#config);
    if (!canceled && this.#leftMs > 0) {
      this.#timer = this.#start();
      return;
    }
    this.#timer.cancel();
    offCancel(this, this.#wake);
    if (canceled) this.#waiting.onCanceled(cancellationOf(this.#config));
    else this.#waiting.onEnd();
  }
}
