import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCancel } from 'axios';
import type { Clock } from '@holdfast/core';
import { hookedFileSystem } from './made-file-system.js';
import { FileLock } from './store-file-lock.js';
import { nodeFileSystem, type FileSystem } from './store-file-system.js';
import { thisHolder } from './store-holder.js';

let root: string;
let path: string;
let now: number;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-lock-'));
  path = join(root, 'tokens.json.lock');
  now = Date.now();
});

afterEach(() => rm(root, { recursive: true }));

const turn = () => new Promise((resolve) => void setImmediate(resolve));

/** Waits are over at once, and are counted. */
let waits = 0;
const clock: Clock = {
  now: () => now,
  setTimeout: (callback, delayMs) => {
    setImmediate(() => {
      waits += 1;
      now += delayMs;
      callback();
    });
    return { cancel: () => undefined, unref: () => undefined };
  },
};
const lockOn = (files: FileSystem = nodeFileSystem) => new FileLock({ files, path, staleMs: 5_000, clock });
const leave = (holder: object) =>
  writeFile(path, JSON.stringify({ ...thisHolder(), copy: 'another', ...holder }));

beforeEach(() => {
  waits = 0;
});

describe('a lock that a dead process has left', () => {
  it('holds nobody up', async () => {
    await leave({ pid: spawnSync(process.execPath, ['-e', '']).pid });
    const lock = await lockOn().take({});
    expect([waits, await lock.isHeld()]).toEqual([0, true]);
    await lock.release();
    expect(await readdir(root)).toEqual([]);
  });

  it('holds nobody up when another process has its number by now', async () => {
    await leave({ began: '1' });
    await (await lockOn().take({})).release();
    expect(waits).toBe(0);
  });

  it('of another machine or container holds others up for five seconds', async () => {
    await leave({ place: 'elsewhere', pid: 999_999_999 });
    const before = now;
    await (await lockOn().take({})).release();
    expect(now - before).toBeGreaterThan(4_900);
    expect(now - before).toBeLessThanOrEqual(5_100);
  });

  it('without a name in it holds others up for a second', async () => {
    await writeFile(path, '');
    const before = now;
    await (await lockOn().take({})).release();
    expect(now - before).toBeGreaterThan(900);
    expect(now - before).toBeLessThanOrEqual(1_100);
  });

  it('with a date in the future holds others up no longer', async () => {
    await leave({ place: 'elsewhere' });
    await utimes(path, now / 1000 + 86_400, now / 1000 + 86_400);
    await (await lockOn().take({})).release();
    expect(waits).toBe(0);
  });

  it('in the middle of clearing another one away holds nobody up', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await leave({ pid });
    await writeFile(`${path}.clear`, await readFile(path));
    await (await lockOn().take({})).release();
    expect(waits).toBe(0);
    expect(await readdir(root)).toEqual([]);
  });
});

describe('a lock that somebody holds', () => {
  it('is not taken from him, however many wait, and goes to one after the other', async () => {
    const held = await lockOn().take({});
    const order: string[] = [];
    const others = ['one', 'two', 'three'].map(async (name) => {
      const lock = await lockOn().take({});
      order.push(`${name} takes`);
      await turn();
      order.push(`${name} lets go`);
      await lock.release();
    });
    for (let turns = 0; turns < 500 && waits < 20; turns += 1) await turn();
    expect(order).toEqual([]);
    await held.release();
    await Promise.all(others);
    expect(order.map((entry) => entry.split(' ')[1])).toEqual([
      'takes',
      'lets',
      'takes',
      'lets',
      'takes',
      'lets',
    ]);
  });

  it('is given up waiting for when the caller does', async () => {
    await lockOn().take({});
    const caller = new AbortController();
    const waiting = lockOn().take({ signal: caller.signal });
    for (let turns = 0; turns < 500 && waits < 2; turns += 1) await turn();
    caller.abort();
    expect(await waiting.catch(isCancel)).toBe(true);
  });

  it('that could not be taken away is not held any more: the next one of this process gets through', async () => {
    const files = hookedFileSystem((step) => {
      if (step.startsWith('unlink')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    });
    const lock = await lockOn(files).take({});
    await expect(lock.release()).rejects.toThrow('EIO');
    await (await lockOn().take({})).release();
    expect(waits).toBe(0);
  });

  it('and was taken for dead is no longer his, and he does not let go of somebody else’s', async () => {
    const slow = await lockOn().take({});
    now += 6_000;
    const other = await lockOn().take({});
    expect([await slow.isHeld(), await other.isHeld()]).toEqual([false, true]);
    await slow.release();
    expect(await other.isHeld()).toBe(true);
  });
});

describe('two who find the same dead lock', () => {
  it.each(Array.from({ length: 8 }, (_, at) => at + 1))(
    'do not both get it, when the second does all that he can before step %i of the first',
    async (step) => {
      await leave({ pid: spawnSync(process.execPath, ['-e', '']).pid });
      const end = new AbortController();
      let taken = 0;
      const take = (files: FileSystem) =>
        lockOn(files)
          .take({ signal: end.signal })
          .then(
            () => (taken += 1),
            () => undefined,
          );
      let steps = 0;
      let second: Promise<unknown> = Promise.resolve();
      const meet = async () => {
        steps += 1;
        if (steps !== step) return;
        const before = waits;
        second = take(nodeFileSystem);
        for (let turns = 0; turns < 300 && taken === 0 && waits < before + 3; turns += 1) await turn();
      };
      const met: FileSystem = {
        ...nodeFileSystem,
        open: (...asked) => meet().then(() => nodeFileSystem.open(...asked)),
        unlink: (one) => meet().then(() => nodeFileSystem.unlink(one)),
      };
      const first = take(met);
      // Whoever has not got it by then waits for the other.
      for (let turns = 0; turns < 4_000 && waits < 30; turns += 1) await turn();
      end.abort();
      await Promise.all([first, second]);
      expect(taken).toBe(1);
    },
  );
});
