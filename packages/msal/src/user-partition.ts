import { orCanceled, type Cancelable, type Clock } from '@holdfast/core';
import type { Account } from './account.js';
import type { EncryptedStore } from './encrypted-store.js';
import { contentIn, textOf, type PartitionContent, type SignedIn } from './partition-content.js';

/** By what a partition is kept. */
export interface PartitionSettings {
  readonly store: EncryptedStore | undefined;
  readonly clock: Clock;
  /** What tells one sign-in from every other one. */
  readonly newSignInId: () => string;
}

// As long as a refresh token of Microsoft Entra ID lives when it is not used.
const KEPT_MS = 90 * 24 * 60 * 60_000;

/**
 * Where one user's refresh token is: in memory, and in the store where there is one. The later of the two holds: a store
 * that was down, or that has lost what it had, takes nothing away from who is signed in, and one that another process has
 * written to is believed.
 */
export class UserPartition {
  readonly #name: string;
  readonly #settings: PartitionSettings;
  #known: PartitionContent | undefined = undefined;
  /** The store is known not to have what is known here. */
  #isUnwritten = false;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(name: string, settings: PartitionSettings) {
    this.#name = name;
    this.#settings = settings;
  }

  /** Who is signed in; `undefined` when nobody is. */
  async user(): Promise<SignedIn | undefined> {
    const text = await this.#settings.store?.read('user-cache', this.#name);
    const stored = text === undefined ? undefined : contentIn(text);
    if (stored === undefined) return this.#known?.user;
    this.#isUnwritten = this.#known !== undefined && stored.changedAt < this.#known.changedAt;
    if (!this.#isUnwritten) this.#known = stored;
    return this.#known?.user;
  }

  /**
   * Does the work while nobody else uses the refresh token: one that is used twice signs its user out where the provider
   * watches for that. A caller can leave until it begins.
   */
  async alone<T>(caller: Cancelable, work: (user: SignedIn | undefined) => Promise<T>): Promise<T> {
    const turn = this.#lastTurn;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    this.#lastTurn = turn.then(() => ended);
    try {
      await orCanceled(turn, caller);
      const { store } = this.#settings;
      const read = async () => {
        const user = await this.user();
        if (this.#isUnwritten) await this.#write();
        return work(user);
      };
      return await (store === undefined ? read() : store.alone('user-cache', this.#name, caller, read));
    } finally {
      end();
    }
  }

  /** The refresh token has been replaced; nothing changes when its user has signed out meanwhile, or another one in. */
  async replace(signInId: string, cache: string): Promise<void> {
    const user = this.#known?.user;
    if (user?.signInId === signInId) await this.#keep({ ...user, cache });
  }

  /** Somebody has signed in, in place of whoever was; resolves to what tells this sign-in from others. */
  async signIn(account: Account, environment: string, cache: string): Promise<string> {
    const user = { account, environment, signInId: this.#settings.newSignInId(), cache };
    await this.alone({}, () => this.#keep(user));
    return user.signInId;
  }

  /** Whether the store knows by now that nobody is signed in. */
  signOut(): Promise<boolean> {
    // Not removed: a process that still has him in memory would take it for a store that has lost him.
    return this.alone({}, () => this.#keep(undefined));
  }

  async #keep(user: SignedIn | undefined): Promise<boolean> {
    // Later than what it replaces, whatever the clock says.
    const changedAt = Math.max(this.#settings.clock.now(), (this.#known?.changedAt ?? -Infinity) + 1);
    this.#known = { changedAt, user };
    return this.#write();
  }

  /** Whether it was written, as far as can be told; what was not is written the next time. */
  async #write(): Promise<boolean> {
    const { store } = this.#settings;
    if (store === undefined || this.#known === undefined) return true;
    this.#isUnwritten = !(await store.write('user-cache', this.#name, textOf(this.#known), KEPT_MS));
    return !this.#isUnwritten;
  }
}
