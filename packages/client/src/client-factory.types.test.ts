import { staticCredential } from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import {
  createClientFactory,
  type ClientFactory,
  type Clients,
  type ClientsSnapshot,
  type ServiceOptions,
} from './index.js';

const orders = { baseURL: 'https://orders.test', scopes: 'api://orders/.default' };
const credential = staticCredential('a-token');

/** What must compile, and what must not: the compiler looks at it, nobody calls it. */
function compiled(): void {
  const clients = createClientFactory({
    credential,
    defaults: { profile: 'batch', retry: { retries: 1 } },
    services: {
      orders,
      'order-lines': { ...orders, credential: false },
      stock: { ...orders, name: 'Stock' },
    },
  });
  clients.orders satisfies AxiosInstance;
  clients['order-lines'] satisfies AxiosInstance;
  clients.snapshot() satisfies ClientsSnapshot;
  clients satisfies ClientFactory;
  clients satisfies AsyncDisposable;
  // @ts-expect-error -- there is no such service
  clients.order satisfies unknown;
  // @ts-expect-error -- it is nobody's to replace
  clients.orders = clients.stock;
  // @ts-expect-error -- a service has an address
  createClientFactory({ credential, services: { orders: { scopes: 's' } } });
  // @ts-expect-error -- a credential is to be thought of, or said to be none
  createClientFactory({ services: { orders } });
  // @ts-expect-error -- there is no such option
  createClientFactory({ credential, services: { orders }, default: {} });
  // @ts-expect-error -- an address is not for all services
  createClientFactory({ credential, defaults: { baseURL: 'https://a.test' }, services: { orders } });
  // @ts-expect-error -- nor is a name
  createClientFactory({ credential, defaults: { name: 'a' }, services: { orders } });
  // @ts-expect-error -- the factory has one of its own
  createClientFactory({ credential, services: { close: orders } });
  // @ts-expect-error -- whoever awaits the factory would call a client
  createClientFactory({ credential, services: { then: orders } });
  // @ts-expect-error -- a container would call a client
  createClientFactory({ credential, services: { onModuleInit: orders } });

  const read: Record<string, ServiceOptions> = { orders };
  const others = createClientFactory({ credential, services: read });
  others['orders'] satisfies AxiosInstance | undefined;
  void (others.close() satisfies Promise<void>);
  others satisfies Clients<Record<string, ServiceOptions>>;
}

it('a factory can be asked for its services by name, and for nothing else', () => {
  expect(compiled).toHaveLength(0);
});
