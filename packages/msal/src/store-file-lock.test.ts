import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCancel } from 'axios';
import type { Clock } from '@holdfast/core';
import { hookedFileSystem } from './made-file-system.js';
import { FileLock, type HeldFileLock } from './store-file-lock.js';
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
      for (let turns = 0; turns < 20_000 && taken === 0; turns += 1) await turn();
      const before = waits;
      for (let turns = 0; turns < 20_000 && taken < 2 && waits < before + 10; turns += 1) await turn();
      end.abort();
      await Promise.all([first, second]);
      expect(taken).toBe(1);
    },
  );
});

describe('two who find a dead lock, and a dead process in the middle of clearing it away', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);

  /** A disk that stops before one of its steps until it may go on. */
  const stopping = (at: number) => {
    let steps = 0;
    let isStopped = false;
    let goOn: () => void = () => undefined;
    const goesOn = new Promise<void>((resolve) => (goOn = resolve));
    const step = async () => {
      steps += 1;
      if (steps !== at) return;
      isStopped = true;
      await goesOn;
    };
    const files: FileSystem = {
      ...nodeFileSystem,
      open: (...asked) => step().then(() => nodeFileSystem.open(...asked)),
      unlink: (one) => step().then(() => nodeFileSystem.unlink(one)),
    };
    return { files, goOn, isStopped: () => isStopped };
  };

  it.each(Array.from({ length: 9 }, (_, at) => at + 1))(
    'do not both get it, when the first stops before his step %i, and the second before any of his',
    async (one) => {
      for (let other = 1; other < 14; other += 1) {
        await leave({ pid });
        await writeFile(`${path}.clear`, await readFile(path));
        const end = new AbortController();
        const taken: HeldFileLock[] = [];
        const take = async (files: FileSystem) => {
          const lock = await lockOn(files)
            .take({ signal: end.signal })
            .catch(() => undefined);
          if (lock !== undefined) taken.push(lock);
        };
        const [first, second] = [stopping(one), stopping(other)];
        // As long as neither has got anywhere: whoever waits for the other has looked a few times by then.
        const until = async (isOver: () => boolean, looks: number) => {
          const before = waits;
          for (let turns = 0; turns < 20_000 && !isOver() && waits < before + looks; turns += 1) await turn();
        };
        const both = [take(first.files)];
        await until(() => first.isStopped() || taken.length > 0, Infinity);
        both.push(take(second.files));
        await until(() => second.isStopped() || taken.length > 0, 5);
        first.goOn();
        await until(() => taken.length > 0, 50);
        second.goOn();
        await until(() => taken.length > 0, Infinity);
        await until(() => taken.length > 1, 5);
        end.abort();
        await Promise.all(both);
        expect([other, taken.length]).toEqual([other, 1]);
        await taken[0]?.release();
        expect(await readdir(root)).toEqual([]);
      }
    },
  );
});
