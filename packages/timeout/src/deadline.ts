import {
  DeadlineExceededError,
  currentCall,
  having,
  limit,
  readOptions,
  statusError,
  systemClock,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { TimeLimits, limitOf } from './time-limit.js';

/** Options of {@link deadline}. */
export interface DeadlineOptions {
  /**
   * Milliseconds for the whole call: attempts, waits, token, resend; `false` for no limit. Default: 30,000. Too short,
   * and no retry ever fits; without one, a call can wait as long as its service asks for.
   */
  readonly deadlineMs?: number | false;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

const schemas = {
  deadlineMs: limit(30_000),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

declare module '@holdfast/core' {
  interface RequestOptions {
    /** Milliseconds for this call as a whole, or `false`; in place of the client's `deadlineMs`. */
    readonly deadlineMs?: number | false;
  }
}

/**
 * One time limit for the whole call. Stands outside of everything that waits or repeats. What takes longer is cancelled,
 * and rejects with a `DeadlineExceededError` whose cause is the last attempt's error.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function deadline(options: DeadlineOptions = {}): Interceptor {
  const { deadlineMs, clock } = readOptions('deadline', schemas, options);
  const limits = new TimeLimits(clock, exceeded);

  return (next) =>
    function withinDeadline(config): Promise<AxiosResponse> {
      const ms = limitOf('deadlineMs', config.holdfast?.deadlineMs, deadlineMs);
      if (ms === false) return next(config);
      const call = currentCall(config);
      const { startedAt } = call;
      // Of several, the first to end counts.
      call.deadlineAt = Math.min(call.deadlineAt, startedAt + ms);
      return limits.send(next, config, ms, startedAt);
    };
}

function exceeded(config: InternalAxiosRequestConfig, deadlineMs: number): DeadlineExceededError {
  const call = currentCall(config);
  call.note(`the deadline of ${deadlineMs} ms was over`);
  const { response, error } = call.lastFailure ?? {};
  const cause = response === undefined ? error : statusError(response);
  return new DeadlineExceededError({ service: call.service, config, deadlineMs, cause });
}
