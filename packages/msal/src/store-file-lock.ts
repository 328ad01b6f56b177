import { randomUUID } from 'node:crypto';
import { cancellationOf, isCanceled, wait, type Cancelable, type Clock } from '@holdfast/core';
import { TO_CREATE, TO_READ, closing, codeOf, type FileSystem } from './store-file-system.js';
import { isDead, thisHolder, type StoreHolder } from './store-holder.js';

/** What a lock is made of. */
export interface FileLockSettings {
  readonly files: FileSystem;
  /** The file that is there while it is held. */
  readonly path: string;
  /** Milliseconds after which a holder who may be alive, or of whom nobody knows, is taken for dead. */
  readonly staleMs: number;
  readonly clock: Clock;
}

/** A lock, as long as it is held. */
export interface HeldFileLock {
  /** Whether it is: somebody may have taken this process for dead. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

interface Found {
  readonly text: string;
  readonly mtimeMs: number;
}

const POLL_MS = 5;

// Between the two steps in which the file gets there and gets its content, nothing says whose it is. They take microseconds.
const NAMELESS_MS = 1_000;

const ofThisCopy = randomUUID();
const heldHere = new Set<string>();
let count = 0;

/**
 * A lock between processes: a file that only one can create. Who holds it stands in there, so that a dead one holds nobody
 * up, whenever it died. One on another machine, or in another container, is taken for dead by the age of the file.
 */
export class FileLock {
  readonly #settings: FileLockSettings;

  constructor(settings: FileLockSettings) {
    this.#settings = settings;
  }

  /** Waits until it is free. Rejects when the caller gives up, and for whatever the disk fails with. */
  async take(caller: Cancelable): Promise<HeldFileLock> {
    const { path, clock } = this.#settings;
    for (;;) {
      if (isCanceled(caller)) throw cancellationOf(caller);
      const text = await this.#create(path);
      if (text !== undefined) return this.#held(path, text);
      if (!(await this.#clear(path))) await wait(POLL_MS, caller, clock);
    }
  }

  #held(path: string, text: string): HeldFileLock {
    const isHeld = async () => (await this.#look(path))?.text === text;
    return {
      isHeld,
      release: async () => {
        try {
          if (await isHeld()) await this.#settings.files.unlink(path);
        } finally {
          // A file that could not be taken away is nobody's from here on.
          heldHere.delete(text);
        }
      },
    };
  }

  /** What stands in the lock that this has created; `undefined` where there is one. */
  async #create(path: string): Promise<string | undefined> {
    const { files } = this.#settings;
    count += 1;
    const text = JSON.stringify({ ...thisHolder(), copy: ofThisCopy, count });
    heldHere.add(text);
    try {
      const file = await files.open(path, TO_CREATE, 0o600);
      try {
        await closing(file, () => file.writeFile(text));
      } catch (error) {
        await files.unlink(path).catch(() => undefined);
        throw error;
      }
      return text;
    } catch (error) {
      heldHere.delete(text);
      if (codeOf(error) === 'EEXIST') return undefined;
      throw error;
    }
  }

  /** Takes a dead holder's lock away; whether it is worth trying again at once. */
  async #clear(path: string): Promise<boolean> {
    const found = await this.#look(path);
    if (found === undefined) return true;
    if (!this.#isOver(found)) return false;
    // One at a time: between a look and the removal, somebody else might have removed it and another one taken it.
    const guard = `${path}.clear`;
    const own = await this.#create(guard);
    // A dead one's guard goes in the same way, or the guard of whoever lives would be taken away for it.
    if (own === undefined) return this.#clear(guard);
    try {
      const again = await this.#look(path);
      if (again?.text === found.text && again.mtimeMs === found.mtimeMs) await this.#remove(path);
    } finally {
      heldHere.delete(own);
      await this.#remove(guard);
    }
    return true;
  }

  #isOver({ text, mtimeMs }: Found): boolean {
    // Either way: the clock may have been set back, or be another machine's.
    const ageMs = Math.abs(this.#settings.clock.now() - mtimeMs);
    const holder = holderIn(text);
    if (holder === undefined) return ageMs > NAMELESS_MS;
    if (holder.copy === ofThisCopy && !heldHere.has(text)) return true;
    return isDead(holder) || ageMs > this.#settings.staleMs;
  }

  async #look(path: string): Promise<Found | undefined> {
    try {
      const file = await this.#settings.files.open(path, TO_READ);
      return await closing(file, async () => {
        const { mtimeMs } = await file.stat();
        return { text: await file.readFile('utf8'), mtimeMs };
      });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #remove(path: string): Promise<void> {
    await this.#settings.files.unlink(path).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
  }
}

function holderIn(text: string): (StoreHolder & { readonly copy: unknown }) | undefined {
  try {
    const { pid, place, began, copy } = { ...(JSON.parse(text) as object) } as Readonly<
      Record<string, unknown>
    >;
    const isOne = Number.isSafeInteger(pid) && Number(pid) > 0;
    if (!isOne || typeof place !== 'string' || typeof began !== 'string') return undefined;
    return { pid: Number(pid), place, began, copy };
  } catch {
    return undefined;
  }
}
