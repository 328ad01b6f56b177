import { isHoldfastError, type Clock } from '@holdfast/core';
import {
  acquisitionFailure,
  rememberedFailure,
  unansweredAcquisition,
  unusableToken,
  type AcquisitionFailure,
} from './acquisition-failure.js';
import { CachedToken, type TokenSuccession } from './cached-token.js';
import type { AccessToken, TokenCredential } from './token-credential.js';

/** What one token is asked for with, every time. */
export interface TokenRequest {
  readonly scopes: readonly string[];
  readonly tenantId: string | undefined;
  readonly enableCae: boolean;
}

/** The options of a cache, defaults filled in. */
export interface CacheSettings {
  readonly clockSkewMs: number;
  readonly acquisitionTimeoutMs: number | false;
  readonly futileMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const LONG_LIFETIME_MS = 2 * 60 * 60_000;
const REFRESH_BEFORE_EXPIRY_MS = 5 * 60_000;
const REFRESH_JITTER = 0.1;
const FIRST_BACKOFF_MS = 5_000;
const LONGEST_BACKOFF_MS = 5 * 60_000;
const PERMANENT_FAILURE_MS = 60_000;

/** The last failure, for as long as the source is to be left alone. */
interface Backoff {
  readonly failure: AcquisitionFailure;
  readonly failures: number;
  /** Epoch milliseconds. */
  readonly until: number;
}

/**
 * One token through its life: served while it lives, refreshed ahead by one acquisition in the background, replaced when
 * it was rejected. Nothing runs by itself: what has to be done is done when a caller comes by.
 */
export class TokenEntry implements TokenSuccession {
  readonly #credential: TokenCredential;
  readonly #request: TokenRequest;
  readonly #settings: CacheSettings;
  #token: CachedToken | undefined = undefined;
  /** Never later than the token's `usableUntil`, so that the warm path is one comparison. */
  #refreshAt = 0;
  /** Under way, by the claims they are made with; '' is the one without. */
  readonly #acquisitions = new Map<string, Promise<CachedToken>>();
  #backoff: Backoff | undefined = undefined;

  constructor(credential: TokenCredential, request: TokenRequest, settings: CacheSettings) {
    this.#credential = credential;
    this.#request = request;
    this.#settings = settings;
  }

  get scopes(): readonly string[] {
    return this.#request.scopes;
  }

  /** The token, when it still needs no refresh at this instant. */
  fresh(instant: number): CachedToken | undefined {
    return instant < this.#refreshAt ? this.#token : undefined;
  }

