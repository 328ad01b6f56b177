import type { Goal, Measurement } from './measurement.js';
import { pageTable } from './page-table.js';
import type { Kept } from './results.js';

/** A measurement beside what it last found. */
export interface Measured {
  readonly measurement: Measurement<unknown>;
  readonly kept: Kept;
}

/** What is measured stands between `<!-- bench: name -->` and `<!-- /bench -->`; all else is written by hand. */
const BLOCK = /(<!-- bench: ([\w-]+) -->)[^]*?(<!-- \/bench -->)/g;

/**
 * The page with every block made anew, not yet formatted.
 *
 * @throws {Error} when a block has no measurement, or a measurement no block.
 */
export function rendered(page: string, measured: readonly Measured[]): string {
  const blocks = new Map([
    ['goals', goalsTable(goalsOf(measured))],
    ...measured.map(({ measurement, kept }): [string, string] => [
      measurement.name,
      `${measurement.page(kept.result)}\n\n${whereAndWhen(kept)}`,
    ]),
  ]);
  const met = new Set<string>();
  const text = page.replace(BLOCK, (_, start: string, name: string, end: string) => {
    const block = blocks.get(name);
    if (block === undefined) throw new Error(`The page has a block "${name}", which nobody measures`);
    met.add(name);
    return `${start}\n\n${block}\n\n${end}`;
  });
  for (const name of blocks.keys())
    if (!met.has(name)) throw new Error(`The page has no block "${name}" for what was measured`);
  return text;
}

export function goalsOf(measured: readonly Measured[]): readonly Goal[] {
  return measured.flatMap(({ measurement, kept }) => measurement.goals(kept.result));
}

export const isMet = ({ atMost, measured }: Goal): boolean => measured <= atMost;

function goalsTable(goals: readonly Goal[]): string {
  return pageTable(
    ['', 'goal', 'measured', ''],
    goals.map((goal) => [
      goal.what,
      `≤ ${withUnit(goal.atMost, goal.unit)}`,
      withUnit(goal.measured, goal.unit),
      isMet(goal) ? 'met' : '**missed**',
    ]),
  );
}

function withUnit(figure: number, unit: Goal['unit']): string {
  // JSON has no infinity: what never came is null there.
  if (!Number.isFinite(figure)) return 'never';
  const text = figure.toLocaleString('en', { maximumFractionDigits: Number.isInteger(figure) ? 0 : 2 });
  return unit === 'count' ? text : `${text} ${unit}`;
}

function whereAndWhen({ date, machine }: Kept): string {
  const { cpu, cores, memoryGiB, system, node, packages } = machine;
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `_${date}, Node ${node}, ${system}, ${cores} cores of ${cpu}, ${memoryGiB} GiB; ${versions.join(', ')}._`;
}
