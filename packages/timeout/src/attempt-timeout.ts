import {
  AttemptTimeoutError,
  currentCall,
  having,
  limit,
  readOptions,
  systemClock,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { TimeLimits, limitOf } from './time-limit.js';

/** Options of {@link attemptTimeout}. */
export interface AttemptTimeoutOptions {
  /**
   * Milliseconds for one send, by the wall clock: queueing for a socket and, unless it is a stream, the body included;
   * `false` for no limit. Default: 10,000, unless the request has an axios `timeout` of its own. Too short, and slow
   * answers are thrown away and asked for again; too long, and one lost packet uses up the deadline.
   */
  readonly timeoutMs?: number | false;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

const schemas = {
  timeoutMs: limit(10_000),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

declare module '@holdfast/core' {
  interface RequestOptions {
    /** Milliseconds for each send of this call, or `false`; in place of the client's attempt timeout. */
    readonly attemptTimeoutMs?: number | false;
  }
}

/**
 * A time limit for one send, next to the transport: axios's own `timeout` does not count queueing for a socket, and a
 * body that drips never ends it. What takes longer is cancelled, and rejects with an `AttemptTimeoutError`.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function attemptTimeout(options: AttemptTimeoutOptions = {}): Interceptor {
  const { timeoutMs, clock } = readOptions('attemptTimeout', schemas, options);
  const isDefault = options.timeoutMs === undefined;
  const limits = new TimeLimits(clock, exceeded);

  return (next) =>
    function withinAttemptTimeout(config): Promise<AxiosResponse> {
      // A `timeout` of the request's own lifts the default, and nothing that was asked for.
      const usual = isDefault && config.timeout ? false : timeoutMs;
      const ms = limitOf('attemptTimeoutMs', config.holdfast?.attemptTimeoutMs, usual);
      if (ms === false) return next(config);
      // Not from the call's own reading: it may have waited for a gate or a token since.
      return limits.send(next, config, ms, clock.now());
    };
}

function exceeded(config: InternalAxiosRequestConfig, timeoutMs: number): AttemptTimeoutError {
  const call = currentCall(config);
  call.note(`timed out after ${timeoutMs} ms`);
  const error = new AttemptTimeoutError({ service: call.service, config, timeoutMs });
  call.lastFailure = { error };
  return error;
}
