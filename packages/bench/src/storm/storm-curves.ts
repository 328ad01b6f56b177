import type { StormResult } from './storm-result.js';

/** What one strategy did second by second, over all seeds. */
export interface StormCurve {
  readonly strategy: string;
  readonly points: readonly StormPoint[];
}

export interface StormPoint {
  /** Counted from the start of the outage. */
  readonly second: number;
  /** Requests that reached the service, over what it can answer. */
  readonly load: number;
  /** The share of the calls made in this second that succeeded; `undefined` where none was made. */
  readonly success: number | undefined;
}

/** The curves of one setting, in the order in which the strategies were played. */
export function curvesOf(results: readonly StormResult[]): readonly StormCurve[] {
  const names = [...new Set(results.map(({ strategy }) => strategy))];
  return names.map((strategy) => ({
    strategy,
    points: pointsOf(results.filter((result) => result.strategy === strategy)),
  }));
}

function pointsOf(runs: readonly StormResult[]): readonly StormPoint[] {
  const [first] = runs;
  if (first === undefined) return [];
  return first.seconds.map(({ second }, index) => {
    const sum = (name: 'calls' | 'succeeded' | 'requests') =>
      runs.reduce((total, { seconds }) => total + (seconds[index]?.[name] ?? 0), 0);
    const calls = sum('calls');
    return {
      second,
      load: sum('requests') / runs.length / first.setting.capacityPerSecond,
      success: calls === 0 ? undefined : sum('succeeded') / calls,
    };
  });
}

/** The highest load of all, as a whole number: all panels are as high, so that they are compared by looking. */
export function highestLoad(curves: readonly StormCurve[]): number {
  return Math.max(1, ...curves.flatMap(({ points }) => points.map(({ load }) => Math.ceil(load))));
}

/** Seconds at the axis: each ten of them, or as many as leave room for their labels. */
export function ticksOf({ points }: StormCurve): readonly number[] {
  const step = [5, 10, 20, 30, 60, 120, 300, 600].find((one) => points.length / one <= 6) ?? 1_200;
  return points.map(({ second }) => second).filter((second) => second % step === 0);
}
