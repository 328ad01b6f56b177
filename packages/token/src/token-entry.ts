import {
  AcquisitionBackoff,
  acquisitionBackoffMs,
  cancellationOf,
  growingBackoffMs,
  isCanceled,
  orCanceled,
  type Cancelable,
  type CurrentCall,
  type TokenEvent,
} from '@holdfast/core';
import {
  acquisitionFailure,
  isAboutClaims,
  isTransient,
  mayPass,
  withRetryAfter,
} from './acquisition-failure.js';
import { Acquisition, type AcquisitionSettings, type TokenRequest } from './acquisition.js';
import { AcquisitionWaits } from './acquisition-waits.js';
import { CachedToken, type TokenSuccession } from './cached-token.js';
import type { AccessToken, TokenCredential } from './token-credential.js';
import { instantsOf } from './token-instants.js';
import { requestsOf, type TokenRequests } from './token-requests.js';

/** The options of a cache, defaults filled in. */
export interface CacheSettings extends AcquisitionSettings {
  readonly clockSkewMs: number;
  readonly futileMs: number;
  readonly maxWaiters: number;
  readonly random: () => number;
}

// Claims are the API's words: one that sends others each time must make neither a request for each, nor fill the memory.
const MOST_ANSWERS = 3;
const MOST_REFUSED_CLAIMS = 100;

const NOBODY: TokenCredential = { getToken: () => Promise.resolve(null) };

/**
 * One token through its life: served while it lives, refreshed ahead by one acquisition in the background, replaced when
 * it was rejected. Nothing runs by itself: what has to be done is done when a caller comes by.
 */
export class TokenEntry implements TokenSuccession {
  // What a look-up reads stands together: among thousands, each line of memory more is felt.
  /** The number of its last use among all uses of its cache. */
  usedAs = 0;
  #token: CachedToken | undefined = undefined;
  /** Never later than the token's `usableUntil`, so that the warm path is one comparison. */
  #refreshAt = 0;
  /** An earlier instant than this can only come from a clock that was set back since the token came. */
  #soonest = 0;
  #credential: TokenCredential;
  readonly #request: TokenRequest;
  readonly #settings: CacheSettings;
  /** Under way, by the claims they are made with; '' is the one without. */
  readonly #acquisitions = new Map<string, Acquisition>();
  // What only trouble brings is made by it: there may be an entry for each of 10,000 users.
  #backoff: AcquisitionBackoff | undefined = undefined;
  #failures = 0;
  /** Whether the last failure is one that time mends: the source itself says so. */
  #mayPass = false;
  /** Claims to which the source said no. */
  #refusedClaims: Map<string, AcquisitionBackoff> | undefined = undefined;
  /** How many tokens were asked for because one was rejected, each within `futileMs` of the one before. */
  #answers = 0;
  #answeredAt = 0;
  #waits: AcquisitionWaits | undefined = undefined;
  readonly #requests: TokenRequests;

  constructor(credential: TokenCredential, request: TokenRequest, settings: CacheSettings) {
    this.#credential = credential;
    this.#request = request;
    this.#settings = settings;
    this.#requests = requestsOf(credential, request);
  }

  get scopes(): readonly string[] {
    return this.#request.scopes;
  }

  /** Its credential stands for somebody else by now: whoever is still here is not given a token of his. */
  retire(): void {
    this.#credential = NOBODY;
  }

  /** The token, when it still needs no refresh at this instant. */
  fresh(instant: number): CachedToken | undefined {
    return instant < this.#refreshAt && instant >= this.#soonest ? this.#token : undefined;
  }

