import {
  existsSync,
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestIn, names, node, packed, root, tool, type Run } from './packed-packages.js';

/** The compilers of the workspace that play a consumer's. */
export type TypeScript = 'typescript-5.4' | 'typescript' | 'typescript-7';

/** The ways in which consumers compile, with the files that do so. */
export const MODES = {
  'as ES modules and CommonJS, nodenext': ['--module nodenext', 'app.mts', 'app.cts'],
  'as ES modules and CommonJS, node16': ['--module node16', 'app.mts', 'app.cts'],
  'for a bundler': ['--module esnext --moduleResolution bundler', 'app.ts'],
  'as CommonJS that knows no `exports`': [
    '--module commonjs --moduleResolution node10 --esModuleInterop',
    'app.ts',
  ],
} as const;

/**
 * A project that has installed the tarballs, and a dependency that brings an axios of its own. What is not ours is linked
 * from the workspace: no network.
 */
export class Consumer {
  readonly #folder: string;

  /** @param axios The name of the workspace's axios that stands on top. @param nested That of the other dependency. */
  constructor(axios: string, nested: string) {
    this.#folder = join(packed, `consumer-${axios}`);
    for (const name of names) {
      const unpacked = join(packed, 'packages', name);
      cpSync(unpacked, join(this.#folder, 'node_modules', '@holdfast', name), { recursive: true });
      for (const dependency of Object.keys(manifestIn(unpacked).dependencies ?? {})) {
        if (dependency.startsWith('@holdfast/')) continue;
        this.#link(dependency, join(root, 'packages', name, 'node_modules', dependency));
      }
    }
    this.#link('@types/node', join(root, 'node_modules', '@types', 'node'));
    this.#link('axios', join(root, 'node_modules', axios));
    this.#link('another-dependency/node_modules/axios', join(root, 'node_modules', nested));
    this.write(
      'node_modules/another-dependency/package.json',
      '{ "main": "index.cjs", "types": "index.d.cts" }',
    );
    this.write(
      'node_modules/another-dependency/index.cjs',
      "const axios = require('axios');\nexports.version = axios.VERSION;\nexports.client = axios.create();\n",
    );
    this.write(
      'node_modules/another-dependency/index.d.cts',
      "import axios = require('axios');\nexport const version: string;\nexport const client: axios.AxiosInstance;\n",
    );
    const app = readFileSync(join(__dirname, 'app.mts'), 'utf8');
    for (const file of ['app.mts', 'app.cts', 'app.ts']) this.write(file, app);
  }

  /** Type-checks strictly, declarations included. What is compiled goes to `out`, or nowhere. */
  compile(typescript: TypeScript, [module, ...files]: readonly [string, ...string[]], out?: string): Run {
    const strict = '--strict --skipLibCheck false --target es2022 --lib es2022 --types node';
    const emit = out === undefined ? ['--noEmit'] : ['--outDir', out];
    return tool(
      typescript,
      'tsc',
      this.#folder,
      ...strict.split(' '),
      ...module.split(' '),
      ...emit,
      ...files,
    );
  }

  /** Runs a file, and reads what it prints. */
  run(file: string): unknown {
    const { status, output } = node(this.#folder, file);
    return status === 0 ? JSON.parse(output) : { status, output };
  }

  write(path: string, text: string): void {
    const target = join(this.#folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  #link(name: string, target: string): void {
    const path = join(this.#folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    // Two of ours may stand on the same package: the catalog has one version of each.
    if (existsSync(path) && realpathSync(path) === realpathSync(target)) return;
    symlinkSync(realpathSync(target), path, 'junction');
  }
}

/** What `app.mts` prints when all of it works. */
export function expected(axios: string, nested: string): unknown {
  const version = (name: string) => manifestIn(join(root, 'node_modules', name)).version;
  return {
    versions: [version(axios), version(nested)],
    data: { id: 7, authorization: 'Bearer a-token' },
    failures: ['429', '70000', 'ERR_THROTTLED', 'true', '0'],
    foreign: {
      found: { id: 7, authorization: 'Bearer a-static-token', counted: '1' },
      attempts: [503, 200],
      answers: 2,
      missing: [true, 404],
      slow: true,
      canceled: [true, 'ERR_CANCELED'],
    },
  };
}
