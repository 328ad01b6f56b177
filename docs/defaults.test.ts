import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Breakers, circuitBreaker, createServiceClient, type Breaker } from '@holdfast/client';
import { install, systemClock, type Option } from '@holdfast/core';
import { clientCredential } from '@holdfast/msal';
import {
  scriptedTransport,
  startIdentityProvider,
  startManagedIdentityEndpoint,
  startProtectedApi,
  type ManagedIdentityEndpoint,
} from '@holdfast/testing';
import axios from 'axios';
import type * as OptionModule from '../packages/core/src/option.js';
import { completed, tablesOf, typesOf } from './documented-options.js';
import { ORDERS, RUNS, SDK_CLOCK } from './factory-runs.js';
import { OWN, answerTo, isUuid, read, worded } from './worded-default.js';

// How the defaults come out of the code: every factory reads its options through `readOptions` of core. Here that is
// wrapped, each factory is run once, and each schema that comes by is asked what it makes of an option that is not given.
interface Observed {
  /** By factory, and by option. */
  readonly defaults: Map<string, Record<string, unknown>>;
  readonly required: symbol;
}

jest.mock('../packages/core/src/option.js', () => {
  const actual = jest.requireActual<typeof OptionModule>('../packages/core/src/option.js');
  const observed: Observed = { defaults: new Map(), required: Symbol.for('required') };
  const readOptions: typeof actual.readOptions = (reader, schemas, given) => {
    // A verb says where it stands: http.poll.
    const factory = reader.replace(/^http\./, '');
    const defaults = Object.entries(schemas).map(([name, schema]) => [name, fallbackOf(name, schema)]);
    // A factory may read them in two goes.
    const known = observed.defaults.get(factory);
    observed.defaults.set(factory, { ...known, ...Object.fromEntries(defaults) } as Record<string, unknown>);
    return actual.readOptions(reader, schemas, given);
  };
  function fallbackOf(name: string, schema: Option<unknown>): unknown {
    try {
      return actual.readOptions('', { [name]: schema }, {})[name];
    } catch {
      return observed.required;
    }
  }
  return { ...actual, readOptions, observed };
});

const { defaults: inCode, required } = jest.requireMock<{ readonly observed: Observed }>(
  '../packages/core/src/option.js',
).observed;

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

/** What its callers share is read under the name of each of them. */
const READ_FOR_ITS_CALLERS = ['get'];

/** Options that are undefined in one factory because it hands them on to another. */
const HANDED_ON: Readonly<Record<string, readonly [factory: string, option: string]>> = {
  'standardInterceptors.deadlineMs': ['deadline', 'deadlineMs'],
  'standardInterceptors.attemptTimeoutMs': ['attemptTimeout', 'timeoutMs'],
  'standardInterceptors.stallMs': ['attemptTimeout', 'stallMs'],
  'standardInterceptors.inheritCredential': ['attachToken', 'inheritCredential'],
  'standardInterceptors.key': ['throttleGate', 'key'],
};

