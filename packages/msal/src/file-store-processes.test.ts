import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startIdentityProvider } from '@holdfast/testing';
import { fileStore } from './file-store.js';

interface Said {
  readonly name: string;
  readonly number?: number;
  readonly token?: string;
}

let root: string;
let path: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-store-'));
  path = join(root, 'holdfast', 'tokens.json');
});

afterEach(() => rm(root, { recursive: true }));

/** Two processes that begin at the same moment; resolves to all that they have said, in its order. */
async function twoProcesses(told: object): Promise<Said[]> {
  const said: Said[] = [];
  const children = ['one', 'two'].map((name): ChildProcess => {
    const child = fork(join(__dirname, 'file-store-process.mjs'), [JSON.stringify({ path, name, ...told })], {
      cwd: join(__dirname, '..'),
      execArgv: ['--conditions=@holdfast/source', '--import=tsx'],
    });
    return child;
  });
  await Promise.all(children.map((child) => once(child, 'message')));
  const ended = children.map((child) => once(child, 'exit'));
  for (const child of children) {
    child.on('message', (message) => said.push(message as Said));
    child.send('go');
  }
  expect((await Promise.all(ended)).map(([code]) => code as unknown)).toEqual([0, 0]);
  return said;
}

describe('two processes with one file', () => {
  it('lose none of 1,000 interleaved writes', async () => {
    const said = await twoProcesses({ writes: 500 });
    const changes = said.filter(({ name }, at) => name !== said[at - 1]?.name).length;
    expect(changes).toBeGreaterThan(20);
    expect(said).toHaveLength(1_000);
    const store = fileStore({ path });
    const keys = ['one', 'two'].flatMap((name) => Array.from({ length: 500 }, (_, at) => `${name}-${at}`));
    const values = await Promise.all(keys.map((key) => store.get(key)));
    expect(values.filter((value) => value === undefined)).toEqual([]);
    expect(await readdir(dirname(path))).toEqual(['tokens.json']);
  }, 300_000);

  it('make one token request between them', async () => {
    await using idp = await startIdentityProvider();
    // As slow as one that the other cannot overtake by chance.
    idp.delayMs = 300;
    const key = Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString('hex');
    const said = await twoProcesses({ writes: 0, app: idp.app, key });
    expect(new Set(said.map(({ token }) => token)).size).toBe(1);
    expect(said).toHaveLength(2);
    expect(idp.tokenRequests).toHaveLength(1);
    expect(await readdir(dirname(path))).toEqual(['tokens.json']);
  }, 240_000);
});
