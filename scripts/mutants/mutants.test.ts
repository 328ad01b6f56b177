import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LEAST_SCORE, scoreOf, scoresIn, withScores } from './score-table.js';
import { explainedIn, itemOf, survivorsOf, without, type Report } from './survivors.js';
import { TARGETS } from './targets.js';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/reference/mutants.md'), 'utf8');

describe('the page of mutants', () => {
  it('has a score for every target, and none that is too low or adds up to something else', () => {
    const scores = scoresIn(page);
    expect(scores.map(({ target }) => target)).toEqual(TARGETS.map(({ name }) => name));
    for (const { mutants, killed, survived, score } of scores) {
      expect(score).toBeGreaterThanOrEqual(LEAST_SCORE);
      expect(killed + survived).toBe(mutants);
    }
  });

  it('explains survivors of code that still stands where it says', () => {
    const explained = explainedIn(page);
    const gone = explained.filter(({ file, line, original }) => {
      const path = join(root, file);
      const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
      return !lines.some((one) => one.trim() === line) || !line.includes(original);
    });
    expect(gone).toEqual([]);
    // Every item is read as one: a misspelt one would explain nothing.
    expect(explained).toHaveLength(page.match(/^- /gm)?.length ?? 0);
  });

  it('explains as many as survive', () => {
    for (const { name, package: folder, mutated } of TARGETS) {
      const files = mutated.map((file) => `packages/${folder}/src/${file}`);
      const explained = explainedIn(page).filter(({ file }) => files.includes(file));
      const survived = scoresIn(page).find(({ target }) => target === name)?.survived ?? 0;
      // One item can stand for two mutants: the same replacement in two lines that are the same.
      expect(explained.length).toBeLessThanOrEqual(survived);
      expect(explained.length > 0).toBe(survived > 0);
    }
  });
});

describe('a target', () => {
  it.each(TARGETS)('$name names files and tests that there are', ({ package: folder, mutated, tests }) => {
    const names = [...mutated, ...tests.map((test) => `${test}.test.ts`)];
    const missing = names.filter((name) => !existsSync(join(root, 'packages', folder, 'src', name)));
    expect(missing).toEqual([]);
  });
});

describe('a report', () => {
  const mutant = (status: string, line: number, columns: readonly [number, number], replacement: string) => {
    const [start, end] = columns.map((column) => ({ line, column }));
    return { status, replacement, location: { start: start!, end: end! } };
  };
  const report: Report = {
    files: {
      'a.ts': {
        source: 'if (a > b) {\n  say(`x`);\n}\n',
        mutants: [
          mutant('Survived', 1, [5, 10], 'a >= b'),
          mutant('NoCoverage', 2, [7, 10], '``'),
          mutant('Killed', 1, [5, 10], 'true'),
          mutant('Timeout', 1, [5, 10], 'false'),
          {
            ...mutant('Survived', 1, [12, 2], '{}'),
            location: { start: { line: 1, column: 12 }, end: { line: 3, column: 2 } },
          },
          mutant('RuntimeError', 1, [5, 10], 'x'),
        ],
      },
    },
  };

  it('is counted without what could not be run, and rounded down', () => {
    const score = {
      target: 'one',
      mutants: 5,
      killed: 2,
      timedOut: 1,
      survived: 3,
      score: 40,
      date: '2026-01-31',
    };
    expect(scoreOf('one', report, '2026-01-31')).toEqual(score);
  });

  it('leads to an item for each survivor, which explains it once a reason stands behind it', () => {
    const survivors = survivorsOf(report);
    const items = survivors.map((one) => `${itemOf(one)}for this reason.`);
    const explained = explainedIn(['### `a.ts`', '', ...items].join('\n'));
    expect(items[0]).toBe('- in `if (a > b) {`: `a > b` becomes `a >= b`: for this reason.');
    expect(explained).toEqual(survivors);
    expect(explainedIn(['### `a.ts`', ...survivors.map(itemOf)].join('\n'))).toEqual([]);
    expect(without(survivors, explained.slice(1))).toEqual([survivors[0]]);
    expect(without(explainedIn(['### `b.ts`', ...items].join('\n')), survivors)).toHaveLength(3);
  });

  it('takes the place of the score of its target, and leaves the others', () => {
    const targets = ['one', 'two'].map((name) => ({ name, package: 'p', mutated: ['a.ts'], tests: [] }));
    const score = (target: string, killed: number) => ({
      target,
      mutants: 9,
      killed,
      timedOut: 1,
      survived: 9 - killed,
      score: 50.5,
      date: '2026-01-31',
    });
    const empty = 'Before.\n\n<!-- scores -->\n<!-- end of scores -->\n\nBehind.\n';
    const both = withScores(empty, [score('two', 4), score('one', 5)], targets);
    const again = withScores(both, [score('one', 6)], targets);
    expect(scoresIn(again)).toEqual([score('one', 6), score('two', 4)]);
    expect(again).toMatch(/^Before\.[\s\S]*Behind\.\n$/);
  });
});
