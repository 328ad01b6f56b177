/**
 * Where tokens outlive a process: a file, or what several machines share. It is handed to `encryptedStore()`, so it sees no
 * token and nobody's name: its keys are hashes, and its values are encrypted. It may fail, hang and forget as it likes:
 * that costs a request to the identity provider, and no call.
 */
export interface TokenStore {
  /** The value under a key; `undefined` or null when there is none, or none any more. */
  get(key: string): Promise<string | null | undefined>;
  /** Keeps a value for so many milliseconds, a whole number above 0, in place of the one before. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Waits until nobody else holds the key, in another process or on another machine, and holds it; resolves to what lets go
   * of it. It has nothing to do with `get` and `set` of that key, which go on. Without this, processes that share a store
   * each ask the identity provider for themselves.
   */
  lock?(key: string, options: StoreLockOptions): Promise<() => Promise<void>>;
}

/** How a key of a {@link TokenStore} is held. */
export interface StoreLockOptions {
  /** Ends the waiting: then the promise rejects. */
  readonly signal: AbortSignal;
  /** Milliseconds after which the key is free again if whoever holds it is gone. */
  readonly ttlMs: number;
}
