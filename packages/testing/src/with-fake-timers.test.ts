import { createServiceClient } from '@holdfast/client';
import nock from 'nock';
import { createTestClient, recordCalls, scriptedTransport, staticCredential } from './index.js';

const ORDERS = { name: 'orders', baseURL: 'https://orders.test' };

afterEach(() => {
  jest.useRealTimers();
  nock.cleanAll();
});

describe("jest's fake timers", () => {
  it('leave a test client as it is, which sees the date that a test has set', async () => {
    jest.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
    const { adapter } = scriptedTransport([{ status: 200 }]);
    const orders = createTestClient({ ...ORDERS, axios: { adapter } });
    using calls = recordCalls(orders);
    await orders.get('/7');
    expect(new Date(calls[0]?.startedAt ?? 0).getUTCFullYear()).toBe(2030);
  });

  it('have any other client wait until they are told to go on', async () => {
    jest.useFakeTimers();
    const { adapter, requests } = scriptedTransport([{ status: 503 }, { status: 200 }]);
    const orders = createServiceClient({
      ...ORDERS,
      scopes: 'api://orders/.default',
      credential: staticCredential(),
      // By chance a wait would be shorter than a millisecond, which is none.
      random: () => 0.5,
      axios: { adapter },
    });
    const call = orders.get('/7');
    await jest.advanceTimersByTimeAsync(0);
    expect(requests).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(requests).toHaveLength(2);
    await expect(call).resolves.toHaveProperty('status', 200);
  });

  it('go with nock where they leave the turns of Node alone', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    nock(ORDERS.baseURL).get('/7').reply(200);
    await expect(createTestClient(ORDERS).get('/7')).resolves.toHaveProperty('status', 200);
  });
});
