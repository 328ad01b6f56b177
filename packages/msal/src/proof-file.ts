import { readFile, stat } from 'node:fs/promises';
import { UnusableProof } from './unusable-proof.js';

// A certificate with all its issuers is some 10 kB.
const LARGEST_BYTES = 1_000_000;

/** What is in a file now: whoever mounts it may change it. */
export async function readProofFile(what: string, path: string, signal: AbortSignal): Promise<Buffer> {
  await checkFile(what, path);
  try {
    return await readFile(path, { signal });
  } catch (error) {
    throw unreadable(what, path, error);
  }
}

/**
 * A pipe whose other end nobody opens holds a thread of Node's for ever, whatever the signal says; there are four, for all
 * files and all names of hosts.
 */
async function checkFile(what: string, path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(what, path, error);
  });
  if (!found.isFile() && !found.isDirectory()) throw new UnusableProof(`the ${what} ${path} is no file`);
  if (found.size > LARGEST_BYTES)
    throw new UnusableProof(`the ${what} ${path} is larger than ${LARGEST_BYTES} bytes`);
}

function unreadable(what: string, path: string, error: unknown): UnusableProof {
  const { code } = error as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${String(code)})`;
  // It may still be mounted.
  return new UnusableProof(`the ${what} ${path} ${why}`, true);
}
