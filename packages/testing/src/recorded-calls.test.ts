import { createClientFactory, install, retry } from '@holdfast/client';
import { isTraced } from '@holdfast/core';
import axios, { type AxiosInstance } from 'axios';
import { createTestClient, manualClock, recordCalls, scriptedTransport, staticCredential } from './index.js';
import type { Step, TestClientOptions } from './index.js';

function client(script: readonly Step[], options: Partial<TestClientOptions> = {}): AxiosInstance {
  const { adapter } = scriptedTransport(script);
  return createTestClient({ name: 'orders', baseURL: 'https://orders.test', axios: { adapter }, ...options });
}

describe('recorded calls', () => {
  it('are those of the client, in the order in which they began, and not those of another one', async () => {
    const orders = client([{ status: 200 }, { status: 200 }]);
    using calls = recordCalls(orders);
    await Promise.all([orders.get('/1'), client([{ status: 200 }]).get('/other'), orders.get('/2')]);
    expect(calls.map(({ url }) => url)).toEqual(['/1', '/2']);
  });

  it('tell all of a call that succeeded at once', async () => {
    using clock = manualClock();
    const { adapter } = scriptedTransport([{ status: 200, delayMs: 40 }], { clock });
    const orders = client([], { clock, axios: { adapter } });
    using calls = recordCalls(orders);
    const call = orders.get('/7');
    await clock.settle();
    expect(calls[0]).toMatchObject({ service: 'orders', sends: 1, outcome: undefined, endedAt: undefined });
    await clock.runUntilSettled(call);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ sends: 1, outcome: 'success', failed: false });
    expect(calls[0]?.endedAt).toBe((calls[0]?.startedAt ?? 0) + 40);
    expect(calls[0]?.attempts).toEqual([
      expect.objectContaining({ number: 1, status: 200, endedAt: calls[0]?.endedAt }),
    ]);
  });

  it('tell of every attempt of a call that failed at first', async () => {
    const orders = client([{ status: 503 }, { status: 200 }]);
    using calls = recordCalls(orders);
    await orders.get('/7');
    expect(calls[0]?.attempts.map(({ status }) => status)).toEqual([503, 200]);
    expect(calls[0]).toMatchObject({ sends: 2, outcome: 'success', failed: false });
    expect(calls[0]?.endedAt).toEqual(expect.any(Number));
  });

  it('tell of one that failed for good, and of one that was never sent', async () => {
    const orders = client([{ status: 404 }], {
      credential: staticCredential(['a-token', new Error('no token')]),
    });
    using calls = recordCalls(orders);
    await orders.get('/7').catch(() => undefined);
    const stranger = { getToken: () => Promise.reject(new Error('no token')) };
    await orders.get('/8', { holdfast: { credential: stranger } }).catch(() => undefined);
    expect(calls.map(({ sends, outcome, failed }) => ({ sends, outcome, failed }))).toEqual([
      { sends: 1, outcome: 'answered', failed: true },
      { sends: 0, outcome: 'no-token', failed: true },
    ]);
    expect(calls.every(({ endedAt }) => endedAt !== undefined)).toBe(true);
  });

  it('tell the end of one that a fallback answers and nobody sends', async () => {
    const orders = client([], {
      credential: { getToken: () => Promise.reject(new Error('no token')) },
      fallback: () => ({ data: 'reduced' }),
    });
    using calls = recordCalls(orders);
    expect((await orders.get('/7')).data).toBe('reduced');
    expect(calls[0]).toMatchObject({ sends: 0, failed: false, fallbackFor: 'no-token' });
    expect(calls[0]?.endedAt).toEqual(expect.any(Number));
  });

  it("can be those of a factory's client, and of one with install()", async () => {
    const { adapter } = scriptedTransport(() => ({ status: 200 }));
    await using clients = createClientFactory({
      credential: staticCredential(),
      services: {
        orders: { baseURL: 'https://orders.test', scopes: 'api://orders/.default', axios: { adapter } },
      },
    });
    const own = axios.create({ baseURL: 'https://own.test', adapter });
    install(own, [retry()]);
    using ofFactory = recordCalls(clients.orders);
    using ofOwn = recordCalls(own);
    await clients.orders.get('/1');
    await own.get('/2');
    expect([...ofFactory, ...ofOwn].map(({ url, sends }) => `${url} ${sends}`)).toEqual(['/1 1', '/2 1']);
  });

  it('end with their recording, and leave the client as it was', async () => {
    const own = axios.create({
      baseURL: 'https://own.test',
      adapter: scriptedTransport(() => ({ status: 200 })).adapter,
    });
    const pipeline = [retry()];
    const installed = install(own, pipeline);
    const first = recordCalls(own);
    const second = recordCalls(own);
    await own.get('/1');
    first[Symbol.dispose]();
    await own.get('/2');
    second[Symbol.dispose]();
    await own.get('/3');
    expect([first.length, second.length]).toEqual([1, 2]);
    expect(isTraced('call')).toBe(false);
    expect(isTraced('attempt')).toBe(false);

    using third = recordCalls(own);
    third[Symbol.dispose]();
    expect(install(own, pipeline)).toBe(installed);
  });

  it('cannot be had of a client with no pipeline', () => {
    expect(() => recordCalls(axios.create())).toThrow(/recordCalls\(\): this client has no pipeline/);
    const clients = createClientFactory({ credential: false, services: {} });
    // A newcomer's, whom no compiler stops.
    const factory: unknown = clients;
    expect(() => recordCalls(factory as AxiosInstance)).toThrow('Of a factory take one of its clients');
    expect(isTraced('call')).toBe(false);
  });
});
