import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  Breakers,
  RetryBudget,
  attachToken,
  attemptTimeout,
  cachedCredential,
  circuitBreaker,
  claimsChallenge,
  correlate,
  createServiceClient,
  deadline,
  fallback,
  retry,
  standardInterceptors,
  throttleGate,
  withDeadline,
  type Breaker,
} from '@holdfast/client';
import { httpReplyFor, install, systemClock, type Option } from '@holdfast/core';
import {
  clientCredential,
  credentialFromEnvironment,
  deviceCode,
  encryptedStore,
  fileStore,
  managedIdentity,
  onBehalfOf,
  signedInUser,
  workloadIdentity,
} from '@holdfast/msal';
import {
  manualClock,
  scriptedTransport,
  startIdentityProvider,
  startManagedIdentityEndpoint,
  startProtectedApi,
  staticCredential,
  type ManagedIdentityEndpoint,
} from '@holdfast/testing';
import axios from 'axios';
import type * as OptionModule from '../packages/core/src/option.js';
import { completed, tablesOf, typesOf } from './documented-options.js';
import { concurrencyLimit } from './how-to/concurrency-limit.js';
import { OWN, answerTo, isUuid, read, worded } from './worded-default.js';

// How the defaults come out of the code: every factory reads its options through `readOptions` of core. Here that is
// wrapped, each factory is run once, and each schema that comes by is asked what it makes of an option that is not given.
const mockDefaults = new Map<string, Record<string, unknown>>();
const mockRequired = Symbol.for('required');

jest.mock('../packages/core/src/option.js', () => {
  const actual = jest.requireActual<typeof OptionModule>('../packages/core/src/option.js');
  const readOptions: typeof actual.readOptions = (factory, schemas, given) => {
    const defaults = Object.entries(schemas).map(([name, schema]) => [name, fallbackOf(name, schema)]);
    // A factory may read them in two goes.
    const known = mockDefaults.get(factory);
    mockDefaults.set(factory, { ...known, ...Object.fromEntries(defaults) } as Record<string, unknown>);
    return actual.readOptions(factory, schemas, given);
  };
  function fallbackOf(name: string, schema: Option<unknown>): unknown {
    try {
      return actual.readOptions('', { [name]: schema }, {})[name];
    } catch {
      return mockRequired;
    }
  }
  return { ...actual, readOptions };
});

const credential = staticCredential('a-token');
const scopes = 'api://orders/.default';
const application = { tenantId: 'contoso.example', clientId: 'orders', clientSecret: 'a-secret' };

/** Every factory that reads options, run with no more than it needs. */
const RUNS: Readonly<Record<string, () => unknown>> = {
  retry: () => retry(),
  RetryBudget: () => new RetryBudget(),
  throttleGate: () => throttleGate(),
  circuitBreaker: () => circuitBreaker(),
  claimsChallenge: () => claimsChallenge(),
  correlate: () => correlate(),
  deadline: () => deadline(),
  attemptTimeout: () => attemptTimeout(),
  fallback: () => fallback(),
  withDeadline: () => withDeadline(1_000, () => 7),
  cachedCredential: () => cachedCredential(credential),
  attachToken: () => attachToken(credential, { scopes }),
  clientCredential: () => clientCredential(application),
  workloadIdentity: () =>
    workloadIdentity({ tenantId: 'contoso.example', clientId: 'orders', tokenFile: '/token' }),
  managedIdentity: () => managedIdentity(),
  onBehalfOf: () => onBehalfOf(application),
  signedInUser: () => signedInUser({ tenantId: 'contoso.example', clientId: 'orders' }),
  deviceCode: () => deviceCode({ tenantId: 'contoso.example', clientId: 'orders', prompt: () => undefined }),
  credentialFromEnvironment: () => credentialFromEnvironment({ env: {} }),
  encryptedStore: () =>
    encryptedStore(fileStore({ path: '/store' }), { keys: [{ id: 'a', key: randomBytes(32) }] }),
  fileStore: () => fileStore({ path: '/store' }),
  standardInterceptors: () => standardInterceptors({ name: 'orders', credential, scopes }),
  manualClock: () => manualClock({ fakeGlobals: false }),
  scriptedTransport: () => scriptedTransport([]),
  httpReplyFor: () => httpReplyFor(new Error('of no service')),
  concurrencyLimit: () => concurrencyLimit(),
};

