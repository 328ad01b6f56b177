import { install, type Interceptor } from '@holdfast/core';
import {
  manualClock,
  scriptedTransport,
  type ManualClock,
  type ScriptFunction,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';

/** A client behind interceptors, on a clock that stands still. */
export interface Stage {
  readonly clock: ManualClock;
  readonly client: AxiosInstance;
  readonly requests: readonly TransportRequest[];
  /** Lets every wait pass, and says what a call came to. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** The error that a call came to. */
  failure(promise: Promise<unknown>): Promise<unknown>;
}

let clock: ManualClock | undefined;

/** Puts up a new stage; the interceptors get its clock. */
export function stage(
  script: readonly Step[] | ScriptFunction,
  interceptors: (clock: ManualClock) => readonly Interceptor[],
): Stage {
  takeDown();
  const time = (clock = manualClock());
  const { adapter, requests } = scriptedTransport(script, { clock: time });
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  install(client, interceptors(time), { clock: time });
  return {
    clock: time,
    client,
    requests,
    run: (promise) => time.runUntilSettled(promise),
    failure: (promise) =>
      time.runUntilSettled(
        promise.then(
          () => {
            throw new Error('The call succeeded');
          },
          (error: unknown) => error,
        ),
      ),
  };
}

export function takeDown(): void {
  clock?.uninstall();
  clock = undefined;
}
