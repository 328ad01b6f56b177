import { createClientFactory } from '@holdfast/client';
import { scriptedTransport, staticCredential } from '@holdfast/testing';
import axios from 'axios';
import { inspect } from 'node:util';
import type { SdkSettings } from './call-options.js';
import type { SdkConnection } from './connection.js';
import { BASE, FOUND, Lines, Orders, failureOf, ordersClient } from './made-orders-sdk.js';
import { path } from './path.js';
import { ServiceSdk, type SdkSource } from './service-sdk.js';

const ada = staticCredential('ada');
const tokensOf = (requests: readonly { readonly token: string | undefined }[]) =>
  requests.map(({ token }) => token);

describe('an SDK for one service', () => {
  it('has methods with the names of verbs, and nothing of its own in their way', async () => {
    const { client, requests } = ordersClient();
    const orders = new Orders(client);
    await orders.get('7');
    await orders.post({ id: '8' });
    await orders.query({ open: true });
    expect(requests.map(({ method }) => method)).toEqual(['get', 'post', 'query']);
    expect(Object.keys(orders).sort()).toEqual(['http', 'lines']);
    const names = Object.getOwnPropertyNames(ServiceSdk.prototype);
    expect(names.sort()).toEqual(['as', 'constructor', 'remade', 'withOptions']);
  });

  it('of a factory has its client made at the first call, and not before', async () => {
    const { adapter } = scriptedTransport(FOUND);
    const clients = createClientFactory({
      credential: false,
      services: { orders: { baseURL: BASE, axios: { adapter } } },
    });
    const orders = new Orders(clients, 'orders').withOptions({ deadlineMs: 1_000 });
    expect(clients.snapshot().services['orders']?.used).toBe(false);
    await orders.get('7');
    expect(clients.snapshot().services['orders']?.used).toBe(true);
  });

  it('of a service that the factory does not have is refused, naming those that it has', () => {
    const services = { orders: { baseURL: BASE }, billing: { baseURL: BASE } };
    const clients = createClientFactory({ credential: false, services });
    for (const name of ['ordres', 'close', 'breakers', 'toString', 'constructor'])
      expect(() => new Orders(clients, name)).toThrow(
        `The factory has no service "${name}"; there are orders, billing`,
      );
    expect(() => new Orders(clients, undefined as never)).toThrow(TypeError);
    expect(clients.snapshot().services['orders']?.used).toBe(false);
  });

  it('of a client without Holdfast is refused, naming what installs it', () => {
    expect(() => new Orders(axios.create())).toThrow(/install\(client/);
    for (const source of [undefined, null, {}, 'orders', () => undefined])
      expect(() => new Orders(source as never)).toThrow(/made from an axios client, a client factory/);
  });

  it('shows neither headers nor credential to who looks into it', () => {
    const { client } = ordersClient();
    const orders = new Orders(client, { headers: { 'x-api-key': 'the-key-secret' } }).as(ada);
    expect(inspect(orders, { depth: 20, showHidden: false })).not.toMatch(/secret|ada/);
    expect(JSON.stringify(orders)).not.toMatch(/secret|ada/);
  });
});

describe('a view of an SDK', () => {
  it('sends as its user, on the same client; the SDK itself goes on as before', async () => {
    const { client, requests } = ordersClient();
    const orders = new Orders(client);
    const adas = orders.as(ada);
    await adas.get('7');
    await orders.get('7');
    await adas.as(staticCredential('bob')).get('7');
    await adas.withOptions({ headers: { 'x-a': 'b' } }).get('7');
    expect(tokensOf(requests)).toEqual(['ada', 'app', 'bob', 'ada']);
    expect(requests[3]?.headers).toMatchObject({ 'x-a': 'b' });
    expect(adas).toBeInstanceOf(Orders);
  });

  it('takes along the parts that are SDKs themselves', async () => {
    const { client, requests } = ordersClient();
    const orders = new Orders(client);
    await orders.as(ada).lines.list('7');
    await orders.lines.list('7');
    expect(tokensOf(requests)).toEqual(['ada', 'app']);
  });

  it('shares gate and breaker: what the service told one user holds for all', async () => {
    const { client, requests } = ordersClient(() => ({ status: 429, headers: { 'Retry-After': '60' } }));
    const orders = new Orders(client);
    await failureOf(orders.as(ada).get('7'));
    await expect(failureOf(orders.get('7'))).resolves.toHaveProperty('code', 'ERR_THROTTLED');
    await expect(failureOf(orders.as(staticCredential('bob')).get('7'))).resolves.toHaveProperty(
      'code',
      'ERR_THROTTLED',
    );
    expect(requests).toHaveLength(1);

    const down = ordersClient(() => ({ status: 500 }), { retry: false });
    const failing = new Orders(down.client);
    for (let call = 0; call < 40; call += 1) await failureOf(failing.as(ada).get('7'));
    await expect(failureOf(failing.get('7'))).resolves.toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    expect(down.requests.length).toBeLessThan(40);
  });

  it('shares the budget of retries', async () => {
    const { client, clock, requests } = ordersClient(() => ({ status: 500 }), { circuitBreaker: false });
    const orders = new Orders(client);
    for (let call = 0; call < 60; call += 1) await clock.runUntilSettled(failureOf(orders.as(ada).get('7')));
    const before = requests.length;
    await failureOf(orders.get('7'));
    expect(requests).toHaveLength(before + 1);
  });

  it('ends by its own signal and by that of the SDK', async () => {
    const { client } = ordersClient(['hang', 'hang']);
    const [sdk, view] = [new AbortController(), new AbortController()];
    const orders = new Orders(client, { signal: sdk.signal });
    const viewed = failureOf(orders.withOptions({ signal: view.signal }).get('7'));
    view.abort();
    await expect(viewed).resolves.toHaveProperty('code', 'ERR_CANCELED');
    const other = failureOf(orders.withOptions({ signal: new AbortController().signal }).get('7'));
    sdk.abort();
    await expect(other).resolves.toHaveProperty('code', 'ERR_CANCELED');
  });
});

/** With a time limit of its own in its constructor, and a part with another. */
class Patient extends ServiceSdk {
  readonly lines: Lines;

  constructor(source: SdkSource, settings: SdkSettings = {}) {
    super(source, { deadlineMs: 1_000, ...settings });
    this.lines = new Lines(source, { deadlineMs: 100 });
  }

  get(options = {}) {
    return this.http.get('/orders/7', options);
  }
}

describe('a class whose constructor says something', () => {
  const deadlineOf = async (call: PromiseLike<unknown>) =>
    ((await failureOf(call)) as { deadlineMs?: number }).deadlineMs;

  it('does not take back what it was made with, nor what a view was made for', async () => {
    const { client, clock } = ordersClient(() => 'hang', { circuitBreaker: false });
    const limits = async (patient: Patient) => {
      const both = [deadlineOf(patient.get()), deadlineOf(patient.lines.list('7'))];
      await clock.advance(60_000);
      return Promise.all(both);
    };
    await expect(limits(new Patient(client))).resolves.toEqual([1_000, 100]);
    await expect(limits(new Patient(client).as(ada))).resolves.toEqual([1_000, 100]);
    await expect(limits(new Patient(client, { deadlineMs: 3_000 }).as(ada))).resolves.toEqual([3_000, 100]);
    await expect(limits(new Patient(client).withOptions({ deadlineMs: 5_000 }).as(ada))).resolves.toEqual([
      5_000, 5_000,
    ]);
  });
});

class Regional extends ServiceSdk {
  readonly region: string;

  constructor(source: SdkSource, settings: SdkSettings, region: string) {
    super(source, settings);
    this.region = region;
  }

  get() {
    return this.http.get(path`/${this.region}/orders`);
  }
}

class RegionalAgain extends Regional {
  protected override remade(connection: SdkConnection): this {
    return new RegionalAgain(connection, {}, this.region) as this;
  }
}

describe('a class that cannot be made anew from its connection', () => {
  it('is refused where its constructor takes more, unless it says how', async () => {
    const { client, requests } = ordersClient();
    expect(() => new Regional(client, {}, 'north').as(ada)).toThrow(
      /Regional anew .* or override remade\(\)\. It takes more/,
    );
    await new RegionalAgain(client, {}, 'north').as(ada).get();
    expect(requests[0]).toMatchObject({ url: '/north/orders', token: 'ada' });
  });

  it('is refused where it goes on with another client, or with who it was before', () => {
    const { client } = ordersClient();
    class Stubborn extends ServiceSdk {
      constructor() {
        super(client);
      }
    }
    class Lazy extends ServiceSdk {
      protected override remade(): this {
        return this;
      }
    }
    class Mixed extends ServiceSdk {
      protected override remade(connection: SdkConnection): this {
        return new Mixed(connection.with({ credential: staticCredential('other') })) as this;
      }
    }
    for (const sdk of [new Stubborn(), new Lazy(client), new Mixed(client)])
      expect(() => sdk.as(ada)).toThrow(/has lost what it was made from/);
  });

  it('is refused where its constructor throws, and says what it threw', () => {
    const { client } = ordersClient();
    class Strict extends ServiceSdk {
      constructor(options: { readonly api: { readonly own: typeof client } }) {
        super(options.api.own);
      }
    }
    expect(() => new Strict({ api: { own: client } }).as(ada)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('override remade(). It threw'),
        cause: expect.any(TypeError),
      }),
    );
  });
});