/** What an operator says to one circuit: options of `circuitBreaker()` again, or such as have no default. */
const SAID_TO_A_CIRCUIT: Readonly<Record<string, (breaker: Breaker) => void>> = {
  configure: (breaker) => {
    breaker.configure({});
  },
  forceOpen: (breaker) => {
    breaker.forceOpen({ forMs: 1, reason: 'INC-4711' });
  },
  forceClosed: (breaker) => {
    breaker.forceClosed({ forMs: 1, reason: 'INC-4711' });
  },
};

/** Options that are undefined in one factory because it hands them on to another. */
const HANDED_ON: Readonly<Record<string, readonly [factory: string, option: string]>> = {
  'standardInterceptors.deadlineMs': ['deadline', 'deadlineMs'],
  'standardInterceptors.attemptTimeoutMs': ['attemptTimeout', 'timeoutMs'],
  'standardInterceptors.stallMs': ['attemptTimeout', 'stallMs'],
  'standardInterceptors.inheritCredential': ['attachToken', 'inheritCredential'],
  'standardInterceptors.key': ['throttleGate', 'key'],
};

const root = join(__dirname, '..');
/** Where the options of a package may stand: in its README, or on its pages of the reference. */
const documentsOf = (name: string) =>
  [
    join(root, 'packages', name, 'README.md'),
    ...(name === 'msal' ? ['msal', 'users', 'stores'] : [name]).map((page) =>
      join(root, 'docs/reference', `${page}.md`),
    ),
  ].filter((path) => existsSync(path));

const places = [
  { folder: join(root, 'docs/how-to'), documents: [join(root, 'docs/how-to/add-an-interceptor.md')] },
  ...readdirSync(join(root, 'packages'))
    .filter((name) => existsSync(join(root, 'packages', name, 'src/index.ts')))
    .map((name) => ({
      folder: join(root, 'packages', name, 'src'),
      documents: documentsOf(name),
    })),
];
const tables = completed(
  places.flatMap(({ documents }) => documents.flatMap((path) => tablesOf(readFileSync(path, 'utf8')))),
);
const types = places.flatMap(({ folder }) => typesOf(folder));

beforeAll(async () => {
  for (const run of Object.values(RUNS)) run();
  for (const [handedOn, [factory, option]] of Object.entries(HANDED_ON)) {
    const [from = '', name = ''] = handedOn.split('.');
    Object.assign(mockDefaults.get(from)!, { [name]: mockDefaults.get(factory)?.[option] });
  }
  const withoutBase = () =>
    Reflect.apply(createServiceClient, undefined, [{ name: 'orders', credential: false }]);
  expect(withoutBase).toThrow('"baseURL" must be');
  mockDefaults.set('createServiceClient', { baseURL: mockRequired, axios: undefined });
  const readings = jest.spyOn(systemClock, 'now');
  await answerTo(() => undefined);
  mockDefaults.set('install', { clock: readings.mock.calls.length > 0 ? systemClock : undefined });
  await observeTestServers();
});

/** These take their options without `readOptions`; what they do without one can be seen. */
async function observeTestServers(): Promise<void> {
  await using idp = await startIdentityProvider();
  await using other = await startIdentityProvider();
  await using api = await startProtectedApi({ idp, audience: 'api://orders' });
  const { expiresIn, refreshIn, app } = idp;
  const fixed = (name: 'tenantId' | 'clientId' | 'clientSecret') =>
    app[name] === other.app[name] ? `a fixed ${name === 'clientSecret' ? 'text' : 'UUID'}` : 'a fresh one';
  mockDefaults.set('startIdentityProvider', {
    tenantId: fixed('tenantId'),
    clientId: fixed('clientId'),
    clientSecret: fixed('clientSecret'),
    expiresIn,
    refreshIn,
    // It makes up a name of a user by how many there are before him.
    users: idp.addUser().username.startsWith('user1@') ? [] : mockRequired,
    clock: systemClock,
  });
  // A token that was asked for without the capability cp1.
  const accessToken = await clientCredential(app).getToken(scopes);
  const { status } = await axios.get(api.url, {
    headers: { authorization: `Bearer ${accessToken?.token ?? ''}` },
    validateStatus: () => true,
  });
  mockDefaults.set('startProtectedApi', {
    idp: mockRequired,
    audience: mockRequired,
    requireCae: status !== 200,
    clock: systemClock,
  });

  await using endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
  await using another = await startManagedIdentityEndpoint({ source: 'app-service' });
  const [system, ofAnother] = [await identityAt(endpoint), await identityAt(another)];
  mockDefaults.set('startManagedIdentityEndpoint', {
    source: mockRequired,
    systemAssigned: system === ofAnother && isUuid(system) ? 'a fixed UUID' : mockRequired,
    userAssigned: (await identityAt(endpoint, randomUUID())) === undefined ? [] : mockRequired,
    expiresIn: endpoint.expiresIn,
    clock: systemClock,
  });
}

