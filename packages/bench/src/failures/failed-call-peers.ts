import { circuitBreaker, install, type CircuitBreakerOptions } from '@holdfast/client';
import axios, { type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { opossumAround, opossumClient } from './naive-client.js';
import { BASE_URL, Orders, PATH } from './orders.js';

/** More than there are: nothing opens, and each failed call is counted like the one before. */
const NEVER = 1e9;

/** A breaker, with calls in its window. */
export interface Peer {
  /** Begins anew, with so many calls that succeeded. */
  fill(size: number): Promise<void>;
  /** A failed call. */
  throughAxios(): Promise<unknown>;
  /** By the breaker alone. */
  alone(): Promise<unknown>;
  end(): void;
}

const good = new Orders();
const failing = new Orders();
failing.answer = { status: 500 };

/** A request with its call, such as a breaker meets it. */
async function requestOf(client: AxiosInstance): Promise<InternalAxiosRequestConfig> {
  const { config } = await client.get(PATH, { adapter: good.adapter });
  return config;
}

export async function holdfast(): Promise<Peer> {
  let now = Date.now();
  const clock: NonNullable<CircuitBreakerOptions['clock']> = {
    now: () => now,
    setTimeout: () => ({ cancel: () => undefined, unref: () => undefined }),
  };
  const interceptor = circuitBreaker({ minimumAttempts: NEVER, consecutiveFailures: NEVER, clock });
  const client = axios.create({ baseURL: BASE_URL, adapter: failing.adapter });
  install(client, [interceptor]);
  const config = await requestOf(client);
  config.validateStatus = () => true;
  const [succeeds, fails] = [interceptor(good.adapter), interceptor(failing.adapter)];
  return {
    async fill(size) {
      // What was counted is too old.
      now += 60_000;
      for (let tenth = 0; tenth < 10; tenth += 1) {
        for (let call = 0; call < size / 10; call += 1) await succeeds(config);
        if (tenth < 9) now += 1_000;
      }
    },
    throughAxios: () => client.get(PATH).catch(() => undefined),
    alone: () => fails(config),
    end: () => undefined,
  };
}

/** A new one for each fill: its window is emptied by an interval. Its defaults, but that nothing opens it or is too old. */
export async function opossum(): Promise<Peer> {
  const options = { volumeThreshold: NEVER, rollingCountTimeout: 3_600_000 };
  const sent = (config: InternalAxiosRequestConfig): Promise<AxiosResponse> => {
    const { adapter } = isFilling ? good : failing;
    return adapter(config);
  };
  let isFilling = false;
  let breaker = opossumAround(sent, options);
  const client = opossumClient(() => breaker);
  const config = await requestOf(axios.create({ baseURL: BASE_URL }));
  return {
    async fill(size) {
      breaker.shutdown();
      breaker = opossumAround(sent, options);
      isFilling = true;
      for (let call = 0; call < size; call += 1) await breaker.fire(config);
      isFilling = false;
    },
    throughAxios: () => client.get(PATH).catch(() => undefined),
    alone: () => breaker.fire(config).catch(() => undefined),
    end: () => {
      breaker.shutdown();
    },
  };
}
