import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** More than this is a step back, for a service that is well: its circuit, its window, its key and its place among the others. */
const MOST_BYTES = 1_000;
/** The same for one that has failed: the last failure is remembered. */
const MOST_BYTES_FAILED = 1_500;

interface Held {
  /** For each service. */
  readonly bytes: number;
  /** Of all together. */
  readonly timers: number;
}

describe('10,000 services that nobody calls just now', () => {
  // By the built packages. One thread: what is on the heap is then no matter of what else the machine does.
  const flags = ['--single-threaded', '--expose-gc'];
  const output = execFileSync(process.execPath, [...flags, join(__dirname, 'idle-services.mjs')]);
  const held = JSON.parse(output.toString()) as Record<string, Held>;

  it.each(['circuitBreaker', 'circuitBreakerByTenant', 'standardInterceptors'])(
    `hold at most ${MOST_BYTES} bytes each while they are well (%s)`,
    (what) => {
      expect(held[what]?.bytes).toBeGreaterThan(100);
      expect(held[what]?.bytes).toBeLessThanOrEqual(MOST_BYTES);
    },
  );

  it.each(['failedNowAndThen', 'recovered'])(
    `hold at most ${MOST_BYTES_FAILED} bytes each when they have failed, or were down (%s)`,
    (what) => {
      expect(held[what]?.bytes).toBeGreaterThan(100);
      expect(held[what]?.bytes).toBeLessThanOrEqual(MOST_BYTES_FAILED);
    },
  );

  it('hold next to nothing when they have throttled, and it is over', () => {
    expect(held['gateClosed']?.bytes).toBeGreaterThan(100);
    expect(held['gateClosed']?.bytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(held['gateOver']?.bytes).toBeLessThanOrEqual(50);
  });

  it('have not a timer between them, where those of opossum have two each', () => {
    const { opossum, standardInterceptors, ...others } = held;
    for (const { timers } of Object.values(others)) expect(timers).toBe(0);
    // One for all deadlines and one for all attempts, whatever the number of services.
    expect(standardInterceptors?.timers).toBeLessThanOrEqual(2);
    expect(opossum?.timers).toBe(20_000);
    expect(opossum?.bytes).toBeGreaterThan(4 * MOST_BYTES);
  });
});