/** The client id of an identity that an App Service has; `undefined` where it has none. */
async function identityAt({ env }: ManagedIdentityEndpoint, clientId?: string): Promise<unknown> {
  const { data } = await axios.get<{ client_id?: string }>(env['IDENTITY_ENDPOINT'] ?? '', {
    headers: { 'X-IDENTITY-HEADER': env['IDENTITY_HEADER'] },
    params: { resource: 'api://orders', 'api-version': '2019-08-01', client_id: clientId },
    validateStatus: () => true,
  });
  return data.client_id;
}

const namesOf = (options: readonly { readonly name: string }[]) => options.map(({ name }) => name).sort();

describe('the factories that read options', () => {
  it('are all run here: a new one, or one without "Options of {@link …}", escapes nobody', () => {
    const sources = places.flatMap(({ folder }) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((name) => readFileSync(join(folder, name), 'utf8')),
    );
    const readers = sources.flatMap((source) => {
      const factory = /^const FACTORY = '(\w+)';$/m.exec(source)?.[1];
      const named = [...source.matchAll(/\breadOptions\(\s*(?:'(\w+)'|FACTORY),/g)];
      return named.map(([, name]) => name ?? factory);
    });
    const known = [...Object.keys(RUNS), ...Object.keys(SAID_TO_A_CIRCUIT)];
    expect([...new Set(readers)].sort()).toEqual(known.sort());
    expect([...mockDefaults.keys()].sort()).toEqual(types.map(({ factory }) => factory).sort());
  });

  it('are said to one circuit as to circuitBreaker(), or have no default', async () => {
    const breakers = new Breakers();
    const client = axios.create({ adapter: scriptedTransport([{ status: 200 }]).adapter });
    install(client, [circuitBreaker({ breakers })]);
    await client.get('https://orders.test/7');
    for (const say of Object.values(SAID_TO_A_CIRCUIT)) say(breakers.get('https://orders.test')!);
    const [configured, ...forced] = Object.keys(SAID_TO_A_CIRCUIT).map((name) => mockDefaults.get(name));
    expect(Object.keys(configured!).length).toBeGreaterThan(10);
    expect(mockDefaults.get('circuitBreaker')).toMatchObject(configured!);
    expect(forced).toEqual(forced.map(() => ({ forMs: mockRequired, reason: mockRequired })));
  });

  it('have one table each', () => {
    expect(tables.map(({ factory }) => factory).sort()).toEqual(types.map(({ factory }) => factory).sort());
  });
});

describe.each(types)('the options of $factory()', ({ factory, options, inherits }) => {
  const table = tables.find((one) => one.factory === factory);
  const parent = types.find((one) => one.type === inherits);

  it('are the same in the code, in its type and in its document', () => {
    const inherited = parent === undefined ? [] : namesOf(parent.options);
    const inCode = Object.keys(mockDefaults.get(factory)!).filter((name) => !inherited.includes(name));
    expect(namesOf(options)).toEqual(inCode.sort());
    expect(namesOf(table?.options ?? [])).toEqual(namesOf(options));
    expect(table?.inherits).toBe(parent?.factory);
  });

  it.each(namesOf(options))('%s: has the default that the document and its docstring name', async (name) => {
    const value = mockDefaults.get(factory)?.[name];
    const inTable = table?.options.find((option) => option.name === name)?.default ?? '';
    const inDocstring = options.find((option) => option.name === name)?.default;
    const expected = await worded(value);
    expect(read(inTable)).toEqual(expected);
    // A docstring has nothing to name where nothing, or no option of another interceptor, is the default.
    const isNothing = value === undefined || inTable === OWN;
    expect(inDocstring ?? (isNothing ? inTable : undefined)).toBe(inTable);
  });

  it('have their unit, and what a wrong value costs', () => {
    for (const { name, unit, cost } of table?.options ?? []) {
      expect(`${name}: ${unit}`).toMatch(name.endsWith('Ms') ? /: (?:ms|milliseconds)\b/ : /: .+/);
      expect(`${name}: ${cost}`).toMatch(/: .{8}/);
    }
  });
});
