import { Breakers, type ServiceDefaults } from '@holdfast/client';
import { accepted, readOptions, type Interceptor } from '@holdfast/core';
import { followTime } from './breaker-time.js';
import { seededRandom } from './seeded-random.js';
import { SkippingClock, type TestClock } from './test-clock.js';
import { whileSending } from './under-way.js';

/** Options of {@link testDefaults}. */
export interface TestDefaultsOptions {
  /** Where time comes from: a `testClock()` that the test asks, or tells to go on. Default: one of its own. */
  readonly clock?: TestClock;
  /** Any whole number: with another one the jitter is another. Default: 1. A new one at each run, and no failure comes twice. */
  readonly seed?: number;
}

/** What {@link testDefaults} makes. */
export interface TestDefaults extends Required<
  Pick<ServiceDefaults, 'clock' | 'random' | 'before' | 'circuitBreaker'>
> {
  readonly clock: TestClock;
  readonly before: { readonly attemptTimeout: Interceptor };
  readonly circuitBreaker: { readonly breakers: Breakers };
}

const SEED = accepted(Number.isSafeInteger, 'a whole number', 1);

/** The seed of a client, as its factory was given it. @throws {TypeError} for what is none. */
export function readSeed(factory: string, seed: number | undefined): number {
  return readOptions(factory, { seed: SEED }, { seed }).seed;
}

const schemas = {
  clock: accepted<SkippingClock | undefined>(
    (value) => value instanceof SkippingClock,
    'a testClock()',
    undefined,
  ),
  seed: SEED,
};

/**
 * The defaults of a factory for unit tests: waits pass at once, and the jitter is the same at each run. For
 * `createClientFactory({ credential: staticCredential(), defaults: testDefaults(), services })`, and for an SDK that hands its
 * options to one: new ones for each, since circuits are among them. A service that places an interceptor of its own at
 * `before.attemptTimeout` takes the place of the one which sees that something is under way.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function testDefaults(options: TestDefaultsOptions = {}): TestDefaults {
  if (options instanceof SkippingClock)
    throw new TypeError('testDefaults(): give the clock as an option, testDefaults({ clock })');
  const { clock = new SkippingClock(), seed } = readOptions('testDefaults', schemas, options);
  const breakers = new Breakers();
  followTime(breakers, clock);
  return {
    clock,
    random: seededRandom(seed),
    // Outside of the time-out: an attempt that is given up is over, also where its adapter does not heed that.
    before: { attemptTimeout: whileSending(clock) },
    circuitBreaker: { breakers },
  };
}
