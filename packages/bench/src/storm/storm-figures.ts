import type { Fault, StormResult } from './storm-result.js';

/** What is kept of one run. */
export interface StormFigures {
  readonly strategy: string;
  readonly fault: Fault;
  readonly load: number;
  readonly seed: number;
  readonly amplification: number;
  readonly peak: number;
  /** `null`: it did not recover while it was watched. */
  readonly recoveryS: number | null;
  readonly success: number;
}

export function figuresOf(result: StormResult): StormFigures {
  const { strategy, setting, seed, amplification, peak, recoveryS, success } = result;
  const { fault, load } = setting;
  return {
    strategy,
    fault,
    load,
    seed,
    amplification: rounded(amplification),
    peak: rounded(peak),
    recoveryS,
    success: rounded(success),
  };
}

/** Nobody asks for more. */
function rounded(figure: number): number {
  return Math.round(figure * 10_000) / 10_000;
}
