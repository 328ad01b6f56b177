import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@holdfast/core';
import { FileStore, fileStore } from './file-store.js';
import { hookedFileSystem } from './made-file-system.js';

const HOUR = 3_600_000;
let root: string;
let path: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-store-'));
  path = join(root, 'holdfast', 'tokens.json');
});

afterEach(() => rm(root, { recursive: true }));

const clean = () => rm(dirname(path), { recursive: true, force: true });

/** A store whose disk fails at its step number `fatal`, and all the steps up to then. */
function failing(fatal: number, code: string): { readonly store: FileStore; readonly steps: string[] } {
  const steps: string[] = [];
  const files = hookedFileSystem((step) => {
    steps.push(step);
    if (steps.length === fatal) throw Object.assign(new Error(`${code} at ${step}`), { code });
  });
  return { store: new FileStore({ path, files, clock: systemClock }), steps };
}

describe('a disk that fails', () => {
  it.each(['ENOSPC', 'EROFS', 'EACCES', 'EMFILE'])(
    'with %s at any step of a write leaves the file as it was or as it should be, and the next write goes through',
    async (code) => {
      await fileStore({ path }).set('old', 'x', HOUR);
      const before = await readFile(path);
      for (let fatal = 1; ; fatal += 1) {
        await clean();
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeFile(path, before, { mode: 0o600 });
        const { store, steps } = failing(fatal, code);
        const isDone = await store.set('new', 'y', HOUR).then(
          () => true,
          () => false,
        );
        const left = await readdir(dirname(path));
        expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([]);
        const next = fileStore({ path });
        const found = [await next.get('old'), await next.get('new')];
        expect(found).toEqual(['x', isDone ? 'y' : found[1]]);
        expect([undefined, 'y']).toContain(found[1]);
        await next.set('next', 'z', HOUR);
        expect(await next.get('next')).toBe('z');
        expect(await readdir(dirname(path))).toEqual(['tokens.json']);
        if (steps.length < fatal) break;
      }
    },
  );

  it('at any step of the first write of all makes no file that is not whole', async () => {
    let fatal = 1;
    for (let isOver = false; !isOver; fatal += 1) {
      await clean();
      const { store, steps } = failing(fatal, 'ENOSPC');
      await store.set('new', 'y', HOUR).catch(() => undefined);
      isOver = steps.length < fatal;
      expect([undefined, 'y']).toContain(await fileStore({ path }).get('new'));
      await fileStore({ path }).set('next', 'z', HOUR);
      expect(await fileStore({ path }).get('next')).toBe('z');
    }
    expect(fatal).toBeGreaterThan(20);
  });

  it('at any step of a read fails with what it failed with, and nothing is put aside', async () => {
    await fileStore({ path }).set('old', 'x', HOUR);
    for (let fatal = 1; ; fatal += 1) {
      const { store, steps } = failing(fatal, 'EIO');
      const outcome = await store.get('old').catch((error: unknown) => String(error));
      if (steps.length < fatal) break;
      expect(outcome).toBe(`Error: EIO at ${steps[fatal - 1] ?? ''}`);
    }
    expect(await readdir(dirname(path))).toEqual(['tokens.json']);
    expect(await fileStore({ path }).get('old')).toBe('x');
  });
});

describe('a write', () => {
  it('reaches the disk before the name does, and the name before it is done', async () => {
    await fileStore({ path }).set('old', 'x', HOUR);
    const { store, steps } = failing(Infinity, '');
    await store.set('new', 'y', HOUR);
    expect(steps).toEqual([
      'lstat holdfast',
      'open tokens.json.lock',
      'write tokens.json.lock',
      'close tokens.json.lock',
      'readdir holdfast',
      'lstat tokens.json.lock',
      'lstat holdfast',
      'open tokens.json',
      'stat tokens.json',
      'read tokens.json',
      'close tokens.json',
      'open tokens.json.….tmp',
      'write tokens.json.….tmp',
      'sync tokens.json.….tmp',
      'close tokens.json.….tmp',
      'open tokens.json.lock',
      'stat tokens.json.lock',
      'read tokens.json.lock',
      'close tokens.json.lock',
      'rename tokens.json.….tmp',
      'open holdfast',
      'sync holdfast',
      'close holdfast',
      'open tokens.json.lock',
      'stat tokens.json.lock',
      'read tokens.json.lock',
      'close tokens.json.lock',
      'unlink tokens.json.lock',
    ]);
  });
});
