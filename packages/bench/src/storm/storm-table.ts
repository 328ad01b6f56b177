import Table from 'cli-table3';
import { styleText } from 'node:util';
import type { StormResult, StormSetting } from './storm-result.js';

/** What the strategies came to: a row for each, below its fault. Of several seeds the worst is shown. */
export function stormTable(results: readonly StormResult[], coloured: boolean): string {
  const table = new Table({
    head: [
      'outage',
      '',
      'requests per\ncall, in it',
      'peak, over\nnormal load',
      'seconds until\nit is well again',
      'calls that\nsucceeded',
    ],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: coloured ? ['bold'] : [], border: coloured ? ['grey'] : [] },
  });
  for (const fault of new Set(results.map(({ setting }) => setting.fault))) {
    const ofFault = results.filter(({ setting }) => setting.fault === fault);
    const names = [...new Set(ofFault.map(({ strategy }) => strategy))];
    names.forEach((strategy, index) => {
      const cells = cellsOf(
        ofFault.filter((result) => result.strategy === strategy),
        coloured,
      );
      table.push([...(index === 0 ? [{ rowSpan: names.length, content: fault }] : []), strategy, ...cells]);
    });
  }
  return `${captionOf(results)}\n${table.toString()}\n`;
}

function cellsOf(runs: readonly StormResult[], coloured: boolean): string[] {
  const most = (of: (result: StormResult) => number) => Math.max(...runs.map(of));
  const recoveryS = most((result) => result.recoveryS ?? Number.POSITIVE_INFINITY);
  const never = coloured ? styleText('red', 'never') : 'never';
  const figures = [
    shown(
      most(({ amplification }) => amplification),
      2,
    ),
    shown(
      most(({ peak }) => peak),
      2,
    ),
    recoveryS === Number.POSITIVE_INFINITY ? never : String(recoveryS),
  ];
  return [...figures, `${shown(100 * Math.min(...runs.map(({ success }) => success)), 1)} %`];
}

/** Where nobody called, there is no figure. */
function shown(figure: number, digits: number): string {
  return Number.isNaN(figure) ? '–' : figure.toFixed(digits);
}

function captionOf(results: readonly StormResult[]): string {
  const [setting] = results.map((result) => result.setting);
  const seeds = new Set(results.map(({ seed }) => seed)).size;
  return setting === undefined
    ? ''
    : `${captionOfSetting(setting)}${seeds === 1 ? '' : ` The worst of ${seeds} seeds.`}`;
}

function captionOfSetting({
  load,
  capacityPerSecond,
  serviceMs,
  queueLength,
  clients,
  timeoutMs,
  outageS,
  afterS,
}: StormSetting): string {
  return (
    `A service of ${capacityPerSecond} requests/s (${serviceMs} ms each, a queue of ${queueLength}) at ${Number((100 * load).toFixed(1))} % load,\n` +
    `from ${clients} clients that give up an attempt after ${timeoutMs} ms. It is out for ${outageS} s, and then watched for ${afterS} s.`
  );
}
