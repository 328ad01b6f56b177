import { bearerChallenge } from './challenge-header.js';
import type { TokenClaims } from './token-issuer.js';

/** How a user must have signed in for an API to take his token (RFC 9470); at least one of the first two. */
export interface StepUpOptions {
  /** Authentication context class references, separated by spaces: any of them will do. Default: any at all. */
  readonly acrValues?: string;
  /** Seconds ago at most, and 0 for within this second. Default: however long ago. */
  readonly maxAge?: number;
  /** The path that demands it, with all below it: `/payments`. Default: every path. */
  readonly path?: string;
}

/** Tokens that an API does not take for what their user's sign-in was. */
export class StepUpDemand {
  readonly #acrValues: string | undefined;
  readonly #maxAge: number | undefined;
  readonly #path: string;

  /** @throws {TypeError} when nothing is demanded. */
  constructor({ acrValues, maxAge, path = '/' }: StepUpOptions) {
    if (acrValues === undefined && maxAge === undefined)
      throw new TypeError('requireStepUp() needs "acrValues" or "maxAge"');
    this.#acrValues = acrValues;
    this.#maxAge = maxAge;
    this.#path = path.endsWith('/') ? path : `${path}/`;
  }

  /** The challenge for a token; `undefined` where it will do, as it does on other paths. `now` in epoch milliseconds. */
  challengeFor({ acr, auth_time: authTime }: TokenClaims, path: string, now: number): string | undefined {
    if (!`${path.split('?')[0]}/`.startsWith(this.#path)) return undefined;
    const [acrValues, maxAge] = [this.#acrValues, this.#maxAge];
    const isOther = acrValues !== undefined && (acr === undefined || !acrValues.split(' ').includes(acr));
    const isOld = maxAge !== undefined && Math.floor(now / 1000) - (authTime ?? -Infinity) > maxAge;
    if (!isOther && !isOld) return undefined;
    return bearerChallenge({
      error: 'insufficient_user_authentication',
      error_description: isOther
        ? 'A different authentication level is required'
        : 'More recent authentication is required',
      ...(acrValues !== undefined && { acr_values: acrValues }),
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
    });
  }
}
