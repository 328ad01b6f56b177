import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const root: string = join(__dirname, '..', '..');

/** Where `pack.mjs` put the tarballs, and what is in them. */
export const packed: string = process.env['HOLDFAST_PACKED'] ?? '';

/** The folders of the published packages, by which they are called here. */
export const names: readonly string[] = readdirSync(join(root, 'packages')).filter(
  (name) => manifestIn(join(root, 'packages', name)).private !== true,
);

/** What these tests read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly version: string;
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** What a run of a program came to. */
export interface Run {
  readonly status: number | null;
  readonly output: string;
}

export function node(cwd: string, ...args: readonly string[]): Run {
  // A consumer knows nothing of this process: neither the condition that leads to the sources, nor its colours.
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' };
  delete env['FORCE_COLOR'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** Runs the program of an installed package. */
export function tool(name: string, program: string, cwd: string, ...args: readonly string[]): Run {
  const folder = join(root, 'node_modules', name);
  const { bin } = manifestIn(folder);
  const path = typeof bin === 'string' ? bin : bin?.[program];
  if (path === undefined) throw new TypeError(`${name} has no program ${program}`);
  return node(cwd, join(folder, path), ...args);
}
