import {
  ClientClosedError,
  LinkedSignal,
  currentCall,
  described,
  statusError,
  type CallKeeper,
  type CurrentCall,
  type Interceptor,
} from '@holdfast/core';
import {
  isCancel,
  type AxiosResponse,
  type GenericAbortSignal,
  type InternalAxiosRequestConfig,
} from 'axios';
import { finished } from 'node:stream';

/** A call whose request has a signal of its own: its caller may cancel it as well, or its answer outlives it. */
interface OwnSignal {
  readonly signal: LinkedSignal;
  readonly callers: GenericAbortSignal | undefined;
}

/**
 * The calls of one client, from the outermost ring of its pipeline to their answers: how many there are, none any more
 * once it is closed, and the way to end those that are left.
 */
export class CallsUnderWay implements CallKeeper {
  /** One for all calls, since each would pay for one of its own; those that need one are in the list. */
  readonly #cutOff: LinkedSignal = new LinkedSignal(undefined);
  /** By call, since an interceptor of the client's owner may hand on one request for several. */
  readonly #own = new Map<CurrentCall, OwnSignal>();
  #size = 0;
  #isClosed = false;
  /** Answers that are still being read. */
  #streams = 0;
  #tellEnded: () => void = () => undefined;
  /** Once it is closed, resolves when the last call has ended. */
  readonly ended: Promise<void> = new Promise((resolve) => (this.#tellEnded = resolve));

  get size(): number {
    return this.#size;
  }

  /** Answers are still being read: their sockets, and what watches over them, are in use. */
  get isRead(): boolean {
    return this.#streams > 0;
  }

  /** A fallback inside of it does not answer in the place of a client that is closed. */
  readonly admit: Interceptor = described<Interceptor>(
    (next) => (config) => {
      if (this.#isClosed) return Promise.reject(refusalOf(config));
      this.#size += 1;
      const call = currentCall(config);
      call.keeper = this;
      const { signal: callers } = config;
      if (callers === undefined && config.responseType !== 'stream') {
        config.signal = this.#cutOff;
        return next(config);
      }
      const signal = new LinkedSignal(callers);
      this.#own.set(call, { signal, callers });
      config.signal = signal;
      if (config.responseType !== 'stream') return next(config);
      return next(config).then((response) => {
        this.#watchBody(response, signal);
        return response;
      });
    },
    'refuseWhenClosed',
    {},
  );

  /** From now on every call is refused. */
  close(): void {
    this.#isClosed = true;
    if (this.#size === 0) this.#tellEnded();
  }

  /** Ends what is under way, whatever it waits for. */
  cutOff(): void {
    this.#cutOff.abort();
    for (const { signal } of this.#own.values()) signal.abort();
    // A turn is enough for all who heed their signal. An adapter that does not is no reason for a process to stay.
    setImmediate(this.#tellEnded);
  }

  release(call: CurrentCall, config: InternalAxiosRequestConfig, error: unknown): unknown {
    const own = this.#own.get(call);
    if (own !== undefined) this.#own.delete(call);
    const callers = own?.callers;
    if (callers === undefined) delete config.signal;
    else config.signal = callers;
    this.#size -= 1;
    if (this.#isClosed && this.#size === 0) this.#tellEnded();
    const { abortedHere } = own?.signal ?? this.#cutOff;
    return abortedHere && isOfAbort(error, call) ? cutOff(call, config) : error;
  }

  /** A stream outlives its call: the caller's abort must reach it, and his signal must not collect a listener per call. */
  #watchBody({ data }: AxiosResponse<unknown>, signal: LinkedSignal): void {
    if (typeof data !== 'object' || data === null) return;
    if ('once' in data && typeof data.once === 'function') {
      // That of an answer which a retry was to take the place of: nobody tells of its end any more.
      if ('closed' in data && data.closed === true) {
        signal.release();
        return;
      }
      this.#streams += 1;
      (data as NodeJS.ReadableStream).once('close', () => {
        this.#streams -= 1;
        signal.release();
      });
    } else if (isWebStream(data)) {
      this.#streams += 1;
      // Takes those as well, which its types do not say. Of Node's own it would swallow the errors that nobody listens for.
      finished(data as NodeJS.ReadableStream, () => (this.#streams -= 1));
    }
  }
}

function isWebStream(data: object): boolean {
  return data instanceof ReadableStream;
}

/** An adapter need not make axios's own error of an abort. */
function isOfAbort(error: unknown, { lastFailure }: CurrentCall): boolean {
  return isCancel(error) || (error !== undefined && error === lastFailure?.error);
}

function refusalOf(config: InternalAxiosRequestConfig): ClientClosedError {
  const call = currentCall(config);
  call.note('refused: the client is closed');
  return new ClientClosedError({ service: call.service, config, sent: false });
}

function cutOff(call: CurrentCall, config: InternalAxiosRequestConfig): ClientClosedError {
  call.note('ended: the client was closed');
  const { response, error } = call.lastFailure ?? {};
  const cause = response === undefined ? error : statusError(response);
  return new ClientClosedError({ service: call.service, config, sent: call.sends > 0, cause });
}
