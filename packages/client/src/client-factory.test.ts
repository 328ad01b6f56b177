import { manualClock, scriptedTransport, staticCredential, type ManualClock } from '@holdfast/testing';
import http from 'node:http';
import { createClientFactory, createServiceClient, type ServiceOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  jest.restoreAllMocks();
  clock.uninstall();
});

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

const orders = { baseURL: 'https://orders.test/v1', scopes: 'api://orders/.default' };
const stock = { baseURL: 'https://stock.test', credential: false } as const;

describe('a client factory', () => {
  it('has a client for each service, which sends to that service and with its own token alone', async () => {
    const { adapter, requests } = scriptedTransport(() => ({ status: 200 }), { clock });
    const clients = createClientFactory({
      credential: staticCredential('a-token'),
      defaults: { clock, axios: { adapter } },
      services: { orders, stock, 'order-lines': { ...stock, baseURL: 'https://lines.test' } },
    });
    await run(clients.orders.get('/7'));
    await run(clients.stock.get('/7'));
    await run(clients['order-lines'].get('/7'));
    expect(requests.map(({ baseURL, token }) => [baseURL, token])).toEqual([
      ['https://orders.test/v1', 'a-token'],
      ['https://stock.test', undefined],
      ['https://lines.test', undefined],
    ]);
  });

  it('makes a client, and its agents, when it is first asked for, and hands out that one ever after', () => {
    const made = jest.spyOn(http, 'Agent');
    const clients = createClientFactory({
      credential: staticCredential('a-token'),
      services: { orders, stock },
    });
    expect(made).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
    const { orders: first } = clients;
    expect(made).toHaveBeenCalledTimes(1);
    expect(clients.orders).toBe(first);
    expect(clients.stock).not.toBe(first);
  });

  it('makes what createServiceClient() makes: the same answer to the same failures', async () => {
    const script = () => scriptedTransport([{ status: 503 }, { status: 200, data: '{"id":7}' }], { clock });
    const shared = { ...orders, clock, random: () => 0.5, credential: staticCredential('a-token') };
    const [first, second] = [script(), script()];
    const alone = createServiceClient({ name: 'orders', ...shared, axios: { adapter: first.adapter } });
    const { credential } = shared;
    const clients = createClientFactory({
      credential,
      services: { orders: { ...shared, axios: { adapter: second.adapter } } },
    });
    expect((await run(clients.orders.get('/7'))).data).toEqual((await run(alone.get('/7'))).data);
    expect(second.requests.map(({ url, token }) => [url, token])).toEqual(
      first.requests.map(({ url, token }) => [url, token]),
    );
  });

  it('names errors after the service: its key, or the name that it has', async () => {
    const { adapter } = scriptedTransport(() => ({ status: 429, headers: { 'retry-after': '60' } }), {
      clock,
    });
    const clients = createClientFactory({
      credential: false,
      defaults: { clock, axios: { adapter } },
      services: { stock, billing: { ...stock, name: 'Billing v2', baseURL: 'https://billing.test' } },
    });
    for (const [client, service] of [
      [clients.stock, 'stock'],
      [clients.billing, 'Billing v2'],
    ] as const) {
      await run(client.get('/7').catch(() => undefined));
      await expect(run(client.get('/7'))).rejects.toMatchObject({ code: 'ERR_THROTTLED', service });
    }
  });
});

describe('the defaults of a client factory', () => {
  async function sends(defaults: object, own: Partial<ServiceOptions>): Promise<number> {
    const { adapter, requests } = scriptedTransport(() => ({ status: 500 }), { clock });
    const clients = createClientFactory({
      credential: false,
      defaults: { clock, circuitBreaker: false, ...defaults },
      services: { stock: { ...stock, axios: { adapter }, ...own } },
    });
    await run(clients.stock.get('/7').catch(() => undefined));
    return requests.length;
  }

  it('hold where a service says nothing, give way part by part, and are gone where it says false', async () => {
    expect(await sends({}, {})).toBe(4);
    expect(await sends({ retry: { retries: 1 } }, {})).toBe(2);
    expect(await sends({ retry: { retries: 1 } }, { retry: { baseDelayMs: 1 } })).toBe(2);
    expect(await sends({ retry: { retries: 1 } }, { retry: { retries: 2 } })).toBe(3);
    expect(await sends({ retry: { retries: 1 } }, { retry: false })).toBe(1);
    expect(await sends({ retry: false }, { retry: { retries: 1 } })).toBe(2);
  });

  it('are not changed, nor are the options of a service: two factories are made with them', () => {
    const defaults = Object.freeze({ clock, retry: Object.freeze({ retries: 1 }) });
    const services = Object.freeze({
      stock: Object.freeze({ ...stock, retry: Object.freeze({ baseDelayMs: 1 }) }),
    });
    const [one, other] = [0, 1].map(() => createClientFactory({ credential: false, defaults, services }));
    expect(one!.stock).not.toBe(other!.stock);
  });
});

describe('a wrong configuration', () => {
  const made = (services: object, others: object = {}) =>
    createClientFactory({ credential: staticCredential('a-token'), services: services as never, ...others });

  it.each<[object, RegExp]>([
    [{ orders: { ...orders, retry: { retries: -1 } } }, /services\.orders: retry\(\): the option "retries"/],
    [
      { orders, stock: { ...stock, baseURL: '/stock' } },
      /services\.stock: .*"baseURL" must be an absolute URL/,
    ],
    [{ orders: { baseURL: 'https://orders.test' } }, /services\.orders: .*"scopes" must be given beside/],
    [{ orders: { ...orders, retires: 3 } }, /services\.orders: .*there is no option "retires"/],
    [{ orders: { ...orders, clock: 7 } }, /services\.orders: .*"clock" must be/],
    [{ orders: { ...orders, axios: null } }, /services\.orders: .*"axios" must be/],
    [{ orders: { ...orders, agent: { maxSockets: 0 } } }, /services\.orders: .*"maxSockets" must be/],
    [{ orders: { ...orders, credential: 'secret' } }, /services\.orders: .*"credential" must be .* false/],
    [{ orders, other: { ...orders, name: 'orders' } }, /services\.other: .*"name" .* services\.orders/],
    [{ orders: undefined }, /services\.orders: /],
  ])('of one service fails when the factory is made, and says of which: %#', (services, message) => {
    const error: unknown = (() => {
      try {
        return made(services);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(/^createClientFactory\(\): /);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('secret');
  });

  it.each<[object, RegExp]>([
    [{ credential: undefined }, /"credential" must be an object with getToken\(\), or false/],
    [{ services: undefined }, /"services" must be an object with the options of each service/],
    [{ defaults: 7 }, /"defaults" must be an object/],
    [{ defaults: { baseURL: 'https://a.test' } }, /"defaults" cannot have "baseURL"/],
    [{ defaults: { credential: false } }, /"defaults" cannot have "credential"/],
    [{ breakers: {} }, /"breakers" must be a Breakers/],
    [{ service: {} }, /there is no option "service"/],
  ])('of the factory fails when it is made: %#', (others, message) => {
    expect(() => made({ orders }, others)).toThrow(message);
  });
});
