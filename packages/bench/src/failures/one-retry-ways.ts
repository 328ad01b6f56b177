import {
  RetryBudget,
  createServiceClient,
  install,
  retry,
  type Interceptor,
  type RetryOptions,
} from '@holdfast/client';
import axios, { type AxiosAdapter, type AxiosInstance, type AxiosResponse } from 'axios';
import axiosRetry from 'axios-retry';
import { ConstantBackoff, handleAll, retry as cockatielRetry } from 'cockatiel';
import { naiveClient, opossumAround } from './naive-client.js';
import { BASE_URL, Orders, PATH } from './orders.js';

export const orders: Orders = new Orders();
const { adapter } = orders;

/** More than there are: half of all attempts fail. */
const NEVER = 1e9;
const retries = (): RetryOptions => ({
  budget: new RetryBudget({ ratio: 1, minPerSecond: NEVER }),
  random: () => 0,
});
const getToken = () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 });

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** What sending twice costs at least: nothing of axios runs again, and nothing is decided. */
const sendsTwice: AxiosAdapter = async (config) => {
  const { validateStatus } = config;
  config.validateStatus = () => true;
  const first = await adapter(config);
  if (first.status < 400) return first;
  await turn();
  const second = await adapter(config);
  config.validateStatus = validateStatus ?? null;
  return second;
};

/** The same as an interceptor: what the pipeline costs that it stands in. */
const loop: Interceptor = (next) => async (config) => {
  const first = await next(config);
  if (first.status < 400) return first;
  await turn();
  return next(config);
};

/** What axios-retry knows of an attempt that it repeats. */
interface Hosted {
  readonly attempt: () => Promise<AxiosResponse>;
}
type OnRejected = (error: {
  readonly config: Hosted;
  readonly response: AxiosResponse;
}) => Promise<AxiosResponse>;

/** axios-retry around attempts instead of calls: no call of axios is begun again, and it is asked for nothing else. */
function hosting(): Interceptor {
  const handlers: OnRejected[] = [];
  const instance: object = Object.assign(({ attempt }: Hosted) => attempt(), {
    defaults: {},
    interceptors: {
      request: { use: () => 0 },
      response: { use: (_: null, onRejected: OnRejected) => handlers.push(onRejected) },
    },
  });
  axiosRetry(instance as AxiosInstance, { retryCondition: () => true });
  const [onRejected] = handlers;
  if (onRejected === undefined) throw new Error('axios-retry has put no handler on the instance');
  return (next) => async (config) => {
    const response = await next(config);
    if (response.status < 400) return response;
    return onRejected({ config: { attempt: () => next(config) }, response });
  };
}

function piped(interceptor: Interceptor): AxiosInstance {
  const client = axios.create({ baseURL: BASE_URL, adapter });
  install(client, [interceptor]);
  return client;
}

function withAxiosRetry(): AxiosInstance {
  const client = axios.create({ baseURL: BASE_URL, adapter });
  axiosRetry(client);
  return client;
}

const opossum = () => opossumAround(adapter, { volumeThreshold: NEVER });
let breaker = opossum();

/** opossum sorts its whole window at each failure: a round begins with an empty one. */
export function emptyWindow(): void {
  breaker.shutdown();
  breaker = opossum();
}

/** Ends what would keep the process alive. */
export function shutDown(): void {
  breaker.shutdown();
}

export const WAYS = [
  'sendsTwice',
  'loop',
  'hosted',
  'retry',
  'standard',
  'cockatiel',
  'axiosRetry',
  'naive',
] as const;
export type Way = (typeof WAYS)[number];

const got = (client: AxiosInstance) => () => client.get<unknown>(PATH);

/** A call whose first attempt fails, once it has been made so: {@link Orders.unavailable}. */
export function waysToRetry(): Readonly<Record<'bare' | Way, () => Promise<AxiosResponse>>> {
  const bare = axios.create({ baseURL: BASE_URL, adapter });
  const again = cockatielRetry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(0) });
  return {
    bare: got(bare),
    sendsTwice: got(axios.create({ baseURL: BASE_URL, adapter: sendsTwice })),
    loop: got(piped(loop)),
    hosted: got(piped(hosting())),
    retry: got(piped(retry(retries()))),
    standard: got(
      createServiceClient({
        name: 'orders',
        baseURL: BASE_URL,
        credential: { getToken },
        scopes: 'api://orders/.default',
        retry: retries(),
        circuitBreaker: { minimumAttempts: NEVER },
        axios: { adapter },
      }),
    ),
    cockatiel: () => again.execute(() => bare.get<unknown>(PATH)),
    axiosRetry: got(withAxiosRetry()),
    naive: got(
      naiveClient(
        () => breaker,
        async () => (await getToken()).token,
      ),
    ),
  };
}
