import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '@holdfast/core';
import { FileStore, fileStore } from './file-store.js';
import { nodeFileSystem } from './store-file-system.js';

const run = promisify(execFile);
const HOUR = 3_600_000;
let root: string;
let program: string;

// One file for 40 processes: each would else compile the sources anew.
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-store-'));
  program = join(root, 'killed.cjs');
  const settings = ['--bundle', '--platform=node', '--format=cjs', '--conditions=@holdfast/source'];
  const source = join(__dirname, 'file-store-killed.mjs');
  await run(require.resolve('esbuild/bin/esbuild'), [source, ...settings, `--outfile=${program}`]);
}, 240_000);

afterAll(() => rm(root, { recursive: true }));

/** A clock whose waits are over at once, and which knows how long they would have been. */
class HurriedClock implements Clock {
  waitedMs = 0;

  now(): number {
    return Date.now() + this.waitedMs;
  }

  setTimeout(callback: () => void, delayMs: number): { cancel(): void; unref(): void } {
    // A limit is none of these waits.
    if (delayMs < 1_000)
      setImmediate(() => {
        this.waitedMs += delayMs;
        callback();
      });
    return { cancel: () => undefined, unref: () => undefined };
  }
}

interface Killed {
  /** Between what it died. */
  readonly between: string;
  readonly isOver: boolean;
  readonly old: string | undefined;
  readonly written: number | undefined;
  readonly waitedMs: number;
  readonly names: string[];
}

async function killedAt(fatal: number, folder: string, isFirst: boolean): Promise<Killed> {
  await mkdir(folder, { mode: 0o700 });
  const path = join(folder, 'tokens.json');
  if (!isFirst) await fileStore({ path }).set('old', 'x', HOUR);
  const ended = await run(process.execPath, [program, path, String(fatal)]).then(
    () => ({ isOver: true, between: '' }),
    (error: unknown) => {
      const { signal, stdout } = error as { readonly signal: string; readonly stdout: string };
      expect(signal).toBe('SIGKILL');
      return { isOver: false, between: stdout.trim() };
    },
  );
  const clock = new HurriedClock();
  const next = new FileStore({ path, files: nodeFileSystem, clock });
  const old = await next.get('old');
  const written = (await next.get('new'))?.length;
  await next.set('next', 'z', HOUR);
  expect(await next.get('next')).toBe('z');
  expect(await next.get('old')).toBe(old);
  return { ...ended, old, written, waitedMs: clock.waitedMs, names: await readdir(folder) };
}

/** Dies at every step there is, one process for each, two at a time. */
async function killedAtEveryStep(isFirst: boolean): Promise<Killed[]> {
  const all: Killed[] = [];
  for (let fatal = 1; ; fatal += 2) {
    const pair = await Promise.all(
      [fatal, fatal + 1].map((one) =>
        killedAt(one, join(root, `${isFirst ? 'first' : 'step'}-${one}`), isFirst),
      ),
    );
    all.push(...pair.filter(({ isOver }) => !isOver));
    if (pair.some(({ isOver }) => isOver)) return all;
  }
}

describe('a process that is killed while it writes', () => {
  it('leaves the old file or the new one at every step, and the next one writes at once', async () => {
    const all = await killedAtEveryStep(false);
    expect(all).toHaveLength(28);
    for (const { old, written, names } of all) {
      expect(old).toBe('x');
      expect([undefined, 10_000]).toContain(written);
      expect(names).toEqual(['tokens.json']);
    }
    // The new one is there from the rename on, and not before.
    const renamed = all.findIndex(({ between }) => between.startsWith('rename'));
    expect(all.map(({ written }) => written !== undefined)).toEqual(all.map((_, at) => at >= renamed));
    // Only where the lock does not say yet whose it is, does a dead process hold up the next one: for a second.
    const waits = all.filter(({ waitedMs }) => waitedMs > 0);
    expect(waits.map(({ between }) => between)).toEqual([
      'open tokens.json.lock, then write tokens.json.lock',
    ]);
    expect(waits.map(({ waitedMs }) => waitedMs <= 1_010)).toEqual([true]);
  }, 240_000);
});
