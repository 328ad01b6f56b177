import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const committed = readdirSync(join(__dirname, 'api')).map((file) => file.replace(/\.md$/, ''));
// The types as they are published: needs `npm run build`, which `npm test` has done by now.
const reports = JSON.parse(
  execFileSync(process.execPath, ['scripts/api.mjs', '--print'], { cwd: root, encoding: 'utf8' }),
) as Readonly<Record<string, string>>;

describe('what users of a package can import from it', () => {
  it('is written down for every package that is published', () => {
    expect(committed.sort()).toEqual(Object.keys(reports).sort());
  });

  it.each(committed)('%s: has not changed unnoticed (`npm run api` writes it down anew)', (name) => {
    expect(reports[name]).toBe(readFileSync(join(__dirname, 'api', `${name}.md`), 'utf8'));
  });
});
