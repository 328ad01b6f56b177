import { randomUUID } from 'node:crypto';
import type { EncryptedStore } from './encrypted-store.js';
import { StoredTokens } from './stored-tokens.js';
import type { UserClient } from './user-client.js';
import { UserPartition } from './user-partition.js';
import { UserSession } from './user-session.js';

/** The sessions of an application's users, each with a partition of its own. */
export class UserSessions {
  readonly #client: UserClient;
  readonly #store: EncryptedStore | undefined;
  readonly #stored: StoredTokens;

  constructor(client: UserClient, store: EncryptedStore | undefined) {
    this.#client = client;
    this.#store = store;
    this.#stored = new StoredTokens(store, client.settings.clock);
  }

  /** That of a user, or, without one, of whoever signs in on this machine. */
  of(homeAccountId: string | undefined): UserSession {
    const { authority, clientId, clock } = this.#client.settings;
    const name = JSON.stringify([authority.of(undefined, []).authority, clientId, homeAccountId ?? null]);
    const partition = new UserPartition(name, { store: this.#store, clock, newSignInId: randomUUID });
    return new UserSession({ client: this.#client, partition, stored: this.#stored, homeAccountId });
  }
}
