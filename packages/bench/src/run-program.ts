import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts a program of this package in a process of its own, and reads the JSON that it prints. */
export type RunProgram = (
  /** Its place below `src`, without an ending: `failures/refusal`. */
  program: string,
  args?: readonly string[],
  /** For node: `--expose-gc`. */
  flags?: readonly string[],
) => Promise<unknown>;

/**
 * For programs that count bytes. One thread: how far the compiler has come is not a matter of what else the machine does. And a
 * young generation that takes all that is allocated between two collections.
 */
export const BYTES_FLAGS: readonly string[] = [
  '--single-threaded',
  '--expose-gc',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
];

/** Of the built package: what is measured is what users get. */
const BUILT = new URL('./', import.meta.url.replace('/bench/src/', '/bench/dist/esm/'));

export const runProgram: RunProgram = (program, args = [], flags = []) => {
  const path = fileURLToPath(new URL(`${program}.js`, BUILT));
  const child = spawn(process.execPath, [...flags, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}`));
    });
  });
};
