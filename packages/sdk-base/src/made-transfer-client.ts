import { createServiceClient, type ServiceClientOptions } from '@holdfast/client';
import {
  manualClock,
  scriptedTransport,
  type ManualClock,
  type ScriptFunction,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import { SdkConnection } from './connection.js';

/** A connection for tests. Its backoff is nothing, and time moves only for waits. */
export interface TransferStage {
  readonly connection: SdkConnection;
  readonly clock: ManualClock;
  /** Lets waits of no length pass until this settles; limits of time are never over. */
  ended<T>(promise: Promise<T>): Promise<T>;
}

export function transferStage(options: Partial<ServiceClientOptions> & { baseURL: string }): TransferStage {
  const clock = manualClock({ fakeGlobals: false });
  const client = createServiceClient({
    name: 'files',
    credential: false,
    retry: false,
    circuitBreaker: false,
    clock,
    random: () => 0,
    ...options,
  });
  return { connection: new SdkConnection(() => client), clock, ended: (promise) => ended(clock, promise) };
}

/** The same over a script. */
export function scriptedStage(
  script: readonly Step[] | ScriptFunction,
  options: Partial<ServiceClientOptions> = {},
): TransferStage & { readonly requests: readonly TransportRequest[] } {
  const { adapter, requests } = scriptedTransport(script);
  return { ...transferStage({ baseURL: 'https://files.test', ...options, axios: { adapter } }), requests };
}

async function ended<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => (isSettled = true);
  promise.then(settle, settle);
  do {
    // Limits of time keep no process alive; waits do.
    if (clock.pendingRef > 0) await clock.advance(1);
    else await clock.settle();
  } while (!isSettled);
  return promise;
}

/** All bytes of a stream, and what it ended with. */
export async function readAll(
  source: AsyncIterable<Buffer>,
): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of source) pieces.push(piece);
    return { bytes: Buffer.concat(pieces), error: undefined };
  } catch (error) {
    return { bytes: Buffer.concat(pieces), error };
  }
}
