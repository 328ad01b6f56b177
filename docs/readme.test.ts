import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '..');

/** The TypeScript that a document shows, piece by piece. */
function codeOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
}

/** Runs code as it stands, with every host on the internet played by nock. */
function run(code: string): { status: number | null; output: string } {
  // Inside the workspace, so that it finds the packages as a user's file would.
  const folder = mkdtempSync(join(root, 'docs', '.example-'));
  try {
    const file = join(folder, 'example.mts');
    writeFileSync(file, code);
    const flags = [
      '--conditions=@holdfast/source',
      '--import',
      'tsx',
      '--import',
      join(root, 'docs', 'example-hosts.mjs'),
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, file], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ORDERS_SECRET: 'a-secret' },
    });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the README', () => {
  const [first, second, third, ...others] = codeOf('README.md');

  it('shows three pieces of code, the first in at most fifteen lines', () => {
    expect(others).toEqual([]);
    expect(
      first
        ?.trim()
        .split('\n')
        .filter((line) => line !== '').length,
    ).toBeLessThanOrEqual(15);
  });

  it('its first example makes a protected call', () => {
    expect(run(first ?? '')).toEqual({ status: 0, output: "{ id: 7, for: 'Bearer a-token' }\n" });
  });

  it('its second example makes one on an axios instance of its own', () => {
    expect(run(`${second}console.log('done');`)).toEqual({ status: 0, output: 'done\n' });
  });

  it('its third example tells the story of a call that failed', () => {
    const { status, output } = run(third ?? '');
    expect(output).toMatch(
      /^try again in some ms\nGET status \/health\n {2}#1 \(.*\): 503; retry 1 in \d+ ms: unavailable\n/,
    );
    expect(output.match(/^ {2}#\d /gm)).toHaveLength(4);
    expect(status).toBe(0);
  });

  it('draws the order that the code has', () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8');
    const drawn = [
      ...text.matchAll(
        /^ *(deadline|retry|throttleGate|circuitBreaker|attachToken|claimsChallenge|attemptTimeout) {2,}/gm,
      ),
    ];
    const code = readFileSync(join(root, 'packages/client/src/standard-interceptors.ts'), 'utf8');
    const list = code.slice(code.indexOf('  return ['));
    const inCode = [
      ...list.matchAll(
        /\b(deadline|retry|throttleGate|circuitBreaker|attachToken|claimsChallenge|attemptTimeout)\(/g,
      ),
    ];
    expect(drawn.map(([, name]) => name)).toEqual(inCode.map(([, name]) => name));
  });
});
