import { runProgram } from '../run-program.js';

interface Measured {
  readonly falseOpenings: readonly {
    readonly failureRate: number;
    readonly perSecond: number;
    readonly openings: number;
  }[];
  readonly untilOpen: readonly { readonly perSecond: number; readonly failures: number }[];
}

// Exact, since all that is drawn comes from one seed.
describe('the circuit of a service, with its defaults', () => {
  let measured: Measured;

  beforeAll(async () => {
    measured = (await runProgram('failures/false-openings', ['--attempts=40000', '--seed=1'])) as Measured;
  }, 300_000);

  const openingsAt = (rate: number) =>
    measured.falseOpenings
      .filter(({ failureRate }) => failureRate === rate)
      .map(({ perSecond, openings }) => [perSecond, openings]);

  it.each([0.01, 0.05, 0.1])(
    'stays closed at any rate of calls, when a share of %f of them fails',
    (rate) => {
      expect(openingsAt(rate)).toEqual([
        [1, 0],
        [2, 0],
        [5, 0],
        [20, 0],
        [200, 0],
      ]);
    },
  );

  it('opens by chance when every fifth attempt fails, where there are about twenty in its window', () => {
    expect(openingsAt(0.2)).toEqual([
      [1, 0],
      [2, 7],
      [5, 0],
      [20, 0],
      [200, 0],
    ]);
  });

  it('opens within 100 failures after 10,000 successes, when the service goes down at once', () => {
    expect(measured.untilOpen).toEqual([
      { perSecond: 1, failures: 10 },
      { perSecond: 20, failures: 11 },
      { perSecond: 200, failures: 100 },
      { perSecond: 1_000, failures: 100 },
    ]);
  });
});
