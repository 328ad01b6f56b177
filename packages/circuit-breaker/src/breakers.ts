import { isText, serviceKey } from '@holdfast/core';
import { OperatedBreaker, snapshotOf, type Breaker } from './breaker.js';
import type { AnnouncedOptions } from './circuit-options.js';
import { Circuits } from './circuits.js';
import { readSnapshot, type BreakersSnapshot } from './snapshot.js';

let circuitsIn: (breakers: Breakers) => Circuits;

/**
 * The circuits of one or several interceptors, for those who operate them: `circuitBreaker({ breakers })`. 10,000 keys are
 * kept; beyond that the idlest is forgotten, an open or forced one only where there is no other.
 */
export class Breakers {
  readonly #circuits = new Circuits();

  static {
    circuitsIn = (breakers) => breakers.#circuits;
  }

  /**
   * The breaker of a key, or of a service by its name; of several origins the one that was called or announced first.
   * `undefined` for one that was neither.
   */
  get(keyOrService: string): Breaker | undefined {
    const circuit =
      this.#circuits.find(keyOrService) ??
      this.#circuits.all().find(({ service }) => service === keyOrService);
    return circuit && new OperatedBreaker(this.#circuits, circuit);
  }

  /** All of them, in the order in which they were first called, or announced. */
  *[Symbol.iterator](): IterableIterator<Breaker> {
    for (const circuit of this.#circuits.all()) yield new OperatedBreaker(this.#circuits, circuit);
  }

  /**
   * Has a breaker for a service at an origin that was never called, so that an operator finds it before the first call:
   * {@link get} knows it from now on. The options are those of its interceptor, which has the last word. Nothing changes for
   * one that is known, nor for a service whose interceptor has a `key` of its own.
   *
   * @throws {TypeError} for a bad option, naming it.
   */
  announce(service: string, origin: string, options: AnnouncedOptions = {}): void {
    if (!isText(service) || !URL.canParse(origin))
      throw new TypeError('announce(): a service is announced by its name and its origin');
    this.#circuits.announce(serviceKey(service, new URL(origin).origin), service, options);
  }

  /** Forgets all of them: no timer of theirs is left, and what is under way changes nothing any more. */
  clear(): void {
    this.#circuits.clear();
  }

  /** Everything that another process has to know to go on where this one is. */
  snapshot(): BreakersSnapshot {
    const at = this.#circuits.clock.now();
    return { version: 1, at, breakers: this.#circuits.all().map((circuit) => snapshotOf(circuit, at)) };
  }

  /**
   * Takes over what {@link snapshot} has told, in this process or another, in place of what is known of the same keys.
   * What is open stays so until its instant; what was to be tried again by `now` is; what is too old is left out. The
   * options are those of the interceptor that uses a circuit first. `now`: epoch milliseconds, by default the clock's; a
   * wrong one keeps a service closed off for too long, or not long enough.
   *
   * @throws {TypeError} for anything else than a snapshot, or an instant; then nothing has changed.
   */
  restore(snapshot: BreakersSnapshot, now: number = this.#circuits.clock.now()): void {
    if (!Number.isFinite(now)) throw new TypeError('restore(): "now" must be a number of epoch milliseconds');
    this.#circuits.restore(readSnapshot(snapshot), now);
  }
}

/** For the interceptor: what only it may do with them. */
export function circuitsOf(breakers: Breakers): Circuits {
  return circuitsIn(breakers);
}
