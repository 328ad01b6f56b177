import {
  LONGEST_TIMER_MS,
  having,
  inScope,
  inherited,
  readOptions,
  systemClock,
  type Clock,
} from '@holdfast/core';

/** Options of {@link withDeadline}. */
export interface WithDeadlineOptions {
  /** Where time comes from: the same as that of the clients that are called in it. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** A deadline that was handed down. */
export interface InheritedDeadline {
  /** Epoch milliseconds. */
  readonly endsAt: number;
  /** How long it was when it began. */
  readonly deadlineMs: number;
}

const SCOPE = 'deadline';

const schemas = { clock: having<Clock>(['now', 'setTimeout'], systemClock) };

/**
 * Runs `fn`, and returns what it returns. Calls made in it, and in whatever it starts, end after `deadlineMs` milliseconds
 * from now at the latest, where their client has a `deadline()`: one that is sooner still counts, and of two scopes the
 * one that ends first. With 0 or less the time is over already, and nothing is sent.
 *
 * @throws {TypeError} for what is no number of milliseconds, or no function.
 */
export function withDeadline<T>(deadlineMs: number, fn: () => T, options: WithDeadlineOptions = {}): T {
  const { clock } = readOptions('withDeadline', schemas, options);
  if (typeof deadlineMs !== 'number' || !(deadlineMs <= LONGEST_TIMER_MS) || deadlineMs === -Infinity) {
    throw new TypeError(
      `withDeadline(): the deadline must be a number of milliseconds, up to ${LONGEST_TIMER_MS}`,
    );
  }
  if (typeof fn !== 'function') throw new TypeError('withDeadline(): fn must be a function');
  const leftMs = Math.max(0, deadlineMs);
  const own: InheritedDeadline = { endsAt: clock.now() + leftMs, deadlineMs: leftMs };
  const outer = inheritedDeadline();
  return inScope(SCOPE, outer !== undefined && outer.endsAt <= own.endsAt ? outer : own, fn);
}

/** The deadline that a call inherits which begins here. */
export function inheritedDeadline(): InheritedDeadline | undefined {
  return inherited(SCOPE) as InheritedDeadline | undefined;
}

/**
 * The length of the queue in which an inherited deadline waits. Each caller may have named another, and a timer for each
 * of them is what queues are there to spare: so there is one for all up to twice as long as the shortest of them.
 */
export function lengthOf({ deadlineMs }: InheritedDeadline): number {
  return Math.min(2 ** Math.ceil(Math.log2(deadlineMs)), LONGEST_TIMER_MS);
}
