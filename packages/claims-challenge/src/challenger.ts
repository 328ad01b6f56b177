import type { Challenge } from '@holdfast/core';
import type { AxiosResponse } from 'axios';

/** Answers 401s of a scheme that is not built in: a nonce that proofs must have in them, a vendor's own. */
export interface Challenger {
  /** In the call's story and in events: 1 to 100 printable ASCII characters. */
  readonly name: string;
  /**
   * Whether the request is to be sent once more, because what the API asks for is known now. What has to be different about
   * it is put on by an interceptor of the challenger's own, inside of `claimsChallenge()`. Asked about every 401 of an attempt
   * from where the token went, until it has said yes once. `response.config` carries the token. One that fails has said no.
   */
  answer(challenges: readonly Challenge[], response: AxiosResponse): boolean | Promise<boolean>;
}

// One line of the story.
const NAME = /^[\x20-\x7e]{1,100}$/;

/** Whether this can be asked about challenges. */
export function isChallenger(value: unknown): value is Challenger {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('answer' in value)) return false;
  const { name, answer } = value;
  return typeof name === 'string' && NAME.test(name) && typeof answer === 'function';
}
