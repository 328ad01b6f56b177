import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StormResult } from './storm-result.js';

const root = join(__dirname, '../../../..');
const SMALL = '--capacity 40 --clients 2 --before 2 --outage 3 --after 6'.split(' ');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'storm-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** As npm starts it, by somebody who stands in the folder. */
function storm(...args: string[]) {
  const main = join(root, 'packages/bench/src/storm/main.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@holdfast/source', '--import', 'tsx', main, ...args],
    { cwd: root, encoding: 'utf8', env: { ...process.env, INIT_CWD: folder } },
  );
  return { status, stdout, stderr };
}

/** A picture, and what else was printed. */
function picture(name: string) {
  const run = storm(...SMALL, '--against', 'no-retries', '--fault', 'hang', '--svg', name);
  return { ...run, svg: readFileSync(join(folder, name), 'utf8') };
}

describe('the storm command', () => {
  it('prints one JSON document and nothing else, of a service of the configuration', () => {
    const orders = { baseURL: 'https://orders.invalid', scopes: 'api://orders/.default', deadlineMs: 5_000 };
    writeFileSync(join(folder, 'services.json'), JSON.stringify({ services: { orders, billing: orders } }));
    const asked = ['--config', 'services.json', '--service', 'orders', '--against', 'no-retries', '--json'];
    const { status, stdout, stderr } = storm(...SMALL, ...asked);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { results } = JSON.parse(stdout) as { results: readonly StormResult[] };
    expect(results.map(({ strategy, seconds }) => [strategy, seconds.length])).toEqual([
      ['service orders', 11],
      ['no retries', 11],
    ]);
    // Without a token, which nobody was asked for.
    const [own, bare] = results.map(({ seconds }) =>
      seconds.reduce((sum, { succeeded }) => sum + succeeded, 0),
    );
    expect(own).toBeGreaterThan(0);
    expect(bare).toBeGreaterThan(0);
  });

  it('draws the same picture twice, byte for byte, beside the table', () => {
    const { status, stdout, stderr, svg } = picture('first.svg');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toContain('\u001b');
    expect(stdout.match(/Holdfast/g)).toHaveLength(2);
    expect(svg).toMatch(/^<svg /);
    for (const text of [
      'Holdfast',
      'no retries',
      'hang: load',
      'hang: calls that succeeded',
      'seconds since',
    ])
      expect(svg).toContain(`>${text}`);
    // On paper of its own it reads on dark pages too.
    expect(svg).toMatch(/<rect width="960" height="\d+" x="0" y="0" fill="#ffffff">/);
    expect(picture('second.svg').svg).toBe(svg);
  });

  it('says what is wrong and exits with 2, with nothing on stdout', () => {
    const { status, stdout, stderr } = storm('--config', 'none.json');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      `storm: --config cannot be read: ENOENT ${join(folder, 'none.json')}\nWhat there is: npm run storm -- --help\n`,
    );
  });

  it('refuses a picture that could not be written before it plays', () => {
    const { status, stderr } = storm(...SMALL, '--svg', 'no-such-folder/a.svg');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^storm: --svg cannot be written: ENOENT .*no-such-folder/);
  });
});
