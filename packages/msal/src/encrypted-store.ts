import { createHash } from 'node:crypto';
import {
  LONGEST_TIMER_MS,
  accepted,
  cancellationOf,
  having,
  isCanceled,
  isLimit,
  onCancel,
  orCanceled,
  readOptions,
  required,
  systemClock,
  type Cancelable,
  type Clock,
  type Option,
  type Timer,
} from '@holdfast/core';
import { LONGEST_STORED, seal, unseal } from './store-cipher.js';
import { StoreHealth } from './store-health.js';
import { readStoreKeys, type StoreKey, type StoreKeys } from './store-keys.js';
import { StoreTurns } from './store-turns.js';
import { StoreWarnings, failureOf } from './store-warnings.js';
import type { TokenStore } from './token-store.js';

/** What a value is: it cannot be read as anything else. */
export type StorePurpose = 'access-token' | 'user-cache';

/**
 * A {@link TokenStore} behind encryption, as {@link encryptedStore} makes it: the only thing that a credential takes as its
 * `store`, so that no token ends anywhere in the clear. Nothing it does rejects: a store that is down, slow or wrong costs
 * a warning, and what it would have saved.
 *
 * An interface, told by a member: an app may have two copies of this package, one for `import` and one for `require`, and
 * what one of them has made is good for the other.
 */
export interface EncryptedStore {
  readonly encryption: 'holdfast1';
  /** What is under this name; `undefined` when there is nothing, or nothing that can be trusted. */
  read(purpose: StorePurpose, name: string): Promise<string | undefined>;
  /** Whether it was written, as far as can be told in time. */
  write(purpose: StorePurpose, name: string, text: string, ttlMs: number): Promise<boolean>;
  /** Whether it is gone, as far as can be told in time. */
  remove(purpose: StorePurpose, name: string): Promise<boolean>;
  /**
   * Does the work while nobody else does any under this name, in this process, and elsewhere as far as the store can tell. It
   * waits for whoever does for ten seconds at most, and rejects as the work does, or when the caller gives up.
   */
  alone<T>(purpose: StorePurpose, name: string, caller: Cancelable, work: () => Promise<T>): Promise<T>;
}

