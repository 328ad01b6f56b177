import { Breakers } from '@holdfast/circuit-breaker';
import {
  accepted,
  isLimit,
  LONGEST_TIMER_MS,
  readOptions,
  required,
  systemClock,
  type Clock,
} from '@holdfast/core';
import { cachedCredential, isCached, isTokenCredential, type TokenCredential } from '@holdfast/token';
import type { AxiosInstance } from 'axios';
import {
  checkName,
  type ReservedName,
  type ServiceDefaults,
  type ServiceOptions,
  type Services,
} from './client-factory-options.js';
import { FactoryService, type FactorySettings } from './client-factory-service.js';
import { byService, type BreakersByService, type ClientsSnapshot } from './client-factory-snapshot.js';
import { ClosingClock } from './closing-clock.js';

/** Options of {@link createClientFactory}. */
export interface ClientFactoryOptions<All extends Services = Services> {
  /**
   * Where tokens come from, for all services: one of ours, or of `@azure/identity`; `false` where they take none. Its tokens
   * are held once for all of them. Required. A service may have another.
   */
  readonly credential: TokenCredential | false;
  /** What holds for each service that does not say otherwise. Default: nothing. Parts such as `retry` are merged one by one. */
  readonly defaults?: ServiceDefaults;
  /** The services, by the names under which the factory has their clients. Required. */
  readonly services: All & { readonly [Name in ReservedName]?: never };
  /**
   * Where the circuits of all services are kept. Default: one of its own, which ends with the factory; or that of `defaults.circuitBreaker`. One that is given
   * outlives it, and with another factory on it services of one name share their circuits.
   */
  readonly breakers?: Breakers;
}

/** Options of {@link ClientFactory.close}. */
export interface CloseOptions {
  /**
   * Milliseconds for which calls in flight may go on; then they end with `ERR_CLIENT_CLOSED`. Default: no limit, since each has
   * its deadline. Too short, and calls are cut off that may have been acted on; longer than the platform waits, and it kills
   * the process.
   */
  readonly graceMs?: number;
}

/** What a factory has beside its clients. */
export interface ClientFactory extends AsyncDisposable {
  /** The circuits of all services, for those who operate them. That of a service that was never called is there too. */
  readonly breakers: Breakers;
  /** What an operator wants to see of all services. For another process to go on with, there is `breakers.snapshot()`. */
  snapshot(): ClientsSnapshot;
  /**
   * Takes no more calls: they are refused with `ERR_CLIENT_CLOSED`. Resolves when the last one in flight has ended, and frees
   * sockets and timers; responses that are still being read are read to their end. To close it again changes nothing, but a
   * grace that is given then holds.
   *
   * @throws {TypeError} for a bad option, naming it.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** A client for each service, made when it is first asked for, and the factory's own members. */
export type Clients<All extends Services> = { readonly [Name in keyof All]: AxiosInstance } & ClientFactory;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const schemas = {
  credential: required<TokenCredential | false>(
    (value) => value === false || isTokenCredential(value),
    'an object with getToken(), or false',
  ),
  defaults: accepted<ServiceDefaults>(isObject, 'an object of options', {}),
  services: required<Services>(isObject, 'an object with the options of each service'),
  breakers: accepted<Breakers | undefined>((value) => value instanceof Breakers, 'a Breakers', undefined),
};

const closing = {
  graceMs: accepted<number | undefined>(
    (value) => value === 0 || (isLimit(value) && value !== false),
    `a number of milliseconds, 0 or more, up to ${LONGEST_TIMER_MS}`,
    undefined,
  ),
};

/**
 * One client per service. They share the credential, its tokens and what its identity provider has asked for, and nothing
 * else: each has a circuit, a gate, a budget and connections of its own.
 *
 * Safe in a DI container: whatever a container, a test or a logger looks for on an object is not there, and no client is made
 * by looking. The clients cannot be enumerated for that reason.
 *
 * @throws {TypeError} for a bad option of its own or of any service, naming it.
 */
export function createClientFactory<const All extends Services>(
  options: ClientFactoryOptions<All>,
): Clients<All> {
  return new MadeClients(options) as ClientFactory as Clients<All>;
}

class MadeClients implements ClientFactory {
  readonly #services = new Map<string, FactoryService>();
  readonly #breakers: Breakers;
  readonly #hasOwnBreakers: boolean;
  readonly #clock: Clock;
  readonly #tokenClock: ClosingClock;
  #closed: Promise<void> | undefined = undefined;

