import { Gate, type GateRules } from './gate.js';

const MOST_KEYS = 10_000;

/** The gates that are not open: while no service throttles there are none. */
export class Gates {
  readonly #rules: GateRules;
  readonly #gates = new Map<string, Gate>();

  constructor(rules: GateRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#gates.size;
  }

  /** The gate of a key, unless it is open. */
  of(key: string): Gate | undefined {
    const gate = this.#gates.get(key);
    if (gate?.isOver(this.#rules.clock.now()) !== true) return gate;
    this.#gates.delete(key);
    return undefined;
  }

  /** Closes the gate of a key until an instant; both in epoch milliseconds. A new one is named after the service. */
  close(key: string, service: string, instant: number, now: number): Gate {
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      if (this.#gates.size >= MOST_KEYS) this.#forgetOldestIdle();
      gate = new Gate(service, key, this.#rules);
      this.#gates.set(key, gate);
    }
    gate.close(instant, now);
    return gate;
  }

  /** A key that is never used again leaves its gate behind: no timer looks for it. */
  #forgetOldestIdle(): void {
    for (const [key, gate] of this.#gates) {
      if (!gate.isIdle) continue;
      this.#gates.delete(key);
      return;
    }
  }
}
