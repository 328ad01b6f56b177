import {
  asAbortError,
  func,
  having,
  limit,
  milliseconds,
  readOptions,
  systemClock,
  type Cancelable,
  type Clock,
  type Option,
} from '@holdfast/core';
import {
  isTokenCredential,
  type AccessToken,
  type GetTokenOptions,
  type TokenCredential,
} from './token-credential.js';
import { TokenEntry, type CacheSettings } from './token-entry.js';

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
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
  random: func<() => number>(Math.random),
};

/** A credential that asks another one only when it has to. */
export interface CachedCredential extends TokenCredential {
  /**
   * @throws {TokenAcquisitionError} when there is no token; it says when to come back.
   * @throws {InteractionRequiredError} when only a user can help.
   */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken>;
}

/**
 * Holds the tokens of a credential: one acquisition for all who wait, refreshed ahead in the background, served to the
 * last second while the identity provider is down, which is left alone for as long as it asks for.
 *
 * Microsoft's guidance: "Increase the resilience of authentication and authorization in client applications you develop".
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function cachedCredential(
  credential: TokenCredential,
  options: CachedCredentialOptions = {},
): CachedCredential {
  if (!isTokenCredential(credential))
    throw new TypeError('cachedCredential(): the credential must be an object with getToken()');
  return new TokenCache(credential, readOptions('cachedCredential', CACHE_OPTIONS, options));
}

// More than a process has tenants and sets of scopes for one credential, unless it takes either from its callers.
const MOST_ENTRIES = 10_000;

/** The tokens of one credential, by scopes, tenant, and whether challenges are answered. */
export class TokenCache implements CachedCredential {
  readonly #credential: TokenCredential;
  readonly #settings: CacheSettings;
  readonly #entries = new Map<string, TokenEntry>();

  constructor(credential: TokenCredential, settings: CacheSettings) {
    this.#credential = credential;
    this.#settings = settings;
  }

  entry(scopes: readonly string[], tenantId: string | undefined, enableCae: boolean): TokenEntry {
    // No scope and no tenant has a space in it.
    const key = `${enableCae ? 'cae' : ''} ${tenantId ?? ''} ${[...scopes].sort().join(' ')}`;
    const known = this.#entries.get(key);
    // The caller's list may be another one by the next acquisition.
    const request = { scopes: [...scopes], tenantId, enableCae };
    const entry = known ?? new TokenEntry(this.#credential, request, this.#settings);
    // Last in the map is what was used last; the first one makes room.
    if (known !== undefined) this.#entries.delete(key);
    else if (this.#entries.size >= MOST_ENTRIES)
      this.#entries.delete(this.#entries.keys().next().value ?? '');
    this.#entries.set(key, entry);
    return entry;
  }

  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    const { abortSignal, claims, tenantId, enableCae = false, forceRefresh = false } = options;
    const entry = this.entry(typeof scopes === 'string' ? [scopes] : scopes, tenantId, enableCae);
    const anew = claims !== undefined || forceRefresh;
    const answered = claims === undefined || forceRefresh ? undefined : entry.answered(claims);
    const current = anew ? answered : entry.current(this.#settings.clock.now());
    if (current !== undefined) return current.toAccessToken();
    const caller: Cancelable = abortSignal === undefined ? {} : { signal: abortSignal };
    const token = await asAbortError(anew ? entry.acquireAnew(claims, caller) : entry.acquire(caller));
    return token.toAccessToken();
  }
}
