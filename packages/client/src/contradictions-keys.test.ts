import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import type { AxiosRequestConfig } from 'axios';
import fc from 'fast-check';
import { RetryBudget, createServiceClient, type ServiceClientOptions } from './index.js';

/** How many combinations of options a search tries: more on demand, by HOLDFAST_RUNS. */
const RUNS = Number(process.env['HOLDFAST_RUNS'] ?? 150);
const SEARCH_MS = 60_000 + RUNS * 100;

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const yes = () => true;
const generous = {
  retries: fc.integer({ min: 0, max: 4 }),
  retryCondition: fc.constant(yes),
  retryDelay: fc.constant(() => 0),
  shouldResetTimeout: fc.boolean(),
  validateResponse: fc.constantFrom(null, () => false),
  retryOpenCircuit: fc.boolean(),
};
const partly = <T>(members: { [Name in keyof T]: fc.Arbitrary<T[Name]> }) =>
  fc.record(members, { requiredKeys: [] });
const off = fc.constant(false as const);

/** Everything that can be said of a client, but for functions that send by themselves. */
const clientOptions = partly({
  profile: fc.constantFrom('interactive' as const, 'batch' as const),
  deadlineMs: fc.constantFrom<number | false>(false, 20_000, 60_000),
  attemptTimeoutMs: fc.constantFrom<number | false>(false, 1_000, 10_000),
  stallMs: fc.constantFrom<number | false>(false, 500),
  correlation: off,
  retry: partly({
    ...generous,
    baseDelayMs: fc.constantFrom(0, 10),
    maxDelayMs: fc.constantFrom(10, 5_000),
    budget: fc.constant(0).map(() => new RetryBudget({ ratio: 1, minPerSecond: 100 })),
    idempotencyHeader: fc.constant('x-key'),
  }),
  throttleGate: fc.oneof(
    off,
    partly({
      mode: fc.constantFrom('enforce' as const, 'observe' as const),
      pace: fc.boolean(),
      rampMs: fc.constant(0),
    }),
  ),
  circuitBreaker: fc.oneof(off, partly({ mode: fc.constantFrom('enforce' as const, 'observe' as const) })),
  fallback: fc.constantFrom(false as const, { on: yes, respond: () => ({ data: 'reduced' }) }),
  axios: partly({ timeout: fc.constant(800), validateStatus: fc.constant(yes) }),
});

const requestOptions: fc.Arbitrary<AxiosRequestConfig> = fc
  .record({
    holdfast: partly({
      retry: fc.oneof(off, partly(generous)),
      deadlineMs: fc.constantFrom<number | false>(false, 60_000),
      attemptTimeoutMs: fc.constantFrom<number | false>(false, 700),
    }),
    timeout: fc.constantFrom(0, 900),
    validateStatus: fc.constantFrom(yes, () => false),
    'axios-retry': partly({ retries: fc.integer({ min: 0, max: 4 }), retryCondition: fc.constant(yes) }),
  })
  .map((one): AxiosRequestConfig => one);

/** After each of these the service may have done what it was asked to. */
const acted: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { status: 200 },
  { status: 408 },
  { status: 500 },
  { status: 502 },
  { status: 503 },
  { status: 503, headers: { 'retry-after': '1' } },
  { status: 504 },
  { error: 'ECONNRESET' },
  { error: 'ECONNRESET', reusedSocket: true },
  { error: 'EPIPE' },
  { error: 'ETIMEDOUT', afterSending: true },
  { status: 200, delayMs: 5_000 },
);

type Drawn = Partial<Omit<ServiceClientOptions, 'axios'>> & {
  readonly axios?: ServiceClientOptions['axios'];
};

/** How often the service saw the order of one call. */
async function sends(step: Step, options: Drawn, config: AxiosRequestConfig): Promise<number> {
  const { adapter, requests } = scriptedTransport(() => step, { clock });
  const client = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    credential: false,
    clock,
    random: () => 0.5,
    ...options,
    axios: { ...options.axios, adapter },
  });
  await clock.runUntilSettled(client.post('/orders', { item: 7 }, config).catch(() => undefined));
  return requests.length;
}

describe('a POST without an idempotency key', () => {
  it(
    'whose first send may have been acted on is never sent again, whatever the options',
    async () => {
      await fc.assert(
        fc.asyncProperty(acted, clientOptions, requestOptions, async (step, options, config) => {
          expect(await sends(step, options as Drawn, config)).toBe(1);
        }),
        { numRuns: RUNS },
      );
    },
    SEARCH_MS,
  );

  it('is what the search is about: with a key such a call is sent several times', async () => {
    const config = { holdfast: { idempotencyKey: true } } as const;
    expect(await sends({ status: 500 }, {}, config)).toBe(4);
    expect(await sends({ status: 500 }, {}, {})).toBe(1);
  });

  it('has another key on each call where the client gives out fresh ones', async () => {
    const { adapter, requests } = scriptedTransport([{ status: 500 }, { status: 200 }, { status: 200 }], {
      clock,
    });
    const client = createServiceClient({
      name: 'orders',
      baseURL: 'https://orders.test',
      credential: false,
      clock,
      axios: { adapter, holdfast: { idempotencyKey: true } },
    });
    await clock.runUntilSettled(client.post('/orders', { item: 7 }));
    await clock.runUntilSettled(client.post('/orders', { item: 8 }));
    const keys = requests.map(({ headers }) => headers['Idempotency-Key'] ?? headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(keys[0]).toMatch(/./);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });
});