  constructor(options: ClientFactoryOptions) {
    const { credential, defaults, services, breakers } = readOptions('createClientFactory', schemas, options);
    const usual = defaults.circuitBreaker === false ? undefined : defaults.circuitBreaker?.breakers;
    const given = breakers ?? usual;
    this.#breakers = given ?? new Breakers();
    this.#hasOwnBreakers = given === undefined;
    this.#clock = defaults.clock ?? systemClock;
    this.#tokenClock = new ClosingClock(this.#clock);
    checkDefaults(defaults);

    const held = new Map<TokenCredential, TokenCredential>();
    const settings = {
      defaults,
      breakers: this.#breakers,
      credentialOf: (own: TokenCredential | false = credential) => {
        if (!isTokenCredential(own)) return own;
        const known = held.get(own) ?? holding(own, { ...defaults, clock: this.#tokenClock });
        held.set(own, known);
        return known;
      },
    };
    for (const [key, own] of Object.entries(services)) this.#add(key, own, settings);
  }

  get breakers(): Breakers {
    return this.#breakers;
  }

  snapshot(): ClientsSnapshot {
    const circuits = new Map<Breakers, BreakersByService>();
    const shown = ({ breakers, name }: FactoryService) => {
      if (breakers === undefined) return [];
      const known = circuits.get(breakers) ?? byService(breakers);
      circuits.set(breakers, known);
      return known.get(name) ?? [];
    };
    const services = [...this.#services].map(
      ([key, service]) => [key, service.snapshot(shown(service))] as const,
    );
    return {
      version: 1,
      at: this.#clock.now(),
      closed: this.#closed !== undefined,
      services: Object.fromEntries(services),
    };
  }

  close(options: CloseOptions = {}): Promise<void> {
    const { graceMs } = readOptions('close', closing, options);
    const closed = (this.#closed ??= this.#close());
    if (graceMs !== undefined) this.#cutOffAfter(graceMs, closed);
    return closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add(key: string, own: ServiceOptions, settings: FactorySettings): void {
    checkName(key);
    const service = named(key, () => new FactoryService(key, own, settings));
    // Or errors, logs and circuits of one would be taken for those of another.
    for (const [other, { name }] of this.#services)
      if (name === service.name)
        throw new TypeError(
          `createClientFactory(): services.${key}: the option "name" must be another than that of services.${other}`,
        );
    this.#services.set(key, service);
    // Not enumerable: who spreads, prints, compares or clones the factory does not make all clients.
    Object.defineProperty(this, key, { get: () => service.client, enumerable: false, configurable: true });
  }

  async #close(): Promise<void> {
    const services = [...this.#services.values()];
    for (const { calls } of services) calls.close();
    await Promise.all(services.map(({ calls }) => calls.ended));
    for (const service of services) service.free();
    this.#tokenClock.cancelAll();
    if (this.#hasOwnBreakers) this.#breakers.clear();
  }

  #cutOffAfter(graceMs: number, closed: Promise<void>): void {
    const timer = this.#clock.setTimeout(() => {
      for (const { calls } of this.#services.values()) calls.cutOff();
    }, graceMs);
    void closed.finally(() => {
      timer.cancel();
    });
  }
}

function named<T>(key: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new TypeError(`createClientFactory(): services.${key}: ${said}`, { cause: error });
  }
}

function checkDefaults(defaults: object): void {
  for (const name of ['name', 'credential', 'baseURL'])
    if (name in defaults)
      throw new TypeError(`createClientFactory(): the option "defaults" cannot have "${name}"`);
}

/** The same tokens for all services, and one request for each of them. */
function holding(credential: TokenCredential, { clock, random }: ServiceDefaults): TokenCredential {
  if (isCached(credential)) return credential;
  return cachedCredential(credential, { ...(clock && { clock }), ...(random && { random }) });
}
