import fc from 'fast-check';
import type { ServiceClientOptions } from './index.js';
import { nested } from './made-service-configurations.js';
import { merged, type ReadOptions } from './services-reader.js';

type Numeric = number | false;

/** Numbers by the names under which refusals have them: `retry.maxDelayMs`. */
export type Numbers = Readonly<Record<string, Numeric>>;

/** What somebody says of a client, as far as it is numbers. */
export interface Said {
  readonly profile: 'interactive' | 'batch';
  readonly numbers: Numbers;
}

// Around the defaults and around each other, so that they meet.
const near = [1, 2, 3, 199, 200, 201, 400, 999, 1_000, 5_000, 5_001, 9_999, 10_000, 10_001];
const far = [19_999, 20_000, 20_001, 29_999, 30_000, 30_001, 60_000, 60_001, 900_000, 900_001, 2_000_000];
const whole = fc.oneof(fc.constantFrom(...near, ...far), fc.integer({ min: 1, max: 50_000 }));
const milliseconds = fc.oneof(
  whole,
  fc.constantFrom(0, 0.5, 1.5, 10_000.3),
  fc.double({ min: 0, max: 9, noNaN: true }),
);
const aboveZero = milliseconds.filter((ms) => ms > 0);
const limit: fc.Arbitrary<Numeric> = fc.oneof(aboveZero, aboveZero, fc.constant(false as const));
const ratio = fc.double({ min: 0, max: 1, noNaN: true });

/** Every number of the standard pipeline, by its interceptor, and what it may be. */
const VALUES: Readonly<Record<string, fc.Arbitrary<Numeric>>> = {
  deadlineMs: limit,
  attemptTimeoutMs: limit,
  stallMs: limit,
  'fallback.timeoutMs': limit,
  'retry.retries': fc.nat(9),
  'retry.baseDelayMs': milliseconds,
  'retry.maxDelayMs': milliseconds,
  'throttleGate.maxClosedMs': whole,
  'throttleGate.maxWaiters': fc.oneof(whole, fc.constant(0), fc.constant(Infinity)),
  'throttleGate.rampMs': milliseconds,
  'throttleGate.probeTimeoutMs': whole,
  'circuitBreaker.windowMs': whole,
  'circuitBreaker.minimumAttempts': whole,
  'circuitBreaker.failureRatio': ratio,
  'circuitBreaker.consecutiveFailures': whole,
  'circuitBreaker.consecutiveSpanMs': milliseconds,
  'circuitBreaker.slowMs': limit,
  'circuitBreaker.slowRatio': ratio,
  'circuitBreaker.openMs': milliseconds,
  'circuitBreaker.maxOpenMs': milliseconds,
  'circuitBreaker.probes': whole,
  'circuitBreaker.probesToClose': whole,
  'circuitBreaker.probeTimeoutMs': whole,
  'circuitBreaker.rampMs': milliseconds,
  'axios.timeout': fc.oneof(milliseconds, fc.constant(0)),
};

export const NUMBERS: readonly string[] = Object.keys(VALUES);

/** The options of a client. */
export function optionsOf({ profile, numbers }: Said): Partial<ServiceClientOptions> {
  return Object.entries(numbers).reduce<ReadOptions>(
    (all, [name, value]) => merged(all, { ...nested(name.split('.'), value) }),
    { profile },
  );
}

/** What holds: what was said, and where nothing was, a default that goes no further than what was. */
export function heldOf({ profile, numbers }: Said): Numbers {
  const isBatch = profile === 'batch';
  const timeout = Number(numbers['axios.timeout'] ?? 0);
  const deadlineMs = numbers['deadlineMs'] ?? (isBatch ? 900_000 : 30_000);
  const atMost = (usual: number) => (deadlineMs === false ? usual : Math.min(usual, deadlineMs));
  const attemptTimeoutMs = numbers['attemptTimeoutMs'] ?? (timeout > 0 ? timeout : atMost(10_000));
  return {
    deadlineMs,
    attemptTimeoutMs,
    'retry.baseDelayMs': Math.ceil(atMost(200)),
    'retry.maxDelayMs': Math.ceil(atMost(5_000)),
    'throttleGate.maxWaiters': isBatch ? Infinity : 32,
    'throttleGate.rampMs': Math.ceil(atMost(1_000)),
    'throttleGate.probeTimeoutMs': Math.ceil(atMost(10_000)),
    'circuitBreaker.windowMs': Math.max(10_000, Math.ceil(2 * Number(attemptTimeoutMs))),
    'circuitBreaker.slowMs': false,
    'circuitBreaker.maxOpenMs': 3_000,
    'circuitBreaker.probes': 3,
    'circuitBreaker.probesToClose': 2,
    ...numbers,
  };
}

