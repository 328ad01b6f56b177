// What services cost that nobody calls just now, 10,000 of them: bytes and timers for each, and the CPU time of a second in which
// nothing happens. And opossum's, one breaker each, as it comes.
//   node --single-threaded --expose-gc packages/bench/dist/esm/failures/idle-services.js
//   node --single-threaded --expose-gc packages/bench/dist/esm/failures/idle-services.js cpu
// Bytes and timers repeat. The latter also waits a second for each, and is for the eye.
import { runningTimers, timersSince, type RunningTimers } from '../measuring/running-timers.js';
import { collect, heapUsed } from '../measuring/rounds.js';
import { opossumAround } from './naive-client.js';
import { Orders } from './orders.js';
import {
  circuitBreaker,
  install,
  standardInterceptors,
  throttleGate,
  type CircuitBreakerOptions,
  type Interceptor,
} from '@holdfast/client';
import { systemClock, type Clock } from '@holdfast/core';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';

export interface HeldByServices extends RunningTimers {
  /** For each service. Timers are those of all together. */
  readonly bytes: number;
  /** Of a second of which nobody makes use, and only where it was asked for. */
  readonly idleCpuMs?: number;
}

export interface IdleServices {
  /** Services that are well, each with a circuit of its own. */
  readonly circuitBreaker: HeldByServices;
  readonly circuitBreakerByTenant: HeldByServices;
  readonly standardInterceptors: HeldByServices;
  readonly failedNowAndThen: HeldByServices;
  readonly recovered: HeldByServices;
  /** Each has asked to be left alone; and when that is over. */
  readonly gateClosed: HeldByServices;
  readonly gateOver: HeldByServices;
  readonly opossum: HeldByServices;
  /** There is none: what the process does by itself. */
  readonly nothing: HeldByServices;
}

/** What is kept while it is looked at. */
interface Kept {
  readonly kept: unknown;
  readonly end?: () => void;
}

const SERVICES = 10_000;
let services = 100;
const hasCpu = process.argv[2] === 'cpu';
const orders = new Orders();

// It jumps over what would have to be waited for.
let offsetMs = 0;
const clock: Clock = {
  now: () => Date.now() + offsetMs,
  setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs),
};

/** Calls each of the services once, one after the other. */
async function callAll(
  client: AxiosInstance,
  request: (number: number) => AxiosRequestConfig = ofService,
): Promise<void> {
  for (let number = 0; number < services; number += 1)
    await client.request({ validateStatus: null, ...request(number) }).catch(() => undefined);
}

const ofService = (number: number): AxiosRequestConfig => ({
  url: `https://service-${number}.example/orders/7`,
});
const ofTenant = (number: number): AxiosRequestConfig => ({
  url: 'https://orders.example/orders/7',
  headers: { 'x-tenant': `tenant-${number}` },
});

/** Milliseconds of CPU in a second of which nobody makes use. */
async function idleCpuMs(): Promise<number> {
  await turn();
  const before = process.cpuUsage();
  await pause(1_000);
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1_000);
}

/** What is there once `make` has been through, over what was there before. */
async function heldBy(make: () => Promise<Kept>): Promise<HeldByServices> {
  const timersBefore = runningTimers();
  // Once more for what only a first collection sets free.
  collect();
  const before = heapUsed();
  const made = await make();
  await turn();
  collect();
  const bytes = Math.round((heapUsed() - before) / services);
  const timers = timersSince(timersBefore);
  const idle = hasCpu ? { idleCpuMs: await idleCpuMs() } : {};
  made.end?.();
  return { bytes, ...timers, ...idle };
}

/** A client with a pipeline of its own. */
function clientOf(...interceptors: readonly Interceptor[]): AxiosInstance {
  const client = axios.create({ adapter: orders.adapter });
  install(client, interceptors, { clock });
  return client;
}

/** Circuits that are what a change of state makes of them: all of them have come to it. */
function breaking(options: CircuitBreakerOptions) {
  let awaited = 0;
  let reached: () => void = () => undefined;
  const interceptor = circuitBreaker({
    clock,
    ...options,
    onStateChange: () => {
      awaited -= 1;
      if (awaited === 0) reached();
    },
  });
  const next = async (changes: number): Promise<void> => {
    awaited = changes;
    // The timer of a circuit keeps no process alive.
    const awake = setInterval(() => undefined, 1_000);
    await new Promise<void>((resolve) => (reached = resolve));
    clearInterval(awake);
  };
  return { client: clientOf(interceptor), next };
}

async function healthy(interceptors: readonly Interceptor[], request = ofService): Promise<Kept> {
  orders.answer = { status: 200 };
  const client = clientOf(...interceptors);
  await callAll(client, request);
  return { kept: client };
}

/** Each has been down and is up again, and nothing has happened to it for long. */
async function recovered(): Promise<Kept> {
  // So short that the circuit's own timer has run out soon.
  const { client, next } = breaking({
    openMs: 1,
    maxOpenMs: 1,
    consecutiveFailures: 2,
    consecutiveSpanMs: 0,
  });
  const isHalfOpen = next(2 * services);
  orders.answer = { status: 500 };
  await callAll(client);
  await callAll(client);
  await isHalfOpen;
  const isClosed = next(services);
  orders.answer = { status: 200 };
  await callAll(client);
  await callAll(client);
  await isClosed;
  offsetMs += 60_000;
  await callAll(client);
  return { kept: client };
}

/** Some failures each: too few to open anything. */
async function failedNowAndThen(): Promise<Kept> {
  const client = clientOf(circuitBreaker({ clock }));
  orders.answer = { status: 500 };
  for (let time = 0; time < 5; time += 1) await callAll(client);
  return { kept: client };
}

/** Each has asked to be left alone, and nobody has called it since; or it was called when all was over. */
async function throttled(callsLater: number): Promise<Kept> {
  const client = clientOf(throttleGate({ clock }));
  orders.answer = { status: 429, headers: { 'retry-after': '5' } };
  await callAll(client);
  orders.answer = { status: 200 };
  for (let time = 0; time < callsLater; time += 1) {
    offsetMs += 20_000;
    await callAll(client);
  }
  return { kept: client };
}

function opossums(): Promise<Kept> {
  const breakers = Array.from({ length: services }, (_, number) =>
    opossumAround(orders.adapter, { name: `service-${number}` }),
  );
  const end = (): void => {
    for (const breaker of breakers) breaker.shutdown();
  };
  return Promise.resolve({ kept: breakers, end });
}

const standard = (): readonly Interceptor[] =>
  standardInterceptors({ name: 'orders', credential: false, clock });
const byTenant: CircuitBreakerOptions = { key: ({ headers }) => String(headers.get('x-tenant')) };

const cases: Readonly<Record<keyof IdleServices, () => Promise<Kept>>> = {
  circuitBreaker: () => healthy([circuitBreaker({ clock })]),
  circuitBreakerByTenant: () => healthy([circuitBreaker({ clock, ...byTenant })], ofTenant),
  standardInterceptors: () => healthy(standard()),
  failedNowAndThen,
  recovered,
  gateClosed: () => throttled(0),
  gateOver: () => throttled(3),
  opossum: opossums,
  nothing: () => Promise.resolve({ kept: undefined }),
};

// What is made once, whatever the number of services, and what the compiler makes of the code.
for (const make of [() => healthy([]), cases.standardInterceptors, recovered, cases.gateOver]) await make();

services = SERVICES;
const figures: Record<string, HeldByServices> = {};
for (const [name, make] of Object.entries(cases)) figures[name] = await heldBy(make);
console.log(JSON.stringify(figures));
