import { runProgram } from '../run-program.js';
import { EVENTS, REQUEST_FAULTS } from './fault-names.js';
import { soak } from './measurement.js';
import type { SoakResult } from './soak-result.js';
import { figuresThatMustBeNone } from './soak-tables.js';

/** It ends by itself long before; a machine that does ten other things is slow. */
const PATIENCE_MS = 180_000;

describe('twenty seconds of calls through faults of every kind', () => {
  let result: SoakResult;
  beforeAll(async () => {
    // It ends with 1, and says why, when anything is wrong.
    result = (await runProgram('soak/main', ['--seconds', '20', '--json'], ['--expose-gc'])) as SoakResult;
  }, PATIENCE_MS);

  it('leave no call unsettled, give none the answer or token of another, and leave nothing over', () => {
    const figures = figuresThatMustBeNone(result);
    expect(figures).toEqual(Object.fromEntries(Object.keys(figures).map((name) => [name, 0])));
  });

  it('meet every fault there is, and succeed all the same', () => {
    expect(Object.keys(result.faults).sort()).toEqual([...REQUEST_FAULTS, ...EVENTS].sort());
    expect(Object.entries(result.faults).filter(([, met]) => met === 0)).toEqual([]);
    expect(result.outcomes['success']).toBeGreaterThan(0);
  });

  it('settle every call that was made', () => {
    const settled = Object.values(result.outcomes).reduce((sum, count) => sum + count, 0);
    expect(settled).toBe(result.calls);
    expect(Object.values(result.kinds).reduce((sum, count) => sum + count, 0)).toBe(result.calls);
  });

  it('are goals of the page of figures, all of them met', () => {
    expect(soak.goals(result).filter(({ measured }) => measured > 0)).toEqual([]);
    expect(soak.page(result)).toContain('| calls that never settled | 0 |');
  });
});
