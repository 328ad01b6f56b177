import type { Allowance } from './rate-limit.js';
import { takenAt } from './ramp.js';

/** Slots that are closer than this are caught up with when a timer is late: it always is, by about a millisecond. */
const CLOSE_MS = 10;

/** How a service that is about to run out is called: what is left of its quota, spread over the time until its reset. */
export class Pace {
  #resetAt = 0;
  /** `Infinity`: nothing is left. */
  #stepMs = 0;
  /** The last slot; `-Infinity`: none yet. */
  #lastAt = -Infinity;

  /** What the service says it still allows, and at most how many milliseconds that is believed. */
  heed({ remaining, resetMs }: Allowance, now: number, longestMs: number): void {
    this.#resetAt = now + Math.min(resetMs, longestMs);
    this.#stepMs = remaining === 0 ? Infinity : resetMs / remaining;
  }

  isOver(now: number): boolean {
    return now >= this.#resetAt;
  }

  /** The slot at a position; the first in line is at 1. */
  turn(position: number): number {
    return this.#stepMs === Infinity
      ? this.#resetAt
      : Math.min(this.#resetAt, this.#lastAt + position * this.#stepMs);
  }

  /** A call takes the first slot, or another one that lies ahead. */
  take(now: number, slot: number = now): void {
    const isClose = slot === now && this.#stepMs < CLOSE_MS;
    this.#lastAt = isClose ? takenAt(this.turn(1), now) : slot;
  }

  /** The clock was set back. */
  moveBack(ms: number): void {
    this.#resetAt -= ms;
    this.#lastAt -= ms;
  }
}
