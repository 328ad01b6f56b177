import { install, type Interceptor } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import axios, { type AxiosInstance, type CreateAxiosDefaults } from 'axios';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A loopback server, clients for it, and a clock that stands still. */
export interface Loopback extends AsyncDisposable {
  readonly clock: ManualClock;
  /** The request that came first. */
  readonly arrived: Promise<IncomingMessage>;
  /** Settles when its connection is closed. */
  readonly closed: Promise<void>;
  client(options: CreateAxiosDefaults, ...interceptors: readonly Interceptor[]): AxiosInstance;
}

/** Starts a server on loopback. */
export async function startLoopback(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Loopback> {
  const clock = manualClock({ fakeGlobals: false });
  let arrive: (request: IncomingMessage) => void = () => undefined;
  let close: () => void = () => undefined;
  const arrived = new Promise<IncomingMessage>((resolve) => (arrive = resolve));
  const closed = new Promise<void>((resolve) => (close = resolve));
  const server: Server = createServer((request, response) => {
    request.socket.once('close', close);
    arrive(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    clock,
    arrived,
    closed,
    client: (options, ...interceptors) => {
      const client = axios.create({ ...options, baseURL });
      install(client, interceptors, { clock });
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Goes on by steps of time until a promise settles; sockets go on by themselves. */
export async function advanceUntilSettled<T>(
  clock: ManualClock,
  stepMs: number,
  promise: Promise<T>,
): Promise<T> {
  let settled = false;
  const end = () => (settled = true);
  promise.then(end, end);
  const steps = 2_000;
  for (let step = 0; step < steps; step += 1) {
    await clock.advance(stepMs);
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the callback above sets it
    if (settled) return promise;
  }
  throw new Error(`It has not settled within ${stepMs * steps} ms`);
}