/** `one` takes the effect from `other`, or gets none beside it: it must not be said where they do not go together. */
interface Rule {
  readonly one: string;
  readonly other: string;
  /** Beside an `other` that is a number. */
  readonly goTogether: (one: number, other: number) => boolean;
  /** So often `other` is what counts. */
  readonly times?: number;
  /** Whether `one` says nothing beside an `other` that is off. */
  readonly needsOther?: boolean;
  /** Whether the default of `other` gives way. */
  readonly needsGiven?: boolean;
  /** Whether the default of `one` does not give way. */
  readonly holdsAlways?: boolean;
}

const atMost = (one: number, other: number) => one <= other;
const atLeast = (one: number, other: number) => one >= other;
const below = (one: number, other: number) => one < other;

const RULES: readonly Rule[] = [
  { one: 'axios.timeout', other: 'deadlineMs', goTogether: atMost },
  { one: 'attemptTimeoutMs', other: 'deadlineMs', goTogether: atMost },
  { one: 'retry.baseDelayMs', other: 'retry.maxDelayMs', goTogether: atMost },
  { one: 'retry.baseDelayMs', other: 'deadlineMs', goTogether: below },
  { one: 'retry.maxDelayMs', other: 'deadlineMs', goTogether: below },
  { one: 'throttleGate.probeTimeoutMs', other: 'deadlineMs', goTogether: below },
  { one: 'throttleGate.rampMs', other: 'deadlineMs', goTogether: below },
  { one: 'circuitBreaker.openMs', other: 'circuitBreaker.maxOpenMs', goTogether: atMost, needsGiven: true },
  { one: 'circuitBreaker.slowMs', other: 'attemptTimeoutMs', goTogether: below },
  { one: 'circuitBreaker.windowMs', other: 'attemptTimeoutMs', goTogether: atLeast, times: 2 },
  {
    one: 'circuitBreaker.slowRatio',
    other: 'circuitBreaker.slowMs',
    goTogether: () => true,
    needsOther: true,
  },
  {
    one: 'circuitBreaker.probesToClose',
    other: 'circuitBreaker.probes',
    goTogether: atMost,
    holdsAlways: true,
  },
];

const anyNumbers: fc.Arbitrary<Numbers> = fc
  .subarray(Object.entries(VALUES), { maxLength: 6 })
  .chain((some) => fc.tuple(...some.map(([name, values]) => values.map((value) => [name, value] as const))))
  .map((given): Numbers => Object.fromEntries(given));

/** Two that are as near to each other as can be. */
const anyTwo: fc.Arbitrary<Numbers> = fc
  .tuple(
    fc.constantFrom(...RULES.filter(({ needsOther = false }) => !needsOther)),
    fc.integer({ min: 2, max: 5_000 }),
    fc.constantFrom(-1, 0, 1),
  )
  .map(([{ one, other, times = 1 }, value, more]) => ({ [other]: value, [one]: times * value + more }));

/** Numbers that are each allowed; whether they go together is another matter. */
export const anySaid: fc.Arbitrary<Said> = fc.record({
  profile: fc.constantFrom('interactive', 'batch'),
  numbers: fc.oneof(anyNumbers, anyTwo),
});

/** The pairs of names that do not go together. */
export function contradictionsIn(said: Said): readonly Rule[] {
  const held = heldOf(said);
  return RULES.filter((rule) => {
    const { one, other, goTogether, times = 1, needsOther = false, needsGiven = false } = rule;
    const value = rule.holdsAlways === true ? held[one] : said.numbers[one];
    const beside = needsGiven ? said.numbers[other] : held[other];
    if (typeof value !== 'number' || beside === undefined) return false;
    return beside === false ? needsOther : !goTogether(value, times * beside);
  });
}

/** Without those that go together with nothing that is there. */
export function agreeing(said: Said): Said {
  const [contradiction] = contradictionsIn(said);
  if (contradiction === undefined) return said;
  const { one, other } = contradiction;
  const left = Object.entries(said.numbers).filter(([name]) => name !== (one in said.numbers ? one : other));
  return agreeing({ ...said, numbers: Object.fromEntries(left) });
}
