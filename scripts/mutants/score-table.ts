import type { Report } from './survivors.js';
import type { Target } from './targets.js';

/** Below this share of killed mutants, in percent, a target has failed. */
export const LEAST_SCORE = 90;

/** What became of the mutants of one target. */
export interface Score {
  readonly target: string;
  readonly mutants: number;
  readonly killed: number;
  /** Of the killed ones: those that never came to an end. */
  readonly timedOut: number;
  readonly survived: number;
  /** In percent. */
  readonly score: number;
  /** Of the run: `2026-01-31`. */
  readonly date: string;
}

export function scoreOf(target: string, { files }: Report, date: string): Score {
  const all = Object.values(files).flatMap(({ mutants }) => mutants);
  const count = (...statuses: readonly string[]) =>
    all.filter(({ status }) => statuses.includes(status)).length;
  const timedOut = count('Timeout');
  const killed = timedOut + count('Killed');
  const survived = count('Survived', 'NoCoverage');
  const mutants = killed + survived;
  // Rounded down: what is below the least shows as below.
  const score = Math.floor((1_000 * killed) / mutants) / 10;
  return { target, mutants, killed, timedOut, survived, score, date };
}

const BLOCK = /(<!-- scores -->\n)([\s\S]*?)(<!-- end of scores -->)/;
const ROW = /^\| (\S+) +\|.*?\| +(\d+) \| +(\d+) \| +(\d+) \| +(\d+) \| +([\d.]+) % \| ([\d-]+) +\|/gm;

/** The table of a page. */
export function scoresIn(page: string): Score[] {
  const [, , block = ''] = BLOCK.exec(page) ?? [];
  return [...block.matchAll(ROW)].map(([, target = '', ...rest]) => {
    const [mutants = NaN, killed = NaN, timedOut = NaN, survived = NaN, score = NaN] = rest.map(Number);
    return { target, mutants, killed, timedOut, survived, score, date: rest[5] ?? '' };
  });
}

/** The page with these scores in its table; of the other targets it keeps those it has. */
export function withScores(page: string, measured: readonly Score[], targets: readonly Target[]): string {
  const known = new Map([...scoresIn(page), ...measured].map((score) => [score.target, score]));
  const rows = targets.flatMap(({ name, package: folder, mutated }) => {
    const score = known.get(name);
    const files = mutated.map((file) => `[${file}](../../packages/${folder}/src/${file})`).join(', ');
    return score === undefined ? [] : [[name, files, ...cellsOf(score)]];
  });
  const heading = [
    'target',
    'files',
    'mutants',
    'killed',
    'by time-out',
    'survived',
    'score',
    'date',
    'command',
  ];
  const alignment = ['---', '---', '--:', '--:', '--:', '--:', '--:', '---', '---'];
  const table = [heading, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  return page.replace(BLOCK, (_all, begin: string, _old, end: string) => `${begin}\n${table}\n${end}`);
}

function cellsOf({ target, mutants, killed, timedOut, survived, score, date }: Score): string[] {
  const figures = [mutants, killed, timedOut, survived].map(String);
  return [...figures, `${score.toFixed(1)} %`, date, `\`npm run mutants -- --only ${target}\``];
}
