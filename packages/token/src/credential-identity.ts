import type { TokenCredential } from './token-credential.js';

/**
 * A credential stands for a principal, and must be the same object from request to request. Axios copies plain objects
 * on every one; their function stays the same, and says who it is as long as it has no object to read that from.
 */
export function identityOf(credential: TokenCredential): object | undefined {
  if (!isPlain(credential)) return credential;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- an identity only
  return Reflect.ownKeys(credential).length === 1 ? credential.getToken : undefined;
}

/** As axios sees it. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
