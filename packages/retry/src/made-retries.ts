import { install, type Interceptor } from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  type ManualClock,
  type ScriptedTransport,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import axios, { type AxiosError, type AxiosInstance } from 'axios';
import { retry, type RetryOptions } from './index.js';

/** Stands still, and is another one for each test. */
export let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

/** A client that retries; jitter is at its most unless said otherwise. */
export function held(
  script: readonly Step[],
  options: RetryOptions = {},
  ...inner: readonly Interceptor[]
): { readonly client: AxiosInstance; readonly requests: ScriptedTransport['requests'] } {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: 'https://api.test', adapter });
  install(client, [retry({ clock, random: () => 1, ...options }), ...inner], { clock });
  return { client, requests };
}

export const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

export const errorOf = async (promise: Promise<unknown>): Promise<AxiosError> =>
  (await run(promise.catch((error: unknown) => error))) as AxiosError;

/** Milliseconds between one send and the next. */
export const gaps = (requests: readonly TransportRequest[]): number[] =>
  requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? at));