/** Options of {@link encryptedStore}. */
export interface EncryptedStoreOptions {
  /**
   * The keys, one or more: any of them reads, the first one writes. Required. For a new one, add it as the last everywhere, then
   * put it first everywhere, and take the old one away once whatever it has written has expired. A lost key costs a token
   * request for each token that it has encrypted, and users their sign-in.
   */
  readonly keys: readonly StoreKey[];
  /**
   * Milliseconds for which one answer of the store is waited for. Default: 50. Too short, and what a good store has is asked of
   * the identity provider; too long, and a bad store makes calls without a token wait.
   */
  readonly timeoutMs?: number;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

interface EncryptedStoreSettings {
  readonly keys: StoreKeys;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

// Three in a row are no accident; a store that comes back is found within half a minute.
const DEAD_STORE = { failures: 3, pauseMs: 30_000 };
// Whoever has held a lock for this long hangs, or its store forgets to give it back. The others do not wait for that again.
const DEAD_LOCK = { failures: 1, pauseMs: 30_000 };

// As long as a credential waits for the identity provider.
const LONGEST_WAIT_MS = 10_000;
const LOCK_TTL_MS = 30_000;

const schemas = {
  keys: required<readonly StoreKey[]>((value) => Array.isArray(value), 'an array of { id, key }'),
  timeoutMs: accepted<number>(
    (value) => value !== false && isLimit(value),
    `a number of milliseconds above 0, up to ${LONGEST_TIMER_MS}`,
    50,
  ),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

/**
 * Encrypts what goes into a store by AES-256-GCM. A value is bound to its name, its purpose and its key: what was changed, moved
 * or put back after its time is taken for nothing.
 *
 * @throws {TypeError} for what is no store and for a bad option, naming it and never showing a key.
 */
export function encryptedStore(store: TokenStore, options: EncryptedStoreOptions): EncryptedStore {
  if (!hasMethods(store, ['get', 'set', 'delete']))
    throw new TypeError('encryptedStore(): the store must be an object with get(), set() and delete()');
  const { keys, ...settings } = readOptions('encryptedStore', schemas, options);
  return new EncryptedTokenStore(store, { ...settings, keys: readStoreKeys('encryptedStore', keys) });
}

/** The option of a credential that has one. */
export const STORE_OPTION: Option<EncryptedStore | undefined> = accepted<EncryptedStore | undefined>(
  (value) => hasMethods(value, ['read', 'write', 'remove', 'alone']) && value['encryption'] === 'holdfast1',
  'what encryptedStore() returns (wrap a store of your own by it)',
  undefined,
);

function hasMethods(value: unknown, names: readonly string[]): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

class EncryptedTokenStore implements EncryptedStore {
  readonly encryption = 'holdfast1';
  readonly #store: TokenStore;
  readonly #settings: EncryptedStoreSettings;
  readonly #health = new StoreHealth(DEAD_STORE);
  readonly #lockHealth = new StoreHealth(DEAD_LOCK);
  readonly #turns = new StoreTurns();
  readonly #warnings = new StoreWarnings();

  constructor(store: TokenStore, settings: EncryptedStoreSettings) {
    this.#store = store;
    this.#settings = settings;
  }

  async read(purpose: StorePurpose, name: string): Promise<string | undefined> {
    const answer = await this.#ask(() => this.#store.get(keyOf(purpose, name)));
    const sealed: unknown = answer?.value ?? undefined;
    if (sealed === undefined) return undefined;
    const { keys, clock } = this.#settings;
    const unsealed = unseal(keys, { purpose, name }, sealed, clock.now());
    if ('text' in unsealed) return unsealed.text;
    if ('unreadable' in unsealed) this.#warnings.unreadable(unsealed.unreadable);
    return undefined;
  }

  async write(purpose: StorePurpose, name: string, text: string, ttlMs: number): Promise<boolean> {
    const wholeMs = Math.floor(ttlMs);
    if (!(wholeMs > 0 && Number.isFinite(wholeMs))) return false;
    const { keys, clock } = this.#settings;
    const sealed = seal(keys, { purpose, name }, text, clock.now() + wholeMs);
    if (sealed === undefined) {
      this.#warnings.unavailable(`is not given what is longer than ${LONGEST_STORED} characters`);
      return false;
    }
    return (await this.#ask(() => this.#store.set(keyOf(purpose, name), sealed, wholeMs))) !== undefined;
  }

  async remove(purpose: StorePurpose, name: string): Promise<boolean> {
    return (await this.#ask(() => this.#store.delete(keyOf(purpose, name)))) !== undefined;
  }

  async alone<T>(
    purpose: StorePurpose,
    name: string,
    caller: Cancelable,
    work: () => Promise<T>,
  ): Promise<T> {
    const letGo = await this.#hold(keyOf(purpose, name), caller);
    try {
      return await work();
    } finally {
      await letGo();
    }
  }

  /** Holds a key as well as can be; resolves to what lets go of it. Rejects when the caller gives up. */
  async #hold(key: string, caller: Cancelable): Promise<() => Promise<void>> {
    const { clock } = this.#settings;
    const ends = new AbortController();
    const timer = clock.setTimeout(() => {
      ends.abort();
    }, LONGEST_WAIT_MS);
    const off = onCancel(caller, () => {
      ends.abort();
    });
    try {
      if (isCanceled(caller)) throw cancellationOf(caller);
      const endTurn = await this.#turns.take(key, { signal: ends.signal }).catch(() => undefined);
      const unlock = endTurn && (await this.#lock(key, ends.signal, caller));
      const letGo = async () => {
        await unlock?.();
        endTurn?.();
      };
      if (!isCanceled(caller)) return letGo;
      await letGo();
      throw cancellationOf(caller);
    } finally {
      off();
      timer.cancel();
    }
  }

  async #lock(
    key: string,
    signal: AbortSignal,
    caller: Cancelable,
  ): Promise<(() => Promise<void>) | undefined> {
    const { clock, timeoutMs } = this.#settings;
    const now = clock.now();
    // Whoever has not answered a moment ago is not waited for.
    const isWorthIt = this.#health.isWell && this.#lockHealth.mayAsk(now);
    if (typeof this.#store.lock !== 'function' || !isWorthIt) return undefined;
    const taken = (async () => this.#store.lock?.(key, { signal, ttlMs: LOCK_TTL_MS }))();
    try {
      const unlock = await orCanceled(taken, { signal });
      this.#lockHealth.succeeded();
      return async () => {
        await this.#inTime(async () => unlock?.());
      };
    } catch (error) {
      // One that comes after all is nobody's.
      void taken.then((unlock) => this.#inTime(async () => unlock?.())).catch(() => undefined);
      if (!signal.aborted) this.#failed(failureOf(error));
      // Nor does it help who has less time than that: the next one would wait in vain as he did.
      else if (!isCanceled(caller) || clock.now() - now >= timeoutMs) this.#lockHealth.failed(clock.now());
      return undefined;
    }
  }

  /** What the store answers in time; `undefined` where it does not, or is left alone. */
  async #ask<T>(operation: () => Promise<T>): Promise<{ readonly value: T } | undefined> {
    return this.#health.mayAsk(this.#settings.clock.now()) ? this.#inTime(operation) : undefined;
  }

  async #inTime<T>(operation: () => Promise<T>): Promise<{ readonly value: T } | undefined> {
    const { clock, timeoutMs } = this.#settings;
    let timer: Timer | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = clock.setTimeout(() => {
        resolve(undefined);
      }, timeoutMs);
    });
    try {
      // A store may throw at once, or answer without a promise.
      const answer = await Promise.race([(async () => ({ value: await operation() }))(), late]);
      if (answer === undefined) this.#failed(`does not answer within ${timeoutMs} ms`);
      else this.#health.succeeded();
      return answer;
    } catch (error) {
      this.#failed(failureOf(error));
      return undefined;
    } finally {
      timer?.cancel();
    }
  }

  #failed(reason: string): void {
    this.#health.failed(this.#settings.clock.now());
    this.#warnings.unavailable(reason);
  }
}

/** What a store sees of a name. */
function keyOf(purpose: StorePurpose, name: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([purpose, name]))
    .digest('base64url');
  return `holdfast:${purpose}:${hash}`;
}
