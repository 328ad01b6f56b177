import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestIn, names, node, packed, root } from './packed-packages.js';

const folder = join(packed, 'sdk-errors');

/** What is not ours is linked from the workspace: no network. */
function link(name: string, target: string): void {
  const path = join(folder, 'node_modules', name);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(realpathSync(target), path, 'junction');
}

beforeAll(() => {
  for (const name of names) {
    const unpacked = join(packed, 'packages', name);
    cpSync(unpacked, join(folder, 'node_modules', '@holdfast', name), { recursive: true });
    for (const dependency of Object.keys(manifestIn(unpacked).dependencies ?? {}))
      if (!dependency.startsWith('@holdfast/'))
        link(dependency, join(root, 'packages', name, 'node_modules', dependency));
  }
  link('axios', join(root, 'node_modules', 'axios'));
});

const PACKAGES = `{ axios: 'axios', client: '@holdfast/client', sdk: '@holdfast/sdk-base' }`;

/** Fails in each way there is: the service says no, what it says does not fit, and nothing is sent. */
const FAILURES = `
  const failuresOf = async ({ client: { createServiceClient }, sdk: { ServiceSdk } }) => {
    class Orders extends ServiceSdk {
      get(id, options) { return this.http.get('/orders/' + id, options); }
    }
    const answers = {
      '/orders/1': { status: 404, data: '{"title":"gone"}' },
      '/orders/2': { status: 200, data: '{}' },
      '/orders/3': { status: 429, data: '', headers: { 'retry-after': '70' } },
    };
    const adapter = async (config) => {
      const answer = { statusText: '', headers: {}, ...answers[config.url], config };
      // As axios's own adapters do: else any status is a success.
      config.validateStatus(answer.status);
      return answer;
    };
    const orders = new Orders(createServiceClient({
      name: 'orders', baseURL: 'https://orders.example', credential: false, retry: false, axios: { adapter },
    }));
    const schema = { '~standard': { version: 1, vendor: 'own', validate: () => ({ issues: [{ message: 'no' }] }) } };
    const failed = (call) => call.then(() => 'it succeeded', (error) => error);
    return {
      missing: await failed(orders.get('1')),
      unfit: await failed(orders.get('2', { schema })),
      limited: await failed(orders.get('3')),
      refused: await failed(orders.get('4')),
    };
  };`;

/** What a consumer can tell of an error. */
const TOLD = `
  const told = ({ axios: { AxiosError, isAxiosError }, client, sdk }, error) => [
    error.name,
    error instanceof Error,
    error instanceof AxiosError,
    isAxiosError(error),
    error.response?.status,
    error instanceof sdk.StatusError,
    sdk.isStatusError(error),
    client.isHoldfastError(error),
    client.retryAfterOf(error) > 0,
  ];`;

const HEADS = {
  mjs: `import { createRequire } from 'node:module';
    const loaded = async (name) => ({ ...await import(name) });
    const require = createRequire(import.meta.url);`,
  cjs: `const loaded = async (name) => require(name);`,
};

/** Runs a program with \`all\` of its own format, and reads what it prints. */
function run(format: keyof typeof HEADS, name: string, program: string): unknown {
  const file = `${name}.${format}`;
  writeFileSync(
    join(folder, file),
    `${HEADS[format]}${FAILURES}${TOLD}
    const load = async (by) => Object.fromEntries(await Promise.all(
      Object.entries(${PACKAGES}).map(async ([key, name]) => [key, await by(name)])));
    const main = async () => { const all = await load(loaded); ${program} };
    main().then((result) => console.log(JSON.stringify(result)));`,
  );
  const { status, output } = node(folder, file);
  return status === 0 ? JSON.parse(output) : { status, output };
}

// Name, Error, AxiosError, isAxiosError, status, StatusError, isStatusError, isHoldfastError, retryAfterOf.
const EXPECTED = {
  missing: ['NotFoundError', true, true, true, 404, true, true, false, false],
  unfit: ['ResponseValidationError', true, true, true, 200, false, false, false, false],
  limited: ['RateLimitedError', true, true, true, 429, true, true, false, true],
  refused: ['ThrottledError', true, true, true, null, false, false, true, true],
};

const TELL = `Object.fromEntries(Object.entries(await failuresOf(all)).map(([key, error]) => [key, told(TELLER, error)]))`;

describe('what an SDK throws', () => {
  it.each(['mjs', 'cjs'] as const)('is an error of axios to a consumer of the same format: %s', (format) => {
    expect(run(format, 'same', `return ${TELL.replace('TELLER', 'all')};`)).toEqual(EXPECTED);
  });

  it('is recognised by its shape where the other format of the packages is asked, and not by its class', () => {
    // Axios has two copies in such a process as well.
    const program = `const others = await load(async (name) => require(name)); return ${TELL.replace('TELLER', 'others')};`;
    const expected = Object.entries(EXPECTED).map(([key, [name, isError, , ...others]]) => {
      const [isAxiosError, status, , ...rest] = others;
      return [key, [name, isError, false, isAxiosError, status, false, ...rest]];
    });
    expect(run('mjs', 'both', program)).toEqual(Object.fromEntries(expected));
  });
});
