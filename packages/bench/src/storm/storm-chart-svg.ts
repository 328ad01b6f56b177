import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkAreaComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { curvesOf, highestLoad, ticksOf, type StormCurve, type StormPoint } from './storm-curves.js';
import type { StormResult } from './storm-result.js';

use([GridComponent, LegendComponent, LineChart, MarkAreaComponent, SVGRenderer, TitleComponent]);

const WIDTH = 960;
const PANEL_HEIGHT = 220;
/** Between two rows of panels: the axis below one, the title above the next. */
const ROOM = 84;
const LEFT = 56;
const PANEL_WIDTH = 388;
const RIGHT = LEFT + PANEL_WIDTH + 76;
const LEGEND_LINE = 24;
const LEGENDS_IN_LINE = 3;
const LEGEND_WIDTH = 290;

const INK = '#1f2328';
const PALE = '#d0d7de';
const OUTAGE = 'rgba(207, 34, 46, 0.1)';
/** Told apart by those too who see no red or no green (Okabe and Ito); the dashes tell them apart in print. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#a36a00', '#56b4e9', '#6e40c9', '#57606a'];
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [10, 3, 2, 3]];

/**
 * The curves as a picture: for each fault load on the left and success on the right, a line for each strategy, the outage shaded.
 * The paper is white, so that it reads on any page. The same results are the same bytes, in the first picture of a process: the
 * names within a picture count on.
 */
export function svgChart(results: readonly StormResult[]): string {
  const faults = [...new Set(results.map(({ setting }) => setting.fault))];
  const rows = faults.map((fault) => rowOf(results.filter(({ setting }) => setting.fault === fault)));
  const names = [...new Set(results.map(({ strategy }) => strategy))];
  const top = LEGEND_LINE * Math.ceil(names.length / LEGENDS_IN_LINE) + 52;
  const panels = rows.flatMap((row, index) => panelsOf(row, top + index * (PANEL_HEIGHT + ROOM), 2 * index));

  const height = top + rows.length * (PANEL_HEIGHT + ROOM) - ROOM + 56;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: COLOURS,
    textStyle: { fontFamily: 'sans-serif', color: INK },
    // Each by itself: how wide a name is cannot be known here, and side by side they would run into each other.
    legend: names.map((name, index) => ({
      data: [name],
      left: LEFT + LEGEND_WIDTH * (index % LEGENDS_IN_LINE),
      top: 8 + LEGEND_LINE * Math.floor(index / LEGENDS_IN_LINE),
      padding: 0,
      itemWidth: 40,
      // Without the dot: there is none on the lines.
      itemStyle: { opacity: 0 },
      textStyle: { fontSize: 13, color: INK },
    })),
    title: panels.map(({ title }) => title),
    grid: panels.map(({ grid }) => grid),
    xAxis: panels.map(({ xAxis }) => xAxis),
    yAxis: panels.map(({ yAxis }) => yAxis),
    series: panels.flatMap(({ series }) => series),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

interface Row {
  readonly title: string;
  readonly outageS: number;
  readonly curves: readonly StormCurve[];
}

function rowOf(results: readonly StormResult[]): Row {
  const [first] = results;
  return {
    title: first?.setting.fault ?? '',
    outageS: first?.setting.outageS ?? 0,
    curves: curvesOf(results),
  };
}

function panelsOf({ title, outageS, curves }: Row, top: number, index: number) {
  const shared = { top, outageS, curves };
  return [
    panelOf({
      ...shared,
      index,
      left: LEFT,
      title: `${title}: load (1: as much as it can do)`,
      axis: { max: highestLoad(curves), minInterval: 1 },
      of: ({ load }) => load,
    }),
    panelOf({
      ...shared,
      index: index + 1,
      left: RIGHT,
      title: `${title}: calls that succeeded, in %`,
      axis: { max: 100, interval: 25 },
      of: ({ success }) => success && 100 * success,
    }),
  ];
}

interface Panel {
  readonly index: number;
  readonly left: number;
  readonly top: number;
  readonly title: string;
  readonly axis: { readonly max: number; readonly interval?: number; readonly minInterval?: number };
  readonly outageS: number;
  readonly curves: readonly StormCurve[];
  readonly of: (point: StormPoint) => number | undefined;
}

function panelOf({ index, left, top, title, axis, outageS, curves, of }: Panel) {
  const [first] = curves;
  const seconds = first?.points.map(({ second }) => second) ?? [];
  const customValues = first === undefined ? [] : [...ticksOf(first)];
  const label = { fontSize: 12, color: INK };
  return {
    title: { text: title, left, top: top - 32, padding: 0, textStyle: { fontSize: 14, color: INK } },
    grid: { left, top, width: PANEL_WIDTH, height: PANEL_HEIGHT },
    xAxis: {
      gridIndex: index,
      type: 'value' as const,
      min: seconds[0] ?? 0,
      max: seconds.at(-1) ?? 0,
      name: 'seconds since the outage began',
      nameLocation: 'middle' as const,
      nameGap: 26,
      nameTextStyle: label,
      axisTick: { customValues },
      axisLabel: { ...label, customValues },
      axisLine: { onZero: false, lineStyle: { color: INK } },
      splitLine: { show: false },
    },
    yAxis: {
      ...axis,
      gridIndex: index,
      type: 'value' as const,
      min: 0,
      axisLabel: label,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: PALE } },
    },
    series: curves.map(({ strategy, points }, number) => ({
      name: strategy,
      type: 'line' as const,
      xAxisIndex: index,
      yAxisIndex: index,
      symbol: 'none',
      // The first is what one looks at: no other lies over it.
      z: 2 + curves.length - number,
      // A figure holds for its second.
      step: 'end' as const,
      lineStyle: { width: 2, type: dashOf(number) },
      data: points.map((point): [number, number | null] => [point.second, of(point) ?? null]),
      ...(number === 0 && {
        markArea: {
          silent: true,
          itemStyle: { color: OUTAGE },
          data: [[{ xAxis: 0 }, { xAxis: outageS }]] satisfies [unknown],
        },
      }),
    })),
  };
}

function dashOf(number: number): 'solid' | number[] {
  const dash = DASHES[number % DASHES.length] ?? [];
  return dash.length === 0 ? 'solid' : [...dash];
}
