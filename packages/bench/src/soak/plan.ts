import type { Chance } from './chance.js';
import { EVENTS, REQUEST_FAULTS, type Fault, type RequestFault, type SoakEvent } from './fault-names.js';

/** How long one mixture of faults stands, in milliseconds. */
export const SLOT_MS = 1_000;

/** What befalls the APIs for one slot. */
export interface Slot {
  /** By API. */
  readonly faults: readonly (readonly RequestFault[])[];
  /** The share of requests that one of them befalls. */
  readonly share: number;
  readonly event: SoakEvent;
  /** The API that it befalls, by its number. */
  readonly victim: number;
}

/** Draws one mixture after the other, and keeps how often each fault was really met. */
export class Plan {
  readonly met: Map<Fault, number> = new Map<Fault, number>(
    [...REQUEST_FAULTS, ...EVENTS].map((fault) => [fault, 0]),
  );
  readonly #chance: Chance;
  #faults: RequestFault[] = [];
  #events: SoakEvent[] = [];

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get allMet(): boolean {
    return [...this.met.values()].every((times) => times > 0);
  }

  meet(fault: Fault, times = 1): void {
    this.met.set(fault, (this.met.get(fault) ?? 0) + times);
  }

  slot(apis: number): Slot {
    return {
      faults: Array.from({ length: apis }, () => [this.#nextFault(), this.#nextFault()]),
      share: 0.04 + 0.2 * this.#chance.next(),
      event: this.#nextEvent(),
      victim: this.#chance.below(apis),
    };
  }

  #nextFault(): RequestFault {
    if (this.#faults.length === 0) this.#faults = this.#drawn(REQUEST_FAULTS);
    return this.#faults.pop() ?? REQUEST_FAULTS[0];
  }

  #nextEvent(): SoakEvent {
    if (this.#events.length === 0) this.#events = this.#drawn(EVENTS);
    return this.#events.pop() ?? EVENTS[0];
  }

  /** All of them in an order of chance; those that have not come about yet are the first to be taken. */
  #drawn<F extends Fault>(faults: readonly F[]): F[] {
    const isMet = (fault: F): number => (this.met.get(fault) === 0 ? 0 : 1);
    return this.#chance.shuffled(faults).sort((one, other) => isMet(other) - isMet(one));
  }
}
