import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Record<string, unknown>;
  readonly publishConfig: { readonly exports: Record<string, unknown> };
}

const published = readdirSync(join(root, 'packages'))
  .map(
    (folder) => JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as Manifest,
  )
  .filter((manifest) => manifest.private !== true);

/** Runs a script in a process of its own, without the condition that leads to the sources. Needs `npm run build`. */
function node(code: string, type: 'module' | 'commonjs'): unknown {
  const flags = [`--input-type=${type}`, '--eval', code];
  return JSON.parse(
    execFileSync(process.execPath, flags, { cwd: join(root, 'packages', 'client'), encoding: 'utf8' }),
  );
}

describe.each(published)('$name as it is published', ({ name, exports, publishConfig }) => {
  it('has no way to the sources, and the same ways to the rest', () => {
    const { '@holdfast/source': source, ...rest } = exports['.'] as Record<string, unknown>;
    expect(source).toBe('./src/index.ts');
    expect(publishConfig.exports).toEqual({ ...exports, '.': rest });
  });

  it('offers the same names to `import` and to `require`', () => {
    const path = join(root, 'packages', name.replace('@holdfast/', ''), 'dist');
    const names =
      'console.log(JSON.stringify(Object.keys(all).filter((key) => key !== "__esModule").sort()))';
    const imported = node(
      `import * as all from ${JSON.stringify(`${path}/esm/index.js`)}; ${names}`,
      'module',
    );
    const required = node(
      `const all = require(${JSON.stringify(`${path}/cjs/index.js`)}); ${names}`,
      'commonjs',
    );
    expect(imported).toEqual(required);
    expect(imported).not.toEqual([]);
  });
});

describe('both module formats in one process', () => {
  it("find each other's calls and pipelines, and agree on errors by their code", () => {
    const code = `
      import { createRequire } from 'node:module';
      import * as esm from '@holdfast/client';
      const cjs = createRequire(process.cwd() + '/')('@holdfast/client');
      const options = { name: 'orders', baseURL: 'http://127.0.0.1:1', credential: false, retry: false };
      const client = cjs.createServiceClient(options);
      const error = await client.get('/7').catch((error) => error);
      console.log(JSON.stringify({
        copies: esm.install !== cjs.install,
        second: (() => { try { esm.install(client, []); } catch (error) { return error.code; } })(),
        story: esm.callOf(error)?.attempts.length,
        agree: esm.isHoldfastError(new cjs.ThrottledError({ service: 'a', retryAfterMs: 1, until: 1 }), 'ERR_THROTTLED'),
      }));`;
    expect(node(code, 'module')).toEqual({
      copies: true,
      second: 'ERR_ALREADY_INSTALLED',
      story: 1,
      agree: true,
    });
  });
});