  /** The token, when it can be used at this instant; it may set off a refresh that the caller does not wait for. */
  current(now: number): CachedToken | undefined {
    const token = this.#token;
    if (token === undefined || now < this.#refreshAt) return token;
    if (now >= token.usableUntil) return undefined;
    if (!this.#acquisitions.has('')) void this.#acquire(undefined, true, true);
    return token;
  }

  /** A token when there is none: one acquisition for all who wait. */
  acquire(): Promise<CachedToken> {
    return this.#acquisitions.get('') ?? this.#refusal() ?? this.#acquire(undefined, false);
  }

  /** A token from the source, whatever is held. */
  acquireAnew(claims: string | undefined): Promise<CachedToken> {
    return this.#acquisitions.get(claims ?? '') ?? this.#refusal() ?? this.#acquire(claims, true);
  }

  /** Another token than the rejected one; `undefined` when the source has none. */
  async replace(rejected: CachedToken, claims: string | undefined): Promise<CachedToken | undefined> {
    const { clock, futileMs } = this.#settings;
    const now = clock.now();
    if (this.#token !== undefined && this.#token !== rejected && now < this.#token.usableUntil)
      return this.#token;
    const deadEnd = rejected.deadEnd(claims, now);
    if (deadEnd?.failure !== undefined) throw rememberedFailure(deadEnd.failure, deadEnd.until - now);
    if (deadEnd !== undefined) return undefined;

    try {
      const other = await this.acquireAnew(claims);
      // If this one is rejected with the same claims as well, asking with them again is no use.
      other.rememberDeadEnd(claims, { until: clock.now() + futileMs });
      return other.equals(rejected) ? undefined : other;
    } catch (error) {
      if (claims !== undefined && isAboutClaims(error))
        rejected.rememberDeadEnd(claims, { until: clock.now() + futileMs, failure: error });
      throw error;
    }
  }

  /** The last failure again, while the source is to be left alone. */
  #refusal(): Promise<never> | undefined {
    const remainingMs = this.#backoff === undefined ? 0 : this.#backoff.until - this.#settings.clock.now();
    if (this.#backoff === undefined || remainingMs <= 0) return undefined;
    return Promise.reject(rememberedFailure(this.#backoff.failure, remainingMs));
  }

  #acquire(claims: string | undefined, forceRefresh: boolean, ahead = false): Promise<CachedToken> {
    const key = claims ?? '';
    const before = this.#token;
    const acquisition = this.#ask(claims, forceRefresh, ahead).then(
      (access) => {
        this.#acquisitions.delete(key);
        return this.#succeeded(access, claims, before);
      },
      (error: unknown) => {
        this.#acquisitions.delete(key);
        throw this.#failed(error, claims);
      },
    );
    // A refresh ahead has no caller; nor has an acquisition whose callers have all left.
    acquisition.catch(() => undefined);
    this.#acquisitions.set(key, acquisition);
    return acquisition;
  }

  async #ask(claims: string | undefined, forceRefresh: boolean, ahead: boolean): Promise<AccessToken> {
    const { scopes, tenantId, enableCae } = this.#request;
    const abort = new AbortController();
    const answer = this.#credential.getToken([...scopes], {
      abortSignal: abort.signal,
      ...(claims !== undefined && { claims }),
      ...(tenantId !== undefined && { tenantId }),
      ...(enableCae && { enableCae }),
      ...(forceRefresh && { forceRefresh }),
    });
    return usable(await this.#inTime(answer, abort, ahead), scopes, this.#settings.clock.now());
  }

  #inTime<T>(answer: Promise<T>, abort: AbortController, ahead: boolean): Promise<T> {
    const { clock, acquisitionTimeoutMs } = this.#settings;
    if (acquisitionTimeoutMs === false) return answer;
    return new Promise<T>((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        reject(unansweredAcquisition(acquisitionTimeoutMs, this.scopes));
        abort.abort();
      }, acquisitionTimeoutMs);
      if (ahead) timer.unref();
      Promise.resolve(answer).then(
        (access) => {
          timer.cancel();
          resolve(access);
        },
        (error: unknown) => {
          timer.cancel();
          reject(error);
        },
      );
    });
  }

  #succeeded(access: AccessToken, claims: string | undefined, before: CachedToken | undefined): CachedToken {
    this.#backoff = undefined;
    const now = this.#settings.clock.now();
    const held = this.#token;
    // A token acquired with claims meanwhile does not make way for one without them.
    if (claims === undefined && held !== undefined && held !== before && now < held.usableUntil) return held;

    const lifetimeMs = access.expiresOnTimestamp - now;
    // A quarter at most: else a token that lives shorter than the margin would be asked for by every call.
    const usableUntil = access.expiresOnTimestamp - Math.min(this.#settings.clockSkewMs, lifetimeMs / 4);
    this.#refreshAt = this.#refreshInstant(access, now, usableUntil);
    // The same one again: who compares tokens must see that.
    if (held?.holds(access.token) === true) return held;
    return (this.#token = new CachedToken(access, usableUntil, this));
  }

  #refreshInstant(access: AccessToken, now: number, usableUntil: number): number {
    const wanted = refreshAfter(access, now);
    // A source that answers from its cache may name an instant that is past.
    const instant = wanted > now && wanted < usableUntil ? wanted : now + (usableUntil - now) / 2;
    const spreadMs = REFRESH_JITTER * Math.min(instant - now, usableUntil - instant);
    return instant + spreadMs * (2 * this.#settings.random() - 1);
  }

  #failed(error: unknown, claims: string | undefined): AcquisitionFailure {
    const { clock, random } = this.#settings;
    const now = clock.now();
    const failure = acquisitionFailure(error, this.scopes, now);
    // What cannot be had with these claims can still be had without.
    if (claims !== undefined && isAboutClaims(failure)) return failure;

    const failures = (this.#backoff?.failures ?? 0) + 1;
    const until = now + delayAfter(failure, failures, random);
    this.#backoff = { failure, failures, until };
    if (this.#token !== undefined) {
      const next = Math.min(until, this.#token.usableUntil);
      this.#refreshAt = claims === undefined ? next : Math.max(next, this.#refreshAt);
    }
    return failure;
  }
}

function usable(access: AccessToken | null, scopes: readonly string[], now: number): AccessToken {
  if (access === null || typeof access !== 'object') throw unusableToken('nothing', scopes);
  if (typeof access.token !== 'string' || access.token === '') throw unusableToken('an empty token', scopes);
  if (!Number.isFinite(access.expiresOnTimestamp)) throw unusableToken('a token without an expiry', scopes);
  if (access.expiresOnTimestamp <= now) throw unusableToken('a token that has expired', scopes);
  return access;
}

function refreshAfter({ refreshAfterTimestamp, expiresOnTimestamp }: AccessToken, now: number): number {
  const lifetimeMs = expiresOnTimestamp - now;
  if (refreshAfterTimestamp !== undefined) return refreshAfterTimestamp;
  if (lifetimeMs > LONG_LIFETIME_MS) return now + lifetimeMs / 2;
  return expiresOnTimestamp - Math.min(REFRESH_BEFORE_EXPIRY_MS, lifetimeMs / 2);
}

/** Whether the source said no for good: to these claims, where there were some. */
function isAboutClaims(error: unknown): error is AcquisitionFailure {
  if (isHoldfastError(error, 'ERR_INTERACTION_REQUIRED')) return true;
  return isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') && !error.transient;
}

/** Milliseconds for which the source is left alone: as it asked, else at least five seconds, doubling. */
function delayAfter(failure: AcquisitionFailure, failures: number, random: () => number): number {
  if (isHoldfastError(failure, 'ERR_INTERACTION_REQUIRED')) return FIRST_BACKOFF_MS;
  const askedMs = failure.retryAfterMs ?? 0;
  if (!failure.transient) return Math.max(askedMs, PERMANENT_FAILURE_MS);
  if (askedMs > 0) return askedMs;
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  return backoffMs * (1 + REFRESH_JITTER * random());
}
