import { Gate, type GateRules } from './gate.js';
import { closureIn, putInto, type Closure, type GateStore } from './gate-store.js';
import type { Allowance } from './rate-limit.js';

const MOST_KEYS = 10_000;
/** How many make room at once: to look for one at each new key would cost a walk through all of them. */
const ROOM = MOST_KEYS / 10;

/** The gates that are not open: while no service throttles there are none. Until when they are closed, the store knows. */
export class Gates {
  readonly #rules: GateRules;
  readonly #store: GateStore;
  readonly #gates = new Map<string, Gate>();
  /** By key, what was further away than it may be, and what became of it. */
  readonly #cuts = new Map<string, { readonly of: number; readonly cut: Closure }>();
  /** With more it looks for those that are not needed. */
  #most = MOST_KEYS;

  constructor(rules: GateRules, store: GateStore) {
    this.#rules = rules;
    this.#store = store;
  }

  get size(): number {
    return this.#gates.size;
  }

  /** The gate of a key, unless it is open. A new one is named after the service. */
  of(key: string, service: string): Gate | undefined {
    const gate = this.#gates.size === 0 ? undefined : this.#gates.get(key);
    if (gate === undefined && closureIn(this.#store, key) === undefined) return undefined;
    const now = this.#rules.clock.now();
    const closure = this.#look(key, now);
    gate?.heed(closure, now);
    if (gate?.isOver(now) === false) return gate;
    const { rampMs } = this.#rules;
    if (gate !== undefined) {
      // As long as the closure is of interest, it is to be known that it is over.
      if (now <= gate.until + rampMs) return undefined;
      this.#forget(key, gate);
    }
    if (closure === undefined || now > closure.until + rampMs) return undefined;
    const made = this.#make(key, service);
    made.resume(closure, now);
    return made;
  }

  /** Closes the gate of a key until an instant; both in epoch milliseconds. `undefined` when the store knows nothing of it. */
  close(key: string, service: string, instant: number, now: number): Gate | undefined {
    const until = Math.min(instant, now + this.#rules.maxClosedMs);
    const known = this.#look(key, now);
    if (known === undefined || known.until < until) {
      const closedAt = known !== undefined && known.until > now ? known.closedAt : now;
      putInto(this.#store, key, { closedAt, until });
    }
    const closure = this.#look(key, now);
    if (closure === undefined || closure.until <= now) return undefined;
    const gate = this.#gates.get(key) ?? this.#make(key, service);
    gate.heed(closure, now);
    return gate;
  }

  /** Spreads the calls of a key over what its service still allows. */
  keepPace(key: string, service: string, allowance: Allowance | 'ample', now: number): void {
    const gate = this.#gates.get(key) ?? (allowance === 'ample' ? undefined : this.#make(key, service));
    gate?.keepPace(allowance, now);
  }

  /** What is known of a key by now. No further away than it may be, whoever has set it: the store is told, too. */
  #look(key: string, now: number): Closure | undefined {
    const closure = closureIn(this.#store, key);
    const longest = now + this.#rules.maxClosedMs;
    if (closure === undefined || closure.until <= longest) return closure;
    // A store that does not take it in goes on saying the same, and the gate would never open.
    const before = this.#cuts.get(key);
    const isKnown = before?.of === closure.until && before.cut.until <= longest;
    if (isKnown && now <= before.cut.until + this.#rules.rampMs) return before.cut;
    const cut = { closedAt: Math.min(closure.closedAt, now), until: longest };
    if (this.#cuts.size >= MOST_KEYS) this.#cuts.clear();
    this.#cuts.set(key, { of: closure.until, cut });
    putInto(this.#store, key, cut);
    return cut;
  }

  #make(key: string, service: string): Gate {
    if (this.#gates.size >= this.#most) this.#makeRoom();
    const gate = new Gate(service, key, this.#rules, (now) => this.#look(key, now));
    this.#gates.set(key, gate);
    return gate;
  }

  /** A key that is never used again leaves its gate behind: no timer looks for it. */
  #makeRoom(): void {
    const enough = this.#gates.size - ROOM;
    for (const [key, gate] of this.#gates) {
      if (this.#gates.size <= enough) break;
      if (gate.isIdle) this.#forget(key, gate);
    }
    // Where somebody waits at all of them, not at each new one again.
    this.#most = Math.max(MOST_KEYS, this.#gates.size + ROOM);
  }

  #forget(key: string, gate: Gate): void {
    this.#gates.delete(key);
    gate.forget();
  }
}
