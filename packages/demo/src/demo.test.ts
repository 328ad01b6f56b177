import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ScenarioReport } from './report.js';

const root = join(__dirname, '..', '..', '..');

function demo(...args: readonly string[]) {
  const flags = ['--conditions=@holdfast/source', '--import', 'tsx', 'packages/demo/src/main.ts'];
  return spawnSync(process.execPath, [...flags, ...args], { cwd: root, encoding: 'utf8', timeout: 100_000 });
}

describe('the demo', () => {
  it('keeps every promise, and prints one JSON document and nothing else on stdout', () => {
    const { status, stdout, stderr } = demo('--json');
    const { scenarios } = JSON.parse(stdout) as { scenarios: ScenarioReport[] };
    expect(scenarios).toHaveLength(6);
    const broken = scenarios.flatMap(({ name, promised }) =>
      promised.filter(({ kept }) => !kept).map(({ what }) => `${name}: ${what}`),
    );
    expect(broken).toEqual([]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^1\/6 steady traffic …/);
    // What the naive stack makes of it is what all this is for: were it as good, the scenarios would show nothing.
    expect(
      scenarios.filter(({ naive, holdfast }) => naive.tokenRequests > holdfast.tokenRequests).length,
    ).toBeGreaterThanOrEqual(4);
    expect(scenarios.some(({ naive }) => naive.earlyRequests > 0)).toBe(true);
  }, 120_000);

  it('says how it is used, and what it does not know', () => {
    expect(demo('--help').stdout).toContain('npm start -- --json');
    expect(demo('--jsn')).toMatchObject({ status: 2, stdout: '' });
  }, 30_000);
});
