import type { RunProgram } from '../run-program.js';
import { storms } from './measurement.js';
import { SEEDS, SETTINGS } from './settings.js';
import { strategies } from './strategies.js';
import type { StormFigures } from './storm-figures.js';

type Figures = Pick<StormFigures, 'amplification' | 'peak' | 'recoveryS' | 'success'>;

const well: Figures = { amplification: 0.05, peak: 1.1, recoveryS: 1, success: 0.9 };

/** As if `play` had found this. */
function runsOf(of: (run: StormFigures) => Partial<Figures> = () => ({})): readonly StormFigures[] {
  return Object.values(strategies).flatMap(({ name }) =>
    SETTINGS.flatMap(({ fault, load }) =>
      SEEDS.map((seed) => {
        const run: StormFigures = { strategy: name, fault, load, seed, ...well };
        return { ...run, ...of(run) };
      }),
    ),
  );
}

const missed = (runs: readonly StormFigures[]): readonly string[] =>
  storms.goals(runs).flatMap(({ what, measured, atMost }) => (measured <= atMost ? [] : [what]));

describe('the measurement of storms', () => {
  it('plays every strategy in every setting, two at a time, and keeps their order', async () => {
    let underWay = 0;
    let most = 0;
    const run: RunProgram = async (program, args = []) => {
      most = Math.max(most, (underWay += 1));
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return [[program, ...args].join(' ')];
    };

    const expected = Object.keys(strategies).flatMap((name) =>
      SETTINGS.map(({ fault, load }) => `storm/play ${name} ${fault} ${load}`),
    );
    expect(await storms.measure(run)).toEqual(expected);
    expect(most).toBe(2);
  });

  it('meets its goals where all goes well, and misses each by a single run of ours', () => {
    const inOne = (of: Partial<Figures>, faultOf = 'slow') =>
      runsOf(({ strategy, fault, seed }) =>
        strategy === 'Holdfast' && fault === faultOf && seed === 2 ? of : {},
      );

    expect(missed(runsOf())).toEqual([]);
    expect(missed(inOne({ amplification: 0.71 }))).toEqual(['storms: requests per call in an outage']);
    expect(missed(inOne({ peak: 1.51 }))).toEqual(['storms: most requests in a second, over normal ones']);
    expect(missed(inOne({ recoveryS: 9 }))).toEqual(['storms: until the service is well again']);
    expect(missed(inOne({ recoveryS: null }))).toEqual(['storms: until the service is well again']);
    expect(missed(inOne({ amplification: 0.11 }, 'unavailable-told'))).toEqual([
      'storms: requests per call where Retry-After tells',
    ]);
    expect(missed(inOne({ recoveryS: 3 }, 'unavailable-told'))).toEqual([
      'storms: the same where Retry-After tells',
    ]);
  });

  it('asks nothing of the others', () => {
    const others = runsOf(({ strategy }) =>
      strategy === 'Holdfast' ? {} : { amplification: 4, peak: 9, recoveryS: null, success: 0 },
    );

    expect(missed(others)).toEqual([]);
  });

  it('shows the medians of each strategy over all settings, and its worst run', () => {
    const runs = runsOf(({ strategy, fault, load, seed }) => {
      if (strategy !== 'budget alone') return {};
      return fault === 'slow' && load === 0.9
        ? { amplification: seed, recoveryS: seed === 1 ? 7 : null, success: seed / 10 }
        : {};
    });

    const page = storms.page(runs);
    expect(page).toContain(
      '| budget alone | 0.05 to 2.00 | 3.00 | 1.10 | 1.10 | 1 s to never | never | 20 % to 90 % | 10 % |',
    );
    expect(page).toContain('| no retries | 0.05 | 0.05 | 1.10 | 1.10 | 1 s | 1 s | 90 % | 90 % |');
    expect(page).toContain(
      '| five times slower, 90 % | 0.05 | 0.05 | 1.10 | 1.10 | 1 s | 1 s | 90 % | 90 % |',
    );
    expect(storms.page(JSON.parse(JSON.stringify(runs)) as readonly StormFigures[])).toBe(page);
  });
});
