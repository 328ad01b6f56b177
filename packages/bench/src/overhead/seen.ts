import axios, { AxiosHeaders } from 'axios';

/** What the calls of a program have done, beside what is counted for every program. */
export interface Seen {
  /** Requests that came to where they are sent. */
  sends: number;
  /** Calls that went through axios, from its beginning on. */
  axiosCalls: number;
  /** Headers set by `AxiosHeaders`. */
  headersSet: number;
  /** Times that MSAL was asked for a token, also for one that it holds. */
  msalCalls: number;
  clockReadings: number;
}

export const seen: Seen = { sends: 0, axiosCalls: 0, headersSet: 0, msalCalls: 0, clockReadings: 0 };

/** From now on calls through axios, headers and readings of the clock are counted too, which costs time and bytes. */
export function countAll(): void {
  count(axios.Axios.prototype, 'request', 'axiosCalls');
  count(AxiosHeaders.prototype, 'set', 'headersSet');
  count(Date, 'now', 'clockReadings');
}

function count<T extends object>(owner: T, method: keyof T & string, name: keyof Seen): void {
  const original = owner[method] as (...args: unknown[]) => unknown;
  // Defined, since who assigns a method of AxiosHeaders sets a header of that name.
  Object.defineProperty(owner, method, {
    value(this: unknown, ...args: unknown[]): unknown {
      seen[name] += 1;
      return Reflect.apply(original, this, args);
    },
  });
}

/** Everything counts from zero again. */
export function resetSeen(): void {
  for (const name of Object.keys(seen) as (keyof Seen)[]) seen[name] = 0;
}
