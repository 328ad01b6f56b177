/** What is mutated together, and by which tests it is held. */
export interface Target {
  readonly name: string;
  readonly package: string;
  /** Files in its `src`. */
  readonly mutated: readonly string[];
  /** In its `src` too, without `.test.ts`: all of them run in one file, for each mutant: only those are here that kill some. */
  readonly tests: readonly string[];
}

export const TARGETS: readonly Target[] = [
  {
    name: 'challenges',
    package: 'core',
    mutated: ['challenges.ts', 'bearer-challenges.ts'],
    tests: ['challenges', 'challenges.property', 'bearer-challenges'],
  },
  { name: 'retry-after', package: 'core', mutated: ['retry-after.ts'], tests: ['retry-after'] },
  {
    name: 'rate-limit',
    package: 'throttle-gate',
    mutated: ['rate-limit.ts'],
    tests: ['rate-limit', 'rate-limit-fields'],
  },
  {
    name: 'outcome',
    package: 'core',
    mutated: ['outcome.ts', 'policy.ts'],
    tests: ['outcome-codes', 'outcome-redirected', 'outcome-table'],
  },
  {
    name: 'window',
    package: 'circuit-breaker',
    mutated: ['window.ts'],
    tests: ['window'],
  },
  {
    name: 'gate-turns',
    package: 'throttle-gate',
    mutated: ['turns.ts', 'ramp.ts', 'pace.ts', 'waiting-line.ts'],
    tests: ['turns', 'paced-turns', 'waiting-line'],
  },
  { name: 'budget', package: 'retry', mutated: ['budget.ts'], tests: ['retry-budget', 'retry-options'] },
];
