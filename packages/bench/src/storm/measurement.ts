import type { Measurement } from '../measurement.js';
import type { RunProgram } from '../run-program.js';
import { SETTINGS } from './settings.js';
import { strategies } from './strategies.js';
import type { StormFigures } from './storm-figures.js';
import { stormGoals } from './storm-goals.js';
import { stormPage } from './storm-page.js';

/** Programs that run beside each other: nothing that is counted depends on how long they take. */
const AT_ONCE = 2;

export const storms: Measurement<readonly StormFigures[]> = {
  name: 'storms',
  measure: measureStorms,
  page: stormPage,
  goals: stormGoals,
};

async function measureStorms(run: RunProgram): Promise<readonly StormFigures[]> {
  const programs = Object.keys(strategies).flatMap((strategy) =>
    SETTINGS.map(({ fault, load }) => [strategy, fault, String(load)]),
  );
  const played: StormFigures[][] = [];
  const left = programs.entries();
  const playAll = async (): Promise<void> => {
    for (const [index, args] of left) played[index] = (await run('storm/play', args)) as StormFigures[];
  };
  await Promise.all(Array.from({ length: AT_ONCE }, playAll));
  return played.flat();
}
