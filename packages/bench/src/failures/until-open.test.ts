import { runProgram } from '../run-program.js';

describe('a service that goes down at once', () => {
  const failures = async (successes: number, ...breakers: readonly string[]) => {
    const found = await runProgram('failures/until-open', [String(successes), ...breakers]);
    return Object.values(found as Record<string, { failures: number }>).map((each) => each.failures);
  };

  it('is called a hundred times more after 10,000 successes, where others count as many failures as there were successes', async () => {
    expect(await failures(10_000, 'circuitBreaker', 'standard')).toEqual([100, 100]);
    expect(await failures(1_000, 'cockatiel', 'opossum', 'naive')).toEqual([1_001, 1_001, 1_001]);
  }, 300_000);
});
