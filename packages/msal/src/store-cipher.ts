import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { StoreKeys } from './store-keys.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 'holdfast1';

/** How long a text in a store may be, in characters. */
export const LONGEST_STORED = 1_000_000;

/** Where a value stands: it is worth nothing anywhere else. */
export interface StorePlace {
  readonly purpose: string;
  readonly name: string;
}

/** What was found in a store. */
export type Unsealed =
  | { readonly text: string }
  /** It is over: the store has kept it for too long, or somebody has put it back. */
  | { readonly isOver: true }
  /** Why nobody can read it. */
  | { readonly unreadable: string };

/** Encrypts a text that is good until an instant, by the newest key; `undefined` when it is too long to be kept. */
export function seal(
  keys: StoreKeys,
  place: StorePlace,
  text: string,
  expiresAt: number,
): string | undefined {
  const { id, key } = keys.newest;
  // Never the same twice under one key: up to 2^32 values may be written by it (NIST SP 800-38D, section 8.3).
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(id, place));
  const inside = cipher.update(JSON.stringify([expiresAt, text]), 'utf8');
  const parts = [nonce, inside, cipher.final(), cipher.getAuthTag()];
  const sealed = `${FORMAT}.${id}.${Buffer.concat(parts).toString('base64url')}`;
  return sealed.length > LONGEST_STORED ? undefined : sealed;
}

/** Reads what {@link seal} wrote for this place. Whatever else it is given, it does not throw. */
export function unseal(keys: StoreKeys, place: StorePlace, sealed: unknown, now: number): Unsealed {
  if (typeof sealed !== 'string' || sealed.length > LONGEST_STORED) return { unreadable: NOT_OURS };
  const [format, id, inside, ...more] = sealed.split('.', 4);
  if (format !== FORMAT || id === undefined || inside === undefined || more.length > 0)
    return { unreadable: NOT_OURS };
  const key = keys.byId.get(id);
  if (key === undefined) return { unreadable: 'it is encrypted under a key that is not given' };
  const bytes = Buffer.from(inside, 'base64url');
  // Node passes over what is no Base64url, so that many a text has the same bytes.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== inside)
    return { unreadable: CHANGED };
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associatedData(id, place));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8');
    const [expiresAt, text] = JSON.parse(opened + decipher.final('utf8')) as [number, string];
    return now < expiresAt ? { text } : { isOver: true };
  } catch {
    return { unreadable: CHANGED };
  }
}

const NOT_OURS = 'it is nothing that was written here';
const CHANGED = 'it was changed, or written under another name, purpose or key';

function associatedData(id: string, { purpose, name }: StorePlace): Buffer {
  return Buffer.from(JSON.stringify([FORMAT, id, purpose, name]));
}
