// Runs the pnpm that package.json names, on a machine that has only Node and npm:
//   node scripts/pnpm.mjs install --frozen-lockfile
// What pnpm prints goes to stderr, so that `npm start -- --json` leaves nothing but JSON on stdout.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const args = ['exec', '--yes', '--loglevel=error', `--package=${packageManager}`, '--', 'pnpm'];
const { status, error } = spawnSync('npm', [...args, ...process.argv.slice(2)], {
  cwd: new URL('..', import.meta.url),
  stdio: ['inherit', process.stderr, 'inherit'],
  shell: process.platform === 'win32',
});
if (error) throw error;
process.exitCode = status ?? 1;
