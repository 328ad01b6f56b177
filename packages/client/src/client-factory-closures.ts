import type { Closure, GateStore } from '@holdfast/throttle-gate';

const MOST_KEYS = 10_000;
/** Who waited for an instant comes out by a ramp after it; that long the gate itself remembers. */
const KEPT_MS = 60_000;

/** Where the gate of one service writes down when it is closed, so that an operator can read it. */
export class Closures implements GateStore {
  readonly #closures = new Map<string, Closure>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): Closure | undefined {
    const closure = this.#closures.get(key);
    if (closure === undefined || this.#now() <= closure.until + KEPT_MS) return closure;
    this.#closures.delete(key);
    return undefined;
  }

  set(key: string, closure: Closure): void {
    // Put in anew, it is the youngest.
    this.#closures.delete(key);
    const [oldest] = this.#closures.keys();
    if (oldest !== undefined && this.#closures.size >= MOST_KEYS) this.#closures.delete(oldest);
    this.#closures.set(key, closure);
  }

  /** Those that hold now, the one that was told first before the others. */
  *[Symbol.iterator](): IterableIterator<Closure & { readonly key: string }> {
    const now = this.#now();
    for (const [key, closure] of this.#closures) if (closure.until > now) yield { key, ...closure };
  }
}
