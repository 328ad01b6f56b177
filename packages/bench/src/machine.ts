import { createRequire } from 'node:module';
import { arch, cpus, platform, totalmem } from 'node:os';

/** Where and by what something was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Of what is measured, and of what it is measured beside. */
  readonly packages: Readonly<Record<string, string>>;
}

const PACKAGES = [
  'axios',
  'axios-retry',
  'opossum',
  'cockatiel',
  '@azure/msal-node',
  '@azure/core-rest-pipeline',
] as const;

export function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  };
}

const require = createRequire(import.meta.url);

/** Some do not export their package.json: it is looked for above what they do export. */
function versionOf(name: string): string {
  const paths = require.resolve.paths(name) ?? [];
  for (const path of paths) {
    const found = readVersion(`${path}/${name}/package.json`);
    if (found !== undefined) return found;
  }
  throw new Error(`${name} is not installed`);
}

function readVersion(path: string): string | undefined {
  try {
    return (require(path) as { version: string }).version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