  /** The token, when it can be used at this instant; it may set off a refresh that the caller does not wait for. */
  current(now: number): CachedToken | undefined {
    const token = this.#token;
    if (token === undefined) return token;
    if (now < this.#soonest) {
      // How old it is by now nobody can tell, and by this clock it may seem to live for a year.
      this.#soonest = now;
      this.#refreshAt = now;
    }
    if (now < this.#refreshAt) return token;
    if (now >= token.usableUntil) return undefined;
    if (!this.#acquisitions.has('')) this.#begin(undefined, 'ahead');
    return token;
  }

  /**
   * A token when there is none: one acquisition for all who wait. While the source is to be left alone, a call that has the
   * time for it waits until the next one.
   */
  async acquire(caller: Cancelable, call?: CurrentCall): Promise<CachedToken> {
    for (;;) {
      try {
        return await this.#acquire(undefined, 'needed', caller);
      } catch (error) {
        const waits = call && !isCanceled(caller) ? this.#waitFor(call, caller) : undefined;
        if (waits === undefined) throw error;
        await waits;
      }
      const token = this.current(this.#settings.clock.now());
      if (token !== undefined) return token;
    }
  }

  /** The token that was acquired with these claims, if that was just now: others were challenged in the same moment. */
  answered(claims: string): CachedToken | undefined {
    const now = this.#settings.clock.now();
    const token = this.#token;
    if (token?.claims !== claims || now >= token.usableUntil) return undefined;
    return this.#isRecent(token.acquiredAt, now) ? token : undefined;
  }

  /** A token from the source, whatever is held. */
  acquireAnew(claims: string | undefined, caller: Cancelable): Promise<CachedToken> {
    return this.#acquire(claims, 'rejected', caller);
  }

  /** Another token than the rejected one; `undefined` when the source has none. */
  async replace(
    rejected: CachedToken,
    claims: string | undefined,
    caller: Cancelable,
  ): Promise<CachedToken | undefined> {
    for (;;) {
      if (isCanceled(caller)) throw cancellationOf(caller);
      const now = this.#settings.clock.now();
      const held = this.#token !== undefined && now < this.#token.usableUntil ? this.#token : rejected;
      const other = held.equals(rejected) ? undefined : held;
      // One that was acquired with other claims may be no better than the rejected one.
      if (other !== undefined && (claims === undefined || other.claims === claims)) return other;
      const refusal = this.#refusedClaims?.get(claims ?? '')?.refusalAt(now);
      if (refusal !== undefined) throw refusal;

      const underWay = this.#acquisitions.get(claims ?? '') ?? this.#anyWithClaims(claims);
      if (underWay !== undefined && underWay.claims !== claims) {
        // An API that says something else to each of a hundred calls is not asked about by a hundred at once.
        await underWay.waitFor(caller).catch(() => undefined);
        continue;
      }
      if (underWay === undefined && this.#isFutile(held, claims, now)) return other;
      const acquisition = underWay ?? this.#beginAnswer(claims, now);
      acquisition.answersRejection = true;
      const token = await acquisition.waitFor(caller);
      return token.equals(rejected) ? undefined : token;
    }
  }

  #waitFor(call: CurrentCall, caller: Cancelable): Promise<void> | undefined {
    if (!this.#mayPass) return undefined;
    const delayMs = this.#backoff?.leftAt(this.#settings.clock.now());
    if (delayMs === undefined) return undefined;
    this.#waits ??= new AcquisitionWaits(this.#settings);
    return this.#waits.begin(delayMs, call, caller);
  }

  #acquire(
    claims: string | undefined,
    reason: TokenEvent['reason'],
    caller: Cancelable,
  ): Promise<CachedToken> {
    const underWay = this.#acquisitions.get(claims ?? '');
    if (underWay !== undefined) return underWay.waitFor(caller);
    const now = this.#settings.clock.now();
    const refusal = this.#refusedClaims?.get(claims ?? '')?.refusalAt(now) ?? this.#backoff?.refusalAt(now);
    if (refusal !== undefined) return orCanceled(Promise.reject(refusal), caller);
    return this.#begin(claims, reason).waitFor(caller);
  }

  #beginAnswer(claims: string | undefined, now: number): Acquisition {
    const refusal = this.#backoff?.refusalAt(now);
    if (refusal !== undefined) throw refusal;
    this.#answers = this.#isRecent(this.#answeredAt, now) ? this.#answers + 1 : 1;
    this.#answeredAt = now;
    return this.#begin(claims, 'rejected');
  }

  /** Whether asking for a token in place of this one is no use: it was asked for with the same words, or too often. */
  #isFutile(token: CachedToken, claims: string | undefined, now: number): boolean {
    if (token.answersRejection && token.claims === claims && this.#isRecent(token.acquiredAt, now))
      return true;
    return this.#answers >= MOST_ANSWERS && this.#isRecent(this.#answeredAt, now);
  }

  /** Not so when it lies ahead: the clock was set back. */
  #isRecent(instant: number, now: number): boolean {
    return instant <= now && now < instant + this.#settings.futileMs;
  }

  #anyWithClaims(claims: string | undefined): Acquisition | undefined {
    if (claims === undefined) return undefined;
    for (const acquisition of this.#acquisitions.values())
      if (acquisition.claims !== undefined) return acquisition;
    return undefined;
  }

  #begin(claims: string | undefined, reason: TokenEvent['reason']): Acquisition {
    const init = { claims, reason, before: this.#token };
    this.#requests.begin(this.#settings.clock.now());
    const acquisition = new Acquisition(this.#credential, this.#request, init, this.#settings, {
      succeeded: (access, ended) => {
        this.#end(ended);
        return this.#succeeded(access, ended);
      },
      failed: (error, ended) => {
        this.#end(ended);
        return this.#failed(error, ended);
      },
    });
    this.#acquisitions.set(claims ?? '', acquisition);
    return acquisition;
  }

