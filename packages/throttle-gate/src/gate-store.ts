import type { Clock } from '@holdfast/core';

/** That a service has asked to be left alone. Plain data, in epoch milliseconds. */
export interface Closure {
  /** When it began to ask for that. */
  readonly closedAt: number;
  /** The instant before which nothing is sent. */
  readonly until: number;
}

/**
 * Where it is written down which services have asked to be left alone, and until when. It is asked for each attempt, and has to
 * answer at once: a store for a fleet keeps a replica in memory, publishes what is set, and takes in what others set. One
 * that throws knows nothing, and is told nothing.
 */
export interface GateStore {
  /** What was set last for a key, here or elsewhere; it may have passed. */
  get(key: string): Closure | undefined;
  /** A service has asked to be left alone, or until a later instant than before. */
  set(key: string, closure: Closure): void;
}

const MOST_KEYS = 10_000;
/** How many make room at once: to look for one at each new key would cost a walk through all of them. */
const ROOM = MOST_KEYS / 10;

/** The closures of one process. Bounded: beyond that those that have passed are forgotten, and then the oldest. */
export class MemoryStore implements GateStore {
  readonly #closures = new Map<string, Closure>();
  readonly #clock: Clock;
  readonly #keptMs: number;

  /** A closure is of interest for so many milliseconds after its instant. */
  constructor(clock: Clock, keptMs: number) {
    this.#clock = clock;
    this.#keptMs = keptMs;
  }

  get size(): number {
    return this.#closures.size;
  }

  get(key: string): Closure | undefined {
    const closure = this.#closures.get(key);
    if (closure === undefined || !this.#isOver(closure, this.#clock.now())) return closure;
    this.#closures.delete(key);
    return undefined;
  }

  set(key: string, closure: Closure): void {
    // Put in anew, it is the youngest.
    this.#closures.delete(key);
    if (this.#closures.size >= MOST_KEYS) this.#makeRoom(this.#clock.now());
    this.#closures.set(key, closure);
  }

  #makeRoom(now: number): void {
    for (const [key, closure] of this.#closures) {
      if (this.#isOver(closure, now)) this.#closures.delete(key);
    }
    const most = MOST_KEYS - ROOM;
    for (const key of this.#closures.keys()) {
      if (this.#closures.size <= most) return;
      this.#closures.delete(key);
    }
  }

  #isOver({ until }: Closure, now: number): boolean {
    return now > until + this.#keptMs;
  }
}

/** What a store knows of a key; of one that throws, or says what is no closure, nothing. */
export function closureIn(store: GateStore, key: string): Closure | undefined {
  try {
    const said: unknown = store.get(key);
    if (said === undefined) return undefined;
    // Read once, and kept: it is the store's, and may be another by the next time.
    const { closedAt, until } = said as Partial<Record<keyof Closure, unknown>>;
    if (isInstant(closedAt) && isInstant(until)) return { closedAt, until };
    letFail(said);
  } catch {
    // It knows nothing.
  }
  return undefined;
}

/** A store as it may be: it is not to return anything, and may return a promise. */
interface Told {
  set(key: string, closure: Closure): unknown;
}

/** Tells a store; what comes of it is asked afterwards, and an answer of the service is not lost by it. */
export function putInto(store: Told, key: string, closure: Closure): void {
  try {
    letFail(store.set(key, closure));
  } catch {
    // It was told nothing.
  }
}

/** One that publishes over a network may promise to; nobody waits for that, and it is no reason to end the process. */
function letFail(said: unknown): void {
  if (said !== undefined) Promise.resolve(said).catch(() => undefined);
}

function isInstant(said: unknown): said is number {
  return Number.isFinite(said);
}
