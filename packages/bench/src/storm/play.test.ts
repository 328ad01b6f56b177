import { runProgram } from '../run-program.js';

describe('the program that plays storms', () => {
  it('prints the figures of one strategy in one setting, by each seed', async () => {
    const figures = await runProgram('storm/play', ['no-retries', 'hang', '0.7', '--quick']);

    expect(figures).toEqual(
      [1, 2, 3].map((seed) => ({
        strategy: 'no retries',
        fault: 'hang',
        load: 0.7,
        seed,
        amplification: 1,
        peak: expect.any(Number) as unknown,
        recoveryS: 0,
        success: expect.any(Number) as unknown,
      })),
    );
  });
});
