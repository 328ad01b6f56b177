import { retoldFailure } from '@holdfast/core';
import { isProviderTrouble } from './acquisition-error.js';
import { ProviderGate, type Arrival, type GateSettings } from './provider-gate.js';

/** One acquisition that comes to the gates of a credential. */
export interface AuthorityArrival extends Arrival {
  /** Its URL, tenant included. */
  readonly authority: string;
}

// What it costs to forget one is a single request too many.
const MOST_GATES = 1_000;

/**
 * The gates of one application: one for each authority, and one for each user on whose behalf it is asked. One user's
 * throttling blocks nobody else, until several have failed and none has succeeded: then it is the provider that is in
 * trouble, and nobody is let through.
 */
export class ProviderGates {
  readonly #settings: GateSettings;
  /** Only those that know of trouble, or in which somebody is under way. Last is what was used last. */
  readonly #gates = new Map<string, ProviderGate>();

  constructor(settings: GateSettings) {
    this.#settings = settings;
  }

  /** How many there are. */
  get size(): number {
    return this.#gates.size;
  }

  /** @throws {TokenAcquisitionError} while the identity provider is left alone. */
  check({ authority, principal, scopes }: AuthorityArrival): void {
    for (const one of [undefined, principal]) this.#gates.get(keyOf(authority, one))?.check(scopes);
  }

  /** Asks the identity provider: at once, or after the one that goes ahead; or refuses. A failure says when to come back. */
  async pass<T>({ authority, principal, ...arrival }: AuthorityArrival, ask: () => Promise<T>): Promise<T> {
    const shared = keyOf(authority, undefined);
    const own = keyOf(authority, principal);
    const askOwn = own === shared ? ask : () => this.#through(own, arrival, ask);
    try {
      return await this.#through(shared, { ...arrival, principal }, askOwn);
    } catch (error) {
      if (!isProviderTrouble(error)) throw error;
      // The provider itself may not have said.
      const leftMs = Math.max(this.#gates.get(shared)?.leftMs ?? 0, this.#gates.get(own)?.leftMs ?? 0);
      throw leftMs > (error.retryAfterMs ?? 0)
        ? retoldFailure(error, { retryAfterMs: leftMs, cause: error.cause })
        : error;
    }
  }

  async #through<T>(key: string, arrival: Arrival, ask: () => Promise<T>): Promise<T> {
    const gate = this.#gates.get(key) ?? new ProviderGate(this.#settings);
    this.#gates.delete(key);
    this.#gates.set(key, gate);
    const passed = gate.pass(arrival, ask);
    this.#makeRoom();
    try {
      return await passed;
    } finally {
      if (gate.isOver && this.#gates.get(key) === gate) this.#gates.delete(key);
    }
  }

  /** Forgets those that were not used for longest. */
  #makeRoom(): void {
    for (const [key, gate] of this.#gates) {
      if (this.#gates.size <= MOST_GATES) return;
      if (!gate.isUnderWay) this.#gates.delete(key);
    }
  }
}

function keyOf(authority: string, principal: string | undefined): string {
  return JSON.stringify([authority, principal]);
}
