import { createClientFactory, withCredential } from '@holdfast/client';
import { scriptedTransport, staticCredential } from '@holdfast/testing';
import { BASE, FOUND, Orders, Shop, failureOf, ordersClient } from './made-orders-sdk.js';
import { path } from './path.js';
import { SdkRoot } from './sdk-root.js';
import type { SdkView } from './sdk-root-view.js';
import { ServiceSdk, type SdkSource } from './service-sdk.js';

const ada = staticCredential('ada');
const bob = staticCredential('bob');

function shopOptions() {
  const { adapter } = scriptedTransport(FOUND);
  const service = { baseURL: BASE, scopes: 'api://shop/.default', axios: { adapter } };
  return { credential: staticCredential('app'), services: { orders: service, billing: service } };
}

describe('a user whom nobody knows', () => {
  it.each([undefined, null, {}, 'a-token'])('is refused, and never taken for the app: %p', (credential) => {
    const { client } = ordersClient();
    for (const sdk of [new Orders(client), new Shop(shopOptions())])
      expect(() => sdk.as(credential as never)).toThrow(
        /^as\(\): the credential must be an object with getToken\(\)/,
      );
  });
});

it('a user of withCredential() is that of an SDK, and gives way to the user of a view and of a call', async () => {
  const { client, requests } = ordersClient();
  const orders = new Orders(client);
  await withCredential(ada, async () => {
    await orders.get('7');
    await orders.as(bob).get('7');
    await orders.get('7', { credential: bob });
  });
  await orders.get('7');
  expect(requests.map(({ token }) => token)).toEqual(['ada', 'bob', 'bob', 'app']);
});

describe('a user beside an Authorization header', () => {
  const headers = { authorization: 'Bearer S3cret' };

  it.each<[string, (own: ReturnType<typeof ordersClient>) => PromiseLike<unknown>]>([
    ['the SDK', ({ client }) => new Orders(client, { headers }).as(ada).get('7')],
    ['the call', ({ client }) => new Orders(client).as(ada).get('7', { headers })],
    ['the view', ({ client }) => new Orders(client).withOptions({ headers }).get('7', { credential: ada })],
    [
      'the client',
      ({ client }) => {
        client.defaults.headers.common['Authorization'] = 'Bearer S3cret';
        return new Orders(client).as(ada).get('7');
      },
    ],
    [
      'the client for this method',
      ({ client }) => {
        client.defaults.headers.get['Authorization'] = 'Bearer S3cret';
        return new Orders(client).as(ada).get('7');
      },
    ],
  ])('of %s is refused: the service would see somebody else', async (_, call) => {
    const own = ordersClient();
    const error = await failureOf(call(own));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/"credential" has no effect beside an Authorization header/);
    expect(String(error)).not.toContain('S3cret');
    expect(own.requests).toHaveLength(0);
  });

  it('is not in the way of who has no user', async () => {
    const { client, requests } = ordersClient();
    await new Orders(client, { headers }).get('7');
    expect(requests[0]?.token).toBe('S3cret');
  });
});

/** Keeps what it was made from, and makes others of its kind with it. */
class Scoped extends ServiceSdk {
  readonly source: SdkSource;

  constructor(source: SdkSource, settings = {}) {
    super(source, settings);
    this.source = source;
  }

  scoped(tenant: string): Scoped {
    return new Scoped(this.source, { headers: { tenant } });
  }

  get() {
    return this.http.get('/orders/7');
  }
}

describe('an SDK that is made from what another was made from', () => {
  it('has its own settings, in a view as well, and goes on as the user of the view', async () => {
    const { client, requests } = ordersClient();
    const sdk = new Scoped(client, { headers: { shop: 'north' } });
    await sdk.scoped('a').get();
    const view = sdk.as(ada);
    await view.scoped('b').get();
    await view.as(bob).scoped('c').get();
    await view.get();
    expect(requests.map(({ token, headers }) => [token, headers['tenant']])).toEqual([
      ['app', 'a'],
      ['ada', 'b'],
      ['bob', 'c'],
      ['ada', undefined],
    ]);
  });

  it('keeps what a root was made with, whatever its constructor says where nothing is given', async () => {
    const { adapter, requests } = scriptedTransport(FOUND);
    const services = { orders: { baseURL: BASE, scopes: 'api://shop/.default', axios: { adapter } } };
    const clients = createClientFactory({ credential: staticCredential('app'), services });
    class Root extends SdkRoot<'orders'> {
      readonly orders = this.service(Orders, 'orders');
      constructor(source: typeof clients | SdkView, settings: object) {
        super(source, { headers: { tenant: 'any' }, ...settings });
      }
    }
    await new Root(clients, { headers: { tenant: 'a' } }).as(ada).orders.get('7');
    expect(requests.map(({ token, headers }) => [token, headers['tenant']])).toEqual([['ada', 'a']]);
  });

  it('also where it is a root', async () => {
    const { adapter, requests } = scriptedTransport(FOUND);
    const services = { orders: { baseURL: BASE, scopes: 'api://shop/.default', axios: { adapter } } };
    const clients = createClientFactory({ credential: staticCredential('app'), services });
    class Root extends SdkRoot<'orders'> {
      readonly source: typeof clients | SdkView;
      readonly orders = this.service(Orders, 'orders');
      constructor(source: typeof clients | SdkView, settings = {}) {
        super(source, settings);
        this.source = source;
      }
      scoped(tenant: string): Root {
        return new Root(this.source, { headers: { tenant } });
      }
    }
    await new Root(clients).as(ada).scoped('b').orders.get('7');
    expect(requests.map(({ token, headers }) => [token, headers['tenant']])).toEqual([['ada', 'b']]);
  });
});

