import type { Clock, Timer, TokenAcquisitionError } from '@holdfast/core';
import {
  manualClock,
  staticCredential,
  type CredentialAnswer,
  type CredentialRequest,
  type ManualClock,
  type StaticCredential,
} from '@holdfast/testing';
import {
  cachedCredential,
  type AccessToken,
  type CachedCredential,
  type CachedCredentialOptions,
} from './index.js';

export const SCOPE = 'api://orders/.default';
export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const START: number = Date.UTC(2025, 0, 1);

/** What a source answers; `undefined` for a token of an hour. */
export type Answer = (
  request: CredentialRequest,
  number: number,
) => CredentialAnswer | Promise<CredentialAnswer> | undefined;

/** A cache, its source, and a clock that stands still. */
export interface MadeCache {
  readonly clock: ManualClock;
  readonly source: StaticCredential;
  readonly cache: CachedCredential;
  /** A token that begins to live now. */
  token(name: string, livesMs?: number): AccessToken;
  /** The text of the token that the cache gives. */
  get(): Promise<string>;
  failure(): Promise<TokenAcquisitionError>;
}

/** A cache whose source has tokens called t-1, t-2, …, each for an hour, unless `answer` says otherwise. */
export function madeCache(
  answer: Answer = () => undefined,
  options: CachedCredentialOptions = {},
): MadeCache {
  const clock = manualClock({ fakeGlobals: false });
  const token = (name: string, livesMs = HOUR) => ({
    token: name,
    expiresOnTimestamp: clock.now() + livesMs,
  });
  const source = staticCredential(async (request, number) => {
    const answered = await answer(request, number);
    return answered === undefined ? token(`t-${number}`) : answered;
  });
  const cache = cachedCredential(source, { clock, random: () => 0.5, ...options });
  const get = async () => (await cache.getToken(SCOPE)).token;
  const failure = () => cache.getToken(SCOPE).then(fail, (error: unknown) => error as TokenAcquisitionError);
  return { clock, token, source, cache, get, failure };
}

/**
 * A clock for what only reads it, such as days of refreshes: no timer of it ever ends, and a step is one turn of the event
 * loop, in which whatever went on in the background has ended.
 */
export class SteppedClock implements Clock {
  #now: number = START;

  now(): number {
    return this.#now;
  }

  setTimeout(): Timer {
    return { cancel: () => undefined, unref: () => undefined };
  }

  async step(ms: number): Promise<void> {
    await new Promise((resolve) => void setImmediate(resolve));
    this.#now += ms;
  }
}

/** Where nothing may be had. */
export function fail(): never {
  throw new Error('A token was not expected');
}
