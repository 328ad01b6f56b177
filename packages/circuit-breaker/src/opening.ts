import type { CircuitRules } from './circuit-options.js';
import type { Window } from './window.js';

/** A run this many times as long as `consecutiveFailures` opens the circuit however short it was: no blip is that long. */
const LONG_RUN = 10;

/** Why a closed circuit opens now, in words and figures; `undefined`: it stays closed. */
export function reasonToOpen(window: Window, rules: CircuitRules): string | undefined {
  const { minimumAttempts, failureRatio, consecutiveFailures, consecutiveSpanMs, slowMs, slowRatio } = rules;
  const { attempts, failures, slow, run, runMs } = window;
  if (attempts >= minimumAttempts && failures >= failureRatio * attempts)
    return `${failures} of ${attempts} attempts failed`;
  if (run >= consecutiveFailures && (runMs >= consecutiveSpanMs || run >= LONG_RUN * consecutiveFailures))
    return `${run} attempts failed in a row, in ${runMs} ms`;
  if (slowMs !== false && attempts >= minimumAttempts && slow >= slowRatio * attempts)
    return `${slow} of ${attempts} attempts took ${slowMs} ms or longer`;
  return undefined;
}
