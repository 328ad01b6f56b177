import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Machine } from './machine.js';

/** What is kept of a measurement, so that the page can be made again without measuring. */
export interface Kept {
  /** ISO 8601, the day alone. */
  readonly date: string;
  readonly machine: Machine;
  readonly result: unknown;
}

/** The same for the sources and for what is built of them. */
const RESULTS = new URL('../results/', import.meta.url.replace('/bench/dist/esm/', '/bench/src/'));

const fileOf = (name: string): URL => new URL(`${name}.json`, RESULTS);

/** Of a measurement by its name; `undefined` when it was never made. */
export function readResult(name: string): Kept | undefined {
  const file = fileOf(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : undefined;
}

export function writeResult(name: string, kept: Kept): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(kept, undefined, 2)}\n`);
}
