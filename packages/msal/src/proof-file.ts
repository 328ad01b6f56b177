import { readFile } from 'node:fs/promises';
import { UnusableProof } from './unusable-proof.js';

/** What is in a file now: whoever mounts it may change it. */
export async function readProofFile(what: string, path: string, signal: AbortSignal): Promise<Buffer> {
  try {
    return await readFile(path, { signal });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${String(code)})`;
    // It may still be mounted.
    throw new UnusableProof(`the ${what} ${path} ${why}`, true);
  }
}
