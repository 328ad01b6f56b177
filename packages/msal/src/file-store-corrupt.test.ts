import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { fileStore } from './file-store.js';
import { encrypted, warned } from './made-store.js';
import { readContent } from './store-file-content.js';

const HOUR = 3_600_000;
let root: string;
let path: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-store-'));
  path = join(root, 'holdfast', 'tokens.json');
  await mkdir(dirname(path), { mode: 0o700 });
});

afterEach(() => rm(root, { recursive: true }));

const names = () => readdir(dirname(path));
const clockAt = (now: number) => ({
  now: () => now,
  setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }),
});

describe('a file that is no store', () => {
  const entries = { k: { value: 'x', expiresAt: 9e15 } };
  it.each([
    ['is not JSON, or not all of it', 'hello'],
    ['is not JSON, or not all of it', ''],
    ['is no token store', '[]'],
    ['is no token store', JSON.stringify({ version: 1, entries })],
    [
      'is a token store of another version',
      JSON.stringify({ format: 'holdfast-token-store', version: 2, entries }),
    ],
    ['has no entries', JSON.stringify({ format: 'holdfast-token-store', version: 1, entries: [] })],
    [
      'has an entry that is none',
      JSON.stringify({ format: 'holdfast-token-store', version: 1, entries: { k: 7 } }),
    ],
    ['is larger than 4000000 bytes', ' '.repeat(4_000_001)],
  ])('because it %s is put aside as it was, reported once, and a new one begun', async (why, text) => {
    const warnings = warned();
    await writeFile(path, text, { mode: 0o600 });
    const store = fileStore({ path });
    expect(await store.get('k')).toBeUndefined();
    await store.set('a', 'x', HOUR);
    expect(await store.get('a')).toBe('x');
    const [aside = '', ...more] = (await names()).filter((name) => name !== 'tokens.json');
    expect(aside).toMatch(/^tokens\.json\.corrupt-\d{13}$/);
    expect(more).toEqual([]);
    expect(await readFile(join(dirname(path), aside), 'utf8')).toBe(text);
    expect(warnings).toEqual([
      {
        code: 'STORE_UNREADABLE',
        message: `What the token store has cannot be read: the file ${path} ${why}. It is taken for nothing`,
        service: 'token store',
      },
    ]);
  });

  it('but a folder is put aside with all that is in it', async () => {
    await mkdir(path);
    await writeFile(join(path, 'mine.txt'), 'mine');
    const store = fileStore({ path });
    expect(await store.get('a')).toBeUndefined();
    await store.set('a', 'x', HOUR);
    expect(await store.get('a')).toBe('x');
    const [aside = ''] = (await names()).filter((name) => name !== 'tokens.json');
    expect(await readFile(join(dirname(path), aside, 'mine.txt'), 'utf8')).toBe('mine');
  });

  it('is kept three times, and no more', async () => {
    const now = Date.now();
    for (let time = 0; time < 5; time += 1) {
      await writeFile(path, `corrupt ${time}`, { mode: 0o600 });
      await fileStore({ path, clock: clockAt(now + time) }).set('a', 'x', HOUR);
    }
    expect(await names()).toEqual([
      'tokens.json',
      ...[2, 3, 4].map((time) => `tokens.json.corrupt-${now + time}`),
    ]);
  });
});

describe('a file that was cut off or tampered with', () => {
  it('at any byte is whole or nothing', async () => {
    const store = fileStore({ path });
    await store.set('a', 'x', HOUR);
    await store.set('b', 'y', HOUR);
    const whole = await readFile(path, 'utf8');
    for (let length = 0; length < whole.length; length += 1)
      expect(typeof readContent(whole.slice(0, length))).toBe('string');
    for (const length of [0, 1, Math.floor(whole.length / 2), whole.length - 1]) {
      await writeFile(path, whole.slice(0, length));
      expect(await fileStore({ path }).get('a')).toBeUndefined();
    }
  });

  it('gives nobody a token that was not written, and fails nobody, whichever byte was changed', async () => {
    const outer = encrypted(fileStore({ path }), { timeoutMs: 60_000 });
    await outer.write('access-token', 'ada', 'a-token', HOUR);
    const whole = await readFile(path);
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, to }) => {
        const changed = Buffer.from(whole);
        changed[at] = to;
        await writeFile(path, changed);
        const found = await encrypted(fileStore({ path }), { timeoutMs: 60_000 }).read('access-token', 'ada');
        expect([undefined, 'a-token']).toContain(found);
      }),
      { numRuns: 300 },
    );
    // Whatever it was, the next write goes through.
    await writeFile(path, whole.subarray(0, 50));
    expect(await outer.write('access-token', 'ada', 'another', HOUR)).toBe(true);
    expect(await outer.read('access-token', 'ada')).toBe('another');
  });

  it('never makes a reader throw, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(typeof readContent(text)).toBe('string');
      }),
    );
  });
});
