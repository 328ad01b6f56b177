import { manualClock, scriptedTransport, type ManualClock } from '@holdfast/testing';
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import axios, { type AxiosAdapter, type AxiosInstance, type AxiosResponse } from 'axios';
import { createServiceClient, type ServiceClientOptions } from './index.js';

interface OpossumOptions {
  readonly timeout?: number | false;
  readonly volumeThreshold?: number;
  readonly errorFilter?: (error: Error) => boolean;
  readonly cache?: boolean;
  readonly cacheGetKey?: (config: { readonly url?: string }) => string;
}

interface Opossum extends EventEmitter {
  readonly opened: boolean;
  fire(...args: readonly unknown[]): Promise<AxiosResponse>;
  fallback(respond: (...args: readonly unknown[]) => unknown): this;
  shutdown(): void;
}

type Opossums = new (
  action: (...args: never[]) => Promise<AxiosResponse>,
  options?: OpossumOptions,
) => Opossum;

/** The copy of opossum that `@holdfast/circuit-breaker` drives. */
const CircuitBreaker = createRequire(require.resolve('@holdfast/circuit-breaker'))('opossum') as Opossums;

/** The copy of axios-retry that `@holdfast/retry` drives. */
export const { default: axiosRetry } = createRequire(require.resolve('@holdfast/retry'))('axios-retry') as {
  readonly default: (client: AxiosInstance, options?: { readonly retryDelay?: () => number }) => void;
};

/** Stands still, and is another one for each test. */
export let clock: ManualClock;
const breakers: Opossum[] = [];

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  for (const breaker of breakers.splice(0)) breaker.shutdown();
  clock.uninstall();
});

export const play = (script: Parameters<typeof scriptedTransport>[0]): ReturnType<typeof scriptedTransport> =>
  scriptedTransport(script, { clock });

/** As it is written everywhere: `breaker.fire()` around what sends. */
export function opossumAround(
  action: (...args: never[]) => Promise<AxiosResponse>,
  options?: OpossumOptions,
): Opossum {
  const breaker = new CircuitBreaker(action, options);
  breakers.push(breaker);
  return breaker;
}

export type Stack = (adapter: AxiosAdapter) => AxiosInstance;

/** A client whose adapter opossum goes around; with its defaults, unless said otherwise. */
export const naive =
  (options?: OpossumOptions): Stack =>
  (adapter) => {
    const breaker = opossumAround(adapter, options);
    return axios.create({ baseURL: 'https://orders.test', adapter: (config) => breaker.fire(config) });
  };

/** The standard pipeline, with other jitter at each draw; without retries, so that a send is a call, unless said otherwise. */
export const holdfast =
  (options: Partial<ServiceClientOptions> = {}): Stack =>
  (adapter) => {
    let draws = 0;
    return createServiceClient({
      ...{ name: 'orders', baseURL: 'https://orders.test', credential: false, retry: false },
      ...{ clock, random: () => (draws++ * 0.618) % 1 },
      ...options,
      axios: { adapter },
    });
  };

/** What a call came to: a status, or the code of its error. */
export async function endingOf(call: Promise<AxiosResponse>): Promise<number | string | undefined> {
  return clock.runUntilSettled(settled(call));
}

/** The same of a call that nobody waits for yet. */
export function settled(call: Promise<AxiosResponse>): Promise<number | string | undefined> {
  return call.then(
    ({ status }) => status,
    (error: unknown) => (axios.isAxiosError(error) ? (error.status ?? error.code) : String(error)),
  );
}
