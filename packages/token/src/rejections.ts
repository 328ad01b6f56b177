import { AcquisitionBackoff, type TokenFailure } from '@holdfast/core';

// Claims are the API's words: one that sends others each time must make neither a request for each, nor fill the memory.
const MOST_ANSWERS = 3;
const MOST_REFUSED = 100;

/** What has come of asking for tokens in place of rejected ones, for as long as asking again would be no use. */
export class Rejections {
  readonly #futileMs: number;
  /** Demands to which the source said no. */
  readonly #refusals = new Map<string, AcquisitionBackoff>();
  /** How many tokens were asked for, each within `futileMs` of the one before. */
  #answers = 0;
  #answeredAt = 0;

  constructor(futileMs: number) {
    this.#futileMs = futileMs;
  }

  /** A token is asked for. */
  begin(now: number): void {
    this.#answers = isRecent(this.#answeredAt, now, this.#futileMs) ? this.#answers + 1 : 1;
    this.#answeredAt = now;
  }

  /** It has come, or not. */
  end(now: number): void {
    this.#answeredAt = now;
  }

  /** The source was in trouble, and is left alone for that: it says nothing about whether the API can be contented. */
  takeBack(): void {
    this.#answers = Math.max(0, this.#answers - 1);
  }

  /** Whether tokens were asked for too often. */
  isTooMany(now: number): boolean {
    return this.#answers >= MOST_ANSWERS && isRecent(this.#answeredAt, now, this.#futileMs);
  }

  /** The source has said no to a demand. */
  refuse(key: string, failure: TokenFailure, now: number): void {
    if (this.#refusals.size >= MOST_REFUSED) this.#refusals.clear();
    this.#refusals.set(key, new AcquisitionBackoff(failure, this.#futileMs, now));
  }

  /** What to tell whoever comes with a demand again; `undefined` when the source may be asked. */
  refusalAt(key: string, now: number): TokenFailure | undefined {
    return this.#refusals.get(key)?.refusalAt(now);
  }
}

/** Not so when it lies ahead: the clock was set back. */
export function isRecent(instant: number, now: number, withinMs: number): boolean {
  return instant <= now && now < instant + withinMs;
}
