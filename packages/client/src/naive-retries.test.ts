import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosError, type AxiosAdapter, type AxiosInstance } from 'axios';
import { createRequire } from 'node:module';
import { callOf, createServiceClient, retryAfterOf } from './index.js';

interface AxiosRetryOptions {
  readonly onRetry?: () => void;
  readonly retryDelay?: (retryCount: number, error: AxiosError) => number;
}

/** What of axios-retry is used here: the copy that `@holdfast/retry` drives. */
const { default: axiosRetry, exponentialDelay } = createRequire(require.resolve('@holdfast/retry'))(
  'axios-retry',
) as {
  readonly default: (client: AxiosInstance, options?: AxiosRetryOptions) => void;
  readonly exponentialDelay: (retryCount: number, error: AxiosError) => number;
};

const OK: Step = { status: 200 };
const told = (seconds: number): Step => ({ status: 429, headers: { 'retry-after': String(seconds) } });

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

type Stack = (adapter: AxiosAdapter) => AxiosInstance;

/** axios-retry, as its documentation shows it. */
const naive: Stack = (adapter) => {
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  axiosRetry(client, { retryDelay: exponentialDelay });
  return client;
};

/** With other jitter at each draw. */
const holdfast: Stack = (adapter) => {
  let draws = 0;
  return createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    credential: false,
    clock,
    random: () => (draws++ * 0.618) % 1,
    axios: { adapter },
  });
};

const play = (script: Parameters<typeof scriptedTransport>[0]) => scriptedTransport(script, { clock });
const errorOf = async (call: Promise<unknown>): Promise<unknown> =>
  clock.runUntilSettled(call.catch((error: unknown) => error));

describe('trap 16: a service that says: come back in a month', () => {
  it('naive: is sent four requests within a second', async () => {
    const { adapter, requests } = play(() => told(2_592_000));
    const from = clock.now();
    await errorOf(naive(adapter).get('/7'));
    expect(requests).toHaveLength(4);
    expect(clock.now() - from).toBeLessThan(1_000);
  });

  it('holdfast: is sent one, and the caller hears at once when to come back', async () => {
    const { adapter, requests } = play(() => told(2_592_000));
    const from = clock.now();
    const error = await errorOf(holdfast(adapter).get('/7'));
    expect([requests.length, clock.now() - from]).toEqual([1, 0]);
    expect(error).toHaveProperty('status', 429);
    expect(retryAfterOf(error)).toBeGreaterThanOrEqual(2_592_000_000);
  });
});

describe('trap 16: a request with `timeout: 1000`, told to come back in 2 s', () => {
  it('naive: is given up without a word: the wait is taken off its time-out', async () => {
    const { adapter, requests } = play([told(2), OK]);
    expect(await errorOf(naive(adapter).get('/7', { timeout: 1_000 }))).toHaveProperty('status', 429);
    expect(requests).toHaveLength(1);
  });

  it('holdfast: comes back then', async () => {
    const { adapter, requests } = play([told(2), OK]);
    await clock.runUntilSettled(holdfast(adapter).get('/7', { timeout: 1_000 }));
    expect(requests).toHaveLength(2);
    expect(requests[1]!.at - requests[0]!.at).toBeGreaterThanOrEqual(2_000);
  });
});

describe('trap 18: 20 calls that were told to come back in 1 s', () => {
  /** When each came back, counted from the refusal. */
  async function returns(stack: Stack): Promise<number[]> {
    const { adapter, requests } = play((_, number) => (number <= 20 ? told(1) : OK));
    const client = stack(adapter);
    await clock.runUntilSettled(Promise.all(Array.from({ length: 20 }, () => client.get('/7'))));
    const from = requests[0]!.at;
    return requests.slice(20).map(({ at }) => at - from);
  }

  it('naive: come back all at once', async () => {
    const together: Stack = (adapter) => {
      const client = axios.create({ baseURL: 'https://orders.test', adapter });
      axiosRetry(client);
      return client;
    };
    expect(new Set(await returns(together))).toEqual(new Set([1_000]));
  });

  it('holdfast: come back one after the other, and none too early', async () => {
    const at = await returns(holdfast);
    expect(at).toHaveLength(20);
    expect(Math.min(...at)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...at) - Math.min(...at)).toBeGreaterThan(500);
  });
});

