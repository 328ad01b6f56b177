import { createServiceClient, type ServiceClientOptions } from '@holdfast/client';
import { gateForAll } from './gate-for-all.js';
import type { Stage, Strategy } from './strategy.js';

/** What a service may be given of the standard pipeline; its place, time and chance are the simulation's. */
export type StormClientOptions = Omit<
  ServiceClientOptions,
  'agent' | 'axios' | 'baseURL' | 'clock' | 'credential' | 'name' | 'random' | 'scopes' | 'tenantId'
>;

/**
 * The standard pipeline with these options. Its attempts take as long as the setting says, unless they say so themselves. What has
 * state, as a `RetryBudget` or an interceptor of one's own has, is made by a function: or all clients would share it.
 */
export function holdfastStrategy(
  name: string,
  options: StormClientOptions | ((stage: Stage) => StormClientOptions) = {},
): Strategy {
  return {
    name,
    client: (stage) => {
      const { baseURL, adapter, clock, random, timeoutMs } = stage;
      return createServiceClient({
        attemptTimeoutMs: timeoutMs,
        ...(typeof options === 'function' ? options(stage) : options),
        name: 'storm',
        credential: false,
        baseURL,
        clock,
        random,
        axios: { adapter },
      });
    },
  };
}

const budgetAlone: StormClientOptions = { throttleGate: false, circuitBreaker: false };

export const holdfast: Strategy = holdfastStrategy('Holdfast');
export const holdfastWithoutBreaker: Strategy = holdfastStrategy('Holdfast without breaker', {
  circuitBreaker: false,
});
export const holdfastWithoutGate: Strategy = holdfastStrategy('Holdfast without gate', {
  throttleGate: false,
});
export const budget: Strategy = holdfastStrategy('budget alone', budgetAlone);
export const budgetAndGateForAll: Strategy = holdfastStrategy(
  'budget + a gate at which all wait',
  ({ clock }) => ({ ...budgetAlone, after: { retry: gateForAll(clock) } }),
);
