import {
  LONGEST_TIMER_MS,
  accepted,
  count,
  func,
  having,
  limit,
  quotable,
  readOptions,
  type Clock,
} from '@holdfast/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { CallOptions, CheckedBy } from './call-options.js';
import { assertSchema } from './checked-answer.js';
import type { ResultOf } from './operation-result.js';
import type { OperationState, StatusOf } from './operation-state.js';

/**
 * Options of {@link ServiceHttp.poll}. Those of a {@link CallOptions} hold for each look at the operation; `ifMatch`, `ifNoneMatch` and
 * `idempotencyKey` are of its start alone, so that one object can be given to both. `query` is that of the start too: an operation
 * that goes on in another process asks by it for what was started, where that is the result.
 */
export interface PollOptions<T> extends CallOptions {
  /**
   * Milliseconds from one look to the next, where the service asks for no other time by Retry-After. Default: 2,000. Never less than
   * 100, whoever says so. Too short, and the looks use up what the service allows of calls; too long, and the result is known late.
   */
  readonly intervalMs?: number;
  /**
   * Milliseconds for one `pollUntilDone()`, or `false`. Default: false. When they are over, or the next look would come later, it
   * rejects with `OperationTimeoutError`, and the operation goes on. Without one, an operation that hangs is waited for for ever.
   */
  readonly withinMs?: number | false;
  /**
   * How many looks in a row may fail for a passing reason (the service is down, a gate or circuit of ours is closed, no token is to be
   * had) before `pollUntilDone()` rejects with that failure. Default: 3. With 0, one lost answer ends a wait of hours.
   */
  readonly failures?: number;
  /** Told of each look. Default: nobody. What it throws changes nothing. A slow one delays nothing, and may be told twice at a time. */
  readonly onProgress?: (state: OperationState) => unknown;
  /**
   * Where the result is: at the `location` that came with the answer to the start, at what the start was sent to (`original`), in the
   * `monitor`, or what a function makes of the last answer. Default: by the guidelines. With the wrong one, another thing is the result.
   */
  readonly resultOf?: ResultOf<T>;
  /**
   * What the service calls the state, where that is not `status`, or where a `Location` leads to a monitor that answers 200 while it
   * runs: `({ data }) => data.state`. Default: by the guidelines. Without it, what such a monitor says first is taken for the result.
   */
  readonly statusOf?: StatusOf;
  /** Where time comes from. Default: as the client's pipeline has it. */
  readonly clock?: Clock;
}

/** Nobody is asked more often than that. */
export const LEAST_DELAY_MS = 100;

const PLACES: readonly unknown[] = ['location', 'original', 'monitor'];

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** The options of one operation, without those of its calls. */
export interface PollSettings {
  readonly intervalMs: number;
  readonly withinMs: number | false;
  readonly failures: number;
  readonly onProgress: (state: OperationState) => unknown;
  readonly resultOf: ResultOf<unknown> | undefined;
  readonly statusOf: StatusOf | undefined;
  readonly clock: Clock;
  /** What the result must look like. */
  readonly schema: StandardSchemaV1 | undefined;
}

/** @throws {TypeError} for a bad option, naming it. */
export function pollSettings(
  { schema, ...options }: PollOptions<unknown> & Partial<CheckedBy<StandardSchemaV1>>,
  clock: Clock,
): PollSettings {
  if (schema !== undefined) assertSchema('http.poll', schema);
  const read = readOptions(
    'http.poll',
    {
      intervalMs: accepted<number>(
        (value) => typeof value === 'number' && value >= LEAST_DELAY_MS && value <= LONGEST_TIMER_MS,
        `a number of milliseconds from ${LEAST_DELAY_MS} to ${LONGEST_TIMER_MS}`,
        2_000,
      ),
      withinMs: limit(false),
      failures: count(3),
      onProgress: func<(state: OperationState) => unknown>(() => undefined),
      resultOf: quotable(
        accepted<ResultOf<unknown> | undefined>(
          (value) => PLACES.includes(value) || isFunction(value),
          '"location", "original", "monitor" or a function',
          undefined,
        ),
      ),
      statusOf: accepted<StatusOf | undefined>(isFunction, 'a function', undefined),
      clock: having<Clock>(['now', 'setTimeout'], clock),
    },
    options,
  );
  return { ...read, schema };
}
