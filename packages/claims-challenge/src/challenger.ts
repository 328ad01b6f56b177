import type { Challenge } from '@holdfast/core';
import type { AxiosResponse } from 'axios';

/** Answers 401s of a scheme that is not built in: a nonce that proofs must have in them, a vendor's own. */
export interface Challenger {
  /** In the call's story and in events; not empty. */
  readonly name: string;
  /**
   * Whether the request is to be sent once more, because what the API asks for is known now. What has to be different about
   * it is put on by an interceptor of the challenger's own, inside of `claimsChallenge()`. Asked once per attempt at most, and only
   * about a 401 from where the token went. `response.config` carries the token.
   */
  answer(challenges: readonly Challenge[], response: AxiosResponse): boolean | Promise<boolean>;
}

/** Whether this can be asked about challenges. */
export function isChallenger(value: unknown): value is Challenger {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('answer' in value)) return false;
  return typeof value.name === 'string' && value.name !== '' && typeof value.answer === 'function';
}