  #end({ claims, answersRejection }: Acquisition): void {
    this.#acquisitions.delete(claims ?? '');
    this.#requests.end();
    if (answersRejection) this.#answeredAt = this.#settings.clock.now();
  }

  #succeeded(access: AccessToken, acquisition: Acquisition): CachedToken {
    this.#backoff = undefined;
    this.#failures = 0;
    const now = this.#settings.clock.now();
    const newer = this.#newerThan(acquisition, now);
    if (newer !== undefined) return newer;

    const { refreshAt, usableUntil } = instantsOf(access, now, this.#token?.toAccessToken(), this.#settings);
    this.#refreshAt = refreshAt;
    this.#soonest = now - this.#settings.clockSkewMs;
    this.#requests.succeeded(now, refreshAt);
    const { claims, answersRejection } = acquisition;
    const init = { access, acquiredAt: now, usableUntil, claims, answersRejection, succession: this };
    this.#token = new CachedToken(init);
    this.#waits?.end();
    return this.#token;
  }

  #failed(error: unknown, acquisition: Acquisition): CachedToken {
    const { clock, random, futileMs } = this.#settings;
    const { claims, before } = acquisition;
    const now = clock.now();
    const failure = acquisitionFailure(error, { scopes: this.scopes, claims, now });
    // What cannot be had with these claims can still be had without.
    if (claims !== undefined && isAboutClaims(failure)) {
      this.#refusedClaims ??= new Map();
      if (this.#refusedClaims.size >= MOST_REFUSED_CLAIMS) this.#refusedClaims.clear();
      this.#refusedClaims.set(claims, new AcquisitionBackoff(failure, futileMs, now));
      throw failure;
    }
    const newer = this.#newerThan(acquisition, now);
    if (newer !== undefined) return newer;
    // The source has answered since this was asked: it is not in trouble any more.
    if (this.#token !== before) throw failure;

    this.#failures += 1;
    this.#mayPass = mayPass(error, failure);
    const lengthMs = acquisitionBackoffMs(failure, this.#failures, random);
    this.#backoff = new AcquisitionBackoff(failure, lengthMs, now);
    this.#requests.failed();
    if (this.#token !== undefined) {
      // Nobody waits for it, and the token may live for a day: who says no is asked less and less as well.
      const pauseMs = isTransient(failure)
        ? lengthMs
        : Math.max(lengthMs, growingBackoffMs(this.#failures, random));
      const next = Math.min(now + pauseMs, this.#token.usableUntil);
      this.#refreshAt = claims === undefined ? next : Math.max(next, this.#refreshAt);
    }
    throw withRetryAfter(failure, lengthMs);
  }

  /** A token acquired with claims meanwhile: it does not make way for one without them, nor for a failure. */
  #newerThan({ claims, before }: Acquisition, now: number): CachedToken | undefined {
    const token = this.#token;
    if (claims !== undefined || token === undefined || token === before) return undefined;
    return now < token.usableUntil ? token : undefined;
  }
}
