import { createClientFactory, createServiceClient, type PagedItems } from '@holdfast/client';
import { staticCredential } from '@holdfast/testing';
import * as v from 'valibot';
import * as z from 'zod';
import {
  SdkRoot,
  SdkView,
  ServiceSdk,
  path,
  type Answer,
  type CallOptions,
  type CallPromise,
  type Download,
  type Operation,
  type SdkSource,
} from './index.js';

interface Order {
  readonly id: string;
}
interface Wanted {
  readonly state?: string;
  readonly since?: Date;
}
const Checked = v.object({ id: v.pipe(v.string(), v.transform(Number)) });

class Orders extends ServiceSdk {
  get(id: string, o?: CallOptions) {
    return this.http.get<Order>(path`/orders/${id}`, o);
  }
  checked(id: string, o?: CallOptions) {
    return this.http.get(path`/orders/${id}`, { ...o, schema: Checked });
  }
  post(order: Order, o?: CallOptions) {
    return this.http.post('/orders', order, { ...o, schema: z.object({ id: z.coerce.number() }) });
  }
  unknown() {
    return this.http.put('/orders/7');
  }
  list(o?: CallOptions) {
    return this.http.paginate<Order>('/orders', o);
  }
  checkedList(o?: CallOptions) {
    return this.http.paginate('/orders', { ...o, schema: Checked });
  }
  export(o?: CallOptions) {
    return this.http.poll<Order>(this.http.post('/exports', {}, o), o);
  }
  checkedExport(o?: CallOptions) {
    return this.http.poll(this.http.post('/exports', {}, o), { ...o, schema: Checked });
  }
  wanted(query: Wanted) {
    // @ts-expect-error -- an interface may have other members elsewhere
    void this.http.get('/orders', { query });
    return this.http.get<Order>('/orders', { query: { ...query } });
  }
  file() {
    return this.http.download('/file');
  }
  put(o?: CallOptions) {
    return this.http.upload('/file', 'x', { ...o, schema: Checked });
  }
  wrong() {
    // @ts-expect-error -- there is no such option
    void this.http.get('/orders', { deadlineMS: 1 });
    // @ts-expect-error -- a schema says itself what comes out
    void this.http.get<Order>('/orders', { schema: Checked });
    // @ts-expect-error -- an object is no value of a query
    void this.http.get('/orders', { query: { a: {} } });
    // @ts-expect-error -- what may be undefined is no segment
    void this.http.get(path`/orders/${undefined}`);
    // @ts-expect-error -- the connection is chosen when it is made
    this.http.connection = undefined;
  }
}

class Regional extends ServiceSdk {
  constructor(source: SdkSource, region: string) {
    super(source, { headers: { region } });
  }
}

class Shop extends SdkRoot<'orders' | 'billing'> {
  readonly orders = this.service(Orders, 'orders');
  // @ts-expect-error -- there is no such service
  readonly misspelt = this.service(Orders, 'ordres');
  // @ts-expect-error -- it takes more than a connection
  readonly regional = this.service(Regional, 'billing');

  constructor(options: { readonly credential: false } | SdkView) {
    const services = { orders: { baseURL: 'https://a.test' }, billing: { baseURL: 'https://b.test' } };
    super(options instanceof SdkView ? options : createClientFactory({ ...options, services }));
  }
}

class Short extends SdkRoot<'orders' | 'stock'> {
  constructor() {
    const services = { orders: { baseURL: 'https://a.test' } };
    // @ts-expect-error -- the factory has no such service
    super(createClientFactory({ credential: false, services }));
  }
}

/** What must compile, and what must not: the compiler looks at it, nobody calls it. */
function compiled(): void {
  const client = createServiceClient({ name: 'orders', baseURL: 'https://a.test', credential: false });
  const orders = new Orders(client, { logLevel: 'info', product: { name: 'shop', version: '1' } });
  const write = () => undefined;
  new Orders(client, { logger: { warn: write, error: write }, logLevel: 'warn' }) satisfies Orders;
  new Orders(client, { logger: console }) satisfies Orders;
  // @ts-expect-error -- without a warn() nobody hears of anything
  new Orders(client, { logger: { error: write } });
  orders.get('7') satisfies CallPromise<Order>;
  orders.get('7') satisfies Promise<Order>;
  void (orders.get('7').withResponse() satisfies Promise<Answer<Order>>);
  orders.checked('7') satisfies Promise<{ id: number }>;
  orders.post({ id: '7' }) satisfies Promise<{ id: number }>;
  orders.list() satisfies PagedItems<Order>;
  orders.checkedList() satisfies PagedItems<{ id: number }>;
  orders.export() satisfies Operation<Order>;
  void (orders.export().pollUntilDone() satisfies Promise<Order>);
  void (orders.checkedExport().pollUntilDone() satisfies Promise<{ id: number }>);
  orders.file() satisfies Promise<Download>;
  orders.put() satisfies Promise<{ id: number }>;
  orders.as(staticCredential()) satisfies Orders;
  orders.withOptions({ deadlineMs: 1 }) satisfies Orders;
  // @ts-expect-error -- nobody knows what it answers
  orders.unknown() satisfies Promise<Order>;
  // @ts-expect-error -- a checked order has a number
  orders.checked('7') satisfies Promise<Order>;
  // @ts-expect-error -- its verbs are its own
  orders.http satisfies object;
  // @ts-expect-error -- a query is of one call
  orders.withOptions({ query: {} });
  // @ts-expect-error -- no credential
  orders.as('a-token');
  // @ts-expect-error -- nothing to send by
  new Orders();
  // @ts-expect-error -- it is a base
  new ServiceSdk(client);

  const shop = new Shop({ credential: false });
  shop.as(staticCredential()) satisfies Shop;
  shop.as(staticCredential()).orders satisfies Orders;
  shop satisfies AsyncDisposable;
  // @ts-expect-error -- its services are its fields
  shop.service(Orders, 'orders');

  const clients = createClientFactory({
    credential: false,
    services: { orders: { baseURL: 'https://a.test' } },
  });
  new Orders(clients, 'orders', { deadlineMs: 1 }) satisfies Orders;
  Short satisfies object;
}

it('an SDK can be asked for what it has, in the types that its methods and schemas say', () => {
  expect(compiled).toHaveLength(0);
});
