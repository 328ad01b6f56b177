import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type AnswerStep,
  type ManualClock,
  type ScriptFunction,
  type StaticCredential,
  type Step,
  type TransportRequest,
} from '@holdfast/testing';
import axios, {
  isAxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios';
import {
  RetryBudget,
  attachToken,
  callOf,
  circuitBreaker,
  install,
  retry,
  throttleGate,
  type CircuitBreakerOptions,
  type Interceptor,
  type RetryOptions,
} from './index.js';

/** Stands still, and is another one for each test. */
export let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

/** What a service does with a request, as long as it does so. */
type Weather = Step | ScriptFunction;

export const UP: AnswerStep = { status: 200 };
export const DOWN: AnswerStep = { status: 503 };
export const throttledFor = (seconds: number): AnswerStep => ({
  status: 429,
  headers: { 'retry-after': String(seconds) },
});

/** A status, or the code of an error. */
type Ending = number | string;

/** One service, one client, and some policies in an order of the test's own. */
export class Stage {
  weather: Weather;
  readonly client: AxiosInstance;
  readonly requests: readonly TransportRequest[];
  /** The story of each call that has ended, in the order in which they ended. */
  readonly stories: string[] = [];
  readonly #sent: (InternalAxiosRequestConfig | undefined)[] = [];
  readonly #inFlight: () => number;

  constructor(weather: Weather, interceptors: readonly Interceptor[]) {
    this.weather = weather;
    const transport = scriptedTransport(() => this.weather, { clock });
    this.requests = transport.requests;
    this.#inFlight = () => transport.inFlight;
    this.client = axios.create({ baseURL: 'https://orders.test', adapter: transport.adapter });
    install(this.client, interceptors, { clock });
  }

  /** Sends that have been made. */
  get sends(): number {
    return this.requests.length;
  }

  /** Begins a call. */
  call(config: AxiosRequestConfig = {}): Promise<Ending> {
    return this.client.request({ url: '/7', ...config }).then(
      (response) => {
        this.#ended(response.config);
        return response.status;
      },
      (error: unknown) => {
        if (!isAxiosError(error)) throw error;
        this.#ended(error.config);
        return error.status ?? error.code ?? error.message;
      },
    );
  }

  /** One call from its beginning to its end, with all that it waits for. */
  ending(config?: AxiosRequestConfig): Promise<Ending> {
    return clock.runUntilSettled(this.call(config));
  }

  /** Calls one after the other. */
  async endings(count: number, request?: () => AxiosRequestConfig): Promise<Ending[]> {
    const endings: Ending[] = [];
    for (let number = 0; number < count; number += 1) endings.push(await this.ending(request?.()));
    return endings;
  }

  /** Calls until the circuit opens, and says how many it took. */
  async callsUntilRefused(request?: () => AxiosRequestConfig): Promise<number> {
    for (let count = 0; count < 100; count += 1) {
      if ((await this.ending(request?.())) === 'ERR_CIRCUIT_OPEN') return count;
    }
    throw new Error('The circuit has not opened after 100 calls');
  }

  /** What there is too much of when every caller has his answer: waits, requests under way, requests with a token on them. */
  left(): { readonly waits: number; readonly requests: number; readonly tokens: number } {
    const withToken = this.#sent.filter((config) => config?.headers.has('Authorization') === true);
    return { waits: clock.pendingRef, requests: this.#inFlight(), tokens: withToken.length };
  }

  #ended(config: InternalAxiosRequestConfig | undefined): void {
    this.#sent.push(config);
    this.stories.push(String(callOf(config)));
  }
}

export const NOTHING = { waits: 0, requests: 0, tokens: 0 };

/** Retries that no budget stops: what is sent is the other policies' to say. */
export function retries(options: RetryOptions = {}): Interceptor {
  const budget = new RetryBudget({ ratio: 1, minPerSecond: 1_000 });
  return retry({ clock, random: () => 0.5, budget, ...options });
}

export function gate(): Interceptor {
  return throttleGate({ clock, random: () => 0 });
}

/** Without chance: it opens for as long as it says, and its ramp lets everybody through. */
export function breaker(options: CircuitBreakerOptions = {}): Interceptor {
  return circuitBreaker({ clock, random: () => 0, ...options });
}

/** Its tokens are numbered, and good for so long. */
export function numberedTokens(lifetimeMs = 3_600_000): StaticCredential {
  return staticCredential((_, number) => ({
    token: `token-${number}`,
    expiresOnTimestamp: clock.now() + lifetimeMs,
  }));
}

export function token(credential: StaticCredential): Interceptor {
  return attachToken(credential, { scopes: 'api://orders/.default', clock, enableCae: true });
}

let number = 0;

/** A request that no token is there for yet: whoever comes to ask for one, asks the credential. */
export function withFreshToken(): AxiosRequestConfig {
  number += 1;
  return { holdfast: { scopes: `api://orders-${number}/.default` } };
}
