import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@holdfast/core';
import { FileStore, fileStore } from './file-store.js';
import { encrypted, warned } from './made-store.js';
import { nodeFileSystem, type FileFacts } from './store-file-system.js';

const HOUR = 3_600_000;
let root: string;
let path: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-store-'));
  path = join(root, 'holdfast', 'tokens.json');
});

afterEach(() => rm(root, { recursive: true }));

const folder = () => dirname(path);
const modeOf = async (of: string) => (await lstat(of)).mode & 0o777;
const names = () => readdir(folder());
const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'it was done',
    (error: unknown) => String(error),
  );
/** A process that keeps the time by itself: it cannot be told how late it is. */
const at = (now: number) => ({ ...systemClock, now: () => now });

describe('a file store', () => {
  it('keeps values for the next process, for their time only, and forgets what it is told to', async () => {
    const now = Date.now();
    const first = fileStore({ path });
    await first.set('a', 'of an hour', HOUR);
    await first.set('b', 'of two', 2 * HOUR);
    await first.set('__proto__', 'a name like any other', HOUR);
    const next = fileStore({ path });
    expect(await next.get('a')).toBe('of an hour');
    expect(await next.get('__proto__')).toBe('a name like any other');
    expect(await next.get('toString')).toBeUndefined();
    const later = fileStore({ path, clock: at(now + HOUR + 60_000) });
    expect([await later.get('a'), await later.get('b')]).toEqual([undefined, 'of two']);
    await next.delete('b');
    await next.delete('b');
    expect(await first.get('b')).toBeUndefined();
  });

  it('has its file and its folder for its owner alone, and leaves nothing else there', async () => {
    await fileStore({ path }).set('a', 'x', HOUR);
    expect([await modeOf(folder()), await modeOf(path)]).toEqual([0o700, 0o600]);
    expect(await names()).toEqual(['tokens.json']);
  });

  it('drops what is over when it writes, and what ends soonest when there is too much', async () => {
    const now = Date.now();
    const old = fileStore({ path, clock: at(now - 2 * HOUR) });
    await old.set('over', 'x', HOUR);
    await fileStore({ path }).set('a', 'x', HOUR);
    expect(await readFile(path, 'utf8')).not.toContain('over');
    const large = 'x'.repeat(900_000);
    for (const [key, hours] of [
      ['one', 5],
      ['two', 4],
      ['three', 3],
      ['four', 2],
      ['five', 6],
    ] as const)
      await fileStore({ path }).set(key, large, hours * HOUR);
    const store = fileStore({ path });
    const kept = await Promise.all(['one', 'two', 'three', 'four', 'five'].map((key) => store.get(key)));
    expect(kept.map((value) => value !== undefined)).toEqual([true, true, true, false, true]);
    expect((await stat(path)).size).toBeLessThan(4_000_000);
  });

  it('is refused a path that is none', () => {
    expect(() => fileStore({ path: '' })).toThrow(
      'fileStore(): the option "path" must be the path of a file',
    );
  });

  it('under encryption shows no token to whoever copies the file', async () => {
    await encrypted(fileStore({ path }), { timeoutMs: 5_000 }).write(
      'access-token',
      'ada@contoso.example',
      'a-token',
      HOUR,
    );
    expect(await readFile(path, 'utf8')).not.toMatch(/a-token|contoso/);
    const next = encrypted(fileStore({ path }), { timeoutMs: 5_000 });
    expect(await next.read('access-token', 'ada@contoso.example')).toBe('a-token');
  });
});

