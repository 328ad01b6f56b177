// What 10,000 calls hold while they wait for their next attempt, and whether one abort frees them all.
//   node --single-threaded --expose-gc packages/bench/dist/esm/failures/waiting-calls.js bytes
//   node --single-threaded --expose-gc packages/bench/dist/esm/failures/waiting-calls.js census
// The latter says what it is that one call holds, by constructor.
import { census, grown, type Kind } from '../measuring/census.js';
import { heapUsed, median } from '../measuring/rounds.js';
import { naiveClient, opossumAround } from './naive-client.js';
import { BASE_URL as baseURL, PATH } from './orders.js';
import { RetryBudget, createServiceClient } from '@holdfast/client';
import { statusError } from '@holdfast/core';
import axios, { CanceledError, type AxiosAdapter, type AxiosInstance, type AxiosResponse } from 'axios';
import { getEventListeners, setMaxListeners } from 'node:events';
import { setImmediate } from 'node:timers';
import { setImmediate as turn } from 'node:timers/promises';

const CALLS = 10_000;
const ROUNDS = 3;

export interface HeldByCalls {
  /** For each call that waits, and for each once all of them are given up. */
  readonly bytes: number;
  readonly bytesLeft: number;
  /** How many calls ended with a status, or with the code of an error. */
  readonly endings: Readonly<Record<string, number>>;
  readonly during: Running;
  readonly left: Running;
}

/** Of all calls. */
export interface Running {
  readonly sends: number;
  readonly timers: number;
  readonly listeners: number;
}

export interface WaitingCalls {
  /** In flight, waiting for an answer. */
  readonly bare: HeldByCalls;
  readonly naive: HeldByCalls;
  readonly holdfast: HeldByCalls;
}

let sends = 0;

/** As axios's own adapters do it: one listener per request, and its own error. */
const silent: AxiosAdapter = (config) => {
  sends += 1;
  return new Promise((_, reject) => {
    const onAbort = (): void => {
      reject(new CanceledError(undefined, config));
    };
    config.signal?.addEventListener?.('abort', onAbort, { once: true });
  });
};

const failing: AxiosAdapter = (config) => {
  sends += 1;
  const data = '{"error":{"code":500}}';
  const headers = { 'content-type': 'application/json', 'content-length': String(data.length) };
  const response: AxiosResponse = { status: 500, statusText: 'Internal Server Error', data, headers, config };
  const isTaken = config.validateStatus?.(response.status) ?? true;
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      if (isTaken) resolve(response);
      else reject(statusError(response));
    });
  });
};

/** Each waits a quarter of an hour, unless it is given up. */
const WAIT_MS = 900_000;

const credential = {
  getToken: () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
};

function bare(): AxiosInstance {
  return axios.create({ baseURL, adapter: silent });
}

function naive(): AxiosInstance {
  const breaker = opossumAround(failing);
  const client = naiveClient(
    () => breaker,
    () => Promise.resolve('a-token'),
  );
  client.defaults['axios-retry'] = { retries: 3, retryDelay: () => WAIT_MS };
  return client;
}

function holdfast(): AxiosInstance {
  return createServiceClient({
    name: 'orders',
    baseURL,
    credential,
    scopes: 'api://orders/.default',
    deadlineMs: 3 * WAIT_MS,
    random: () => 0.5,
    // As many retries as there are calls; in each round a circuit that has seen no failure.
    retry: {
      baseDelayMs: 2 * WAIT_MS,
      maxDelayMs: 2 * WAIT_MS,
      budget: new RetryBudget({ ratio: 1, minPerSecond: CALLS }),
    },
    axios: { adapter: failing },
  });
}

function running(signal: AbortSignal): Running {
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  return { sends, timers, listeners: getEventListeners(signal, 'abort').length };
}

async function turns(count: number): Promise<void> {
  for (let time = 0; time < count; time += 1) await turn();
}

/** Has all calls made on a client, and looks while they wait, and once they are given up. */
async function round<Look>(client: AxiosInstance, look: () => Look | Promise<Look>) {
  const controller = new AbortController();
  const { signal } = controller;
  // As many as there are calls, and no leak.
  setMaxListeners(0, signal);
  const before = await look();
  sends = 0;
  const endings: Record<string, number> = {};
  const ended = (ending: string): void => {
    endings[ending] = (endings[ending] ?? 0) + 1;
  };
  const all: Promise<void>[] = [];
  for (let call = 0; call < CALLS; call += 1)
    all.push(
      client.get(PATH, { signal }).then(
        ({ status }) => {
          ended(String(status));
        },
        (error: unknown) => {
          ended(axios.isAxiosError(error) ? String(error.code) : String(error));
        },
      ),
    );
  await turns(50);
  const waiting = await look();
  const during = running(signal);
  controller.abort();
  await Promise.all(all);
  all.length = 0;
  await turns(50);
  const after = await look();
  return { before, waiting, after, endings, during, left: running(signal) };
}

async function measured(client: () => AxiosInstance): Promise<HeldByCalls> {
  await round(client(), heapUsed);
  const { endings, during, left, ...first } = await round(client(), heapUsed);
  const rounds = [first];
  while (rounds.length < ROUNDS) rounds.push(await round(client(), heapUsed));
  const perCall = (bytes: (of: typeof first) => number): number =>
    Math.round(median(rounds.map(bytes)) / CALLS);
  return {
    bytes: perCall(({ waiting, before }) => waiting - before),
    bytesLeft: perCall(({ after, before }) => after - before),
    endings,
    during,
    left,
  };
}

async function held(client: () => AxiosInstance): Promise<Record<string, Kind>> {
  await round(client(), heapUsed);
  const { before, waiting } = await round(client(), census);
  return grown(before, waiting, CALLS);
}

const look = process.argv[2] === 'census' ? held : measured;
const [ofBare, ofHoldfast] = [await look(bare), await look(holdfast)];
console.log(JSON.stringify({ bare: ofBare, holdfast: ofHoldfast, naive: await look(naive) }));
