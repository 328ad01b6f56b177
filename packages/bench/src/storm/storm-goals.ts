import type { Goal } from '../measurement.js';
import { holdfast } from './strategies-holdfast.js';
import type { StormFigures } from './storm-figures.js';

/** What is asked of the standard pipeline, in the worst of all runs. */
export function stormGoals(figures: readonly StormFigures[]): readonly Goal[] {
  const all = figures.filter(({ strategy }) => strategy === holdfast.name);
  const told = all.filter(({ fault }) => fault === 'unavailable-told');
  const most = (runs: readonly StormFigures[], of: (run: StormFigures) => number | null): number =>
    Math.max(...runs.map((run) => of(run) ?? Number.POSITIVE_INFINITY));
  const amplification = (run: StormFigures): number => run.amplification;
  const peak = (run: StormFigures): number => run.peak;
  const recoveryS = (run: StormFigures): number | null => run.recoveryS;
  return [
    {
      what: 'storms: requests per call in an outage',
      unit: 'x',
      atMost: 0.7,
      measured: most(all, amplification),
    },
    {
      what: 'storms: requests per call where Retry-After tells',
      unit: 'x',
      atMost: 0.1,
      measured: most(told, amplification),
    },
    {
      what: 'storms: most requests in a second, over normal ones',
      unit: 'x',
      atMost: 1.5,
      measured: most(all, peak),
    },
    { what: 'storms: until the service is well again', unit: 's', atMost: 8, measured: most(all, recoveryS) },
    {
      what: 'storms: the same where Retry-After tells',
      unit: 's',
      atMost: 2,
      measured: most(told, recoveryS),
    },
  ];
}
