import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import axios, { type AxiosAdapter, type AxiosInstance } from 'axios';
import { createRequire } from 'node:module';
import { createServiceClient, type TokenCredential } from './index.js';

/** What of axios-retry is used here: the copy that `@holdfast/retry` drives. */
type AxiosRetry = (client: AxiosInstance, options: { retryDelay: () => number }) => void;
const { default: axiosRetry } = createRequire(require.resolve('@holdfast/retry'))('axios-retry') as {
  default: AxiosRetry;
};

const DELAY_MS = 1_000;

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

type GetToken = () => Promise<string>;

/** A token interceptor and axios-retry, as their documentation shows them. */
function naive(adapter: AxiosAdapter, getToken: GetToken = async () => 't'): AxiosInstance {
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  client.interceptors.request.use(async (config) => {
    config.headers.set('Authorization', `Bearer ${await getToken()}`);
    return config;
  });
  axiosRetry(client, { retryDelay: () => DELAY_MS });
  return client;
}

function holdfast(adapter: AxiosAdapter, getToken: GetToken = async () => 't'): AxiosInstance {
  const credential: TokenCredential = {
    getToken: async () => ({ token: await getToken(), expiresOnTimestamp: clock.now() + 3_600_000 }),
  };
  return createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    scopes: 'api://orders/.default',
    credential,
    clock,
    random: () => 1,
    retry: { baseDelayMs: DELAY_MS },
    axios: { adapter },
  });
}

describe('trap 1: a token request that fails', () => {
  /** Both answer: the identity provider with a token, but only the second time. */
  function setUp(stack: typeof naive) {
    const provider = scriptedTransport([
      { error: 'ECONNRESET' },
      ...Array<Step>(5).fill({ status: 200, data: '{"access_token":"t"}' }),
    ]);
    const api = scriptedTransport(() => ({ status: 200, data: '{"id":7}' }));
    const client = stack(api.adapter, async () => {
      const url = 'https://login.test/token';
      const { data } = await axios.post(url, 'secret', { adapter: provider.adapter });
      return data.access_token as string;
    });
    return { client, api, provider };
  }

  it('naive: is sent again as if it were the call, which then resolves with the token', async () => {
    const { client, api } = setUp(naive);
    const response = await clock.runUntilSettled(client.get('/7'));
    expect(response.data).toEqual({ access_token: 't' });
    expect(api.requests).toHaveLength(0);
  });

  it('holdfast: never is the answer of a call, nor is its request that of the error', async () => {
    const { client, api, provider } = setUp(holdfast);
    // It would wait for the next token request, had it the time.
    const call = client.get('/7', { holdfast: { deadlineMs: 4_000 } });
    const error: unknown = await clock.runUntilSettled(call.catch((failure: unknown) => failure));
    expect(error).toMatchObject({ code: 'ERR_TOKEN_ACQUISITION', config: { url: '/7' } });
    await clock.advance(60_000);
    const response = await clock.runUntilSettled(client.get('/7'));
    expect(response.data).toEqual({ id: 7 });
    expect([provider.requests.length, api.requests.length]).toEqual([2, 1]);
  });
});

describe('trap 37: a call with `validateStatus: () => true`', () => {
  const script: Step[] = [{ status: 503 }, { status: 200 }];
  const validateStatus = () => true;

  it('naive: is not sent again when the service is unavailable', async () => {
    const { adapter, requests } = scriptedTransport(script);
    const response = await clock.runUntilSettled(naive(adapter).get('/7', { validateStatus }));
    expect([response.status, requests.length]).toEqual([503, 1]);
  });

  it('holdfast: is sent again, and still gets whatever status remains', async () => {
    const { adapter, requests } = scriptedTransport([...script, { status: 404 }]);
    const client = holdfast(adapter);
    const response = await clock.runUntilSettled(client.get('/7', { validateStatus }));
    expect([response.status, requests.length]).toEqual([200, 2]);
    await expect(client.get('/7', { validateStatus })).resolves.toHaveProperty('status', 404);
  });
});

describe('trap 47: a call that is cancelled by its cancelToken during a backoff', () => {
  async function cancelledAfterMs(client: AxiosInstance): Promise<number> {
    const { token, cancel } = axios.CancelToken.source();
    let endedAt = NaN;
    const call = client.get('/7', { cancelToken: token }).finally(() => (endedAt = clock.now()));
    const ended = expect(call).rejects.toHaveProperty('code', 'ERR_CANCELED');
    await clock.settle();
    const cancelledAt = clock.now();
    cancel();
    await clock.runUntilSettled(ended);
    return endedAt - cancelledAt;
  }

  it('naive: sleeps on until the backoff is over', async () => {
    const { adapter } = scriptedTransport(() => ({ status: 503 }));
    expect(await cancelledAfterMs(naive(adapter))).toBe(DELAY_MS);
  });

  it('holdfast: ends at once', async () => {
    const { adapter } = scriptedTransport(() => ({ status: 503 }));
    expect(await cancelledAfterMs(holdfast(adapter))).toBe(0);
  });
});
