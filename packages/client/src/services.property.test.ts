import fc from 'fast-check';
import { createServiceClient, ServicesError, servicesFrom, type ServicesFromOptions } from './index.js';
import { accepts, anyService, leavesOf, nested } from './made-service-configurations.js';
import { merged } from './services-reader.js';
import { SERVICE } from './service-schema.js';

const anyLeaf = fc.constantFrom(...leavesOf());

function refusalOf(json: unknown, options?: ServicesFromOptions): ServicesError | undefined {
  try {
    servicesFrom(json, options);
    return undefined;
  } catch (error) {
    if (error instanceof ServicesError) return error;
    throw error;
  }
}

const told = (error: ServicesError | undefined): string =>
  `${error?.stack} ${JSON.stringify(error?.problems)}`;
const frozen = (value: unknown): unknown => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};
const saying = (service: object, changes: object): object => merged({ ...service }, { ...changes });

/** What comes of a service whose options are each allowed. */
function outcomeOf(service: object): string {
  const json = { services: { orders: service } };
  const refusal = refusalOf(json);
  if (refusal !== undefined)
    return refusal.problems.map(({ place, problem }) => `${place} ${problem.slice(0, 10)}`).join();
  const { orders } = servicesFrom(json, { names: ['orders'] });
  const credential = orders.credential ?? { getToken: () => Promise.resolve(null) };
  const client = createServiceClient({ ...orders, name: 'orders', credential });
  return client.defaults.baseURL === orders.baseURL ? 'a client' : 'a client of somebody else';
}

it('what is accepted makes a client, and options that are each allowed are refused only for how they go together', () => {
  const outcomes: string[] = [];
  fc.assert(
    fc.property(anyService, (service) => {
      outcomes.push(outcomeOf(service));
      expect(['a client', 'services.orders is refused']).toContain(outcomes.at(-1));
    }),
    { numRuns: 200 },
  );
  expect(outcomes.filter((outcome) => outcome === 'a client').length).toBeGreaterThan(outcomes.length / 4);
});

it('a wrong value is told with its place, whatever else is said', () => {
  fc.assert(
    fc.property(
      anyService,
      anyLeaf,
      fc.constantFrom(null, -1, {}, [[]]),
      (service, { path, leaf }, wrong) => {
        fc.pre(!accepts(leaf, wrong));
        const refusal = refusalOf({ services: { orders: saying(service, nested(path, wrong)) } });
        const place = `services.orders.${path.join('.')}`;
        expect(refusal?.problems.some((one) => one.place.startsWith(place))).toBe(true);
      },
    ),
  );
});

it('a key that nobody knows is told with its place, wherever it stands', () => {
  const groups = [[], ...leavesOf().map(({ path }) => path.slice(0, -1))].filter(
    (path) => path[0] !== undefined,
  );
  const anyKey = fc
    .oneof(fc.string(), fc.constantFrom('constructor', 'toString', 'deadlinems', '$schema'))
    .filter((key) => key !== '__proto__' && leavesOf().every(({ path }) => !path.includes(key)));
  fc.assert(
    fc.property(anyService, fc.constantFrom([], ...groups), anyKey, (service, path, key) => {
      fc.pre(!(key in SERVICE.entries));
      const refusal = refusalOf({ services: { orders: saying(service, nested([...path, key], 5)) } });
      expect(refusal?.problems.some(({ problem }) => problem.startsWith('is no option'))).toBe(true);
      expect(refusal?.problems[0]?.place.startsWith(['services.orders', ...path].join('.'))).toBe(true);
    }),
  );
});

