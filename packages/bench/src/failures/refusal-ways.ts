import {
  circuitBreaker,
  createServiceClient,
  install,
  throttleGate,
  type CircuitBreakerOptions,
  type Interceptor,
  type ServiceClientOptions,
  type ThrottleGateOptions,
} from '@holdfast/client';
import axios, { AxiosError, type AxiosAdapter, type AxiosInstance } from 'axios';
import { ConsecutiveBreaker, circuitBreaker as cockatielBreaker, handleAll } from 'cockatiel';
import { CountedClock } from './counted-clock.js';
import { naiveClient, opossumAround, opossumClient } from './naive-client.js';
import { BASE_URL, Orders, PATH, type Answer } from './orders.js';

const HOUR = 3_600_000;

export const clock: CountedClock = new CountedClock();
export const orders: Orders = new Orders();
/** Tokens that were asked for. */
export const tokens: { asked: number } = { asked: 0 };

const getToken = () => {
  tokens.asked += 1;
  return Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + HOUR });
};

function piped(interceptor: Interceptor): AxiosInstance {
  const client = axios.create({ baseURL: BASE_URL, adapter: orders.adapter });
  install(client, [interceptor], { clock });
  return client;
}

function standard(options: Pick<ServiceClientOptions, 'circuitBreaker' | 'throttleGate'>): AxiosInstance {
  return createServiceClient({
    name: 'orders',
    baseURL: BASE_URL,
    credential: { getToken },
    scopes: 'api://orders/.default',
    clock,
    axios: { adapter: orders.adapter },
    ...options,
  });
}

/** One failure opens it, and for long. */
const breaks: CircuitBreakerOptions = {
  consecutiveFailures: 1,
  consecutiveSpanMs: 0,
  openMs: HOUR,
  maxOpenMs: HOUR,
};
/** Nobody may wait at it. */
const gates: ThrottleGateOptions = { maxClosedMs: HOUR, maxWaiters: 0 };

const FAILS: Answer = { status: 500 };
const THROTTLES: Answer = { status: 429, headers: { 'retry-after': '3600' } };

/** Has a client's next call answered so, and that is the last one that is sent. */
async function shut(client: AxiosInstance, answer: Answer): Promise<AxiosInstance> {
  orders.answer = answer;
  await client.get(PATH, { holdfast: { retry: false } }).catch(() => undefined);
  orders.answer = { status: 200 };
  return client;
}

class NotSent extends AxiosError {}

/** What any refusal costs at least that is an error of its own: axios itself puts the caller's frames on it. */
const refuse: AxiosAdapter = (config) => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new NotSent('Nothing was sent', 'ERR_NOT_SENT', config);
  Error.stackTraceLimit = stackTraceLimit;
  return Promise.reject(error);
};

/** And with one error for all: what axios does with it is left. */
const always = new NotSent('Nothing was sent', 'ERR_NOT_SENT');

const opossum = opossumAround(orders.adapter, { resetTimeout: HOUR });
opossum.open();

const cockatiel = cockatielBreaker(handleAll, { halfOpenAfter: HOUR, breaker: new ConsecutiveBreaker(1) });
await cockatiel.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);

/** Ends what would keep the process alive. */
export function shutDown(): void {
  opossum.shutdown();
}

/** A client that is answered. */
export const bare: AxiosInstance = axios.create({ baseURL: BASE_URL, adapter: orders.adapter });

/** Who refuses, in the order of the table. */
export const REFUSERS = [
  'oneError',
  'adapter',
  'circuitBreaker',
  'throttleGate',
  'standardCircuit',
  'standardGate',
  'cockatiel',
  'opossum',
  'naive',
] as const;
export type Refuser = (typeof REFUSERS)[number];

interface Refusal {
  readonly client: AxiosInstance;
  /** Of its error; cockatiel's has none. */
  readonly code: string | undefined;
}

/** Clients that refuse each call. */
export const REFUSALS: Readonly<Record<Refuser, Refusal>> = {
  oneError: {
    client: axios.create({ baseURL: BASE_URL, adapter: () => Promise.reject(always) }),
    code: 'ERR_NOT_SENT',
  },
  adapter: { client: axios.create({ baseURL: BASE_URL, adapter: refuse }), code: 'ERR_NOT_SENT' },
  circuitBreaker: {
    client: await shut(piped(circuitBreaker({ clock, ...breaks })), FAILS),
    code: 'ERR_CIRCUIT_OPEN',
  },
  throttleGate: {
    client: await shut(piped(throttleGate({ clock, ...gates })), THROTTLES),
    code: 'ERR_THROTTLED',
  },
  standardCircuit: {
    client: await shut(standard({ circuitBreaker: breaks }), FAILS),
    code: 'ERR_CIRCUIT_OPEN',
  },
  standardGate: { client: await shut(standard({ throttleGate: gates }), THROTTLES), code: 'ERR_THROTTLED' },
  cockatiel: {
    client: axios.create({
      baseURL: BASE_URL,
      adapter: (config) => cockatiel.execute(() => orders.adapter(config)),
    }),
    code: undefined,
  },
  opossum: { client: opossumClient(() => opossum), code: 'EOPENBREAKER' },
  naive: {
    client: naiveClient(
      () => opossum,
      async () => (await getToken()).token,
    ),
    code: 'EOPENBREAKER',
  },
};
