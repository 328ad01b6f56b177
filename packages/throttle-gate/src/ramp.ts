/** A timer is late by a few milliseconds, and by more when the process has much to do: what was missed is caught up with. */
const LATE_MS = 50;

/** The turn that somebody has taken: its instant, or that at which it was taken where that was too late for a timer. */
export function takenAt(turn: number, now: number): number {
  return now - turn <= LATE_MS ? turn : now;
}

/** The way out for those who wait: the first comes out at once, each next one a step after the one before. */
export class Ramp {
  readonly #stepMs: number;
  #endsAt: number;
  /** The turn of the last one that came out; `-Infinity`: nobody yet. */
  #lastAt = -Infinity;

  /** It ends when nobody waits any more, and not before an instant. */
  constructor(endsAt: number, stepMs: number) {
    this.#endsAt = endsAt;
    this.#stepMs = stepMs;
  }

  get endsAt(): number {
    return this.#endsAt;
  }

  /** When the one at a position comes out; the first in line is at 1. */
  turn(position: number): number {
    return this.#lastAt + position * this.#stepMs;
  }

  /** The first in line comes out, or one who need not wait. */
  take(now: number, hasWaited: boolean): void {
    this.#lastAt = hasWaited ? takenAt(this.turn(1), now) : now;
  }

  /** The clock was set back. */
  moveBack(ms: number): void {
    this.#endsAt -= ms;
    this.#lastAt -= ms;
  }
}
