import { createHash } from 'node:crypto';
import {
  having,
  isText,
  readOptions,
  required,
  systemClock,
  type Cancelable,
  type Clock,
} from '@holdfast/core';
import type { FileEntry } from './store-file-content.js';
import { FileLock, type HeldFileLock } from './store-file-lock.js';
import { nodeFileSystem } from './store-file-system.js';
import { StoreFile, type StoreFileSettings } from './store-file.js';
import { StoreFault } from './store-fault.js';
import { StoreTurns } from './store-turns.js';
import { StoreWarnings } from './store-warnings.js';
import type { StoreLockOptions, TokenStore } from './token-store.js';

/** Options of {@link fileStore}. */
export interface FileStoreOptions {
  /**
   * The path of the file, in a folder of its own. Required. In a folder that others can enter and that holds other files too, it
   * is not written at all; on a disk that is gone after a restart, users sign in again and applications ask for new tokens.
   */
  readonly path: string;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

const schemas = {
  path: required<string>(isText, 'the path of a file'),
  clock: having<Clock>(['now', 'setTimeout'], systemClock),
};

/**
 * A file that only its owner can read, for the processes of one user on one machine: give it to `encryptedStore()`. Its folder
 * is made if it is missing. On Windows it is as private as its folder: files have no modes there.
 *
 * @throws {TypeError} for a bad option, naming it.
 */
export function fileStore(options: FileStoreOptions): TokenStore {
  return new FileStore({ ...readOptions('fileStore', schemas, options), files: nodeFileSystem });
}

// A write takes milliseconds. Whoever holds the lock for so long hangs, or has died on another machine.
const STALE_MS = 5_000;
const LONGEST_WAIT_MS = 10_000;

/** For all stores of this process: it does not contend with itself. */
const turns = new StoreTurns();

/** A {@link TokenStore} in one file, which every write replaces as a whole. */
export class FileStore implements TokenStore {
  readonly #settings: StoreFileSettings;
  readonly #file: StoreFile;
  readonly #warnings = new StoreWarnings();

  constructor(settings: StoreFileSettings) {
    this.#settings = settings;
    this.#file = new StoreFile(settings);
  }

  async get(key: string): Promise<string | undefined> {
    const content = await this.#file.read();
    if ('unreadable' in content) {
      this.#warnings.unreadable(`the file ${this.#file.path} ${content.unreadable}`);
      return undefined;
    }
    const entry = content.entries.get(key);
    return entry !== undefined && this.#settings.clock.now() < entry.expiresAt ? entry.value : undefined;
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#change((entries) => {
      entries.set(key, { value, expiresAt: this.#settings.clock.now() + ttlMs });
      return true;
    });
  }

  async delete(key: string): Promise<void> {
    await this.#change((entries) => entries.delete(key));
  }

  async lock(key: string, { signal, ttlMs }: StoreLockOptions): Promise<() => Promise<void>> {
    await this.#file.makeFolder();
    const name = createHash('sha256').update(key).digest('base64url');
    const lock = await this.#take(`${this.#file.path}.${name}.lock`, ttlMs, { signal });
    return () => lock.release();
  }

  /** Changes what is in the file by `change`, which says whether it did. */
  async #change(change: (entries: Map<string, FileEntry>) => boolean): Promise<void> {
    await this.#file.makeFolder();
    const lock = await this.#takeFile();
    try {
      await this.#file.removeLeftovers();
      const entries = await this.#entries();
      if (change(entries)) await this.#file.replace(entries, lock);
    } finally {
      await lock.release();
    }
  }

  async #entries(): Promise<Map<string, FileEntry>> {
    const content = await this.#file.read();
    if ('entries' in content) return content.entries;
    this.#warnings.unreadable(`the file ${this.#file.path} ${content.unreadable}`);
    await this.#file.putAside();
    return new Map();
  }

  async #takeFile(): Promise<HeldFileLock> {
    const path = `${this.#file.path}.lock`;
    const ends = new AbortController();
    const timer = this.#settings.clock.setTimeout(() => {
      ends.abort();
    }, LONGEST_WAIT_MS);
    try {
      return await this.#take(path, STALE_MS, { signal: ends.signal });
    } catch (error) {
      throw ends.signal.aborted ? new StoreFault(`somebody else holds ${path}`, error) : error;
    } finally {
      timer.cancel();
    }
  }

  async #take(path: string, staleMs: number, caller: Cancelable): Promise<HeldFileLock> {
    const { files, clock } = this.#settings;
    const endTurn = await turns.take(path, caller);
    try {
      const lock = await new FileLock({ files, path, staleMs, clock }).take(caller);
      return { isHeld: () => lock.isHeld(), release: () => lock.release().finally(endTurn) };
    } catch (error) {
      endTurn();
      throw error;
    }
  }
}
