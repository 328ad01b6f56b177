import { subscribe, type WarningEvent } from '@holdfast/core';
import { encryptedStore, type EncryptedStore, type EncryptedStoreOptions, type TokenStore } from './index.js';

/** A key for tests. */
export const STORE_KEY: { readonly id: string; readonly key: Buffer } = {
  id: 'k1',
  key: Buffer.from(Array.from({ length: 32 }, (_, at) => at)),
};

/** A store that keeps everything for ever, and knows what it was asked. */
export class MadeStore implements TokenStore {
  readonly values: Map<string, string> = new Map<string, string>();
  readonly ttls: Map<string, number> = new Map<string, number>();
  readonly asked: string[] = [];

  get(key: string): Promise<string | undefined> {
    this.asked.push('get');
    return Promise.resolve(this.values.get(key));
  }

  set(key: string, value: string, ttlMs: number): Promise<void> {
    this.asked.push('set');
    this.values.set(key, value);
    this.ttls.set(key, ttlMs);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.asked.push('delete');
    this.values.delete(key);
    return Promise.resolve();
  }
}

export function encrypted(store: TokenStore, options: Partial<EncryptedStoreOptions> = {}): EncryptedStore {
  return encryptedStore(store, { keys: [STORE_KEY], ...options });
}

/** Collects warnings until the test ends. */
export function warned(): WarningEvent[] {
  const warnings: WarningEvent[] = [];
  stops.push(subscribe('holdfast:warning', (event) => warnings.push(event)));
  return warnings;
}

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
