import { circuitBreaker, createServiceClient, install, type CircuitStateChange } from '@holdfast/client';
import { systemClock, type Clock } from '@holdfast/core';
import axios, { type AxiosInstance } from 'axios';
import { SamplingBreaker, circuitBreaker as cockatielBreaker, handleWhen } from 'cockatiel';
import { naiveClient, opossumAround, opossumClient, type Opossum } from './naive-client.js';
import { BASE_URL, Orders } from './orders.js';

const HOUR = 3_600_000;
/** A thousand calls in each second. */
const EVERY_MS = 1;

/** A client with a breaker, and a service that goes down. */
export interface Breaking {
  readonly client: AxiosInstance;
  readonly orders: Orders;
  readonly isOpen: () => boolean;
  /** Between two calls. */
  readonly letPass: () => void;
  readonly end: () => void;
}

const nothing = () => undefined;

/** Time passes only when it is told to. */
class StandingClock implements Clock {
  at: number = Date.now();
  readonly setTimeout: Clock['setTimeout'] = (callback, delayMs) => systemClock.setTimeout(callback, delayMs);

  now(): number {
    return this.at;
  }
}

function ours(
  make: (orders: Orders, clock: Clock, told: (change: CircuitStateChange) => void) => AxiosInstance,
) {
  const orders = new Orders();
  const clock = new StandingClock();
  let isOpen = false;
  const client = make(orders, clock, ({ state }) => {
    isOpen ||= state === 'open';
  });
  return { client, orders, isOpen: () => isOpen, letPass: () => (clock.at += EVERY_MS), end: nothing };
}

const alone = (): Breaking =>
  ours(({ adapter }, clock, onStateChange) => {
    const client = axios.create({ baseURL: BASE_URL, adapter });
    install(client, [circuitBreaker({ clock, onStateChange })], { clock });
    return client;
  });

/** Without retries, so that an attempt is a call. */
const standard = (): Breaking =>
  ours(({ adapter }, clock, onStateChange) => {
    const getToken = () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: clock.now() + HOUR });
    return createServiceClient({
      name: 'orders',
      baseURL: BASE_URL,
      credential: { getToken },
      scopes: 'api://orders/.default',
      retry: false,
      circuitBreaker: { onStateChange },
      clock,
      axios: { adapter },
    });
  });

/** Its defaults, but for a window in which all these calls are, however slow the machine. */
function opossum(clientOf: (breaker: Opossum) => AxiosInstance): Breaking {
  const orders = new Orders();
  const breaker = opossumAround(orders.adapter, { rollingCountTimeout: HOUR });
  const client = clientOf(breaker);
  const end = () => {
    breaker.shutdown();
  };
  return { client, orders, isOpen: () => breaker.opened, letPass: nothing, end };
}

/** Half of what was seen in the window, as the others have it. */
function cockatiel(): Breaking {
  const orders = new Orders();
  let isOpen = false;
  const breaker = new SamplingBreaker({ threshold: 0.5, duration: HOUR, minimumRps: 0.001 });
  const policy = cockatielBreaker(
    handleWhen(() => true),
    { halfOpenAfter: HOUR, breaker },
  );
  policy.onBreak(() => (isOpen = true));
  const client = axios.create({
    baseURL: BASE_URL,
    adapter: (config) => policy.execute(() => orders.adapter(config)),
  });
  return { client, orders, isOpen: () => isOpen, letPass: nothing, end: nothing };
}

export type Breaker = 'circuitBreaker' | 'standard' | 'cockatiel' | 'opossum' | 'naive';

export const BREAKERS: Readonly<Record<Breaker, () => Breaking>> = {
  circuitBreaker: alone,
  standard,
  cockatiel,
  opossum: () => opossum((breaker) => opossumClient(() => breaker)),
  naive: () =>
    opossum((breaker) =>
      naiveClient(
        () => breaker,
        () => Promise.resolve('a-token'),
      ),
    ),
};
