import type { Breakers, CircuitBreakerOptions } from '@holdfast/circuit-breaker';
import { descriptionOf, systemClock, type Interceptor } from '@holdfast/core';
import type { TokenCredential } from '@holdfast/token';
import type { AxiosInstance } from 'axios';
import { agentsOf } from './agents.js';
import { Closures } from './client-factory-closures.js';
import { merged, type ServiceDefaults, type ServiceOptions } from './client-factory-options.js';
import { shownURL, socketsOf, type ServiceBreaker, type ServiceSnapshot } from './client-factory-snapshot.js';
import { ClosingClock } from './closing-clock.js';
import { CallsUnderWay } from './closing.js';
import { settingOf } from './explain-sources.js';
import { preparedClient, type ServiceClientOptions } from './service-client.js';

/** What all services of a factory have in common. */
export interface FactorySettings {
  readonly defaults: ServiceDefaults;
  readonly breakers: Breakers;
  /** A service's credential, or the factory's, holding its tokens for all that use it. */
  readonly credentialOf: (own: TokenCredential | false | undefined) => TokenCredential | false;
}

/** One service of a factory: its pipeline, and its client from the moment on at which somebody asks for it. */
export class FactoryService {
  readonly name: string;
  readonly calls: CallsUnderWay = new CallsUnderWay();
  /** Where its circuits are; `undefined` without a breaker. */
  readonly breakers: Breakers | undefined;
  readonly #shownURL: string;
  readonly #clock: ClosingClock;
  readonly #closures: Closures;
  readonly #make: () => AxiosInstance;
  #client: AxiosInstance | undefined = undefined;

  /** @throws {TypeError} for a bad option, naming it. */
  constructor(key: string, own: ServiceOptions, { defaults, breakers, credentialOf }: FactorySettings) {
    const options: ServiceClientOptions = {
      name: key,
      ...merged(defaults, own),
      credential: credentialOf(own.credential),
    };
    const { name, circuitBreaker } = options;
    const clock = new ClosingClock(options.clock ?? systemClock);
    this.#clock = clock;
    this.#closures = new Closures(() => clock.now());
    const { interceptors, make } = preparedClient(options, {
      name: 'createClientFactory',
      admit: this.calls.admit,
      clock,
      breakers,
      store: this.#closures,
    });
    this.#make = make;
    this.name = name;
    this.#shownURL = shownURL(options.baseURL);
    this.breakers = circuitBreaker === false ? undefined : (circuitBreaker?.breakers ?? breakers);
    if (this.breakers) announce(this.breakers, { ...options, clock }, interceptors);
  }

  get client(): AxiosInstance {
    return (this.#client ??= this.#make());
  }

  /** Once its calls have ended: nothing of it is left. What is still being read is left to end, and then takes its socket along. */
  free(): void {
    if (this.#client !== undefined) agentsOf(this.#client)?.close();
    // What watches over an answer that stands still ends by itself.
    if (!this.calls.isRead) this.#clock.cancelAll();
  }

  /** `breakers` are those of its name. */
  snapshot(breakers: readonly ServiceBreaker[]): ServiceSnapshot {
    const sockets = this.#client && socketsOf(this.#client);
    return {
      name: this.name,
      baseURL: this.#shownURL,
      used: this.#client !== undefined,
      inFlight: this.calls.size,
      breakers,
      gates: [...this.#closures],
      ...(sockets && { sockets }),
    };
  }
}

/** An operator finds its breaker before the first call. By a `key` of its owner's, nobody knows which there will be. */
function announce(
  usual: Breakers,
  { name, baseURL, key, clock, random, circuitBreaker }: ServiceClientOptions,
  interceptors: readonly Interceptor[],
): void {
  const part: CircuitBreakerOptions = { ...(circuitBreaker !== false && circuitBreaker) };
  const { breakers = usual, key: own = key, ...options } = part;
  if (own !== undefined) return;
  const windowMs = windowOf(interceptors);
  breakers.announce(name, baseURL, {
    ...(clock && { clock }),
    ...(random && { random }),
    ...options,
    ...(windowMs !== undefined && { windowMs }),
  });
}

/** For how long the breaker of a pipeline counts: that follows from the time that an attempt has. */
function windowOf(interceptors: readonly Interceptor[]): number | undefined {
  const breaker = interceptors.find((one) => descriptionOf(one)?.name === 'circuitBreaker');
  const value = breaker && settingOf(breaker, 'windowMs')?.value;
  return typeof value === 'number' ? value : undefined;
}
