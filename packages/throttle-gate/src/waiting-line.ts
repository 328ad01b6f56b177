/** The place of one who waits. */
export interface Place<T> {
  readonly one: T;
  /** Epoch milliseconds; `Infinity` for one that waits as long as it takes. */
  readonly deadlineAt: number;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
}

/**
 * Those who wait, in order of arrival. Thousands may: coming and going costs none of them more for all the others. (A Set does
 * not hold that: it walks over those who have left.)
 */
export class WaitingLine<T> {
  #first: Place<T> | undefined = undefined;
  #last: Place<T> | undefined = undefined;
  #size = 0;
  /** No deadline is earlier. */
  #noneBefore = Infinity;

  get size(): number {
    return this.#size;
  }

  /** Who has waited longest. */
  get first(): Place<T> | undefined {
    return this.#first;
  }

  /** Who came last. */
  get last(): Place<T> | undefined {
    return this.#last;
  }

  join(one: T, deadlineAt: number): Place<T> {
    const place: Place<T> = { one, deadlineAt, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = place;
    else this.#last.after = place;
    this.#last = place;
    this.#size += 1;
    this.#noneBefore = Math.min(this.#noneBefore, deadlineAt);
    return place;
  }

  leave({ before, after }: Place<T>): void {
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    this.#size -= 1;
  }

  /** Those whose deadline is over by an instant. Walks through all of them only where there may be one. */
  overBy(instant: number): readonly T[] {
    const over: T[] = [];
    if (this.#noneBefore > instant) return over;
    this.#noneBefore = Infinity;
    for (let place = this.#first; place !== undefined; place = place.after) {
      if (place.deadlineAt <= instant) over.push(place.one);
      else this.#noneBefore = Math.min(this.#noneBefore, place.deadlineAt);
    }
    return over;
  }
}