const NORTH = 'north';

/** One call of a view whose constructor took a tenant, or why there is no view. */
async function viewed(Class: new (source: SdkSource, ...more: never[]) => ServiceSdk & { get(): unknown }) {
  const { client, requests } = ordersClient();
  const more = (Class.name.startsWith('Third') ? [{}, NORTH] : [NORTH]) as never[];
  const error = await failureOf((async () => new Class(client, ...more).as(ada).get())());
  return { error, sent: requests.length };
}

class Tenant extends ServiceSdk {
  readonly tenant: string;
  constructor(source: SdkSource, tenant: string) {
    super(source, { deadlineMs: 1_000 });
    this.tenant = tenant;
  }
  get() {
    return this.http.get(`/${this.tenant}/orders`);
  }
}
class Defaulted extends ServiceSdk {
  readonly tenant: string;
  constructor(source: SdkSource, tenant = 'default') {
    super(source);
    this.tenant = tenant;
  }
  get() {
    return this.http.get(`/${this.tenant}/orders`);
  }
}
class ByPath extends Defaulted {
  override get() {
    return this.http.get(path`/${this.tenant}/orders`);
  }
}
class ByMember extends ServiceSdk {
  readonly tenant: string;
  constructor(source: SdkSource, tenant: { readonly id: string }) {
    super(source);
    this.tenant = tenant.id;
  }
  get() {
    return this.http.get(`/${this.tenant}/orders`);
  }
}
class InHeaders extends ServiceSdk {
  constructor(source: SdkSource, tenant: string) {
    super(source, { headers: { tenant } });
  }
  get() {
    return this.http.get('/orders');
  }
}
class Destructured extends ServiceSdk {
  readonly tenant: string;
  constructor(source: SdkSource, { tenant, ...settings }: { readonly tenant: string }) {
    super(source, settings);
    this.tenant = tenant;
  }
  get() {
    return this.http.get(`/${this.tenant}/orders`);
  }
}
class Third extends ServiceSdk {
  readonly tenant: string;
  constructor(source: SdkSource, settings: object, tenant = 'default') {
    super(source, settings);
    this.tenant = tenant;
  }
  get() {
    return this.http.get(`/${this.tenant}/orders`);
  }
}

describe('a class whose constructor takes more than settings', () => {
  it.each([Tenant, Defaulted, ByPath, ByMember, InHeaders, Destructured, Third])(
    'sends nothing in a view that has lost it: %p',
    async (Class) => {
      const { error, sent } = await viewed(Class);
      expect(error).toBeInstanceOf(TypeError);
      expect(sent).toBe(0);
    },
  );

  it('is refused when it is viewed, naming what to do, where that can be seen', () => {
    const { client } = ordersClient();
    for (const sdk of [new Tenant(client, NORTH), new InHeaders(client, NORTH)])
      expect(() => sdk.as(ada)).toThrow(/or override remade\(\)/);
  });
});

describe('a class whose constructor takes settings', () => {
  class HandedOn extends ServiceSdk {
    constructor(source: SdkSource, settings?: object) {
      super(source, settings ?? {});
    }
    get() {
      return this.http.get('/orders/7');
    }
  }
  class Spread extends HandedOn {
    constructor(source: SdkSource, settings: object) {
      super(source, { deadlineMs: 1_000, ...settings });
    }
  }
  class Asked extends HandedOn {
    constructor(source: SdkSource, settings: { readonly headers?: object }) {
      super(source, { headers: settings.headers ?? {} });
    }
  }
  class WithPart extends HandedOn {
    readonly part: Orders;
    constructor(source: SdkSource, settings: object) {
      super(source, settings);
      this.part = new Orders(source, settings);
    }
    override get() {
      return this.part.get('7');
    }
  }
  class WithoutOne extends HandedOn {}

  it.each([HandedOn, Spread, Asked, WithPart, WithoutOne])(
    'has views with what it was made with: %p',
    async (Class) => {
      const { client, requests } = ordersClient();
      const settings = { headers: { 'x-a': 'b' } };
      await new Class(client, settings).as(ada).as(bob).get();
      expect([requests[0]?.token, requests[0]?.headers['x-a']]).toEqual(['bob', 'b']);
    },
  );
});
