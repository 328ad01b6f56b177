import { publish, type FailureSummary } from '@holdfast/core';
import type { CircuitRules, CircuitState, CircuitStateChange } from './circuit-options.js';

/** What observers are told of the circuit that has changed. */
interface ChangedCircuit {
  readonly service: string;
  readonly key: string;
  readonly rules: CircuitRules;
  readonly openUntil: number | undefined;
  readonly lastFailure: FailureSummary | undefined;
}

/** Tells observers of a change of state, or of one that is forced anew. Nothing of any call is in it. */
export function tellOfChange(circuit: ChangedCircuit, state: CircuitState, reason: string, at: number): void {
  const { service, key, rules, openUntil, lastFailure } = circuit;
  const event = { service, key, state, mode: rules.mode, reason, at };
  const retryAfterMs = openUntil === undefined ? undefined : openUntil - at;
  publish('circuit', () => ({ ...event, retryAfterMs, lastFailure }));
  const tell: (event: CircuitStateChange) => unknown = rules.onStateChange;
  // An observer changes nothing, whether it throws or is an async function that rejects.
  new Promise((resolve) => {
    resolve(tell(event));
  }).catch(() => undefined);
}
