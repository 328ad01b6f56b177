import { TokenCache } from './cached-credential.js';
import { isTokenCredential, type TokenCredential } from './token-credential.js';
import type { CacheSettings } from './token-entry.js';

/** The caches of the credentials that requests bring along: each lives as long as its credential. */
export class CredentialCaches {
  readonly #settings: CacheSettings;
  readonly #caches = new WeakMap<object, TokenCache>();

  constructor(settings: CacheSettings) {
    this.#settings = settings;
  }

  /** The one of the client's own credential. */
  of(credential: TokenCredential): TokenCache {
    return this.#cacheOf(credential, identityOf(credential) ?? credential);
  }

  /** @throws {TypeError} for what is no credential, or one that cannot be recognized in the next request. */
  ofRequest(credential: TokenCredential): TokenCache {
    if (!isTokenCredential(credential))
      throw new TypeError(
        'The credential of a request (holdfast: { credential }) must be an object with getToken()',
      );
    const identity = identityOf(credential);
    if (identity !== undefined) return this.#cacheOf(credential, identity);
    throw new TypeError(
      'The credential of a request (holdfast: { credential }) is a plain object with members beside getToken, which axios ' +
        'copies on every request: make it an instance of a class, or wrap it once by cachedCredential()',
    );
  }

  #cacheOf(credential: TokenCredential, identity: object): TokenCache {
    if (credential instanceof TokenCache) return credential;
    let cache = this.#caches.get(identity);
    if (cache === undefined) {
      cache = new TokenCache(credential, this.#settings);
      this.#caches.set(identity, cache);
    }
    return cache;
  }
}

/**
 * A credential stands for a principal, and must be the same object from request to request. Axios copies plain objects
 * on every one; their function stays the same, and says who it is as long as it has no object to read that from.
 */
function identityOf(credential: TokenCredential): object | undefined {
  if (!isPlain(credential)) return credential;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- an identity only
  return Reflect.ownKeys(credential).length === 1 ? credential.getToken : undefined;
}

/** As axios sees it. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
