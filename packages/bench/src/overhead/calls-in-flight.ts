// What one more call of a factory allocates while 1,000 and 16,000 others are in flight.
// "deadline": each call listens by limits of its own. "bare": all of them listen to one signal. "signal": each has its caller's.
// Who looks at all others for the sake of one, or copies them, is seen to.
import { createClientFactory, type ServiceOptions } from '@holdfast/client';
import axios, { type AxiosAdapter, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { setImmediate } from 'node:timers/promises';
import { collect, median } from '../measuring/rounds.js';

const SIZES = [1_000, 16_000];
const MORE = 100;
const ROUNDS = 5;
const baseURL = 'https://orders.example';

const inFlight: (() => void)[] = [];
const adapter: AxiosAdapter = (config) =>
  new Promise((resolve, reject) => {
    // As axios's own adapters do it.
    const onAbort = (): void => {
      reject(new axios.CanceledError(undefined, config));
    };
    const { signal } = config;
    signal?.addEventListener?.('abort', onAbort);
    inFlight.push(() => {
      signal?.removeEventListener?.('abort', onAbort);
      resolve({ status: 200, statusText: 'OK', data: '{"id":7}', headers: {}, config });
    });
  });

interface Way {
  readonly own: Partial<ServiceOptions>;
  readonly options: () => AxiosRequestConfig;
}

const unlimited = { deadlineMs: false, attemptTimeoutMs: false, stallMs: false } as const;
/** Longer than any machine takes: a call that ran out of time would be sent again in the midst of it. */
const long = { deadlineMs: 3_600_000, attemptTimeoutMs: 3_600_000 } as const;
const WAYS: Readonly<Record<string, Way>> = {
  deadline: { own: long, options: () => ({}) },
  bare: { own: unlimited, options: () => ({}) },
  signal: { own: unlimited, options: () => ({ signal: new AbortController().signal }) },
};

async function begin(
  client: AxiosInstance,
  options: Way['options'],
  times: number,
): Promise<Promise<unknown>[]> {
  const calls = Array.from({ length: times }, () =>
    client.get('/orders/7', options()).catch((error: unknown) => (error as { code: string }).code),
  );
  await setImmediate();
  return calls;
}

/** Begins some more calls, and ends them. */
async function more(client: AxiosInstance, options: Way['options']): Promise<void> {
  const calls = await begin(client, options, MORE);
  for (const answer of inFlight.splice(-MORE)) answer();
  await Promise.all(calls);
}

/** Nothing may be collected while it is counted: what a round allocates fits into the young generation. */
async function bytesOfOne(client: AxiosInstance, options: Way['options']): Promise<number> {
  collect();
  const before = process.memoryUsage().heapUsed;
  await more(client, options);
  return (process.memoryUsage().heapUsed - before) / MORE;
}

async function measured({ own, options }: Way): Promise<unknown> {
  const clients = createClientFactory({
    credential: false,
    services: { orders: { baseURL, circuitBreaker: false, axios: { adapter }, ...own } },
  });
  const { orders } = clients;
  // Long enough for the compiler to have settled.
  for (let round = 0; round < 40; round += 1) await more(orders, options);
  const bytes: Record<number, number> = {};
  const calls: Promise<unknown>[] = [];
  for (const size of SIZES) {
    calls.push(...(await begin(orders, options, size - inFlight.length)));
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await bytesOfOne(orders, options));
    bytes[size] = Math.round(median(rounds));
  }
  const openCalls = () => clients.snapshot().services['orders']?.inFlight;
  const open = openCalls();
  await clients.close({ graceMs: 0 });
  const ended = new Set(await Promise.all(calls));
  inFlight.length = 0;
  return { bytes, open, ended: [...ended], left: openCalls() };
}

const ways: Record<string, unknown> = {};
for (const [name, way] of Object.entries(WAYS)) ways[name] = await measured(way);
console.log(JSON.stringify(ways));
