import { median } from '../measuring/rounds.js';
import { pageTable } from '../page-table.js';
import { holdfast } from './strategies-holdfast.js';
import { FAULTS, SEEDS, SERVICE, SETTINGS } from './settings.js';
import type { Fault } from './storm-result.js';
import type { StormFigures } from './storm-figures.js';

const FAULT_NAMES: Readonly<Record<Fault, string>> = {
  unavailable: '503 at once',
  'unavailable-told': '503 with Retry-After',
  hang: 'no answer',
  slow: 'five times slower',
};

type Figure = 'amplification' | 'peak' | 'recoveryS' | 'success';

/** The block of the page: each strategy over all settings, then the standard pipeline in each of them. */
export function stormPage(figures: readonly StormFigures[]): string {
  const names = [...new Set(figures.map(({ strategy }) => strategy))];
  const ofStrategies = names.map((strategy): [string, readonly StormFigures[]] => [
    strategy,
    figures.filter((run) => run.strategy === strategy),
  ]);
  const ofSettings = settingsOf(figures.filter(({ strategy }) => strategy === holdfast.name)).map(
    (runs): [string, readonly StormFigures[]] => [runs.map(nameOf)[0] ?? '', runs],
  );
  return [
    how(),
    'Each strategy over all settings: the least and the most of the medians over the seeds, and the worst of all runs.',
    figuresTable('strategy', ofStrategies),
    'The standard pipeline with its defaults in each setting: the median over the seeds, and the worst.',
    figuresTable('outage, load', ofSettings),
  ].join('\n\n');
}

function how(): string {
  const { capacityPerSecond, serviceMs, queueLength, clients, timeoutMs, beforeS, outageS, afterS } = SERVICE;
  const loads = [...new Set(SETTINGS.map(({ load }) => percent(load)))].join(' and ');
  return `\`npm run bench -- storms\` plays ${SETTINGS.length} settings (${FAULTS.length} outages of ${outageS} s, at ${loads} of the service's capacity), each by ${SEEDS.length} seeds,
in simulated time and through each strategy's own code. The service answers ${shown(capacityPerSecond)} requests a second, each in ${serviceMs} ms,
keeps ${shown(queueLength)} waiting in their order, answers 503 to what is beyond, and does also what nobody waits for any more.
${clients} clients that know nothing of each other call it at random, whatever became of the calls before, and give up an attempt after
${shown(timeoutMs)} ms; ${beforeS} s before the outage, and ${afterS} s after it.
_Amplification_: requests sent per call, during the outage. _Peak_: the most requests in one second from the outage on, over those of a normal one.
_Recovery_: seconds after the outage until five in a row are 99 % good. _Success_: of all calls from the outage on.`;
}

function figuresTable(
  what: string,
  rows: readonly (readonly [name: string, runs: readonly StormFigures[]])[],
): string {
  return pageTable(
    [what, 'amplification', 'worst', 'peak', 'worst', 'recovery', 'worst', 'success', 'worst'],
    rows.map(([name, runs]) => [
      name,
      ...cells(runs, 'amplification', plain),
      ...cells(runs, 'peak', plain),
      ...cells(runs, 'recoveryS', seconds),
      ...cells(runs, 'success', percent),
    ]),
  );
}

/** The medians of the settings, from the least to the most, and the worst run of all. */
function cells(
  runs: readonly StormFigures[],
  name: Figure,
  write: (figure: number) => string,
): readonly [medians: string, worst: string] {
  const medians = settingsOf(runs).map((ofSetting) => median(ofSetting.map((run) => figureOf(run, name))));
  const [least, most] = [write(Math.min(...medians)), write(Math.max(...medians))];
  const all = runs.map((run) => figureOf(run, name));
  const worst = name === 'success' ? Math.min(...all) : Math.max(...all);
  return [least === most ? least : `${least} to ${most}`, write(worst)];
}

/** JSON has no infinity: what never came is null there. */
function figureOf(run: StormFigures, name: Figure): number {
  return run[name] ?? Number.POSITIVE_INFINITY;
}

function settingsOf(runs: readonly StormFigures[]): readonly (readonly StormFigures[])[] {
  const names = new Set(runs.map(nameOf));
  return [...names].map((name) => runs.filter((run) => nameOf(run) === name));
}

function nameOf({ fault, load }: StormFigures): string {
  return `${FAULT_NAMES[fault]}, ${percent(load)}`;
}

const shown = (figure: number): string => figure.toLocaleString('en');
const plain = (figure: number): string => figure.toFixed(2);
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
const seconds = (figure: number): string => (Number.isFinite(figure) ? `${figure} s` : 'never');