it('no message shows what a variable, a header, a password or a signature in a URL says', () => {
  const anySecret = fc.stringMatching(/^[0-9a-f]{12,20}$/);
  const anyPlanting = fc.constantFrom<
    (secret: string, path: readonly string[]) => [object, Record<string, string>]
  >(
    (secret, path) => [nested(path, '${SECRET}'), { SECRET: `7${secret}` }],
    (secret, path) => [nested(path, 'a${SECRET}'), { SECRET: `7${secret}` }],
    (secret, path) => [nested(path, `7${secret}`), {}],
    (secret, path) => [nested(path, { a: `7${secret}` }), {}],
    (secret, path) => [nested(path, [`7${secret}`]), {}],
    (secret, path) => [nested(path, `https://ada:${secret}@a.example`), {}],
    (secret, path) => [nested(path, `https://a.example?sig=${secret}`), {}],
    (secret) => [{ axios: { headers: { 'x-key': `${secret}\n` } } }, {}],
    (secret) => [{ axios: { headers: { 'x key': secret, 'x-other': { secret } } } }, {}],
    (secret) => [{ clientSecret: secret }, {}],
    (secret, path) => [
      {},
      {
        [`HOLDFAST_ORDERS_${path
          .map((one) => one.replace(/(?<=[a-z])(?=[A-Z])/g, '_'))
          .join('_')
          .toUpperCase()}`]: secret,
      },
    ],
    (secret) => [{}, { HOLDFAST_ORDERS_NOTHING: secret, HOLDFAST_OTHER_DEADLINE_MS: secret }],
  );
  let refused = 0;
  fc.assert(
    fc.property(anyService, anyLeaf, anyPlanting, anySecret, (service, { path }, planted, secret) => {
      const [changes, env] = planted(secret, path);
      // Something is always wrong, so that there is a message.
      const json = { services: { orders: saying(service, changes), other: {} } };
      const refusal = refusalOf(json, { env });
      refused += 1;
      expect(told(refusal)).toContain('services.other.baseURL is missing');
      expect(told(refusal)).not.toContain(secret);
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(0);
});

it('the same configuration is the same services each time, and is left as it was', () => {
  fc.assert(
    fc.property(anyService, anyService, (service, defaults) => {
      const shared = Object.fromEntries(Object.entries(defaults).filter(([name]) => name !== 'baseURL'));
      const json: unknown = frozen(
        JSON.parse(JSON.stringify({ defaults: shared, services: { orders: service } })),
      );
      const before = JSON.stringify(json);
      const [one, other] = [0, 1].map(() => {
        try {
          return servicesFrom(json);
        } catch (error) {
          return String(error);
        }
      });
      expect(one).toEqual(other);
      expect(JSON.stringify(json)).toBe(before);
    }),
  );
});

it('a text is what it was, where each ${ in it is written as $${, and a variable is what it says', () => {
  const anyText = fc
    .oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[${}A:-]{1,12}$/))
    .filter(Boolean);
  fc.assert(
    fc.property(anyText, (text) => {
      const tenantOf = (tenantId: string) =>
        servicesFrom(
          { services: { orders: { baseURL: 'https://a.example', credential: false, tenantId } } },
          { env: { A: text }, names: ['orders'] },
        ).orders.tenantId;
      expect(tenantOf(text.replaceAll('${', '$$${'))).toBe(text);
      expect(tenantOf('${A}')).toBe(text);
    }),
  );
});

it.each(['__proto__', 'constructor', 'prototype'])('a key %s changes no object, and is refused', (key) => {
  const evil = `{"${key}": {"polluted": true, "deadlineMs": 1}}`;
  const service = '"baseURL": "https://a.example", "credential": false';
  for (const text of [
    `{"services": {"orders": {${service}}}, "${key}": {"polluted": true}}`,
    `{"services": {"orders": {${service}, ${evil.slice(1)}}}`,
    `{"services": {"orders": {${service}, "retry": ${evil}}}}`,
    `{"services": {"orders": {${service}, "axios": {"headers": {"${key}": "x"}}}}}`,
    `{"defaults": ${evil}, "services": {"orders": {${service}}}}`,
  ]) {
    expect(told(refusalOf(JSON.parse(text)))).toContain(key);
    expect({}).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('deadlineMs');
  }
});
