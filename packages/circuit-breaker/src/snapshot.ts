import { isText, type FailureSummary } from '@holdfast/core';
import type { CircuitState } from './circuit-options.js';
import type { Bucket, WindowContent } from './window.js';

/** A state in which an operator holds a circuit. */
export interface Forced {
  readonly state: 'open' | 'closed';
  /** Epoch milliseconds at which it ends by itself. */
  readonly until: number;
  readonly reason: string;
}

/** One circuit, as plain data. Instants are epoch milliseconds; what does not apply is not there. */
export interface BreakerSnapshot {
  /** What shares the circuit. */
  readonly key: string;
  readonly service: string;
  readonly state: CircuitState;
  readonly openUntil?: number | undefined;
  /** Milliseconds that it will be open the next time, but for chance. */
  readonly nextOpenMs: number;
  readonly forced?: Forced | undefined;
  readonly window: WindowContent;
  readonly lastFailure?: FailureSummary | undefined;
}

/** Every circuit of a {@link Breakers}, as plain data for JSON. Nothing of any call is in it. */
export interface BreakersSnapshot {
  /** Of this shape: it changes when a reader of the old one could not read the new one. */
  readonly version: 1;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly breakers: readonly BreakerSnapshot[];
}

type Check = (value: unknown) => boolean;
type Shape<T> = { readonly [Name in keyof Required<T>]: Check };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isString: Check = (value) => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isOneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const fits =
  <T>(shape: Shape<T>, whole: (value: T) => boolean = () => true): Check =>
  (value) =>
    isObject(value) && firstWrong(shape, value) === undefined && whole(value as T);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

const bucket = fits<Bucket>(
  { at: isNumber, attempts: isCount, failures: isCount, slow: isCount },
  ({ attempts, failures, slow }) => failures <= attempts && slow <= attempts,
);

const breaker: Shape<BreakerSnapshot> = {
  key: isText,
  service: isString,
  state: isOneOf('closed', 'open', 'half-open'),
  openUntil: maybe(isNumber),
  nextOpenMs: (value) => isNumber(value) && value >= 0,
  forced: maybe(fits<Forced>({ state: isOneOf('open', 'closed'), until: isNumber, reason: isText })),
  window: fits<WindowContent>(
    {
      windowMs: (value) => isCount(value) && value !== 0,
      buckets: listOf(bucket),
      run: isCount,
      runStartedAt: isNumber,
      runEndedAt: isNumber,
    },
    ({ runStartedAt, runEndedAt }) => runStartedAt <= runEndedAt,
  ),
  lastFailure: maybe(
    fits<FailureSummary>({
      code: maybe(isString),
      status: maybe(isNumber),
      message: isString,
      at: isNumber,
    }),
  ),
};

/**
 * What another process, or an earlier one, has written down.
 *
 * @throws {TypeError} for anything else, naming what is wrong with it.
 */
export function readSnapshot(value: unknown): BreakersSnapshot {
  if (!isObject(value)) throw wrong('must be an object that snapshot() has made');
  const { version, at, breakers } = value as Readonly<Record<keyof BreakersSnapshot, unknown>>;
  if (version !== 1) throw wrong('must be of version 1');
  if (!isNumber(at)) throw wrong('must say by "at" when it was made');
  if (!Array.isArray(breakers)) throw wrong('must have a list of "breakers"');
  for (const [index, one] of breakers.entries()) {
    if (!isObject(one)) throw wrong(`has something else than a breaker: breakers[${index}]`);
    const name = firstWrong(breaker, one);
    if (name !== undefined) throw wrong(`has a wrong "${name}" in breakers[${index}]`);
  }
  return { version, at, breakers };
}

function firstWrong<T>(shape: Shape<T>, value: Readonly<Record<string, unknown>>): string | undefined {
  return Object.entries<Check>(shape).find(([name, check]) => !check(value[name]))?.[0];
}

function wrong(what: string): TypeError {
  return new TypeError(`restore(): the snapshot ${what}`);
}
