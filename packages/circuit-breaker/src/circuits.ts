import { currentCall } from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { Circuit, type CircuitRules } from './circuit.js';

const MOST_KEYS = 10_000;

/** The circuits of all keys, in the order in which they were last used; beyond a bound the idlest is forgotten. */
export class Circuits {
  readonly #rules: CircuitRules;
  readonly #circuits = new Map<string, Circuit>();
  #latest: Circuit | undefined = undefined;

  constructor(rules: CircuitRules) {
    this.#rules = rules;
  }

  /** The circuit of a key; a new one is named after the service of the request. */
  of(key: string, config: InternalAxiosRequestConfig): Circuit {
    // Most clients call one service: the order is kept up only when the key changes.
    if (this.#latest?.key === key) return this.#latest;
    const circuit = this.#circuits.get(key) ?? new Circuit(key, currentCall(config).service, this.#rules);
    this.#circuits.delete(key);
    this.#circuits.set(key, circuit);
    this.#latest = circuit;
    if (this.#circuits.size > MOST_KEYS) this.#forgetIdlest();
    return circuit;
  }

  #forgetIdlest(): void {
    for (const [key, circuit] of this.#circuits) {
      this.#circuits.delete(key);
      circuit.forget();
      return;
    }
  }
}
