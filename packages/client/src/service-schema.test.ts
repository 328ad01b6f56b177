import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  attachToken,
  attemptTimeout,
  circuitBreaker,
  claimsChallenge,
  correlate,
  createServiceClient,
  deadline,
  retry,
  RetryBudget,
  standardInterceptors,
  throttleGate,
  type AttemptTimeoutOptions,
  type DeadlineOptions,
  type ServiceClientOptions,
} from './index.js';
import { VALUES, accepts, leavesOf, nested } from './made-service-configurations.js';
import { servicesJsonSchema } from './made-services-schema.js';
import { constantCase } from './service-env.js';
import { isLeaf, type Group } from './service-schema-option.js';
import { SERVICE } from './service-schema.js';

const credential = { getToken: () => Promise.resolve(null) };

/** The options that a factory knows: it names them all to whoever misspells one. */
function optionsOf(factory: (options: object) => unknown): readonly string[] {
  try {
    factory({ '': 7 });
  } catch (error) {
    const names = /there is no option ""; there are (.*)$/.exec(String(error))?.[1];
    if (names !== undefined) return names.split(', ');
    throw error;
  }
  throw new Error('it takes anything');
}

function groupAt(...path: readonly string[]): Group {
  return path.reduce((group, name) => {
    const node = group.entries[name];
    if (node === undefined || isLeaf(node)) throw new Error(`${name} is no group`);
    return node;
  }, SERVICE);
}

const FUNCTION = 'a function';
const LIVES = 'an object that lives';
const FOR_TESTS = 'for tests';

/** What a factory takes and no configuration can say, and why. */
const ONLY_IN_CODE: readonly (readonly [
  path: readonly string[],
  factory: (options: object) => unknown,
  left: Readonly<Record<string, string>>,
  more: readonly string[],
])[] = [
  [
    [],
    (options) => standardInterceptors({ name: 'orders', credential: false, ...options }),
    {
      name: 'it is the key under which the service stands',
      key: FUNCTION,
      classify: FUNCTION,
      fallback: FUNCTION,
      before: 'functions',
      after: 'functions',
      clock: FOR_TESTS,
      random: FOR_TESTS,
    },
    // Those of createServiceClient() alone.
    ['baseURL', 'agent', 'axios'],
  ],
  [
    ['retry'],
    retry,
    {
      retryCondition: FUNCTION,
      retryDelay: FUNCTION,
      onRetry: FUNCTION,
      onMaxRetryTimesExceeded: FUNCTION,
      validateResponse: FUNCTION,
      clock: FOR_TESTS,
      random: FOR_TESTS,
    },
    [],
  ],
  [['retry', 'budget'], (options) => new RetryBudget(options), {}, []],
  [['throttleGate'], throttleGate, { key: FUNCTION, store: LIVES, clock: FOR_TESTS, random: FOR_TESTS }, []],
  [
    ['circuitBreaker'],
    circuitBreaker,
    { key: FUNCTION, breakers: LIVES, onStateChange: FUNCTION, clock: FOR_TESTS, random: FOR_TESTS },
    [],
  ],
  [['claimsChallenge'], claimsChallenge, { challengers: LIVES }, []],
  [['correlation'], correlate, { id: FUNCTION, traceparent: FUNCTION }, []],
  [
    ['agent'],
    (agent) =>
      createServiceClient({ name: 'orders', credential: false, baseURL: 'https://a.example', agent }),
    {},
    [],
  ],
];

type Taking = readonly [taking: (value: unknown) => unknown, narrowerBecause?: string];

const url = { name: 'orders', baseURL: 'https://a.example' };
const bounds = { probes: Number.MAX_SAFE_INTEGER };

