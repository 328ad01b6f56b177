import { currentCall, install, isHoldfastError, type Interceptor } from '@holdfast/core';
import {
  scriptedTransport,
  type ManualClock,
  type ScriptFunction,
  type ScriptedTransport,
} from '@holdfast/testing';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import {
  circuitBreaker,
  type Breaker,
  type Breakers,
  type CircuitBreakerOptions,
  type CircuitStateChange,
} from './index.js';

export const REFUSED = 'ERR_CIRCUIT_OPEN';
export const ORDERS = 'orders https://orders.test';

/** A service named orders, and a client behind a breaker without chance. */
export interface MadeService {
  readonly client: AxiosInstance;
  readonly transport: ScriptedTransport;
  readonly changes: CircuitStateChange[];
  readonly breakers: Breakers;
  /** That of the service, once it was called. */
  readonly breaker: Breaker;
  /** What the service does with the requests from now on. */
  answer: ScriptFunction;
  /** Calls one after the other, and what each came to: a status, or a code. */
  call(times?: number, config?: AxiosRequestConfig): Promise<unknown[]>;
  /** Twenty failures, and then it is as it was. */
  fail(times?: number): Promise<void>;
  /** The states that were told, in order. */
  states(): readonly string[];
}

export function madeService(
  clock: ManualClock,
  options: CircuitBreakerOptions = {},
  within: readonly Interceptor[] = [],
): MadeService {
  const changes: CircuitStateChange[] = [];
  const transport = scriptedTransport((request, number) => service.answer(request, number), { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
  const onStateChange = (change: CircuitStateChange) => changes.push(change);
  const interceptor = circuitBreaker({ clock, random: () => 0, onStateChange, ...options });
  install(client, [named('orders'), interceptor, ...within], { clock });
  const { breakers } = interceptor;

  const service: MadeService = {
    client,
    transport,
    changes,
    breakers,
    get breaker() {
      const breaker = breakers.get('orders');
      if (breaker === undefined) throw new Error('The service was never called');
      return breaker;
    },
    answer: () => ({ status: 200 }),
    async call(times = 1, config = {}) {
      const came: unknown[] = [];
      for (let number = 0; number < times; number += 1) came.push(await outcomeOf(client.get('/7', config)));
      return came;
    },
    async fail(times = 20) {
      const { answer } = service;
      service.answer = () => ({ status: 500 });
      await service.call(times);
      service.answer = answer;
    },
    states: () => changes.map(({ state }) => state),
  };
  return service;
}

/** Gives every call the name of its service. */
export function named(name: string): Interceptor {
  return (next) => (config) => {
    currentCall(config).service = name;
    return next(config);
  };
}

/** What a call came to: a status, or a code. */
export function outcomeOf(call: Promise<{ readonly status: number }>): Promise<unknown> {
  return call.then(
    ({ status }) => status,
    (error: unknown) => (axios.isAxiosError(error) ? (error.response?.status ?? error.code) : error),
  );
}

/** The refusal that a call ends with. */
export async function refusalOf(service: MadeService): Promise<{
  readonly retryAfterMs: number;
  readonly cause: unknown;
  readonly message: string;
}> {
  const error: unknown = await service.client.get('/7').catch((reason: unknown) => reason);
  if (!isHoldfastError(error, REFUSED)) throw new Error('The call was not refused');
  const { retryAfterMs, cause, message } = error;
  return { retryAfterMs, cause, message };
}
