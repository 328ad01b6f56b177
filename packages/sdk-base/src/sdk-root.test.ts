import { createClientFactory, type ClientFactory } from '@holdfast/client';
import { manualClock, scriptedTransport, staticCredential, type ScriptFunction } from '@holdfast/testing';
import { BASE, FOUND, Orders, Shop, failureOf } from './made-orders-sdk.js';
import { SdkRoot } from './sdk-root.js';
import { SdkView } from './sdk-root-view.js';

const ada = staticCredential('ada');

/** A shop of two services on one transport. */
function shop(script: ScriptFunction = FOUND) {
  const clock = manualClock({ fakeGlobals: false });
  const { adapter, requests } = scriptedTransport(script, { clock });
  const common = { scopes: 'api://shop/.default', clock, retry: false as const, axios: { adapter } };
  const options = {
    credential: staticCredential('app'),
    services: {
      orders: { ...common, baseURL: BASE },
      billing: { ...common, baseURL: 'https://billing.test' },
    },
  };
  return { root: new Shop(options), options, requests };
}

describe('an SDK for several services', () => {
  it('calls each at its own place, with its name', async () => {
    const { root, requests } = shop();
    await root.orders.get('7');
    await root.billing.get('8');
    expect(requests.map(({ baseURL, token }) => [baseURL, token])).toEqual([
      [BASE, 'app'],
      ['https://billing.test', 'app'],
    ]);
    expect(requests[0]?.headers['user-agent']).toMatch(/^shop-sdk\/1\.2\.3 /);
  });

  it('makes a client for the service that is called, and for no other', async () => {
    const { root } = shop();
    const used = () => Object.values(root.snapshot().services).map((service) => service.used);
    root.as(ada);
    expect(used()).toEqual([false, false]);
    await root.orders.get('7');
    expect(used()).toEqual([true, false]);
  });

  it('has views for users, with all of its services and their parts', async () => {
    const { root, requests } = shop();
    const view = root.as(ada);
    expect(view).toBeInstanceOf(Shop);
    await view.orders.get('7');
    await view.billing.lines.list('7');
    await root.orders.get('7');
    await view.withOptions({ headers: { 'x-a': 'b' } }).orders.get('7');
    await view.orders.as(staticCredential('bob')).get('7');
    expect(requests.map(({ token }) => token)).toEqual(['ada', 'ada', 'app', 'ada', 'bob']);
    expect(requests[3]?.headers).toMatchObject({ 'x-a': 'b' });
    expect(requests[3]?.headers['user-agent']).toMatch(/^shop-sdk\/1\.2\.3 /);
  });

  it('is no factory for the SDK of a service, and says so', async () => {
    const { root, requests } = shop();
    const orders = new Orders(root, 'orders');
    await expect(failureOf(orders.get('7'))).resolves.toMatchObject({
      message: 'What is given as a factory has no client at "orders"',
    });
    expect(requests).toHaveLength(0);
  });

  it('asks for the token of a user once, for however many views', async () => {
    const { root } = shop();
    const eve = staticCredential('eve');
    for (let call = 0; call < 3; call += 1) await root.as(eve).orders.get('7');
    expect(eve.requests).toHaveLength(1);
  });

  it('shares gates between views, and none between services', async () => {
    const { root, requests } = shop(({ baseURL }) =>
      baseURL === BASE ? { status: 429, headers: { 'Retry-After': '60' } } : { status: 200 },
    );
    await failureOf(root.as(ada).orders.get('7'));
    await expect(failureOf(root.orders.get('7'))).resolves.toHaveProperty('code', 'ERR_THROTTLED');
    await root.billing.get('7');
    expect(requests).toHaveLength(2);
  });

  it('shares circuits between views: an operator finds one, whoever was refused', async () => {
    const { root } = shop(() => ({ status: 500 }));
    for (let call = 0; call < 40; call += 1) await failureOf(root.as(ada).orders.get('7'));
    await expect(failureOf(root.withOptions({ deadlineMs: 9 }).orders.get('7'))).resolves.toHaveProperty(
      'code',
      'ERR_CIRCUIT_OPEN',
    );
    expect([...root.breakers].map(({ service, state }) => [service, state])).toEqual(
      expect.arrayContaining([
        ['orders', 'open'],
        ['billing', 'closed'],
      ]),
    );
  });

  it('is closed with all of its views, by any of them', async () => {
    const { options } = shop();
    const root = new Shop(options);
    {
      await using view = root.as(ada);
      await view.orders.get('7');
    }
    expect(root.snapshot().closed).toBe(true);
    await expect(failureOf(root.orders.get('7'))).resolves.toHaveProperty('code', 'ERR_CLIENT_CLOSED');
    await expect(root.close({ graceMs: 0 })).resolves.toBeUndefined();
  });

  it('is refused where the factory has no such service', () => {
    const { options } = shop();
    class Other extends SdkRoot<'orders' | 'stock'> {
      readonly stock = this.service(Orders, 'stock');
    }
    const clients = createClientFactory(options) as ClientFactory;
    expect(() => new Other(clients as never)).toThrow('The factory has no service "stock"');
    expect(() => new Shop({ ...options, settings: 1 } as never)).toThrow(/there is no option "settings"/);
  });
});

describe('a root that cannot be made anew from its view', () => {
  it('is refused where its constructor does not know one, and says what to do', () => {
    const { options } = shop();
    class Unaware extends SdkRoot<'orders'> {
      readonly orders = this.service(Orders, 'orders');
      constructor(own: typeof options) {
        super(createClientFactory({ ...own }));
      }
    }
    expect(() => new Unaware(options).as(ada)).toThrow(
      /make a Unaware anew by its constructor, from an SdkView: .*super\(\), or override remade\(\)/,
    );
  });

  it('is refused where it makes a factory of its own each time: nothing would be shared', () => {
    const { options } = shop();
    class Twice extends SdkRoot<'orders'> {
      constructor() {
        super(createClientFactory(options));
      }
    }
    expect(() => new Twice().as(ada)).toThrow(/has lost what it was made from/);
  });

  it('is made by its own word where it takes more', async () => {
    const { options, requests } = shop();
    class Regional extends SdkRoot<'orders'> {
      readonly region: string;
      readonly orders = this.service(Orders, 'orders');
      constructor(source: SdkView | typeof options, settings: object, region: string) {
        super(source instanceof SdkView ? source : createClientFactory(source), settings);
        this.region = region;
      }
      protected override remade(view: SdkView): this {
        return new Regional(view, {}, this.region) as this;
      }
    }
    const view = new Regional(options, {}, 'north').as(ada);
    await view.orders.get('7');
    expect([view.region, requests.at(-1)?.token]).toEqual(['north', 'ada']);
  });
});
