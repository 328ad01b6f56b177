import {
  DeadlineExceededError,
  currentCall,
  described,
  having,
  limit,
  readOptions,
  statusError,
  systemClock,
  type Clock,
  type Interceptor,
} from '@holdfast/core';
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { inheritedDeadline, lengthOf, type InheritedDeadline } from './inherited-deadline.js';
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
 * and rejects with a `DeadlineExceededError` whose cause is the last attempt's error. A call inside of `withDeadline()`
 * ends with that one, if it is sooner; when it is over already, nothing is sent.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function deadline(options: DeadlineOptions = {}): Interceptor {
  const read = readOptions('deadline', schemas, options);
  const { deadlineMs, clock } = read;
  const limits = new TimeLimits(clock, exceeded);

  const interceptor: Interceptor = (next) =>
    function withinDeadline(config): Promise<AxiosResponse> {
      const ms = limitOf('deadlineMs', config.holdfast?.deadlineMs, deadlineMs);
      const inherited = inheritedDeadline();
      if (inherited !== undefined) return withinBoth(inherited, ms, next, config, limits);
      if (ms === false) return next(config);
      const call = currentCall(config);
      // Of several, the first to end counts.
      call.deadlineAt = Math.min(call.deadlineAt, call.startedAt + ms);
      return limits.send(next, config, ms, call.startedAt);
    };
  return described(interceptor, 'deadline', read);
}

/** Of a deadline that was handed down and the client's own, the first to end counts. */
function withinBoth(
  inherited: InheritedDeadline,
  ms: number | false,
  next: AxiosAdapter,
  config: InternalAxiosRequestConfig,
  limits: TimeLimits,
): Promise<AxiosResponse> {
  const call = currentCall(config);
  const { startedAt } = call;
  const endsAt = ms === false ? Infinity : startedAt + ms;
  call.deadlineAt = Math.min(call.deadlineAt, endsAt, inherited.endsAt);
  if (ms !== false && endsAt <= inherited.endsAt) return limits.send(next, config, ms, startedAt);
  const { deadlineMs } = inherited;
  if (inherited.endsAt <= startedAt) return Promise.reject(exceeded(config, deadlineMs));
  return limits.send(next, config, deadlineMs, inherited.endsAt - deadlineMs, lengthOf(inherited));
}

function exceeded(config: InternalAxiosRequestConfig, deadlineMs: number): DeadlineExceededError {
  const call = currentCall(config);
  call.note(`the deadline of ${deadlineMs} ms was over`);
  const { response, error } = call.lastFailure ?? {};
  const cause = response === undefined ? error : statusError(response);
  return new DeadlineExceededError({ service: call.service, config, deadlineMs, cause });
}
