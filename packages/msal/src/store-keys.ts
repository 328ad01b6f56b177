import { createSecretKey, type KeyObject } from 'node:crypto';

/** A key by which a store is encrypted. */
export interface StoreKey {
  /** Stands in the clear on whatever is encrypted by it: up to 64 letters, digits, `_` and `-`. A date, say. */
  readonly id: string;
  /** 32 random bytes, or their text in Base64, Base64url or hexadecimal. A secret. */
  readonly key: Uint8Array | string;
}

/** The keys of a store: any of them reads, the first writes. */
export interface StoreKeys {
  readonly newest: { readonly id: string; readonly key: KeyObject };
  readonly byId: ReadonlyMap<string, KeyObject>;
}

const BYTES = 32;
const ID = /^[\w-]{1,64}$/;
const HEXADECIMAL = /^[0-9a-f]{64}$/i;
const BASE64 = /^[\w+/-]{43}=?$/;

/** Reads keys into objects that nothing prints. What is thrown shows none of them. */
export function readStoreKeys(factory: string, given: readonly unknown[]): StoreKeys {
  const byId = new Map<string, KeyObject>();
  for (const [at, one] of given.entries()) {
    const { id, key } = (one ?? {}) as { readonly id?: unknown; readonly key?: unknown };
    const refuse = (what: string) =>
      new TypeError(`${factory}(): the option "keys": number ${at + 1} ${what}`);
    if (typeof id !== 'string' || !ID.test(id))
      throw refuse('must have an id of 1 to 64 letters, digits, _ and -');
    if (byId.has(id)) throw refuse('has the id of another one');
    const bytes = bytesOf(key);
    if (bytes?.length !== BYTES)
      throw refuse(
        `must have a key of ${BYTES} bytes, or their text in Base64, Base64url or hexadecimal; a passphrase is none`,
      );
    if (bytes.every((byte) => byte === bytes[0])) throw refuse('has a key whose bytes are all the same');
    byId.set(id, createSecretKey(bytes));
  }
  const [newest] = byId;
  if (newest === undefined) throw new TypeError(`${factory}(): the option "keys" must have one key or more`);
  return { newest: { id: newest[0], key: newest[1] }, byId };
}

function bytesOf(key: unknown): Buffer | undefined {
  if (key instanceof Uint8Array) return Buffer.from(key);
  if (typeof key !== 'string') return undefined;
  if (HEXADECIMAL.test(key)) return Buffer.from(key, 'hex');
  // Node reads both alphabets.
  return BASE64.test(key) ? Buffer.from(key, 'base64') : undefined;
}