/** Who takes the options of each group. What a configuration takes may be less, for a reason. */
const TAKING: Readonly<Record<string, (name: string) => Taking>> = {
  '': (name) => {
    const ofToken = [
      (value: unknown) => attachToken(credential, { scopes: 'a', ...nested([name], value) }),
    ] as const;
    const narrower: Record<string, Taking> = {
      baseURL: [
        (baseURL) =>
          createServiceClient({ ...url, credential: false, ...{ baseURL } } as ServiceClientOptions),
        'a token goes there',
      ],
      credential: [
        (value) => standardInterceptors({ ...{ name: 'a', scopes: 'a' }, credential: value as false }),
        'it lives',
      ],
      deadlineMs: [(deadlineMs) => deadline({ ...{ deadlineMs } } as DeadlineOptions)],
      attemptTimeoutMs: [(timeoutMs) => attemptTimeout({ ...{ timeoutMs } } as AttemptTimeoutOptions)],
      stallMs: [(stallMs) => attemptTimeout({ ...{ stallMs } } as AttemptTimeoutOptions)],
      profile: [
        (profile) => standardInterceptors({ name: 'a', credential: false, profile: profile as 'batch' }),
      ],
    };
    return narrower[name] ?? ofToken;
  },
  retry: (name) => [(value) => retry(nested([name], value))],
  'retry.budget': (name) => [(value) => new RetryBudget(nested([name], value))],
  throttleGate: (name) => [(value) => throttleGate(nested([name], value))],
  circuitBreaker: (name) => [
    (value) =>
      circuitBreaker({
        ...(name === 'probesToClose' ? bounds : { probesToClose: 1 }),
        ...nested([name], value),
      }),
  ],
  claimsChallenge: (name) => [(value) => claimsChallenge(nested([name], value))],
  correlation: (name) => [(value) => correlate(nested([name], value))],
  agent: (name) => [
    (value) => createServiceClient({ ...url, credential: false, agent: nested([name], value) }),
  ],
  axios: () => [() => undefined, 'axios does not look'],
};

describe('what a configuration can say', () => {
  it.each(ONLY_IN_CODE)(
    'at %j, is every option but those that are only in code',
    (path, factory, left, more) => {
      const known = optionsOf(factory).filter((name) => !(name in left));
      expect(Object.keys(groupAt(...path).entries).sort()).toEqual([...new Set([...known, ...more])].sort());
    },
  );

  it.each(leavesOf().map(({ path, leaf }) => [path.join('.'), path, leaf] as const))(
    'of %s, is what its interceptor takes, and nothing else',
    (_, path, leaf) => {
      const [taking, reason] = TAKING[path.slice(0, -1).join('.')]!(path.at(-1) ?? '');
      const taken = VALUES.filter((value) => {
        try {
          taking(value);
          return true;
        } catch {
          return false;
        }
      });
      const said = VALUES.filter((value) => accepts(leaf, value));
      expect(reason === undefined ? said : said.filter((value) => !taken.includes(value))).toEqual(
        reason === undefined ? taken : [],
      );
    },
  );

  it('has a variable of its own for each option, and no two the same', () => {
    const names = leavesOf().map(({ path }) => path.map(constantCase).join('_'));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['BASE_URL', 'DEADLINE_MS', 'CIRCUIT_BREAKER_WINDOW_MS']));
  });
});

describe('the published JSON Schema', () => {
  const root = join(__dirname, '..');
  const read = (file: string) =>
    JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, unknown>;

  it('is what the code checks by; node --conditions=@holdfast/source --import tsx scripts/services-schema.mjs writes it anew', () => {
    expect(read('services.schema.json')).toEqual(servicesJsonSchema());
  });

  it('is found by its name in the package, and is packed', () => {
    const { exports, files, publishConfig } = read('package.json') as {
      exports: object;
      files: string[];
      publishConfig: { exports: object };
    };
    for (const all of [exports, publishConfig.exports])
      expect(all).toHaveProperty(['./services.schema.json'], './services.schema.json');
    expect(files).toContain('services.schema.json');
    const resolve = createRequire(join(root, 'index.js')).resolve;
    expect(resolve('@holdfast/client/services.schema.json')).toBe(join(root, 'services.schema.json'));
  });

  it('describes each option by the first sentence of its own documentation', () => {
    const sources = ['client', 'retry', 'throttle-gate', 'circuit-breaker', 'claims-challenge'].flatMap(
      (name) => {
        const folder = join(root, '..', name, 'src');
        return readdirSync(folder)
          .filter((file) => /^(?!made-|.*\.test).*\.ts$/.test(file))
          .map((file) => readFileSync(join(folder, file), 'utf8'));
      },
    );
    const documented = sources.flatMap((text) =>
      [...text.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s+readonly (\w+)\??:/g)].map(
        ([, comment = '', name]) => `${name}: ${comment.replace(/\s*\n\s*\*\s*/g, ' ').trim()}`,
      ),
    );
    // Of axios, and of groups that JSON has and the code has not.
    const own = ['headers', 'maxRedirects', 'maxContentLength', 'maxBodyLength', 'axios', 'credential'];
    const undocumented = [
      ...leavesOf().map(({ path, leaf }) => [path.at(-1) ?? '', leaf.description] as const),
    ]
      .filter(([name]) => !own.includes(name))
      .filter(([name, sentence]) => !documented.some((one) => one.startsWith(`${name}: ${sentence}`)));
    expect(undocumented).toEqual([]);
  });
});
