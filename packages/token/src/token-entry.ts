import {
  AcquisitionBackoff,
  acquisitionBackoffMs,
  cancellationOf,
  growingBackoffMs,
  isCanceled,
  orCanceled,
  type Cancelable,
  type CurrentCall,
  type TokenDemand,
  type TokenEvent,
} from '@holdfast/core';
import {
  acquisitionFailure,
  isAboutDemand,
  isTransient,
  mayPass,
  onDemand,
  withRetryAfter,
} from './acquisition-failure.js';
import { Acquisition, type TokenRequest } from './acquisition.js';
import { AcquisitionWaits } from './acquisition-waits.js';
import type { CacheSettings } from './cache-settings.js';
import { CachedToken, type TokenSuccession } from './cached-token.js';
import type { AccessToken, TokenCredential } from './token-credential.js';
import { NO_DEMAND, keyOf } from './demand.js';
import { Rejections, isRecent } from './rejections.js';
import { instantsOf } from './token-instants.js';
import { requestsOf, type TokenRequests } from './token-requests.js';

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
  /** Under way, by what they demand; '' is the one without. */
  readonly #acquisitions = new Map<string, Acquisition>();
  // What only trouble brings is made by it: there may be an entry for each of 10,000 users.
  #backoff: AcquisitionBackoff | undefined = undefined;
  #failures = 0;
  /** Whether the last failure is one that time mends: the source itself says so. */
  #mayPass = false;
  #rejections: Rejections | undefined = undefined;
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
    if (!this.#acquisitions.has('')) this.#begin(NO_DEMAND, 'ahead');
    return token;
  }

  /**
   * A token when there is none: one acquisition for all who wait. While the source is to be left alone, a call that has the
   * time for it waits until the next one.
   */
  async acquire(caller: Cancelable, call?: CurrentCall): Promise<CachedToken> {
    for (;;) {
      try {
        return await this.#acquire(NO_DEMAND, 'needed', caller);
      } catch (error) {
        await this.#waitAfter(error, caller, call, false);
      }
      const token = this.current(this.#settings.clock.now());
      if (token !== undefined) return token;
    }
  }

  /** The token that was acquired for this demand, if that was just now: others were challenged in the same moment. */
  answered(demand: TokenDemand): CachedToken | undefined {
    const now = this.#settings.clock.now();
    const token = this.#token?.demandKey === keyOf(demand) ? this.#token : undefined;
    if (token === undefined || now >= token.usableUntil) return undefined;
    return isRecent(token.acquiredAt, now, this.#settings.futileMs) ? token : undefined;
  }

  /** A token from the source, whatever is held. */
  acquireAnew(demand: TokenDemand, caller: Cancelable): Promise<CachedToken> {
    return this.#acquire(demand, 'rejected', caller);
  }

  /** Another token than the rejected one; `undefined` when the source has none. Waits as `acquire()` does, whoever else does. */
  async replace(
    rejected: CachedToken,
    demand: TokenDemand,
    caller: Cancelable,
    call: CurrentCall,
  ): Promise<CachedToken | undefined> {
    const key = keyOf(demand);
    for (;;) {
      if (isCanceled(caller)) throw cancellationOf(caller);
      let underWay: Acquisition | undefined;
      try {
        const found = this.#inPlaceOf(rejected, demand, key);
        if (!(found instanceof Acquisition)) return found;
        underWay = found;
        const token = await found.waitFor(caller);
        if (found.demandKey === key) return token.equals(rejected) ? undefined : token;
      } catch (error) {
        // What became of another demand is nothing to this one: now it is its turn.
        if (underWay !== undefined && underWay.demandKey !== key) continue;
        if (!isTransient(error)) throw error;
        await this.#waitAfter(error, caller, call, true);
      }
    }
  }

  /** Another token, or what to wait for; `undefined` when asking for one is no use. */
  #inPlaceOf(rejected: CachedToken, demand: TokenDemand, key: string): CachedToken | Acquisition | undefined {
    const now = this.#settings.clock.now();
    const held = this.#token !== undefined && now < this.#token.usableUntil ? this.#token : rejected;
    const other = held.equals(rejected) ? undefined : held;
    // One that was acquired for another demand may be no better than the rejected one.
    if (other !== undefined && (key === '' || other.demandKey === key)) return other;
    const refusal = this.#rejections?.refusalAt(key, now);
    if (refusal !== undefined) throw refusal;

    const underWay = this.#acquisitions.get(key) ?? this.#anyOnDemand(key);
    // An API that says something else to each of a hundred calls is not asked about by a hundred at once.
    if (underWay !== undefined && underWay.demandKey !== key) return underWay;
    if (underWay === undefined && this.#isFutile(held, key, now)) return other;
    const acquisition = underWay ?? this.#beginAnswer(demand, now);
    acquisition.answersRejection = true;
    return acquisition;
  }

  /** Waits until the source may be asked again, or throws why it failed. */
  async #waitAfter(
    error: unknown,
    caller: Cancelable,
    call: CurrentCall | undefined,
    wasRejected: boolean,
  ): Promise<void> {
    const delayMs = this.#mayPass ? this.#backoff?.leftAt(this.#settings.clock.now()) : undefined;
    if (call === undefined || delayMs === undefined || isCanceled(caller)) throw error;
    this.#waits ??= new AcquisitionWaits(this.#settings);
    const wait = this.#waits.begin(delayMs, call, caller, wasRejected);
    if (wait === undefined) throw error;
    await wait;
  }

  #acquire(demand: TokenDemand, reason: TokenEvent['reason'], caller: Cancelable): Promise<CachedToken> {
    const key = keyOf(demand);
    const underWay = this.#acquisitions.get(key);
    if (underWay !== undefined) return underWay.waitFor(caller);
    const now = this.#settings.clock.now();
    const refusal = this.#rejections?.refusalAt(key, now) ?? this.#backoff?.refusalAt(now);
    if (refusal !== undefined) return orCanceled(Promise.reject(onDemand(refusal, demand)), caller);
    return this.#begin(demand, reason).waitFor(caller);
  }

  #beginAnswer(demand: TokenDemand, now: number): Acquisition {
    const refusal = this.#backoff?.refusalAt(now);
    if (refusal !== undefined) throw onDemand(refusal, demand);
    this.#rejections ??= new Rejections(this.#settings.futileMs);
    this.#rejections.begin(now);
    return this.#begin(demand, 'rejected');
  }

  /** Whether asking for a token in place of this one is no use: it was asked for with the same words, or too often. */
  #isFutile(token: CachedToken, key: string, now: number): boolean {
    const { futileMs } = this.#settings;
    const isAnswer = token.answersRejection && token.demandKey === key;
    return (
      (isAnswer && isRecent(token.acquiredAt, now, futileMs)) || this.#rejections?.isTooMany(now) === true
    );
  }

  #anyOnDemand(key: string): Acquisition | undefined {
    if (key === '') return undefined;
    for (const acquisition of this.#acquisitions.values())
      if (acquisition.demandKey !== '') return acquisition;
    return undefined;
  }

  #begin(demand: TokenDemand, reason: TokenEvent['reason']): Acquisition {
    const init = { demand, reason, before: this.#token };
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
    this.#acquisitions.set(acquisition.demandKey, acquisition);
    return acquisition;
  }

  #end({ demandKey, answersRejection }: Acquisition): void {
    this.#acquisitions.delete(demandKey);
    this.#requests.end();
    if (answersRejection) this.#rejections?.end(this.#settings.clock.now());
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
    const { demandKey, answersRejection } = acquisition;
    const init = { access, acquiredAt: now, usableUntil, demandKey, answersRejection, succession: this };
    this.#token = new CachedToken(init);
    this.#waits?.end();
    return this.#token;
  }

  #failed(error: unknown, acquisition: Acquisition): CachedToken {
    const { clock, random, futileMs } = this.#settings;
    const { demand, demandKey, before } = acquisition;
    const now = clock.now();
    const failure = acquisitionFailure(error, { scopes: this.scopes, demand, now });
    // What cannot be had on these terms can still be had without.
    if (demandKey !== '' && isAboutDemand(failure)) {
      this.#rejections ??= new Rejections(futileMs);
      this.#rejections.refuse(demandKey, failure, now);
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
    if (acquisition.answersRejection) this.#rejections?.takeBack();
    if (this.#token !== undefined) {
      // Nobody waits for it, and the token may live for a day: who says no is asked less and less as well.
      const pauseMs = isTransient(failure)
        ? lengthMs
        : Math.max(lengthMs, growingBackoffMs(this.#failures, random));
      const next = Math.min(now + pauseMs, this.#token.usableUntil);
      this.#refreshAt = demandKey === '' ? next : Math.max(next, this.#refreshAt);
    }
    throw withRetryAfter(failure, lengthMs);
  }

  /** A token acquired on demand meanwhile: it does not make way for one that nobody has demanded, nor for a failure. */
  #newerThan({ demandKey, before }: Acquisition, now: number): CachedToken | undefined {
    const token = this.#token;
    if (demandKey !== '' || token === undefined || token === before) return undefined;
    return now < token.usableUntil ? token : undefined;
  }
}
