// Type-checks everything and builds each package twice: ECMAScript modules into dist/esm, CommonJS into dist/cjs.
// Why both: docs/decisions/0004-dual-packages.md
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// TypeScript 7 stands beside 6, and both claim the name `tsc`: hence the path.
const compiler = `${root}/node_modules/typescript-7/bin/tsc`;

function tsc(...args) {
  const { status, error } = spawnSync(process.execPath, [compiler, ...args], { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const packages = readdirSync(`${root}/packages`).filter((name) =>
  existsSync(`${root}/packages/${name}/package.json`),
);
const isPublished = (name) =>
  !JSON.parse(readFileSync(`${root}/packages/${name}/package.json`, 'utf8')).private;

// The compiler leaves behind what a source that is gone was built to, and packing would take it along.
for (const name of packages) {
  for (const dist of [`${root}/packages/${name}/dist/esm`, `${root}/packages/${name}/dist/cjs`].filter(
    existsSync,
  )) {
    for (const file of readdirSync(dist, { recursive: true })) {
      const source = /^(.*?)(\.d)?\.[jt]s$/.exec(file)?.[1];
      if (source !== undefined && !existsSync(`${root}/packages/${name}/src/${source}.ts`))
        rmSync(`${dist}/${file}`);
    }
  }
}

const commonJs = ['--module', 'commonjs', '--moduleResolution', 'bundler', '--verbatimModuleSyntax', 'false'];

tsc('-b', ...packages.map((name) => `packages/${name}`));
for (const name of packages.filter(isPublished)) {
  const cjs = `packages/${name}/dist/cjs`;
  // The types were checked just now; this pass only writes.
  tsc(
    ...`-p packages/${name} --composite false --incremental false --noCheck --outDir ${cjs}`.split(' '),
    ...commonJs,
  );
  writeFileSync(`${root}/${cjs}/package.json`, '{ "type": "commonjs" }\n');
}
tsc('-p', 'tsconfig.tests.json');
