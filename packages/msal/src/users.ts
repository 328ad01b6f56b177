import { cachedCredential, type CachedCredentialOptions } from '@holdfast/token';
import type { Clock } from '@holdfast/core';
import { AssertionCredential, type AssertionSettings } from './assertion-credential.js';
import type { ConfidentialClient } from './confidential-client.js';
import { UserAssertion, principalOf } from './user-assertion.js';
import type { ForUserOptions, UserCredential } from './user-credential.js';

/** How users are remembered. */
export interface UsersSettings {
  readonly maxUsers: number;
  readonly cache: CachedCredentialOptions;
  readonly clock: Clock;
}

interface User {
  readonly credential: UserCredential;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

// As the cache has it by default.
const CLOCK_SKEW_MS = 30_000;

// Who has expired takes room, and is given nothing: whoever comes by clears up this often.
const CLEARING_MS = 60_000;

const ASSERTION = 'the token by which the user has called, without "Bearer " before it';

/** The users of one middle tier, by a hash of the token that each came with. */
export class Users {
  readonly #client: ConfidentialClient;
  readonly #settings: UsersSettings;
  readonly #assertions: AssertionSettings;
  readonly #users = new Map<string, User>();
  #clearAt = -Infinity;

  /** @throws {TypeError} for bad options of the cache, naming the option. */
  constructor(client: ConfidentialClient, settings: UsersSettings) {
    this.#client = client;
    this.#settings = settings;
    const { cache, clock } = settings;
    this.#assertions = { clock, clockSkewMs: cache.clockSkewMs ?? CLOCK_SKEW_MS };
    // Bad options are to show here, and not when the first user comes.
    cachedCredential(client, cache);
  }

  /** How many are remembered. */
  get size(): number {
    return this.#users.size;
  }

  /** @throws {TypeError} for what cannot be a token. */
  forUser(assertion: string, { expiresAt }: ForUserOptions = {}): UserCredential {
    if (typeof assertion !== 'string') throw badArgument('assertion', ASSERTION, `is ${typeof assertion}`);
    if (expiresAt !== undefined && !Number.isFinite(expiresAt))
      throw badArgument('expiresAt', 'an instant in epoch milliseconds', 'is none');
    const now = this.#settings.clock.now();
    if (now >= this.#clearAt) this.#clear(now);
    const principal = principalOf(assertion);
    const known = this.#users.get(principal);
    // It may be said later on that it ends earlier.
    const endsAt = Math.min(known?.expiresAt ?? Infinity, expiresAt ?? Infinity);
    const user =
      known !== undefined && now < endsAt
        ? endingAt(known, endsAt)
        : this.#meet(assertion, principal, endsAt);
    // Last in the map is who came last; the first one makes room.
    this.#users.delete(principal);
    if (now < user.expiresAt) this.#users.set(principal, user);
    if (this.#users.size > this.#settings.maxUsers) this.#users.delete(this.#users.keys().next().value ?? '');
    return user.credential;
  }

  #meet(text: string, principal: string, endsAt: number): User {
    if (text === '') throw badArgument('assertion', ASSERTION, 'is empty');
    // RFC 6750, section 2.1, has fewer characters yet; some providers have more.
    if (!/^[\x21-\x7e]+$/.test(text))
      throw badArgument('assertion', ASSERTION, 'has a character that no token has');
    const assertion = new UserAssertion(text, principal, endsAt === Infinity ? undefined : endsAt);
    const source = new AssertionCredential(this.#client, assertion, this.#assertions);
    const credential = cachedCredential(source, this.#settings.cache);
    return { credential, expiresAt: assertion.expiresAt ?? Infinity };
  }

  #clear(now: number): void {
    for (const [principal, { expiresAt }] of this.#users) if (now >= expiresAt) this.#users.delete(principal);
    this.#clearAt = now + CLEARING_MS;
  }
}

function endingAt(user: User, expiresAt: number): User {
  return expiresAt === user.expiresAt ? user : { ...user, expiresAt };
}

/** Never its text: it is a secret. */
function badArgument(name: string, allowed: string, found: string): TypeError {
  return new TypeError(`forUser(): "${name}" must be ${allowed}, and ${found}`);
}
