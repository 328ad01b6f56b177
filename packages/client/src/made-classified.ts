import {
  manualClock,
  scriptedTransport,
  type AnswerStep,
  type ManualClock,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import axios, { type AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import {
  Breakers,
  install,
  standardInterceptors,
  type Classify,
  type StandardInterceptorsOptions,
} from './index.js';

/** Stands still, and is another one for each test. */
export let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

export interface Classified {
  readonly client: AxiosInstance;
  readonly requests: readonly TransportRequest[];
  readonly breakers: Breakers;
}

/** A client with the whole standard pipeline, whose outcomes a hook classifies. Jitter is at its most: it waits 200 and 400 ms. */
export function classified(
  script: readonly Step[],
  hook: Classify | undefined,
  options: Partial<StandardInterceptorsOptions> = {},
): Classified {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const breakers = new Breakers();
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  const pipeline = standardInterceptors({
    name: 'orders',
    credential: false,
    clock,
    random: () => 1,
    circuitBreaker: { breakers },
    ...(hook && { classify: hook }),
    ...options,
  });
  install(client, pipeline, { clock });
  return { client, requests, breakers };
}

export const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

export const errorOf = async (promise: Promise<unknown>): Promise<AxiosError> =>
  (await run(promise.catch((error: unknown) => error))) as AxiosError;

/** Milliseconds between one send and the next. */
export const gaps = (requests: readonly TransportRequest[]): number[] =>
  requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? at));

/** What a service says that answers 200 although it is busy. */
export const BUSY: AnswerStep = { status: 200, data: '{"error":"busy"}' };
export const DONE: AnswerStep = { status: 200, data: '{"id":7}' };

/** A 200 that says in its body that the service is busy. */
export const busyInBody: Classify = (_outcome, { response }) =>
  typeof response?.data === 'string' && response.data.includes('"busy"') ? 'unavailable' : undefined;

/** Several calls, one after the other. */
export async function calls(
  { client }: Classified,
  count: number,
  config: AxiosRequestConfig = {},
): Promise<void> {
  for (let number = 0; number < count; number += 1)
    await run(client.request({ url: '/7', ...config }).catch(() => undefined));
}