const root = join(__dirname, '..');
/** What a package has, where it is not one of its name. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  msal: ['msal', 'users', 'stores'],
  client: ['service-client', 'client-factory', 'services', 'graph', 'paging', 'logs'],
  'sdk-base': ['sdk', 'operations', 'transfers'],
};
/** Where the options of a package may stand: in its README, or on its pages of the reference. */
const documentsOf = (name: string) =>
  [
    join(root, 'packages', name, 'README.md'),
    ...(PAGES[name] ?? [name]).map((page) => join(root, 'docs/reference', `${page}.md`)),
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
  const { httpAgent, httpsAgent } = createServiceClient(ORDERS).defaults as Record<string, unknown>;
  expect(httpsAgent).toBeDefined();
  Object.assign(inCode.get('createServiceClient')!, { agent: httpAgent });
  for (const [handedOn, [factory, option]] of Object.entries(HANDED_ON)) {
    const [from = '', name = ''] = handedOn.split('.');
    Object.assign(inCode.get(from)!, { [name]: inCode.get(factory)?.[option] });
  }
  // It is the client's, whatever that is.
  expect(inCode.get('poll')).toMatchObject({ clock: SDK_CLOCK });
  Object.assign(inCode.get('poll')!, { clock: undefined });
  const readings = jest.spyOn(systemClock, 'now');
  await answerTo(() => undefined);
  inCode.set('install', { clock: readings.mock.calls.length > 0 ? systemClock : undefined });
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
  inCode.set('startIdentityProvider', {
    tenantId: fixed('tenantId'),
    clientId: fixed('clientId'),
    clientSecret: fixed('clientSecret'),
    expiresIn,
    refreshIn,
    // It makes up a name of a user by how many there are before him.
    users: idp.addUser().username.startsWith('user1@') ? [] : required,
    clock: systemClock,
  });
  // A token that was asked for without the capability cp1.
  const accessToken = await clientCredential(app).getToken('api://orders/.default');
  const { status } = await axios.get(api.url, {
    headers: { authorization: `Bearer ${accessToken?.token ?? ''}` },
    validateStatus: () => true,
  });
  inCode.set('startProtectedApi', {
    idp: required,
    audience: required,
    requireCae: status !== 200,
    clock: systemClock,
  });

  await using endpoint = await startManagedIdentityEndpoint({ source: 'app-service' });
  await using another = await startManagedIdentityEndpoint({ source: 'app-service' });
  const [system, ofAnother] = [await identityAt(endpoint), await identityAt(another)];
  inCode.set('startManagedIdentityEndpoint', {
    source: required,
    systemAssigned: system === ofAnother && isUuid(system) ? 'a fixed UUID' : required,
    userAssigned: (await identityAt(endpoint, randomUUID())) === undefined ? [] : required,
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
      const factory = /^const (?:FACTORY|CALLER) = '(?:http\.)?(\w+)';$/m.exec(source)?.[1];
      const named = [...source.matchAll(/\breadOptions\(\s*(?:'(?:http\.)?(\w+)'|FACTORY|CALLER),/g)];
      return named.map(([, name]) => name ?? factory);
    });
    const known = [...Object.keys(RUNS), ...Object.keys(SAID_TO_A_CIRCUIT)];
    expect([...new Set([...readers, ...READ_FOR_ITS_CALLERS])].sort()).toEqual(known.sort());
    expect([...inCode.keys()].sort()).toEqual(types.map(({ factory }) => factory).sort());
  });

  it('are said to one circuit as to circuitBreaker(), or have no default', async () => {
    const breakers = new Breakers();
    const client = axios.create({ adapter: scriptedTransport([{ status: 200 }]).adapter });
    install(client, [circuitBreaker({ breakers })]);
    await client.get('https://orders.test/7');
    for (const say of Object.values(SAID_TO_A_CIRCUIT)) say(breakers.get('https://orders.test')!);
    const [configured, ...forced] = Object.keys(SAID_TO_A_CIRCUIT).map((name) => inCode.get(name));
    expect(Object.keys(configured!).length).toBeGreaterThan(10);
    expect(inCode.get('circuitBreaker')).toMatchObject(configured!);
    expect(forced).toEqual(forced.map(() => ({ forMs: required, reason: required })));
  });

  it('have one table each', () => {
    expect(tables.map(({ factory }) => factory).sort()).toEqual(types.map(({ factory }) => factory).sort());
  });
});

describe.each(types)('the options of $factory()', ({ factory, options, inherits }) => {
  const table = tables.find((one) => one.factory === factory);
  const parent = types.find((one) => one.type === inherits);

  it('are the same in the code, in its type and in its document', () => {
    const own = namesOf(options);
    const inherited = parent === undefined ? [] : namesOf(parent.options);
    const isOwn = (name: string) => own.includes(name) || !inherited.includes(name);
    const names = Object.keys(inCode.get(factory)!).filter(isOwn);
    expect(namesOf(options)).toEqual(names.sort());
    expect(namesOf(table?.options ?? [])).toEqual(namesOf(options));
    expect(table?.inherits).toBe(parent?.factory);
  });

  it.each(namesOf(options))('%s: has the default that the document and its docstring name', async (name) => {
    const value = inCode.get(factory)?.[name];
    const inTable = table?.options.find((option) => option.name === name)?.default ?? '';
    const inDocstring = options.find((option) => option.name === name)?.default;
    const expected = await worded(value);
    expect(read(inTable)).toEqual(expected);
    // A docstring has nothing to name where nothing, or no option of another interceptor, is the default.
    const isNothing = value === undefined || inTable === OWN || inTable === 'nothing';
    const named = inDocstring === 'its own' ? OWN : inDocstring;
    expect(named ?? (isNothing ? inTable : undefined)).toBe(inTable);
  });

  it('have their unit, and what a wrong value costs', () => {
    for (const { name, unit, cost } of table?.options ?? []) {
      expect(`${name}: ${unit}`).toMatch(name.endsWith('Ms') ? /: (?:ms|milliseconds)\b/ : /: .+/);
      expect(`${name}: ${cost}`).toMatch(/: .{8}/);
    }
  });
});
