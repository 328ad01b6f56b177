import { stripVTControlCharacters } from 'node:util';
import { plot } from 'simple-ascii-chart';
import { curvesOf, highestLoad, ticksOf, type StormCurve } from './storm-curves.js';
import type { StormResult } from './storm-result.js';

type Settings = NonNullable<Parameters<typeof plot>[1]>;

interface ChartOptions {
  /** Characters in a line. */
  readonly columns: number;
  readonly coloured: boolean;
}

const HEIGHT = 9;
/** What the labels of two axes, and the room between them, take. */
const MARGINS = 18;
const GAP = '   ';

/**
 * For each strategy two charts side by side, load and success over time, with the outage between two dotted lines. All have the
 * same axes, so that one looks from one to the next.
 */
export function terminalCharts(results: readonly StormResult[], options: ChartOptions): string {
  const faults = [...new Set(results.map(({ setting }) => setting.fault))];
  return faults
    .map((fault) =>
      chartsOf(
        results.filter(({ setting }) => setting.fault === fault),
        options,
      ),
    )
    .join('\n');
}

function chartsOf(results: readonly StormResult[], { columns, coloured }: ChartOptions): string {
  const curves = curvesOf(results);
  const setting = results[0]?.setting;
  if (setting === undefined) return '';
  const most = highestLoad(curves);
  return curves
    .map((curve) => {
      const shared: Settings = {
        width: Math.max(20, Math.min(curve.points.length, Math.floor((columns - MARGINS) / 2))),
        height: HEIGHT,
        thresholds: [{ x: 0 }, { x: setting.outageS }],
        customXAxisTicks: [...ticksOf(curve)],
        symbols: { thresholds: { y: '┊' }, axis: { n: '│', e: '─' } },
      };
      const title = `${setting.fault}: ${curve.strategy}`;
      return sideBySide(
        [title, '', ...lines(loadChart(curve, most, coloured, shared))],
        ['', '', ...lines(successChart(curve, coloured, shared))],
      );
    })
    .join('\n');
}

function loadChart({ points }: StormCurve, most: number, coloured: boolean, shared: Settings): string {
  return plot(
    points.map(({ second, load }): [number, number] => [second, load]),
    {
      ...shared,
      title: 'load (1: as much as the service can do)',
      yRange: [0, most],
      customYAxisTicks: [...new Set([0, 1, most])],
      ...(coloured && { color: 'ansiYellow' }),
    },
  );
}

function successChart({ points }: StormCurve, coloured: boolean, shared: Settings): string {
  return plot(
    points.flatMap(({ second, success }): [number, number][] =>
      success === undefined ? [] : [[second, 100 * success]],
    ),
    {
      ...shared,
      title: 'calls that succeeded, in %',
      yRange: [0, 100],
      customYAxisTicks: [0, 50, 100],
      ...(coloured && { color: 'ansiGreen' }),
    },
  );
}

function lines(chart: string): readonly string[] {
  return chart.split('\n').filter((line) => line.trim() !== '');
}

function sideBySide(left: readonly string[], right: readonly string[]): string {
  const width = Math.max(...left.map(widthOf));
  return left
    .map((line, index) => `${line}${' '.repeat(width - widthOf(line))}${GAP}${right[index] ?? ''}`.trimEnd())
    .join('\n')
    .concat('\n');
}

function widthOf(line: string): number {
  return stripVTControlCharacters(line).length;
}
