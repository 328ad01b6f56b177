import {
  asAbortError,
  count,
  func,
  having,
  limit,
  milliseconds,
  readOptions,
  systemClock,
  type Cancelable,
  type Clock,
  type Option,
  type TokenDemand,
} from '@holdfast/core';
import { NO_DEMAND } from './demand.js';
import {
  isTokenCredential,
  type AccessToken,
  type GetTokenOptions,
  type TokenCredential,
  type TokenHolder,
} from './token-credential.js';
import { TokenEntries } from './token-entries.js';
import type { CacheSettings } from './cache-settings.js';
import { TokenEntry } from './token-entry.js';

/** Options of {@link cachedCredential}. */
export interface CachedCredentialOptions {
  /**
   * Milliseconds before its expiry at which a token is taken for expired; a quarter of its lifetime at most. Default:
   * 30,000. Too little, and a clock that runs behind sends expired tokens; too much shortens the time that a token holds
   * out while the identity provider is down.
   */
  readonly clockSkewMs?: number;
  /**
   * Milliseconds after which a credential that does not answer has failed; `false` for no limit. Default: 60,000. Without
   * one, a credential that hangs once hangs for ever. A caller's own deadline ends his wait earlier.
   */
  readonly acquisitionTimeoutMs?: number | false;
  /**
   * Milliseconds for which claims that led nowhere for a token are not asked for again. Default: 5,000. Too little, and an
   * API that rejects every token makes one token request for each call; too much delays the answer to a second revocation.
   */
  readonly futileMs?: number;
  /**
   * How many calls may wait for their first token while the source is to be left alone, each only if its deadline reaches
   * beyond that; the others fail at once. Default: 32. 0 lets none of them wait. Not counted are calls that the API has sent
   * back: they were on their way. Too many, and a service piles up its callers during an outage, all of which go on at once
   * after it; too few, and calls fail that had the time.
   */
  readonly maxWaiters?: number;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** A number from 0 to 1, exclusive: spreads the refreshes of a fleet. Default: `Math.random`. */
  readonly random?: () => number;
}

/** What {@link cachedCredential} takes, with the defaults. */
export const CACHE_OPTIONS: { readonly [Name in keyof CacheSettings]: Option<CacheSettings[Name]> } = {
  clockSkewMs: milliseconds(30_000),
  acquisitionTimeoutMs: limit(60_000),
  futileMs: milliseconds(5_000),
  maxWaiters: count(32),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/** A credential that asks another one only when it has to. What else that one puts beside its tokens comes along. */
export interface CachedCredential<Token extends AccessToken = AccessToken> extends TokenCredential {
  /**
   * @throws {TypeError} for what is no scope, or no list of scopes.
   * @throws {TokenAcquisitionError} when there is no token; it says when to come back.
   * @throws {InteractionRequiredError} when only a user can help.
   */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<Token>;
}

/** What {@link cachedCredential} holds the tokens of. */
interface TokenSource<Token extends AccessToken> {
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<Token | null>;
}

/**
 * Holds the tokens of a credential: one acquisition for all who wait, refreshed ahead in the background, served to the
 * last second while the identity provider is down, which is left alone for as long as it asks for.
 *
 * Microsoft's guidance: "Increase the resilience of authentication and authorization in client applications you develop".
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function cachedCredential<Token extends AccessToken = AccessToken>(
  credential: TokenSource<Token>,
  options: CachedCredentialOptions = {},
): CachedCredential<Token> {
  if (!isTokenCredential(credential))
    throw new TypeError('cachedCredential(): the credential must be an object with getToken()');
  const cache: CachedCredential = new TokenCache(
    credential,
    readOptions('cachedCredential', CACHE_OPTIONS, options),
  );
  // It gives out what it was given, frozen.
  return cache as CachedCredential<Token>;
}

/** Whether a credential holds its tokens by itself: {@link cachedCredential} has made it. */
export function isCached(credential: TokenCredential): boolean {
  return credential instanceof TokenCache;
}

/** The tokens of one credential, by scopes, tenant, and whether challenges are answered. */
export class TokenCache implements CachedCredential, TokenHolder {
  readonly #credential: TokenCredential;
  readonly #settings: CacheSettings;
  #entries: TokenEntries;
  /** Another one after each `forget()`: who holds an entry looks it up again. */
  turn = 0;

  constructor(credential: TokenCredential, settings: CacheSettings) {
    this.#credential = credential;
    this.#settings = settings;
    this.#entries = this.#noEntries();
    credential.onPrincipalChange?.(this);
  }

  onPrincipalChange(holder: TokenHolder): void {
    this.#credential.onPrincipalChange?.(holder);
  }

  /** Calls that are under way end with the token that they have. */
  forget(): void {
    this.#entries.retire();
    this.#entries = this.#noEntries();
    this.turn += 1;
  }

  /** @throws {TypeError} for what is no scope, no list of scopes, or no tenant. */
  entry(scopes: string | readonly string[], tenantId: string | undefined, enableCae: boolean): TokenEntry {
    return this.#entries.of(scopes, tenantId, enableCae);
  }

  // Two methods, since an asynchronous one pays for everything that it may come to do: this is all for a token that is held.
  async getToken(scopes: string | string[], options: GetTokenOptions = NO_OPTIONS): Promise<AccessToken> {
    const entry = this.entry(scopes, options.tenantId, options.enableCae ?? false);
    const isAnew = options.forceRefresh === true || demandOf(options) !== NO_DEMAND;
    const current = isAnew ? undefined : entry.current(this.#settings.clock.now());
    return current === undefined ? this.#acquired(entry, options) : current.toAccessToken();
  }

  #noEntries(): TokenEntries {
    return new TokenEntries((request) => new TokenEntry(this.#credential, request, this.#settings));
  }

  async #acquired(entry: TokenEntry, options: GetTokenOptions): Promise<AccessToken> {
    const { abortSignal, forceRefresh = false } = options;
    const demand = demandOf(options);
    const isAnew = demand !== NO_DEMAND || forceRefresh;
    const answered = isAnew && !forceRefresh ? entry.answered(demand) : undefined;
    if (answered !== undefined) return answered.toAccessToken();
    const caller: Cancelable = abortSignal === undefined ? {} : { signal: abortSignal };
    const token = await asAbortError(isAnew ? entry.acquireAnew(demand, caller) : entry.acquire(caller));
    return token.toAccessToken();
  }
}

const NO_OPTIONS: GetTokenOptions = {};

function demandOf({ claims, acrValues, maxAge }: GetTokenOptions): TokenDemand {
  // As Azure's credentials read it: an empty text asks for nothing.
  const hasClaims = claims !== undefined && claims !== '';
  const hasAcrValues = acrValues !== undefined && acrValues !== '';
  if (!hasClaims && !hasAcrValues && maxAge === undefined) return NO_DEMAND;
  return {
    ...(hasClaims && { claims }),
    ...(hasAcrValues && { acrValues }),
    ...(maxAge !== undefined && { maxAge }),
  };
}
