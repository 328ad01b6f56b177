import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');

/** A piece of TypeScript that a document shows. */
export interface Example {
  /** `packages/retry/README.md 1`: the document, and which of its pieces. */
  readonly name: string;
  readonly code: string;
  /** The file that it is a piece of, where the document says so: ```ts concurrency-limit.ts */
  readonly file: string | undefined;
  /** What it prints, where a `text` block right below says so. */
  readonly output: string | undefined;
}

/** What came of an example that was run. */
export interface ExampleRun {
  readonly output: string;
  /** What it threw, or left unhandled. */
  readonly failure: string | undefined;
}

/** Every document that people read, but for the reports of the public API, which are written by a tool. */
export function documents(): readonly string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md') && !path.startsWith('docs/api/'));
  const ofPackages = readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/README.md`)
    .filter((path) => existsSync(join(root, path)));
  return ['README.md', 'CONTRIBUTING.md', ...ofPackages, ...inDocs.sort()];
}

/** The languages of the code in a document. */
export function languagesOf(document: string): readonly string[] {
  const fences = readFileSync(join(root, document), 'utf8').match(/^ *```.*$/gm) ?? [];
  return fences.filter((_, at) => at % 2 === 0).map((fence) => fence.replace(/^ *```(\S*).*$/, '$1'));
}

export function examplesOf(document: string): readonly Example[] {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = text.matchAll(/^```ts(?: (\S+))?\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms);
  return [...blocks].map(([, file, code = '', output], at) => ({
    name: `${document} ${at + 1}`,
    code,
    file,
    output,
  }));
}

const PACKAGES = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'src/index.ts')),
);

/** Type-checks examples, all at once, and runs them one after the other. */
export function tryOut(examples: readonly Example[]): {
  /** By the example's name; under `elsewhere` those that are in no example. */
  readonly typeErrors: ReadonlyMap<string, readonly string[]>;
  /** By the example's name. */
  readonly runs: ReadonlyMap<string, ExampleRun>;
} {
  // Where axios and Azure's packages are found, as a user's file would find them.
  const folder = mkdtempSync(join(root, 'packages/msal', '.examples-'));
  const files = examples.map((example, at) => ({ example, file: join(folder, `example-${at}.mts`) }));
  try {
    for (const { example, file } of files) writeFileSync(file, example.code);
    const project = join(folder, 'tsconfig.json');
    writeFileSync(project, JSON.stringify(projectOf(files.map(({ file }) => file))));

    const compiler = join(root, 'node_modules/typescript-7/bin/tsc');
    const { output: errors } = node([compiler, '--pretty', 'false', '-p', project]);
    const lines = errors.split('\n').filter((line) => line !== '');
    const exampleIn = (line: string) => examples[Number(/example-(\d+)\.mts/.exec(line)?.[1])];
    const typeErrors = new Map(
      [...examples.map(({ name }) => name), 'elsewhere'].map((name) => [
        name,
        lines.filter((line) => (exampleIn(line)?.name ?? 'elsewhere') === name),
      ]),
    );

    const sources = ['--conditions=@holdfast/source', '--import', 'tsx'];
    const hosts = ['--import', join(root, 'docs', 'example-hosts.mjs')];
    const { output, status } = node(
      [...sources, ...hosts, join(root, 'docs', 'run-examples.mjs'), ...files.map(({ file }) => file)],
      { ORDERS_SECRET: 'a-secret', TSX_TSCONFIG_PATH: project },
    );
    if (status !== 0) throw new Error(output);
    const runs = JSON.parse(output) as readonly ExampleRun[];
    return { typeErrors, runs: new Map(runs.map((run, at) => [examples[at]?.name ?? '', run])) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, output: status === 0 ? stdout : stdout + stderr };
}

function projectOf(files: readonly string[]): object {
  return {
    extends: '../../../tsconfig.base.json',
    compilerOptions: {
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      noEmit: true,
      noUnusedLocals: false,
      // msal-common's types want those of a browser.
      skipLibCheck: true,
      // A reader installs what an example imports; the workspace's root has not all of it.
      paths: {
        ...Object.fromEntries(PACKAGES.map((name) => [`@holdfast/${name}`, [`../../${name}/src/index.ts`]])),
        '@example/*': ['../../../docs/how-to/*.ts'],
      },
    },
    files,
  };
}
