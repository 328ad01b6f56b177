import { constants, type Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';

/** What is looked at of a file or folder. */
export type FileFacts = Pick<
  Stats,
  'isFile' | 'isDirectory' | 'isSymbolicLink' | 'mode' | 'uid' | 'size' | 'mtimeMs'
>;

/** A file that is open. */
export interface OpenFile {
  stat(): Promise<FileFacts>;
  chmod(mode: number): Promise<void>;
  readFile(encoding: 'utf8'): Promise<string>;
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Every step that a store makes on a disk, one method each: a test lets any of them fail, or be the last. */
export interface FileSystem {
  open(path: string, flags: number, mode?: number): Promise<OpenFile>;
  lstat(path: string): Promise<FileFacts>;
  mkdir(path: string, options: { readonly recursive: true; readonly mode: number }): Promise<unknown>;
  chmod(path: string, mode: number): Promise<void>;
  readdir(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

/** The machine's own disks. */
export const nodeFileSystem: FileSystem = { open, lstat, mkdir, chmod, readdir, rename, unlink };

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;

// What is not a file (a link, a pipe) is neither followed nor waited for. Windows has not got the two: there they count for 0.

export const TO_READ: number = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
export const TO_CREATE: number = O_WRONLY | O_CREAT | O_EXCL;

/** The code of an error of a {@link FileSystem}. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

/** Settles as `work` does, and closes the file whatever happens. */
export async function closing<T>(file: OpenFile, work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  // What was written may be refused only here.
  await file.close();
  return result;
}
