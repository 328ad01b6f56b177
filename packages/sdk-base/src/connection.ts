import { accepted, quotable, readOptions } from '@holdfast/core';
import type { TokenCredential } from '@holdfast/client';
import type { AxiosInstance } from 'axios';
import {
  SETTING_SCHEMAS,
  CREDENTIAL_ALLOWED,
  isCredential,
  type LogLevel,
  type SdkLogger,
  type SdkSettings,
} from './call-options.js';
import { pipelineOf, type ClientPipeline } from './connection-pipeline.js';
import { LayeredSettings, type MergedSettings } from './connection-settings.js';
import { logFor, type SdkLog } from './sdk-log.js';
import { userAgent } from './user-agent.js';

const LEVELS: readonly unknown[] = ['off', 'error', 'warn', 'info', 'debug'] satisfies LogLevel[];

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const schemas = {
  ...SETTING_SCHEMAS,
  product: accepted<SdkSettings['product']>(isObject, 'an object with "name" and "version"', undefined),
  logger: accepted<SdkLogger | undefined>(
    (value) => isObject(value) || typeof value === 'function',
    'a logger',
    undefined,
  ),
  logLevel: quotable(
    accepted<LogLevel | undefined>(
      (value) => LEVELS.includes(value),
      '"off", "error", "warn", "info" or "debug"',
      undefined,
    ),
  ),
};

/** What settings can be called. */
export const SETTING_NAMES: ReadonlySet<unknown> = new Set(Object.keys(schemas));

/**
 * What `as()` says.
 *
 * @throws {TypeError} for anything but a credential, nothing at all included.
 */
export function userSettings(credential: TokenCredential): SdkSettings {
  // Nobody is no user, and would be taken for whoever it was before.
  if (!isCredential(credential)) throw new TypeError(`as(): the credential must be ${CREDENTIAL_ALLOWED}`);
  return { credential };
}

/**
 * What is given to an SDK or a view of one.
 *
 * @throws {TypeError} for a bad setting, naming it.
 */
export function checkedSettings(caller: string, settings: SdkSettings): SdkSettings {
  const { product } = readOptions(caller, schemas, settings);
  userAgent(product);
  return settings;
}

/** Where an SDK sends, and with which settings: what the views of one SDK for several users share, but for the settings. */
export class SdkConnection {
  readonly #made: () => AxiosInstance;
  readonly #layers: LayeredSettings;
  /** The class that is made anew with this, once: what its constructor says is in here already. */
  #for: unknown;
  /** Where each request is told of, if anywhere. */
  readonly log: SdkLog | undefined;
  #userAgent: string | undefined = undefined;

  /** `made` gives the client, whenever it is asked for one. */
  constructor(made: () => AxiosInstance, settings: SdkSettings | LayeredSettings = {}, madeAnew?: unknown) {
    this.#made = made;
    this.#layers =
      settings instanceof LayeredSettings
        ? settings
        : new LayeredSettings(checkedSettings('ServiceSdk', settings));
    this.#for = madeAnew;
    this.log = logFor(this.settings, made);
  }

  /** Made when it is first asked for, where it is a factory's. */
  get client(): AxiosInstance {
    return this.#made();
  }

  /** @throws {TypeError} when nothing is installed on the client. */
  get pipeline(): ClientPipeline {
    return pipelineOf(this.client);
  }

  /** As each request names the SDK. */
  get userAgent(): string {
    return (this.#userAgent ??= userAgent(this.settings.product));
  }

  get settings(): MergedSettings {
    return this.#layers.merged;
  }

  /** The same place, as another view sees it: with these settings over all that it has. */
  with(settings: SdkSettings): SdkConnection {
    return new SdkConnection(this.#made, this.#layers.over(settings));
  }

  /** The same place, for an instance of a class whose constructor says this; a view's settings stay over it. */
  taken(by: unknown, settings: SdkSettings): SdkConnection {
    const layers = by === this.#for ? this.#layers : this.#layers.under(settings);
    // Whoever keeps it, and makes another of that class with it, says something new.
    if (by === this.#for) this.#for = undefined;
    return new SdkConnection(this.#made, layers);
  }

  /** The same, to make an instance of this class anew with. */
  madeAnewFor(by: unknown): SdkConnection {
    return new SdkConnection(this.#made, this.#layers, by);
  }

  /** Whether both lead to the same place, as the same view sees it. */
  isViewOf(other: SdkConnection): boolean {
    return this.#made === other.#made && this.#layers.isViewOf(other.#layers);
  }
}
