import type {
  ClientFactory,
  ClientsSnapshot,
  CloseOptions,
  Breakers,
  TokenCredential,
} from '@holdfast/client';
import type { AxiosInstance } from 'axios';
import type { SdkSettings } from './call-options.js';
import { refuseOther, remadeBy } from './connection-remade.js';
import { checkedSettings, userSettings, type SdkConnection } from './connection.js';
import { SdkView } from './sdk-root-view.js';
import type { ServiceSdk } from './service-sdk.js';

/**
 * The base of an SDK for several services of one factory. What operates a factory operates it as well.
 *
 * ```
 * class Contoso extends SdkRoot<'orders' | 'billing'> {
 *   readonly orders = this.service(Orders, 'orders');
 *   readonly billing = this.service(Billing, 'billing');
 *   constructor(options: ContosoOptions | SdkView) {
 *     super(options instanceof SdkView ? options : createClientFactory({ ...options, services }), { product });
 *   }
 * }
 * ```
 *
 * A constructor of its own is also given an {@link SdkView}, by `as()` and `withOptions()`, and hands it on to `super()`. One that makes a
 * factory of its own then is refused: the view would not share its breakers, gates and budgets.
 *
 * @throws {TypeError} for a bad setting, naming it.
 */
export abstract class SdkRoot<Name extends string> implements ClientFactory {
  readonly #view: SdkView;

  constructor(
    source: (ClientFactory & { readonly [Service in Name]: AxiosInstance }) | SdkView,
    settings: SdkSettings = {},
  ) {
    const view = source instanceof SdkView ? source : new SdkView(source);
    this.#view = view.taken(new.target, checkedSettings(new.target.name, settings));
  }

  /** The circuits of all services, for those who operate them. */
  get breakers(): Breakers {
    return this.#view.clients.breakers;
  }

  /** What an operator wants to see of all services. */
  snapshot(): ClientsSnapshot {
    return this.#view.clients.snapshot();
  }

  /** Closes the factory, and so all views of this SDK: {@link ClientFactory.close}. */
  close(options?: CloseOptions): Promise<void> {
    return this.#view.clients.close(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The same SDK with these settings over its own: on the same factory, with the same breakers, gates and budgets. */
  withOptions(settings: SdkSettings): this {
    const view = this.#view.with(checkedSettings('withOptions', settings));
    const made = this.remade(view.madeAnewFor(this.constructor));
    refuseOther(this.constructor.name, made instanceof SdkRoot && made.#view.isViewOf(view));
    return made;
  }

  /** The same SDK in the name of somebody else: on the same factory, with the same breakers, gates and budgets. */
  as(credential: TokenCredential): this {
    return this.withOptions(userSettings(credential));
  }

  /** One of its services, for a field of the class. Its client is made at the first call. */
  protected service<Service extends ServiceSdk>(
    Class: new (connection: SdkConnection) => Service,
    name: Name,
  ): Service {
    return new Class(this.#view.connectionTo(name));
  }

  /**
   * Makes it anew for `withOptions()` and `as()`: by its constructor, from the view alone. To be overridden where that takes something else
   * as well: `return new Contoso(view, this.region) as this`.
   *
   * @throws {TypeError} where the constructor does not do with it.
   */
  protected remade(view: SdkView): this {
    return remadeBy(this, view, 'SdkView');
  }
}
