import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import axios from 'axios';

const root = join(__dirname, '..', '..');

interface Manifest {
  readonly private?: boolean;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

describe('the lowest version of axios that a package accepts', () => {
  const published = readdirSync(join(root, 'packages'))
    .map((name): [string, Manifest] => [
      name,
      JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest,
    ])
    .filter(([, manifest]) => manifest.private !== true);

  it.each(published)('%s: is the one that the tests ran on', (_, { peerDependencies }) => {
    expect(peerDependencies?.['axios']).toBe(`^${axios.VERSION}`);
  });

  it('is the one that the documentation names', () => {
    const text = readFileSync(join(root, 'docs/reference/requirements.md'), 'utf8');
    expect(/^\| axios +\| ([\d.]+) or newer/m.exec(text)?.[1]).toBe(axios.VERSION);
  });
});
