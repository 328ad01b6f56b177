/** A call that somebody makes. */
export interface Arrival {
  /** Milliseconds after the start. */
  readonly atMs: number;
  /** Whose it is, from 0. */
  readonly client: number;
}

/**
 * Calls that arrive one by one, at random, whatever became of those before: so many per second on average, spread evenly over the
 * clients. Without an end.
 */
export function* arrivals(
  perSecond: number,
  clients: number,
  random: () => number,
): Generator<Arrival, never> {
  for (let atMs = 0; ;) {
    atMs += (-Math.log(1 - random()) * 1_000) / perSecond;
    yield { atMs, client: Math.floor(random() * clients) };
  }
}
