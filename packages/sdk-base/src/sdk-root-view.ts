import type { ClientFactory } from '@holdfast/client';
import type { SdkSettings } from './call-options.js';
import { LayeredSettings } from './connection-settings.js';
import type { SdkConnection } from './connection.js';
import { connectionOf } from './service-sdk.js';

/** What `as()` and `withOptions()` of an {@link SdkRoot} hand to its constructor: the factory that is there, with other settings. */
export class SdkView {
  readonly #clients: ClientFactory;
  readonly #layers: LayeredSettings;
  /** The class that is made anew with this, once: what its constructor says is in here already. */
  #for: unknown;

  constructor(
    clients: ClientFactory,
    settings: LayeredSettings = new LayeredSettings({}),
    madeAnew?: unknown,
  ) {
    this.#clients = clients;
    this.#layers = settings;
    this.#for = madeAnew;
  }

  get clients(): ClientFactory {
    return this.#clients;
  }

  /** @throws {TypeError} when the factory has no such service. */
  connectionTo(service: string): SdkConnection {
    return connectionOf(this.#clients, service, this.#layers);
  }

  /** With these settings over all that it has. */
  with(settings: SdkSettings): SdkView {
    return new SdkView(this.#clients, this.#layers.over(settings));
  }

  /** For an instance of a class whose constructor says this; a view's settings stay over it. */
  taken(by: unknown, settings: SdkSettings): SdkView {
    const layers = by === this.#for ? this.#layers : this.#layers.under(settings);
    // Whoever keeps it, and makes another of that class with it, says something new.
    if (by === this.#for) this.#for = undefined;
    return new SdkView(this.#clients, layers);
  }

  /** The same, to make an instance of this class anew with. */
  madeAnewFor(by: unknown): SdkView {
    return new SdkView(this.#clients, this.#layers, by);
  }

  /** Whether both are the same view of the same factory. */
  isViewOf(other: SdkView): boolean {
    return this.#clients === other.#clients && this.#layers.isViewOf(other.#layers);
  }
}
