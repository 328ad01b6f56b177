import axios, {
  type AxiosError,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import axiosRetry, {
  exponentialDelay,
  isNetworkOrIdempotentRequestError,
  type IAxiosRetryConfig,
} from 'axios-retry';
import { ConsecutiveBreaker, ExponentialBackoff, circuitBreaker, handleAll, retry, wrap } from 'cockatiel';
import CircuitBreaker from 'opossum';
import type { Stage, Strategy } from './strategy.js';

function bareClient({ baseURL, adapter, timeoutMs }: Stage): AxiosInstance {
  return axios.create({ baseURL, adapter, timeout: timeoutMs });
}

export const noRetries: Strategy = { name: 'no retries', client: bareClient };

function axiosRetryStrategy(name: string, options: IAxiosRetryConfig): Strategy {
  return {
    name,
    client: (stage) => {
      const client = bareClient(stage);
      // Without `shouldResetTimeout` all attempts share one second, and hardly any is made again.
      axiosRetry(client, { retries: 3, shouldResetTimeout: true, ...options });
      return client;
    },
  };
}

// Handed the error, axios-retry's own backoff waits for a Retry-After as well.
const exponential = (retryCount: number): number => exponentialDelay(retryCount);

const alsoTimeouts = (error: AxiosError): boolean =>
  isNetworkOrIdempotentRequestError(error) || error.code === 'ECONNABORTED';

export const axiosRetryAlone: Strategy = axiosRetryStrategy('axios-retry', { retryDelay: exponential });

export const axiosRetryTimeouts: Strategy = axiosRetryStrategy('axios-retry, timeouts too', {
  retryDelay: exponential,
  retryCondition: alsoTimeouts,
});

export const axiosRetryAfter: Strategy = axiosRetryStrategy('axios-retry, Retry-After per call', {
  retryDelay: exponentialDelay,
});

export const axiosRetryOpossum: Strategy = {
  name: 'axios-retry, timeouts too + opossum',
  client: (stage) => {
    const { adapter } = stage;
    const breaker = new CircuitBreaker<[InternalAxiosRequestConfig], AxiosResponse>((config) =>
      adapter(config),
    );
    return axiosRetryTimeouts.client({ ...stage, adapter: (config) => breaker.fire(config) });
  },
};

/** Both as cockatiel's own documentation shows them. */
export const cockatiel: Strategy = {
  name: 'cockatiel retry + breaker',
  client: (stage) => {
    const { adapter } = stage;
    const policy = wrap(
      retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
      circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
    );
    return bareClient({ ...stage, adapter: (config) => policy.execute(() => adapter(config)) });
  },
};
