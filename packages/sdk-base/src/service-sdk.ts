import type { ClientFactory, TokenCredential } from '@holdfast/client';
import type { AxiosInstance } from 'axios';
import type { SdkSettings } from './call-options.js';
import { pipelineOf } from './connection-pipeline.js';
import { refuseOther, remadeBy } from './connection-remade.js';
import type { LayeredSettings } from './connection-settings.js';
import { SdkConnection, checkedSettings, userSettings } from './connection.js';
import { ServiceHttp } from './service-http.js';

/** What an SDK sends by: a client with a Holdfast pipeline, or the connection of another SDK. */
export type SdkSource = AxiosInstance | SdkConnection;

/**
 * The base of an SDK for one service: its methods call `this.http`, and nothing of that is seen from outside, so that it may have a `get`,
 * a `post` or a `query` of its own.
 *
 * `new Orders(client)`, `new Orders(clients, 'orders')`, both with settings. The client of a factory is made at the first call.
 *
 * A class with a constructor of its own takes an {@link SdkSource} first and hands it on to `super()`, and settings after it, if anything. One
 * that takes something else overrides `remade()`, or is refused by `as()` and `withOptions()`, at the latest where it makes use of what it has
 * lost. Settings beside the connection of a view lie under those of the view: `as()` goes over its user.
 *
 * @throws {TypeError} for a client without a pipeline, a service that the factory does not have, and a bad setting, naming it.
 */
export abstract class ServiceSdk {
  protected readonly http: ServiceHttp;

  constructor(source: SdkSource, settings?: SdkSettings);
  constructor(clients: ClientFactory, service: string, settings?: SdkSettings);
  constructor(source: SdkSource | ClientFactory, ...more: readonly [(SdkSettings | string)?, SdkSettings?]) {
    const settings = checkedSettings(new.target.name, settingsIn(more));
    this.http = new ServiceHttp(connectionTo(source, more[0]).taken(new.target, settings));
  }

  /** The same SDK with these settings over its own: on the same client, with the same breaker, gate and budget. */
  withOptions(settings: SdkSettings): this {
    const connection = this.http.connection.with(checkedSettings('withOptions', settings));
    const made = this.remade(connection.madeAnewFor(this.constructor));
    refuseOther(
      this.constructor.name,
      made instanceof ServiceSdk && made.http.connection.isViewOf(connection),
    );
    return made;
  }

  /** The same SDK in the name of somebody else: `orders.as(obo.forUser(token))`. On the same client, with the same breaker, gate and budget. */
  as(credential: TokenCredential): this {
    return this.withOptions(userSettings(credential));
  }

  /**
   * Makes it anew for `withOptions()` and `as()`: by its constructor, from the connection alone. To be overridden where that takes something
   * else as well: `return new Orders(connection, this.region) as this`.
   *
   * @throws {TypeError} where the constructor does not do with it.
   */
  protected remade(connection: SdkConnection): this {
    return remadeBy(this, connection, 'SdkConnection');
  }
}

function settingsIn(more: readonly (SdkSettings | string | undefined)[]): SdkSettings {
  return more.find((one) => typeof one === 'object') ?? {};
}

function connectionTo(source: SdkSource | ClientFactory, service: unknown): SdkConnection {
  // The service of a connection is chosen already.
  if (source instanceof SdkConnection) return source;
  if (isFactory(source)) return connectionOf(source, service);
  if (!isClient(source))
    throw new TypeError(
      'An SDK is made from an axios client, a client factory and a service, or an SdkConnection',
    );
  pipelineOf(source);
  return new SdkConnection(() => source);
}

/**
 * To a service of a factory; its client is not made yet.
 *
 * @throws {TypeError} when the factory has no such service.
 */
export function connectionOf(
  clients: ClientFactory,
  service: unknown,
  settings?: LayeredSettings,
): SdkConnection {
  if (typeof service !== 'string' || !Object.hasOwn(clients, service)) {
    const names = Object.keys(clients.snapshot().services).join(', ');
    const wanted = typeof service === 'string' ? `"${service}"` : 'named by no text';
    throw new TypeError(`The factory has no service ${wanted}; there are ${names}`);
  }
  const byName = clients as ClientFactory & Readonly<Record<string, AxiosInstance>>;
  return new SdkConnection(() => {
    const client: unknown = byName[service];
    // As a root has SDKs by the names of its services.
    if (!isClient(client)) throw new TypeError(`What is given as a factory has no client at "${service}"`);
    return client;
  }, settings);
}

function isFactory(source: SdkSource | ClientFactory): source is ClientFactory {
  return (
    typeof source === 'object' &&
    (source as object | null) !== null &&
    'snapshot' in source &&
    'breakers' in source
  );
}

function isClient(source: unknown): source is AxiosInstance {
  const isSome = (typeof source === 'object' && source !== null) || typeof source === 'function';
  return isSome && 'request' in source && 'interceptors' in source;
}
