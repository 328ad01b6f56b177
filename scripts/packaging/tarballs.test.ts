import { readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { preProcessFile } from 'typescript';
import { manifestIn, names, packed, root, tool } from './packed-packages.js';

const FORMATS = ['dist/cjs', 'dist/esm'];

/** Whose types a package shows all the same. Every compiler that sees the package reads them: for tests alone, let it. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  'sdk-base': ['@standard-schema/spec'],
  testing: ['jose'],
};

/** Every file below a folder, in order. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** What the modules of a package import, from `index` on: its own modules by name, and packages. */
function importsOf(
  folder: string,
  endings = ['.js', '.d.ts'],
): { modules: Set<string>; packages: Set<string> } {
  const modules = new Set(['index']);
  const packages = new Set<string>();
  // A set that grows is walked to its end.
  for (const name of modules) {
    const files = FORMATS.flatMap((format) => endings.map((ending) => `${format}/${name}${ending}`));
    for (const file of files) {
      const text = readFileSync(join(folder, file), 'utf8');
      for (const { fileName } of preProcessFile(text, true, true).importedFiles) {
        const own = /^\.\/(.*)\.js$/.exec(fileName)?.[1];
        if (own !== undefined) modules.add(own);
        else packages.add(/^(@[^/]+\/)?[^/]+/.exec(fileName)?.[0] ?? '');
      }
    }
  }
  return { modules, packages };
}

/** Every text in a JSON value, keys included. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return [...Object.keys(value), ...Object.values(value).flatMap(textsIn)];
}

describe.each(names)('%s as it is installed', (name) => {
  const folder = join(packed, 'packages', name);

  it('holds what a consumer can reach, a licence and a README, and nothing else', () => {
    const beside = ['LICENSE', 'README.md', 'dist/cjs/package.json', 'package.json'];
    const reached = [...importsOf(folder).modules].flatMap((module) =>
      FORMATS.flatMap((format) => [`${format}/${module}.d.ts`, `${format}/${module}.js`]),
    );
    const exported = Object.values(manifestIn(folder).exports ?? {}).filter(
      (path) => typeof path === 'string',
    );
    const files = new Set([...beside, ...reached, ...exported.map((path) => path.replace(/^\.\//, ''))]);
    expect(filesIn(folder)).toEqual([...files].sort());
  });

  it('imports no package that it does not ask for', () => {
    const { dependencies, peerDependencies } = manifestIn(folder);
    const asked = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
    const missing = [...importsOf(folder).packages].filter(
      (module) => !isBuiltin(module) && !asked.has(module),
    );
    expect(missing).toEqual([]);
  });

  it('has types for which no compiler has to read those of an engine', () => {
    const leading = [...importsOf(folder, ['.d.ts']).packages].filter(
      (module) => !isBuiltin(module) && !/^(?:axios|@holdfast\/.*)$/.test(module),
    );
    expect(leading.sort()).toEqual([...(SHOWN[name] ?? [])]);
  });

  it('names versions that can be installed, and no way to the sources', () => {
    const { dependencies = {}, peerDependencies = {}, ...manifest } = manifestIn(folder);
    for (const version of Object.values({ ...dependencies, ...peerDependencies }))
      expect(version).toMatch(/^\^?\d+\.\d+\.\d+$/);
    expect(textsIn(manifest).filter((text) => /^(workspace|catalog):|source|\bsrc\b/.test(text))).toEqual([]);
  });

  it('is found nothing wrong with by publint', () => {
    const { status, output } = tool('publint', 'publint', root, tarballOf(name), '--strict');
    expect(output).toMatch(/^All good!$/m);
    expect(status).toBe(0);
  });

  it('has the types that fit its code, whichever way it is resolved', () => {
    const args = [tarballOf(name), '--format', 'ascii', '--no-emoji'];
    const { status, output } = tool('@arethetypeswrong/cli', 'attw', root, ...args);
    expect(output).toContain('No problems found');
    expect(status).toBe(0);
  }, 60_000);
});

function tarballOf(name: string): string {
  return join(packed, 'tarballs', `holdfast-${name}-${manifestIn(join(root, 'packages', name)).version}.tgz`);
}
