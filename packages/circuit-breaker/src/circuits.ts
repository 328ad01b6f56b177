import { currentCall, systemClock, readOptions, type Clock } from '@holdfast/core';
import type { InternalAxiosRequestConfig } from 'axios';
import { Circuit, type Home } from './circuit.js';
import { settings, type AnnouncedOptions, type CircuitRules } from './circuit-options.js';
import type { BreakersSnapshot } from './snapshot.js';

const MOST_KEYS = 10_000;

/** The circuits of all keys, in the order in which they were last used; beyond a bound the idlest is forgotten. */
export class Circuits implements Home {
  /** Where time comes from for all of them together. */
  clock: Clock = systemClock;
  /** Those that may be forgotten, the idlest first. */
  readonly #usual = new Map<string, Circuit>();
  /** Open or forced, so that they are forgotten last. Apart, so that nobody has to look for the others among them. */
  readonly #held = new Map<string, Circuit>();
  #latest: Circuit | undefined = undefined;
  #made = 0;

  /** The circuit of a key, by these rules if they are newer than its own; a new one is named after the request's service. */
  of(key: string, config: InternalAxiosRequestConfig, rules: CircuitRules): Circuit {
    // Most clients call one service: the order is kept up only when the key changes.
    const circuit =
      this.#latest?.key === key
        ? this.#latest
        : this.#use(this.find(key) ?? this.#create(key, currentCall(config).service, rules));
    if (rules.generation > circuit.rules.generation) circuit.adopt(rules);
    return circuit;
  }

  find(key: string): Circuit | undefined {
    return this.#usual.get(key) ?? this.#held.get(key);
  }

  /** In the order in which they were first called. */
  all(): Circuit[] {
    return [...this.#usual.values(), ...this.#held.values()].sort((one, other) => one.number - other.number);
  }

  /** Has a circuit for a key that nobody has used yet, by these options until an interceptor comes with its own. */
  announce(key: string, service: string, options: AnnouncedOptions): void {
    if (this.find(key) === undefined) this.#use(this.#create(key, service, this.#rulesBy(options)));
  }

  /** Forgets all of them. */
  clear(): void {
    for (const circuit of this.all()) circuit.forget();
    this.#usual.clear();
    this.#held.clear();
    this.#latest = undefined;
  }

  /** Has what a snapshot says of each key in place of what is known here. */
  restore({ at, breakers }: BreakersSnapshot, now: number): void {
    for (const known of breakers) {
      const { key, service, window } = known;
      const circuit = this.find(key) ?? this.#create(key, service, this.#usualRules(window.windowMs));
      this.#use(circuit).restore(known, at, now);
    }
  }

  /** Has a circuit that was forgotten back, unless its key has another by now. */
  keep(circuit: Circuit): Circuit {
    return this.find(circuit.key) ?? this.#use(circuit);
  }

  moved(circuit: Circuit): void {
    if (this.find(circuit.key) === circuit) this.#place(circuit);
  }

  #create(key: string, service: string, rules: CircuitRules): Circuit {
    this.#made += 1;
    return new Circuit(key, service, this.#made, rules, this);
  }

  #use(circuit: Circuit): Circuit {
    this.#place(circuit);
    this.#latest = circuit;
    if (this.#usual.size + this.#held.size > MOST_KEYS) this.#forgetIdlest(circuit);
    return circuit;
  }

  /** As the last one that was used, among those that it belongs to. */
  #place(circuit: Circuit): void {
    const { key } = circuit;
    this.#usual.delete(key);
    this.#held.delete(key);
    const circuits = circuit.isHeld(this.clock) ? this.#held : this.#usual;
    circuits.set(key, circuit);
  }

  #forgetIdlest(newest: Circuit): void {
    const [held] = this.#held.values();
    // A forced closing ends by the clock alone: nobody has told of it.
    if (held?.isHeld(this.clock) === false) this.#place(held);
    const idlest = [this.#usual, this.#held]
      .map((circuits) => first(circuits))
      .find((circuit) => circuit !== undefined && circuit !== newest);
    if (idlest === undefined) return;
    this.#usual.delete(idlest.key);
    this.#held.delete(idlest.key);
    idlest.forget();
  }

  /** What a circuit lives by that no interceptor has used yet: any will do better, but may have as long a window. */
  #usualRules(windowMs: number): CircuitRules {
    return this.#rulesBy({ windowMs });
  }

  #rulesBy({
    onStateChange = unheard,
    clock = this.clock,
    random = Math.random,
    ...options
  }: AnnouncedOptions): CircuitRules {
    return {
      ...readOptions('circuitBreaker', settings, options),
      onStateChange,
      random,
      clock,
      generation: 0,
    };
  }
}

const unheard = () => undefined;

function first(circuits: ReadonlyMap<string, Circuit>): Circuit | undefined {
  for (const circuit of circuits.values()) return circuit;
  return undefined;
}
