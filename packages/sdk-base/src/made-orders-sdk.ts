import {
  createClientFactory,
  createServiceClient,
  type ServiceOptions,
  type TokenCredential,
} from '@holdfast/client';
import {
  manualClock,
  scriptedTransport,
  staticCredential,
  type ScriptFunction,
  type Step,
} from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import type { CallOptions } from './call-options.js';
import { path } from './path.js';
import { SdkRoot } from './sdk-root.js';
import { SdkView } from './sdk-root-view.js';
import { ServiceSdk } from './service-sdk.js';

export const BASE = 'https://orders.test/v1';

export interface Order {
  readonly id: string;
}

/** A part of the orders' SDK that is an SDK itself. */
export class Lines extends ServiceSdk {
  list(id: string, options?: CallOptions) {
    return this.http.get<readonly Order[]>(path`/orders/${id}/lines`, options);
  }
}

/** An SDK whose methods have the names of verbs. */
export class Orders extends ServiceSdk {
  readonly lines = new Lines(this.http.connection);

  get(id: string, options?: CallOptions) {
    return this.http.get<Order>(path`/orders/${id}`, options);
  }

  post(order: Order, options?: CallOptions) {
    return this.http.post<Order>('/orders', order, options);
  }

  query(wanted: object, options?: CallOptions) {
    return this.http.query<readonly Order[]>('/orders', wanted, options);
  }
}

/** As its user has it. */
export interface ShopOptions {
  readonly credential: TokenCredential | false;
  readonly services: { readonly orders: ServiceOptions; readonly billing: ServiceOptions };
}

/** An SDK for two services, with a constructor of its own. */
export class Shop extends SdkRoot<'orders' | 'billing'> {
  readonly orders = this.service(Orders, 'orders');
  readonly billing = this.service(Orders, 'billing');

  constructor(options: ShopOptions | SdkView) {
    super(options instanceof SdkView ? options : createClientFactory(options), {
      product: { name: 'shop-sdk', version: '1.2.3' },
    });
  }
}

/** What a service answers that has an order under every id. */
export const FOUND: ScriptFunction = ({ url }) => ({
  status: 200,
  data: JSON.stringify({ id: decodeURIComponent(url.split('/').at(-1) ?? '') }),
});

/** A transport, its clock and a client over it. */
export function ordersClient(
  script: readonly Step[] | ScriptFunction = FOUND,
  options: Partial<ServiceOptions> = {},
) {
  const clock = manualClock({ fakeGlobals: false });
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client: AxiosInstance = createServiceClient({
    name: 'orders',
    baseURL: BASE,
    credential: staticCredential('app'),
    scopes: 'api://orders/.default',
    clock,
    ...options,
    axios: { adapter, ...options.axios },
  });
  return { client, clock, requests };
}

/** What a call rejects with. */
export async function failureOf(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('The call did not fail');
}
