import {
  challengeHeader,
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
} from '@holdfast/testing';
import axios, { AxiosError, type AxiosAdapter, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { createServiceClient } from './index.js';

/** What of axios-retry is used here: the copy that `@holdfast/retry` drives. */
const { default: axiosRetry } = createRequire(require.resolve('@holdfast/retry'))('axios-retry') as {
  readonly default: (client: AxiosInstance, options: { readonly retryDelay: () => number }) => void;
};

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

type Stack = (adapter: AxiosAdapter) => AxiosInstance;

const naive: Stack = (adapter) => {
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  axiosRetry(client, { retryDelay: () => 200 });
  return client;
};

const holdfast: Stack = (adapter) =>
  createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: 'api://orders/.default',
    credential: staticCredential((_, number) => `t-${number}`),
    clock,
    random: () => 0.5,
    circuitBreaker: false,
    axios: { adapter },
  });

const errorOf = async (call: Promise<unknown>): Promise<AxiosError> =>
  (await clock.runUntilSettled(call.catch((error: unknown) => error))) as AxiosError;

describe('trap 24: an order that is sent again', () => {
  const keysOf = async (call: (adapter: AxiosAdapter) => Promise<unknown>) => {
    const { adapter, requests } = scriptedTransport([
      { status: 429 },
      { error: 'ECONNRESET' },
      { status: 201 },
    ]);
    await clock.runUntilSettled(call(adapter));
    return requests.map(({ headers }) => headers['idempotency-key']);
  };

  it('naive: has another idempotency key each time, so that the service takes it for three', async () => {
    const keys = await keysOf((adapter) => {
      const client = axios.create({ baseURL: 'https://orders.test', adapter });
      client.interceptors.request.use((config) => {
        config.headers.set('Idempotency-Key', randomUUID());
        return config;
      });
      axiosRetry(client, Object.assign({ retryDelay: () => 200, retryCondition: () => true }));
      return client.post('/orders', { item: 7 });
    });
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(3);
  });

  it('holdfast: has one, from the first attempt to the last', async () => {
    const keys = await keysOf((adapter) =>
      holdfast(adapter).post('/orders', { item: 7 }, { holdfast: { idempotencyKey: true } }),
    );
    expect(keys).toHaveLength(3);
    expect(keys[0]).toBeDefined();
    expect(new Set(keys).size).toBe(1);
  });
});

describe('trap 25: a request that failed, and is made again', () => {
  /** How often it is sent the second time, and with what time-out. */
  async function madeAgain(stack: Stack) {
    const { adapter, requests } = scriptedTransport(() => ({ status: 503 }), { clock });
    const client = stack(adapter);
    const first = await errorOf(client.get('/7', { timeout: 5_000 }));
    const before = requests.length;
    const request: AxiosRequestConfig = first.config ?? {};
    // Somebody makes it again two seconds later, when the budget is there again.
    await clock.advance(2_000);
    await errorOf(client.request(request));
    return { before, again: requests.length - before, timeout: request.timeout };
  }

  it('naive: has no retries left, and less time', async () => {
    const { before, again, timeout } = await madeAgain(naive);
    expect([before, again]).toEqual([4, 1]);
    expect(timeout).toBeLessThan(5_000);
  });

  it('holdfast: is as it was', async () => {
    expect(await madeAgain(holdfast)).toEqual({ before: 4, again: 4, timeout: 5_000 });
  });
});

describe('trap 26: a challenge in the middle of an outage', () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
  const script: Step[] = [
    ...Array<Step>(3).fill({ status: 503 }),
    { status: 401, headers: { 'www-authenticate': challengeHeader({ claims }) } },
    ...Array<Step>(8).fill({ status: 503 }),
  ];
  async function sends(stack: Stack): Promise<number> {
    const { adapter, requests } = scriptedTransport(script);
    await errorOf(stack(adapter).get('/7'));
    return requests.length;
  }

  it('naive: begins the retries anew: eight requests in place of four', async () => {
    const answering: Stack = (adapter) => {
      const client = naive(adapter);
      client.interceptors.response.use(undefined, (error: AxiosError) => {
        const { config, response } = error;
        if (response?.status !== 401 || config === undefined) throw error;
        // The new token has done nothing wrong yet: it gets all of its retries.
        delete config['axios-retry'];
        config.headers.set('Authorization', 'Bearer t-2');
        return client.request(config);
      });
      return client;
    };
    expect(await sends(answering)).toBe(8);
  });

  it('holdfast: is answered by one more send, inside the fourth attempt', async () => {
    expect(await sends(holdfast)).toBe(5);
  });
});

describe('trap 26: an outage, and retries in two layers', () => {
  /** What a service is sent for 100 calls through an SDK that retries, in a program that retries. */
  async function sent(stack: Stack): Promise<number> {
    const { adapter, requests } = scriptedTransport(() => ({ status: 503 }));
    const sdk = stack(adapter);
    const program = stack(async (config) => {
      const error = await sdk.get(config.url ?? '').catch((failure: unknown) => failure);
      const { response } = error as AxiosError;
      throw new AxiosError('unavailable', 'ERR_BAD_RESPONSE', config, undefined, response);
    });
    const calls = Array.from({ length: 100 }, () => program.get('/7'));
    await clock.runUntilSettled(Promise.allSettled(calls));
    return requests.length;
  }

  it('naive: is sent 16 requests for each call, in place of one', async () => {
    expect(await sent(naive)).toBe(1_600);
  });

  it('holdfast: is sent less than half as many again as there are calls, by two budgets', async () => {
    expect(await sent(holdfast)).toBeLessThan(150);
  });
});
