import { BYTES_FLAGS, runProgram } from '../run-program.js';
import type { IdleServices } from './idle-services.js';

/** More than this is a step back, for a service that is well: its circuit, its window, its key and its place among the others. */
const MOST_BYTES = 1_000;
/** The same for one that has failed: the last failure is remembered. */
const MOST_BYTES_FAILED = 1_500;

describe('10,000 services that nobody calls just now', () => {
  let held: IdleServices;
  beforeAll(async () => {
    held = (await runProgram('failures/idle-services', [], BYTES_FLAGS)) as IdleServices;
  }, 240_000);

  it.each(['circuitBreaker', 'circuitBreakerByTenant', 'standardInterceptors'] as const)(
    `hold at most ${MOST_BYTES} bytes each while they are well (%s)`,
    (what) => {
      expect(held[what].bytes).toBeGreaterThan(100);
      expect(held[what].bytes).toBeLessThanOrEqual(MOST_BYTES);
    },
  );

  it.each(['failedNowAndThen', 'recovered'] as const)(
    `hold at most ${MOST_BYTES_FAILED} bytes each when they have failed, or were down (%s)`,
    (what) => {
      expect(held[what].bytes).toBeGreaterThan(100);
      expect(held[what].bytes).toBeLessThanOrEqual(MOST_BYTES_FAILED);
    },
  );

  it('hold next to nothing when they have throttled, and it is over', () => {
    expect(held.gateClosed.bytes).toBeGreaterThan(100);
    expect(held.gateClosed.bytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(held.gateOver.bytes).toBeLessThanOrEqual(50);
  });

  it('have not a timer between them, where those of opossum have two each', () => {
    const { opossum, standardInterceptors, ...others } = held;
    for (const { timeouts, intervals } of Object.values(others))
      expect([timeouts, intervals]).toEqual([0, 0]);
    // One for all deadlines and one for all attempts, whatever the number of services.
    expect(standardInterceptors.timeouts).toBeLessThanOrEqual(2);
    expect(standardInterceptors.intervals).toBe(0);
    expect(opossum.intervals).toBe(20_000);
    expect(opossum.bytes).toBeGreaterThan(4 * MOST_BYTES);
  });
});
