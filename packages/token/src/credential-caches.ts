import { TokenCache } from './cached-credential.js';
import { identityOf } from './credential-identity.js';
import { isTokenCredential, type TokenCredential } from './token-credential.js';
import type { CacheSettings } from './cache-settings.js';

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
