import type { Interceptor } from '@holdfast/core';

/**
 * The one order that holds, the outermost first; interceptors of one's own stand before or after one of these.
 *
 * What answers in the place of a failure answers for all of them, the deadline included. A deadline ends everything that waits
 * or repeats. Retries come outside of what refuses, so that a refusal ends them. The gate holds a call before the breaker counts
 * it as a probe. Neither acquires a token for a call that is refused. A challenge is answered inside one attempt, with the token
 * on it; the time limit is for each of its two sends.
 */
const PLACES = [
  'fallback',
  'deadline',
  'retry',
  'throttleGate',
  'circuitBreaker',
  'attachToken',
  'claimsChallenge',
  'attemptTimeout',
] as const;

/** A ring of the standard pipeline; its place is there also where the ring itself is `false`. */
export type Place = (typeof PLACES)[number];

/** Interceptors of one's own, by place; several at one place in their order. */
export type PlacedInterceptors = {
  readonly [Name in Place]?: Interceptor | readonly Interceptor[];
};

/** An interceptor of a pipeline, and where it stands: `retry`, `before.retry`. */
interface Standing {
  readonly interceptor: Interceptor;
  readonly place: string;
}

/** What stands at each place. */
export type Rings = Readonly<Record<Place, Interceptor | false>>;

/** The rings in their order, and between them what was placed there. */
export function arranged(
  rings: Rings,
  before: PlacedInterceptors,
  after: PlacedInterceptors,
): readonly Standing[] {
  return PLACES.flatMap((place) => {
    const ring = rings[place];
    return [
      ...standing(before[place], `before.${place}`),
      ...standing(ring === false ? [] : ring, place),
      ...standing(after[place], `after.${place}`),
    ];
  });
}

function standing(
  interceptors: Interceptor | readonly Interceptor[] | undefined,
  place: string,
): readonly Standing[] {
  const list = interceptors === undefined ? [] : [interceptors].flat();
  return list.map((interceptor) => ({ interceptor, place }));
}

/**
 * What the option `before` or `after` places.
 *
 * @throws {TypeError} for an unknown place, and for what is no interceptor.
 */
export function readPlaces(option: 'before' | 'after', given: unknown): PlacedInterceptors {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refusal(`the option "${option}" must be an object of interceptors, by place: ${PLACES.join(', ')}`);
  }
  for (const [place, value] of Object.entries(given) as [string, unknown][]) {
    if (!isPlace(place)) {
      throw refusal(`there is no place "${place}" in the option "${option}"; there are ${PLACES.join(', ')}`);
    }
    if (value !== undefined && ![value].flat().every((one) => typeof one === 'function')) {
      throw refusal(`the option "${option}.${place}" must be an interceptor, or a list of them`);
    }
  }
  return { ...given };
}

function isPlace(name: string): boolean {
  return (PLACES as readonly string[]).includes(name);
}

function refusal(message: string): TypeError {
  return new TypeError(`standardInterceptors(): ${message}`);
}
