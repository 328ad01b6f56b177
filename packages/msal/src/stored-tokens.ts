import { createHash } from 'node:crypto';
import { isHoldfastError, type Cancelable, type Clock, type TokenDemand } from '@holdfast/core';
import type { AccessToken } from '@holdfast/token';
import type { Account, UserAccount } from './account.js';
import { isDemanding } from './demand.js';
import type { EncryptedStore } from './encrypted-store.js';

/** What an access token was issued for: all of it tells one stored token from another. */
export interface StoredTokenName {
  /** The authority's URL, tenant included. */
  readonly authority: string;
  readonly clientId: string;
  /** The user; `undefined` for the application itself. */
  readonly principal: string | undefined;
  readonly scopes: readonly string[];
  readonly answersChallenges: boolean;
}

/** What sets one acquisition apart from the others of the same token. */
export interface StoredTokenNeed {
  /** Where there is something in it, the token has to come from the identity provider: no other satisfies it. */
  readonly demand: TokenDemand;
  /** The one that was had before is not good enough. */
  readonly forceRefresh: boolean;
  readonly caller: Cancelable;
  /** Epoch milliseconds after which it must be gone, whatever its own expiry is. Default: its own. */
  readonly goneAt?: number | undefined;
}

/** An access token, and the user that it was issued for where there is one. */
export type StoredToken = AccessToken & Partial<UserAccount>;

/** A token as it was found. */
interface FoundToken {
  readonly token: StoredToken;
  /** Epoch milliseconds from which another one is asked for. */
  readonly dueAt: number;
}

const PURPOSE = 'access-token';

// As the memory cache above takes it by default: it would not use what expires sooner.
const CLOCK_SKEW_MS = 30_000;
const REFRESH_BEFORE_EXPIRY_MS = 5 * 60_000;

// What it costs to forget one is that a token which was rejected is given once more.
const MOST_HANDED_OUT = 10_000;

/** Access tokens between the memory cache above and the identity provider below, where a store is given. */
export class StoredTokens {
  readonly #store: EncryptedStore | undefined;
  readonly #clock: Clock;
  /** A hash of the last token that was given out, by name. Last in the map is what was given last. */
  readonly #handedOut = new Map<string, string>();

  constructor(store: EncryptedStore | undefined, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** How many names are known of which a token was given out. */
  get size(): number {
    return this.#handedOut.size;
  }

  /** The stored token where it will do, or else the one that is acquired, which is stored. */
  async of(
    name: StoredTokenName,
    need: StoredTokenNeed,
    acquire: () => Promise<StoredToken>,
  ): Promise<StoredToken> {
    const store = this.#store;
    if (store === undefined) return acquire();
    const key = keyOf(name);
    const stored = await this.#find(store, key, name, need);
    if (stored !== undefined && this.#willDo(key, stored, need)) return this.#give(key, stored.token);
    // Others have other demands, or the same and must ask all the same: nobody gains by waiting for them.
    if (isDemanding(need.demand)) return this.#acquire(store, key, need, acquire);
    return store.alone(PURPOSE, key, need.caller, async () => {
      const other = await this.#find(store, key, name, need);
      if (other !== undefined && this.#willDo(key, other, need)) return this.#give(key, other.token);
      try {
        return await this.#acquire(store, key, need, acquire);
      } catch (error) {
        const kept = other ?? stored;
        if (kept === undefined || need.forceRefresh || !mayPass(error)) throw error;
        // To be told that may have taken long.
        if (kept.token.expiresOnTimestamp <= this.#clock.now()) throw error;
        // It was to be refreshed, and is still good: that is what it is kept for.
        return this.#give(key, kept.token);
      }
    });
  }

  async #find(
    store: EncryptedStore,
    key: string,
    { principal }: StoredTokenName,
    { demand }: StoredTokenNeed,
  ): Promise<FoundToken | undefined> {
    if (isDemanding(demand)) return undefined;
    const found = readToken(await store.read(PURPOSE, key));
    if (found === undefined || found.token.expiresOnTimestamp - CLOCK_SKEW_MS <= this.#clock.now())
      return undefined;
    // A user's token without the user is none.
    return principal !== undefined && found.token.account === undefined ? undefined : found;
  }

  #willDo(key: string, { token, dueAt }: FoundToken, { forceRefresh }: StoredTokenNeed): boolean {
    if (this.#clock.now() >= dueAt) return false;
    return !forceRefresh || this.#handedOut.get(key) !== hashOf(token.token);
  }

  async #acquire(
    store: EncryptedStore,
    key: string,
    { goneAt = Infinity }: StoredTokenNeed,
    acquire: () => Promise<StoredToken>,
  ): Promise<StoredToken> {
    const token = this.#give(key, await acquire());
    const now = this.#clock.now();
    const ttlMs = Math.min(token.expiresOnTimestamp, goneAt) - now;
    await store.write(PURPOSE, key, writeToken(token, now), ttlMs);
    return token;
  }

  #give(key: string, token: StoredToken): StoredToken {
    this.#handedOut.delete(key);
    if (this.#handedOut.size >= MOST_HANDED_OUT)
      this.#handedOut.delete(this.#handedOut.keys().next().value ?? '');
    this.#handedOut.set(key, hashOf(token.token));
    return token;
  }
}

/** Whether it may be different later, though nobody does anything about it. */
function mayPass(error: unknown): boolean {
  return isHoldfastError(error, 'ERR_TOKEN_ACQUISITION') && error.transient;
}

function keyOf({ authority, clientId, principal, scopes, answersChallenges }: StoredTokenName): string {
  const sorted = [...new Set(scopes)].sort();
  return JSON.stringify([authority, clientId, principal ?? null, sorted, answersChallenges]);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function writeToken(
  { token, expiresOnTimestamp, refreshAfterTimestamp, account }: StoredToken,
  now: number,
): string {
  return JSON.stringify({ token, expiresOnTimestamp, refreshAfterTimestamp, account, acquiredAt: now });
}

function readToken(text: string | undefined): FoundToken | undefined {
  if (text === undefined) return undefined;
  let value: Readonly<Record<string, unknown>>;
  try {
    value = { ...(JSON.parse(text) as object) };
  } catch {
    return undefined;
  }
  const { token, expiresOnTimestamp, refreshAfterTimestamp, account, acquiredAt } = value;
  if (typeof token !== 'string' || token === '' || !isInstant(expiresOnTimestamp)) return undefined;
  if (!isInstant(acquiredAt) || (account !== undefined && !isAccount(account))) return undefined;
  const refreshAfter = isInstant(refreshAfterTimestamp) ? refreshAfterTimestamp : undefined;
  const marginMs = Math.min(REFRESH_BEFORE_EXPIRY_MS, (expiresOnTimestamp - acquiredAt) / 2);
  return {
    token: {
      token,
      expiresOnTimestamp,
      ...(refreshAfter !== undefined && { refreshAfterTimestamp: refreshAfter }),
      ...(account !== undefined && { account }),
    },
    dueAt: refreshAfter ?? expiresOnTimestamp - marginMs,
  };
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isAccount(value: unknown): value is Account {
  if (typeof value !== 'object' || value === null) return false;
  const { homeAccountId, localAccountId, tenantId, username } = value as Readonly<Record<string, unknown>>;
  const isKnown = [homeAccountId, localAccountId, tenantId].every((id) => typeof id === 'string');
  return isKnown && (username === undefined || typeof username === 'string');
}
