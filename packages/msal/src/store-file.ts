import { randomUUID } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import type { Clock } from '@holdfast/core';
import { LARGEST_FILE_BYTES, readContent, writeContent, type FileEntry } from './store-file-content.js';
import type { HeldFileLock } from './store-file-lock.js';
import { TO_CREATE, TO_READ, closing, codeOf, type FileFacts, type FileSystem } from './store-file-system.js';
import { StoreFault } from './store-fault.js';

/** What a store's file is made of. */
export interface StoreFileSettings {
  readonly path: string;
  readonly files: FileSystem;
  readonly clock: Clock;
}

/** What is in the file, or why nobody can say. */
export type FileContent =
  | { readonly entries: Map<string, FileEntry> }
  /** It is ours, and no good. */
  | { readonly unreadable: string };

const MOST_PUT_ASIDE = 3;
const FORGOTTEN_MS = 60 * 60_000;
const OTHERS = 0o077;
// Not whatever ends so: the file beside it may be another store, whose name begins with that of this one.
const WRITTEN = /^\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.tmp$/;

// Windows has neither owners nor modes that Node could tell: there a file is as private as its folder.
const uid = process.getuid?.();

/** A file that only its owner can read, in a folder that only he can enter. Nobody ever sees it half written. */
export class StoreFile {
  readonly path: string;
  readonly #folder: string;
  readonly #name: string;
  readonly #files: FileSystem;
  readonly #clock: Clock;

  constructor({ path, files, clock }: StoreFileSettings) {
    this.path = resolve(path);
    this.#folder = dirname(this.path);
    this.#name = basename(this.path);
    this.#files = files;
    this.#clock = clock;
  }

  /** @throws {StoreFault} when the folder is not one that only we can enter. */
  async makeFolder(): Promise<void> {
    if (await this.#hasFolder()) return;
    await this.#files.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    // What somebody else has put there meanwhile is looked at as well.
    await this.#hasFolder();
  }

  async read(): Promise<FileContent> {
    if (!(await this.#hasFolder())) return { entries: new Map() };
    let file;
    try {
      file = await this.#files.open(this.path, TO_READ);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return { entries: new Map() };
      if (codeOf(error) === 'ELOOP') throw new StoreFault(`${this.path} is a symbolic link`, error);
      throw error;
    }
    return closing(file, async () => {
      const facts = await file.stat();
      this.#checkOwner(this.path, facts);
      if (facts.isDirectory()) return { unreadable: 'is a folder' };
      if (!facts.isFile()) throw new StoreFault(`${this.path} is no file`);
      if (uid !== undefined && (facts.mode & OTHERS) !== 0) await file.chmod(0o600);
      if (facts.size > LARGEST_FILE_BYTES)
        return { unreadable: `is larger than ${LARGEST_FILE_BYTES} bytes` };
      const content = readContent(await file.readFile('utf8'));
      return typeof content === 'string' ? { unreadable: content } : { entries: content };
    });
  }

  /** Puts these entries in place of what is there, as long as the lock is held: all of them or, if it fails, none. */
  async replace(entries: ReadonlyMap<string, FileEntry>, lock: HeldFileLock): Promise<void> {
    const written = `${this.path}.${randomUUID()}.tmp`;
    try {
      const file = await this.#files.open(written, TO_CREATE, 0o600);
      await closing(file, async () => {
        await file.writeFile(writeContent(entries, this.#clock.now()));
        // Else the name may reach the disk before what it names: after a power failure the file would be empty.
        await file.sync();
      });
      if (!(await lock.isHeld())) throw new StoreFault(`the lock of ${this.path} was lost`);
      await this.#files.rename(written, this.path);
    } catch (error) {
      await this.#files.unlink(written).catch(() => undefined);
      throw error;
    }
    await this.#syncFolder();
  }

  /** Puts what nobody can read out of the way, and keeps the last few of those; resolves to its new name. */
  async putAside(): Promise<string> {
    const mark = `${this.#name}.corrupt-`;
    const aside = `${mark}${this.#clock.now()}`;
    await this.#files.rename(this.path, join(this.#folder, aside));
    const before = (await this.#files.readdir(this.#folder)).filter((name) => name.startsWith(mark)).sort();
    // A folder stays: who knows what is in it.
    for (const name of before.slice(0, -MOST_PUT_ASIDE))
      await this.#files.unlink(join(this.#folder, name)).catch(() => undefined);
    return aside;
  }

  /** Removes what processes that were killed have left. The lock is held: no other write is under way. */
  async removeLeftovers(): Promise<void> {
    for (const name of await this.#files.readdir(this.#folder)) {
      if (!name.startsWith(`${this.#name}.`)) continue;
      const path = join(this.#folder, name);
      const isForgotten =
        WRITTEN.test(name.slice(this.#name.length)) || (name.endsWith('.lock') && (await this.#isOld(path)));
      // It is no reason not to write that one of them stays.
      if (isForgotten) await this.#files.unlink(path).catch(() => undefined);
    }
  }

  async #isOld(path: string): Promise<boolean> {
    const facts = await this.#files.lstat(path).catch(() => undefined);
    return facts !== undefined && this.#clock.now() - facts.mtimeMs > FORGOTTEN_MS;
  }

  async #hasFolder(): Promise<boolean> {
    let facts;
    try {
      facts = await this.#files.lstat(this.#folder);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    if (!facts.isDirectory()) throw new StoreFault(`${this.#folder} is no folder`);
    this.#checkOwner(this.#folder, facts);
    if (uid !== undefined && (facts.mode & OTHERS) !== 0) await this.#narrowFolder();
    return true;
  }

  /** Only a folder of our own: narrowing any other (a home, a project, /tmp) would lock others out of it. */
  async #narrowFolder(): Promise<void> {
    const names = await this.#files.readdir(this.#folder);
    const isOwn = names.every((name) => name === this.#name || name.startsWith(`${this.#name}.`));
    if (!isOwn)
      throw new StoreFault(
        `others may enter ${this.#folder}, and it holds other files: use a folder of its own`,
      );
    await this.#files.chmod(this.#folder, 0o700);
  }

  #checkOwner(path: string, facts: FileFacts): void {
    if (uid !== undefined && facts.uid !== uid) throw new StoreFault(`${path} belongs to somebody else`);
  }

  async #syncFolder(): Promise<void> {
    // Windows has no such thing.
    if (uid === undefined) return;
    const folder = await this.#files.open(this.#folder, TO_READ);
    await closing(folder, () => folder.sync());
  }
}
