import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '@holdfast/testing';
import { serviceStrategies } from './service-settings.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'storm-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function fileWith(text: string): string {
  const file = join(folder, 'services.json');
  writeFileSync(file, text);
  return file;
}

const orders = { baseURL: 'https://orders.example', scopes: 'api://orders/.default' };

function strategiesOf(services: object, more: object = {}) {
  const file = fileWith(JSON.stringify({ services }));
  return serviceStrategies({ file, names: [], env: undefined, timeoutMs: 1_000, ...more });
}

/** Lets clients of the first service call so many times each, all at once; says how many requests each has sent. */
async function sendsOf(services: object, calls: readonly number[]): Promise<readonly number[]> {
  using clock = manualClock();
  const [strategy] = strategiesOf(services);
  const sent = calls.map(() => 0);
  const all = calls.flatMap((times, number) => {
    const client = strategy?.client({
      baseURL: 'https://nowhere.example',
      adapter: (config) => {
        sent[number] = (sent[number] ?? 0) + 1;
        return Promise.resolve({ status: 500, statusText: '', headers: {}, config, data: '' });
      },
      clock,
      random: () => 0.5,
      timeoutMs: 1_000,
    });
    return Array.from({ length: times }, async () => client?.get('/7'));
  });
  const settled = Promise.allSettled(all);
  await clock.advance(60_000);
  await settled;
  return sent;
}

describe('a service of a configuration', () => {
  it('is played with its own settings', async () => {
    const retry = { retries: 1, budget: { minPerSecond: 100 } };
    expect(await sendsOf({ orders: { ...orders, circuitBreaker: false, retry } }, [4])).toEqual([8]);
    expect(await sendsOf({ orders: { ...orders, retry: false } }, [4])).toEqual([4]);
  });

  it('has a budget for each client: what one has spent, the next still has', async () => {
    const retry = { retries: 1, budget: { ratio: 0, minPerSecond: 1 } };
    // Three each, at once.
    expect(await sendsOf({ orders: { ...orders, circuitBreaker: false, retry } }, [20, 20])).toEqual([
      23, 23,
    ]);
  });

  it('is shown under its name, and only where it is asked for', () => {
    const services = { orders, billing: { ...orders, credential: false } };
    expect(strategiesOf(services).map(({ name }) => name)).toEqual(['service orders', 'service billing']);
    expect(strategiesOf(services, { names: ['billing'] }).map(({ name }) => name)).toEqual([
      'service billing',
    ]);
  });

  it('plays no part with what says where it is, who calls it, and what goes along', () => {
    const aside = {
      agent: { maxSockets: 1 },
      axios: { headers: { 'x-api-key': 'a-key' } },
      claimsChallenge: false,
      inheritCredential: false,
      origins: ['https://files.example'],
      sensitiveHeaders: ['x-api-key'],
      tenantId: 'a-tenant',
    };
    const [strategy] = strategiesOf({ orders: { ...orders, ...aside } });
    expect(strategy?.name).toBe('service orders');
  });

  it('has no option beyond those: a new one has to find its place here too', () => {
    const path = createRequire(__filename).resolve('@holdfast/client/services.schema.json');
    const { definitions } = JSON.parse(readFileSync(path, 'utf8')) as {
      definitions: { service: { properties: object } };
    };
    expect(Object.keys(definitions.service.properties).sort()).toEqual(
      [
        ...['agent', 'axios', 'baseURL', 'claimsChallenge', 'credential', 'inheritCredential', 'origins'],
        ...['scopes', 'sensitiveHeaders', 'tenantId'],
        // These play a part.
        ...['attemptTimeoutMs', 'circuitBreaker', 'correlation', 'deadlineMs', 'profile', 'retry', 'stallMs'],
        ...['throttleGate'],
      ].sort(),
    );
  });
});

describe('a configuration with variables', () => {
  const services = { orders: { ...orders, axios: { headers: { 'x-api-key': '${ORDERS_KEY}' } } } };

  it('is refused unless the environment is asked for', () => {
    expect(() => strategiesOf(services)).toThrow(/names the variable ORDERS_KEY, and no env was given/);
    expect(strategiesOf(services, { env: { ORDERS_KEY: 'a-key' } })).toHaveLength(1);
  });
});

describe('a configuration that cannot be taken', () => {
  it('is told with all that is wrong, each with its place', () => {
    const bad = { orders: { ...orders, deadlineMs: 'soon', retry: { retries: -1 } } };
    const refused = expect.objectContaining({ name: 'UsageError' });
    expect(() => strategiesOf(bad)).toThrow(refused);
    expect(() => strategiesOf(bad)).toThrow(/services\.json: servicesFrom\(\): 2 problems/);
    expect(() => strategiesOf(bad)).toThrow(/services\.orders\.deadlineMs must be/);
    expect(() => strategiesOf(bad)).toThrow(/services\.orders\.retry\.retries must be/);
  });

  it('is told where a service is asked for that is not there, and where there is none', () => {
    expect(() => strategiesOf({ orders }, { names: ['billing'] })).toThrow(
      /services\.billing is missing; there are orders/,
    );
    expect(() => strategiesOf({})).toThrow(/there is no service in it$/);
  });

  it('is told with the time of an attempt that it does not go together with', () => {
    const brief = { orders: { ...orders, deadlineMs: 800 } };
    expect(() => strategiesOf(brief)).toThrow(
      /services\.orders with --timeout-ms 1000: .*"attemptTimeoutMs" must be at most "deadlineMs" \(800, given\)/,
    );
    expect(strategiesOf(brief, { timeoutMs: 500 })).toHaveLength(1);
    expect(strategiesOf({ orders: { ...brief.orders, attemptTimeoutMs: 700 } })).toHaveLength(1);
  });

  it('is told by its line, and not quoted, where it is no JSON', () => {
    const file = fileWith('{\n  "services": {\n    "key": "a-secret",\n  }\n}');
    const read = () => serviceStrategies({ file, names: [], env: undefined, timeoutMs: 1_000 });
    expect(read).toThrow(/services\.json is no JSON from line 4 on$/);
    // Of this one the parser's own message has the text.
    writeFileSync(file, '{ "key": a-secret }');
    expect(read).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('a-secret') as string }),
    );
  });

  it('is told where there is no such file', () => {
    const file = join(folder, 'services.json');
    expect(() => serviceStrategies({ file, names: [], env: undefined, timeoutMs: 1_000 })).toThrow(
      /^--config cannot be read: ENOENT .*services\.json$/,
    );
  });
});