describe('a file that others could read', () => {
  it('is narrowed when it is ours, and so is a folder with nothing else in it', async () => {
    await fileStore({ path }).set('a', 'x', HOUR);
    await chmod(path, 0o644);
    await chmod(folder(), 0o755);
    expect(await fileStore({ path }).get('a')).toBe('x');
    expect([await modeOf(folder()), await modeOf(path)]).toEqual([0o700, 0o600]);
  });

  it('is not made in a folder that others use too, and that folder stays as it is', async () => {
    await mkdir(folder(), { mode: 0o755 });
    await writeFile(join(folder(), 'package.json'), '{}');
    expect(await refusal(fileStore({ path }).set('a', 'x', HOUR))).toMatch(/use a folder of its own/);
    expect(await modeOf(folder())).toBe(0o755);
    expect(await names()).toEqual(['package.json']);
  });

  it('is neither read nor touched when it is a symbolic link, or its folder is one', async () => {
    const target = join(root, 'target.json');
    await writeFile(target, 'of somebody else');
    await mkdir(folder(), { mode: 0o700 });
    await symlink(target, path);
    expect(await refusal(fileStore({ path }).get('a'))).toMatch(/is a symbolic link/);
    expect(await refusal(fileStore({ path }).set('a', 'x', HOUR))).toMatch(/is a symbolic link/);
    expect(await readFile(target, 'utf8')).toBe('of somebody else');
    const linked = join(root, 'linked');
    await symlink(folder(), linked);
    expect(await refusal(fileStore({ path: join(linked, 'other.json') }).set('a', 'x', HOUR))).toMatch(
      /linked is no folder/,
    );
  });

  it.each(['the file', 'the folder'])(
    'is neither read nor touched when %s is somebody else’s',
    async (what) => {
      await fileStore({ path }).set('a', 'x', HOUR);
      const before = await readFile(path, 'utf8');
      const others = (facts: FileFacts): FileFacts => {
        const isMeant = facts.isDirectory() === (what === 'the folder');
        return isMeant ? Object.assign(facts, { uid: facts.uid + 1 }) : facts;
      };
      const files = {
        ...nodeFileSystem,
        lstat: async (one: string) => others(await nodeFileSystem.lstat(one)),
        open: async (one: string, flags: number, mode?: number) => {
          const file = await nodeFileSystem.open(one, flags, mode);
          const stats = file.stat.bind(file);
          const isOurs = one !== path;
          return Object.assign(file, { stat: async () => (isOurs ? stats() : others(await stats())) });
        },
      };
      const store = new FileStore({ path, files, clock: systemClock });
      expect(await refusal(store.get('a'))).toMatch(/belongs to somebody else/);
      expect(await refusal(store.set('a', 'y', HOUR))).toMatch(/belongs to somebody else/);
      expect(await readFile(path, 'utf8')).toBe(before);
      expect(await names()).toEqual(['tokens.json']);
    },
  );
});

describe('a file store beside another one, whose name begins in the same way', () => {
  it('loses nothing, whichever of them is written while the other one is', async () => {
    const beside = `${path}.of-users`;
    let written = 0;
    const files = {
      ...nodeFileSystem,
      rename: async (from: string, to: string) => {
        written += 1;
        // The other one writes while the file of this one has not got its name yet.
        await fileStore({ path: to === path ? beside : path }).set(`beside ${written}`, 'y', HOUR);
        await nodeFileSystem.rename(from, to);
      },
    };
    await new FileStore({ path, files, clock: systemClock }).set('a', 'x', HOUR);
    await new FileStore({ path: beside, files, clock: systemClock }).set('b', 'x', HOUR);
    expect(written).toBe(2);
    expect([await fileStore({ path }).get('a'), await fileStore({ path: beside }).get('b')]).toEqual([
      'x',
      'x',
    ]);
    expect((await names()).sort()).toEqual(['tokens.json', 'tokens.json.of-users']);
  });
});

describe('what a file store warns of', () => {
  it('is a file that cannot be used, by name, and the call goes on', async () => {
    const warnings = warned();
    await mkdir(folder(), { mode: 0o755 });
    await writeFile(join(folder(), 'package.json'), '{}');
    const store = encrypted(fileStore({ path }), { timeoutMs: 5_000 });
    expect(await store.write('access-token', 'ada', 'a-token', HOUR)).toBe(false);
    expect(warnings).toEqual([
      {
        code: 'STORE_UNAVAILABLE',
        message: `The token store cannot be used: others may enter ${folder()}, and it holds other files: use a folder of its own: what it would save is asked of the identity provider`,
        service: 'token store',
      },
    ]);
  });
});
