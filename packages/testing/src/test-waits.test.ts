import { callOf, createClientFactory } from '@holdfast/client';
import nock from 'nock';
import {
  createTestClient,
  recordCalls,
  scriptedTransport,
  staticCredential,
  testClock,
  testDefaults,
  type Step,
  type TestClock,
  type TestDefaultsOptions,
} from './index.js';

const ORDERS = { name: 'orders', baseURL: 'https://orders.test' };
const DAY_MS = 86_400_000;
const retry = { maxDelayMs: DAY_MS, retryDelay: () => DAY_MS };

function factory(script: readonly Step[], options: TestDefaultsOptions = {}) {
  return createClientFactory({
    credential: staticCredential(),
    defaults: { ...testDefaults(options), retry },
    services: {
      orders: {
        baseURL: ORDERS.baseURL,
        scopes: 'api://orders/.default',
        deadlineMs: false,
        axios: { adapter: scriptedTransport(script).adapter },
      },
    },
  });
}

afterEach(() => {
  jest.useRealTimers();
  nock.cleanAll();
});

describe('a backoff of a day', () => {
  it('passes at once in a test client', async () => {
    const { adapter } = scriptedTransport([{ status: 503 }, { status: 200 }]);
    const orders = createTestClient({ ...ORDERS, deadlineMs: false, retry, axios: { adapter } });
    const [, second] = callOf(await orders.get('/7'))?.attempts ?? [];
    expect(second?.delayMs).toBeGreaterThanOrEqual(DAY_MS);
    expect(second?.delayMs).toBeLessThan(DAY_MS + 60_000);
  });

  it('passes at once in a client of a factory with test defaults, and so does its closed gate', async () => {
    await using clients = factory([
      { status: 503 },
      { status: 429, headers: { 'retry-after': '120' } },
      { status: 200 },
    ]);
    using calls = recordCalls(clients.orders);
    await clients.orders.get('/7');
    const [, second, third] = calls[0]?.attempts ?? [];
    expect(second?.delayMs).toBeGreaterThanOrEqual(DAY_MS);
    expect(third?.delayMs).toBeGreaterThanOrEqual(120_000);
  });

  it('passes at once under fake timers', async () => {
    jest.useFakeTimers();
    const { adapter } = scriptedTransport([{ status: 503 }, { status: 200 }]);
    const orders = createTestClient({ ...ORDERS, deadlineMs: false, retry, axios: { adapter } });
    await expect(orders.get('/7')).resolves.toHaveProperty('status', 200);
  });

  it.each(['http', 'fetch'] as const)('passes at once under fake timers, nock and %s', async (adapter) => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    nock(ORDERS.baseURL).get('/7').reply(503).get('/7').reply(200);
    const orders = createTestClient({ ...ORDERS, deadlineMs: false, retry, axios: { adapter } });
    await expect(orders.get('/7')).resolves.toHaveProperty('status', 200);
  });

  it('ends at once when its caller cancels it', async () => {
    const { adapter } = scriptedTransport([{ status: 503 }, { status: 200 }]);
    const orders = createTestClient({
      ...ORDERS,
      retry: {
        ...retry,
        onRetry: () => {
          controller.abort();
        },
      },
      deadlineMs: false,
      axios: { adapter },
    });
    const controller = new AbortController();
    await expect(orders.get('/7', { signal: controller.signal })).rejects.toHaveProperty(
      'code',
      'ERR_CANCELED',
    );
  });
});

describe('the circuits of a factory with test defaults', () => {
  it('follow the time that was let pass', async () => {
    const clock = testClock();
    await using clients = factory([], { clock });
    const { breakers } = clients;
    breakers.get('orders')?.forceOpen({ forMs: 3_600_000, reason: 'INC-4711' });
    await clock.advance(1_800_000);
    expect(breakers.get('orders')?.state).toBe('open');
    await clock.advance(1_800_001);
    expect(breakers.get('orders')?.state).toBe('half-open');
  });

  it('are those of one factory: each has its own', () => {
    expect(testDefaults().circuitBreaker.breakers).not.toBe(testDefaults().circuitBreaker.breakers);
  });

  it.each([
    [{ clock: { now: Date.now } }, 'clock'],
    [{ seed: 0.5 }, 'seed'],
  ])('are refused by the name of a wrong option: %p', (options, name) => {
    expect(() => testDefaults(options as object)).toThrow(`testDefaults(): the option "${name}" must be`);
  });
});

function throttledFor(seconds: number, clock: TestClock) {
  const throttled = { status: 429, headers: { 'retry-after': String(seconds) } };
  const { adapter } = scriptedTransport([throttled, { status: 200 }]);
  return createTestClient({ ...ORDERS, profile: 'batch', clock, axios: { adapter } });
}

describe('a test client', () => {
  it('has calls that wait side by side go on in the order of their instants', async () => {
    const order: string[] = [];
    const clock = testClock();
    const began = clock.now();
    const other = throttledFor(120, clock);
    const orders = throttledFor(60, clock);
    const at = async (name: string, call: Promise<unknown>) => {
      await call;
      order.push(`${name} ${Math.floor((clock.now() - began) / 60_000)}`);
    };
    await Promise.all([at('later', other.get('/1')), at('sooner', orders.get('/1'))]);
    expect(order).toEqual(['sooner 1', 'later 2']);
  });
});
