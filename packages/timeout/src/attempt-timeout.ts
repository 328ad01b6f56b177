import {
  AttemptTimeoutError,
  currentCall,
  described,
  having,
  limit,
  readOptions,
  systemClock,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { TimeLimits, limitOf } from './time-limit.js';
import { Transfers, type Stalled } from './transfers.js';
import { isUpload } from './upload.js';

/** Options of {@link attemptTimeout}. */
export interface AttemptTimeoutOptions {
  /**
   * Milliseconds for one send, by the wall clock: queueing for a socket and, unless it is a stream, the body included; of
   * an upload, what comes after its last byte. `false` for no limit. Default: 10,000, unless the request has an axios
   * `timeout` of its own. Too short, and slow answers are thrown away and asked for again; too long, and one lost packet
   * uses up the deadline.
   */
  readonly timeoutMs?: number | false;
  /**
   * Milliseconds for which a transfer may stand still: a response stream that somebody reads, or a request body that is a
   * stream, a Blob, a FormData or larger than 1 MB. `false`: nothing watches the stream, and an upload counts in full.
   * Default: 10,000. Too short, and a server that pauses loses its readers; too long, and a dead transfer holds them.
   */
  readonly stallMs?: number | false;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

const schemas = {
  timeoutMs: limit(10_000),
  stallMs: limit(10_000),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

declare module '@holdfast/core' {
  interface RequestOptions {
    /** Milliseconds for each send of this call, or `false`; in place of the client's attempt timeout. */
    readonly attemptTimeoutMs?: number | false;
    /** Milliseconds for which this call's transfers may stand still, or `false`; in place of the client's `stallMs`. */
    readonly stallMs?: number | false;
  }
}

/**
 * A time limit for one send, next to the transport: axios's own `timeout` does not count queueing for a socket, and a
 * body that drips never ends it. What takes longer is cancelled, and rejects with an `AttemptTimeoutError`. Large transfers
 * may take as long as they move: a response stream that stands still for `stallMs` ends with that error.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function attemptTimeout(options: AttemptTimeoutOptions = {}): Interceptor {
  const read = readOptions('attemptTimeout', schemas, options);
  const { timeoutMs, stallMs, clock } = read;
  const isDefault = options.timeoutMs === undefined;
  const limits = new TimeLimits(clock, exceeded);
  const transfers = new Transfers(clock, exceeded);

  const interceptor: Interceptor = (next) =>
    function withinAttemptTimeout(config): Promise<AxiosResponse> {
      // A `timeout` of the request's own lifts the default, and nothing that was asked for.
      const usual = isDefault && config.timeout ? false : timeoutMs;
      const ms = limitOf('attemptTimeoutMs', config.holdfast?.attemptTimeoutMs, usual);
      const stall = limitOf('stallMs', config.holdfast?.stallMs, stallMs);
      if (stall !== false && (config.responseType === 'stream' || isUpload(config)))
        return transfers.send(next, config, { timeoutMs: ms, stallMs: stall });
      if (ms === false) return next(config);
      // Not from the call's own reading: it may have waited for a gate or a token since.
      return limits.send(next, config, ms, clock.now());
    };
  return described(interceptor, 'attemptTimeout', read);
}

function exceeded(
  config: InternalAxiosRequestConfig,
  timeoutMs: number,
  stalled?: Stalled,
): AttemptTimeoutError {
  const call = currentCall(config);
  const { service } = call;
  const message = stalled && `The ${stalled} stood still for ${timeoutMs} ms: ${service}`;
  const error = new AttemptTimeoutError({ service, config, timeoutMs, ...(message && { message }) });
  // By then the caller has had his answer, and the call's story is told.
  if (stalled === 'download') return error;
  call.note(stalled === undefined ? `timed out after ${timeoutMs} ms` : `stood still for ${timeoutMs} ms`);
  call.lastFailure = { error };
  return error;
}
