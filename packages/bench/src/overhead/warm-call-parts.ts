// Where the bytes of a warm call go: the standard pipeline ring by ring, each added to those before it, and beside it as many rings
// that do nothing. Run with `BYTES_FLAGS`.
import { standardInterceptors } from '@holdfast/client';
import { descriptionOf, install, type Interceptor } from '@holdfast/core';
import axios, {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { bytesOf, interleaved, median } from '../measuring/rounds.js';

/** What stands in the way of a call, and what the call allocates with it over one of bare axios. */
export interface WarmCallPart {
  readonly name: string;
  /** All together, up to this one. */
  readonly bytes: number;
  /** This one alone. */
  readonly ownBytes: number;
}

/** What this program prints. */
export interface WarmCallParts {
  readonly bareBytes: number;
  /** What axios takes for any request interceptor that somebody uses, over none. */
  readonly axiosInterceptorBytes: number;
  /** `install(client, [])`, and then ring by ring. */
  readonly parts: readonly WarmCallPart[];
  /** How many rings of the pipeline wait for what comes of their send. */
  readonly waitingRings: number;
  /** As many installed that do nothing else, in the cheapest form there is: what no pipeline of so many rings stays below. */
  readonly idleRingsBytes: number;
}

const CALLS = 500;
const ROUNDS = { rounds: 21, warmUp: 40 };

const baseURL = 'https://orders.example';
const adapter: AxiosAdapter = (config) =>
  Promise.resolve({ status: 200, statusText: 'OK', data: '{"id":7}', headers: {}, config });
const credential = {
  getToken: () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
};

const rings = standardInterceptors({ name: 'orders', credential, scopes: 'api://orders/.default' });
/** Those that name the call, give it an id, or would answer in the place of a failure hand on what they get. */
const HANDING_ON = new Set(['nameCalls', 'correlate', 'fallback']);

/**
 * Waits for what comes of its send, and knows by then which request it belongs to: by two functions that are bound to it, since two
 * closures and what they hold take more.
 */
const idle: Interceptor = (next) => (config) => next(config).then(answered.bind(config), failed.bind(config));

function answered(this: InternalAxiosRequestConfig, response: AxiosResponse): AxiosResponse {
  return response;
}

function failed(this: InternalAxiosRequestConfig, error: unknown): never {
  throw error;
}

function clientWith(...interceptors: readonly Interceptor[]): AxiosInstance {
  const client = axios.create({ baseURL, adapter });
  install(client, interceptors);
  return client;
}

function bareClient(): AxiosInstance {
  return axios.create({ baseURL, adapter });
}

function withAxiosInterceptor(): AxiosInstance {
  const client = bareClient();
  client.interceptors.request.use((config) => config, undefined, { synchronous: true });
  return client;
}

const names = rings.map((ring, index) => descriptionOf(ring)?.name ?? `interceptor ${index + 1}`);
const waitingRings = names.filter((name) => !HANDING_ON.has(name)).length;
const clients: Readonly<Record<string, AxiosInstance>> = {
  bare: bareClient(),
  'axios interceptor': withAxiosInterceptor(),
  'idle rings': clientWith(...Array.from({ length: waitingRings }, () => idle)),
  'install()': clientWith(),
  ...Object.fromEntries(names.map((name, index) => [name, clientWith(...rings.slice(0, index + 1))])),
};

const measured = await interleaved(
  Object.fromEntries(
    Object.entries(clients).map(([name, client]) => [
      name,
      () => bytesOf(() => client.get('/orders/7'), CALLS),
    ]),
  ),
  ROUNDS,
);
const bytesWith = (name: string): number => Math.round(median(measured[name] ?? []));
const overBare = (name: string): number => bytesWith(name) - bytesWith('bare');

const inOrder = ['install()', ...names];
const result: WarmCallParts = {
  bareBytes: bytesWith('bare'),
  axiosInterceptorBytes: overBare('axios interceptor'),
  parts: inOrder.map((name, index) => {
    const before = inOrder[index - 1];
    const bytes = overBare(name);
    return { name, bytes, ownBytes: bytes - (before === undefined ? 0 : overBare(before)) };
  }),
  waitingRings,
  idleRingsBytes: overBare('idle rings'),
};
console.log(JSON.stringify(result));