describe('trap 19: a POST that may have been acted on', () => {
  const lost: readonly (readonly [what: string, step: Step, clarifyTimeoutError: boolean])[] = [
    ['whose connection was reset', { error: 'ECONNRESET' }, false],
    ['that timed out, with clarifyTimeoutError', 'hang', true],
  ];
  async function posts(stack: Stack, step: Step, clarifyTimeoutError: boolean): Promise<number> {
    const { adapter, requests } = play(() => step);
    const transitional = { clarifyTimeoutError };
    await errorOf(stack(adapter).post('/orders', { item: 7 }, { timeout: 5_000, transitional }));
    return requests.length;
  }

  it('naive: is executed four times when its connection was reset', async () => {
    expect(await posts(naive, lost[0]![1], false)).toBe(4);
  });

  it('naive: is executed again when it timed out, with clarifyTimeoutError and time-outs that start anew', async () => {
    const anew: Stack = (adapter) => {
      const client = axios.create({ baseURL: 'https://orders.test', adapter });
      axiosRetry(client, Object.assign({ shouldResetTimeout: true }));
      return client;
    };
    expect(await posts(anew, 'hang', true)).toBe(4);
  });

  it.each(lost)('holdfast: is executed once %s', async (_, step, clarifyTimeoutError) => {
    expect(await posts(holdfast, step, clarifyTimeoutError)).toBe(1);
  });
});

describe('trap 20: a GET that its caller gives up while it is sent', () => {
  async function givenUp(stack: Stack) {
    const { adapter, requests } = play(() => 'hang');
    const controller = new AbortController();
    const call = stack(adapter).get('/7', { signal: controller.signal });
    const ended = call.catch((error: unknown) => error);
    await clock.settle();
    controller.abort();
    return { error: await errorOf(ended), requests };
  }

  it('naive: is retried three times', async () => {
    const onRetry = jest.fn();
    const { error } = await givenUp((adapter) => {
      const client = axios.create({ baseURL: 'https://orders.test', adapter });
      axiosRetry(client, { onRetry });
      return client;
    });
    expect(error).toHaveProperty('code', 'ERR_CANCELED');
    expect(onRetry).toHaveBeenCalledTimes(3);
  });

  it('holdfast: is retried never', async () => {
    const { error, requests } = await givenUp(holdfast);
    expect(error).toHaveProperty('code', 'ERR_CANCELED');
    expect(requests).toHaveLength(1);
    expect(callOf(error)?.attempts).toHaveLength(1);
  });
});

describe('trap 20: a GET that its caller gives up during a backoff', () => {
  /** How often it came as far as the caller's own interceptor. */
  async function submitted(stack: Stack) {
    const { adapter } = play(() => ({ status: 503 }));
    const client = stack(adapter);
    const seen = jest.fn();
    client.interceptors.request.use((config) => {
      seen();
      return config;
    });
    const controller = new AbortController();
    const ended = client.get('/7', { signal: controller.signal }).catch((error: unknown) => error);
    await clock.settle();
    controller.abort();
    expect(await errorOf(ended)).toHaveProperty('code', 'ERR_CANCELED');
    return seen.mock.calls.length;
  }

  it('naive: is submitted again, up to the last retry', async () => {
    expect(await submitted(naive)).toBe(4);
  });

  it('holdfast: is not', async () => {
    expect(await submitted(holdfast)).toBe(1);
  });
});

describe('trap 21: a failure that will be the same the next time', () => {
  const permanent: readonly (readonly [what: string, step: Step])[] = [
    ['a certificate that is over', { error: 'CERT_HAS_EXPIRED' }],
    ['too many redirects', { error: 'ERR_FR_TOO_MANY_REDIRECTS' }],
    ['too large an answer', { error: 'ERR_BAD_RESPONSE', message: 'maxContentLength size of 1 exceeded' }],
    ['a bad option', { error: 'ERR_BAD_OPTION' }],
  ];

  it.each(permanent)('naive: is asked for four times: %s', async (_, step) => {
    const { adapter, requests } = play(() => step);
    await errorOf(naive(adapter).get('/7'));
    expect(requests).toHaveLength(4);
  });

  it.each(permanent)('holdfast: is asked for once: %s', async (_, step) => {
    const { adapter, requests } = play(() => step);
    await errorOf(holdfast(adapter).get('/7'));
    expect(requests).toHaveLength(1);
  });
});
