import axios from 'axios';
import {
  ConsecutiveBreaker,
  ExponentialBackoff,
  TimeoutStrategy,
  circuitBreaker,
  handleAll,
  retry,
  timeout,
  wrap,
} from 'cockatiel';
import { inVariable, useToken } from './naive-stack.js';
import type { Place } from './place.js';
import { PATH, type Stack } from './stack.js';

/** Three policies around axios, and the same token interceptor that the naive stack has. */
export function cockatielStack(place: Place): Stack {
  const client = axios.create({ baseURL: place.baseURL, ...place.axiosDefaults() });
  useToken(client, inVariable(place));
  const policy = wrap(
    retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
    timeout(10_000, TimeoutStrategy.Cooperative),
  );
  return {
    call: async () => (await policy.execute(({ signal }) => client.get<unknown>(PATH, { signal }))).data,
    layer: { client, around: (send) => policy.execute(({ signal }) => send(signal)) },
  };
}
