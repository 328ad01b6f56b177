import type { Measurement } from '../measurement.js';
import { held, type HeldResult } from './held.js';
import * as refused from './refused.js';

interface Failures {
  readonly refused: refused.Refused;
  readonly held: HeldResult;
}

/** What it costs when calls fail, and what is held while they wait. */
export const failures: Measurement<Failures> = {
  name: 'failures',
  measure: async (run) => ({ refused: await refused.measure(run), held: await held.measure(run) }),
  page: (result) => `${refused.page(result.refused)}\n\n${held.page(result.held)}`,
  goals: (result) => [...refused.goals(result.refused), ...held.goals(result.held)],
};
