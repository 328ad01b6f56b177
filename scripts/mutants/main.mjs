// How much of what is broken on purpose the tests notice (Stryker), and which mutants they do not: into docs/reference/mutants.md.
//   npm run mutants                       all targets
//   npm run mutants -- --only budget      one; several with a comma
//   npm run mutants -- --changed          only mutants that the last run on this machine did not judge by the same tests
// Ends with 1 where a target kills less than it has to, and where the page does not explain a survivor.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { format, resolveConfig } from 'prettier';
import { LEAST_SCORE, scoreOf, withScores } from './score-table.ts';
import { explainedIn, itemOf, survivorsOf, without } from './survivors.ts';
import { TARGETS } from './targets.ts';

const page = 'docs/reference/mutants.md';
const reports = '.mutants';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const { default: jest } = createRequire(import.meta.url)('../../jest.config.ts');
// Named by its path: of the root of the workspace it is no dependency, but of what jest depends on.
const testEnvironment = ['jest', 'jest-cli', 'jest-config', 'jest-environment-node'].reduce(
  (from, name) => createRequire(from).resolve(name),
  import.meta.url,
);
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    changed: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: '2' },
  },
});

const names = values.only?.split(',') ?? TARGETS.map(({ name }) => name);
const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name));
if (unknown.length > 0) throw new Error(`no such target: ${unknown.join(', ')}`);

const problems = [];
for (const target of TARGETS.filter(({ name }) => names.includes(name))) {
  await new Stryker(optionsOf(target)).runMutationTest();
  problems.push(...(await judge(target)));
}
console.log(problems.length === 0 ? 'Every survivor is explained.' : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;

/** Writes the score of a run into the page. Returns what is wrong with it. */
async function judge(target) {
  const report = JSON.parse(readFileSync(`${reports}/${target.name}.json`, 'utf8'));
  const score = scoreOf(target.name, report, new Date().toISOString().slice(0, 10));
  const text = withScores(readFileSync(page, 'utf8'), [score], TARGETS);
  writeFileSync(page, await format(text, { ...(await resolveConfig(page)), filepath: page }));
  const survivors = survivorsOf(report);
  const explained = explainedIn(text).filter(({ file }) => file in report.files);
  return [
    ...(score.score < LEAST_SCORE ? [`${target.name}: ${score.score} % are killed, of ${LEAST_SCORE}`] : []),
    ...without(survivors, explained).map((one) => `${one.file}: not explained:\n${itemOf(one)}`),
    ...without(explained, survivors).map((one) => `${one.file}: explained, and killed:\n${itemOf(one)}`),
  ];
}

function optionsOf({ name, package: folder, mutated, tests }) {
  const project = jest.projects.find(({ displayName }) => displayName === folder);
  return {
    mutate: mutated.map((file) => `packages/${folder}/src/${file}`),
    // What a test imports by the name of a package comes from the checkout, and is as it is: in the copy are the target's own files.
    ignorePatterns: [
      '/*',
      '!/package.json',
      '!/scripts',
      '!/packages',
      '/packages/*',
      `!/packages/${folder}`,
    ],
    tempDirName: join(tmpdir(), 'holdfast-mutants'),
    plugins: [import.meta.resolve('@stryker-mutator/jest-runner')],
    testRunner: 'jest',
    jest: {
      config: {
        ...project,
        testMatch: undefined,
        testEnvironment,
        roots: ['<rootDir>/src', '<rootDir>/../../scripts/mutants'],
        testRegex: ['/scripts/mutants/suite\\.cjs$'],
        globals: { testsOfTarget: tests.map((test) => `packages/${folder}/src/${test}.test.ts`) },
        moduleNameMapper: {
          ...project.moduleNameMapper,
          '^fast-check$': '<rootDir>/../../scripts/mutants/fast-check.cjs',
        },
      },
      enableFindRelatedTests: false,
    },
    coverageAnalysis: 'perTest',
    concurrency: Number(values.concurrency),
    timeoutMS: 30_000,
    disableTypeChecks: true,
    incremental: true,
    incrementalFile: `${reports}/${name}.incremental.json`,
    force: !values.changed,
    reporters: ['json', 'clear-text', 'progress-append-only'],
    jsonReporter: { fileName: `${reports}/${name}.json` },
    clearTextReporter: { allowColor: false, reportTests: false },
    allowConsoleColors: false,
  };
}
