import type { FailureSummary } from '@holdfast/core';
import * as v from 'valibot';
import type { CircuitState } from './circuit-options.js';
import type { WindowContent } from './window.js';

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

const instant = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const bucket = v.pipe(
  v.object({ at: instant, attempts: count, failures: count, slow: count }),
  v.check(({ attempts, failures, slow }) => failures <= attempts && slow <= attempts),
);

const window = v.pipe(
  v.object({
    windowMs: v.pipe(count, v.minValue(1)),
    buckets: v.array(bucket),
    run: count,
    runStartedAt: instant,
    runEndedAt: instant,
  }),
  v.check(({ runStartedAt, runEndedAt }) => runStartedAt <= runEndedAt),
);

const lastFailure = v.object({
  code: v.optional(v.string(), () => undefined),
  status: v.optional(v.pipe(v.number(), v.finite()), () => undefined),
  message: v.string(),
  at: instant,
});

const breaker = v.object({
  key: v.pipe(v.string(), v.nonEmpty()),
  service: v.string(),
  state: v.picklist(['closed', 'open', 'half-open']),
  openUntil: v.optional(instant),
  nextOpenMs: v.pipe(instant, v.minValue(0)),
  forced: v.optional(
    v.object({
      state: v.picklist(['open', 'closed']),
      until: instant,
      reason: v.pipe(v.string(), v.nonEmpty()),
    }),
  ),
  window,
  lastFailure: v.optional(lastFailure),
});

const schema = v.object({ version: v.literal(1), at: instant, breakers: v.array(breaker) });

/**
 * What another process, or an earlier one, has written down.
 *
 * @throws {TypeError} for anything else, naming what is wrong with it, and no value.
 */
export function readSnapshot(value: unknown): BreakersSnapshot {
  const { issues, output } = v.safeParse(schema, value, { abortEarly: true });
  if (issues === undefined) return output;
  const [name, index, of] = (issues[0].path ?? []).map(({ key }) => String(key));
  if (name === undefined) throw wrong('must be an object that snapshot() has made');
  if (index === undefined) throw wrong(`has a wrong "${name}"`);
  if (of === undefined) throw wrong(`has something else than a breaker: breakers[${index}]`);
  throw wrong(`has a wrong "${of}" in breakers[${index}]`);
}

function wrong(what: string): TypeError {
  return new TypeError(`restore(): the snapshot ${what}`);
}
