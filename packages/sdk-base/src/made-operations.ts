import { standardInterceptors, type StandardInterceptorsOptions } from '@holdfast/client';
import { install } from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ManualClock,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { CallPromise } from './call-promise.js';
import { SdkConnection } from './connection.js';
import { startOperation } from './operation-start.js';
import type { Operation } from './operation.js';
import { send } from './send.js';

export const API = 'https://api.test/v1';

/** A step with a JSON body. */
export function json(status: number, data: unknown, headers: Readonly<Record<string, string>> = {}): Step {
  return { status, data: JSON.stringify(data), headers };
}

type StageOptions = NonNullable<Parameters<typeof startOperation>[2]>;

/** A client of a service that answers by a script, on a clock of its own, and operations that it has started. */
export interface OperationStage {
  readonly clock: ManualClock;
  readonly client: AxiosInstance;
  readonly connection: SdkConnection;
  readonly requests: readonly TransportRequest[];
  /** Each as `METHOD URL`, and the milliseconds since the beginning. */
  sends(): string[];
  start<T>(request: AxiosRequestConfig, options?: StageOptions): Operation<T>;
  resume<T>(text: string, options?: StageOptions): Operation<T>;
}

export function operationStage(
  script: readonly Step[] | ((request: TransportRequest, number: number) => Step),
  options: Partial<StandardInterceptorsOptions> = {},
  defaults: AxiosRequestConfig = {},
): OperationStage {
  const clock = manualClock({ fakeGlobals: false });
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = axios.create({ baseURL: API, adapter, ...defaults } as Parameters<typeof axios.create>[0]);
  const interceptors = standardInterceptors({
    name: 'api',
    credential: staticCredential('a-secret-token'),
    scopes: 'api://api/.default',
    retry: false,
    circuitBreaker: false,
    deadlineMs: false,
    attemptTimeoutMs: false,
    throttleGate: false,
    clock,
    ...options,
  });
  install(client, interceptors, { clock });
  const connection = new SdkConnection(() => client);
  const from = clock.now();
  return {
    clock,
    client,
    connection,
    requests,
    sends: () => requests.map(({ method, url, at }) => `${at - from} ${method.toUpperCase()} ${url}`),
    start: (request, poll = {}) =>
      startOperation(connection, started(connection, request), { clock, ...poll }),
    resume: (text, poll = {}) => startOperation(connection, text, { clock, ...poll }),
  };
}

function started(connection: SdkConnection, request: AxiosRequestConfig): CallPromise<unknown> {
  const sent = send(connection, { method: 'post', ...request });
  return new CallPromise(sent.then((response) => ({ data: response.data as unknown, response })));
}
