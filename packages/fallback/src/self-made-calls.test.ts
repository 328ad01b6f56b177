import { circuitBreaker } from '@holdfast/circuit-breaker';
import { callOf, install, type Interceptor } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock } from '@holdfast/testing';
import axios, { type AxiosInstance } from 'axios';
import { fallback, isFallback, type FallbackRespond } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

/** More often than this is without an end. */
const WITHOUT_END = 100;

/** A client of a service that is down, so that its circuit is open, and how often its fallback was asked. */
async function down(respond: (client: AxiosInstance, ...given: Parameters<FallbackRespond>) => unknown) {
  const { adapter, requests } = scriptedTransport(() => ({ status: 500 }), { clock });
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  let asked = 0;
  const answering: FallbackRespond = (...given) => {
    asked += 1;
    if (asked > WITHOUT_END) return undefined;
    return respond(client, ...given) as ReturnType<FallbackRespond>;
  };
  install(
    client,
    [fallback(answering, { clock }), circuitBreaker({ clock, consecutiveFailures: 1, consecutiveSpanMs: 0 })],
    { clock },
  );
  await client.get('/7').catch(() => undefined);
  const call = clock.runUntilSettled(client.get('/7'));
  return { client, call, requests, asked: () => asked };
}

describe('who answers for a service that is down by calling that service', () => {
  it.each<[string, Parameters<typeof down>[0]]>([
    ['with the request', (client, _error, request) => client.request(request)],
    ['with the request of the error', (client, { config }) => client.request(config!)],
    ['with another one', (client) => client.get('/other')],
    [
      'with another one, when he has looked elsewhere',
      async (client) => {
        await Promise.resolve();
        return client.get('/other');
      },
    ],
  ])('is asked once, and not about his own failures without an end (%s)', async (_how, respond) => {
    const { call, requests, asked } = await down(respond);
    const error: unknown = await call.catch((reason: unknown) => reason);
    expect(error).toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    expect(asked()).toBe(1);
    expect(requests).toHaveLength(1);
    expect(callOf(error)?.refusals.at(-1)).toBe('no fallback: respond failed: CircuitOpenError');
  });

  it('finds in the story of his own call why that has none', async () => {
    let story: readonly string[] | undefined;
    const { call } = await down((client) =>
      client.get('/other').catch((error: unknown) => {
        story = callOf(error)?.refusals;
        return { data: 'what else there is' };
      }),
    );
    expect(isFallback(await call)).toBe(true);
    expect(story?.at(-1)).toBe('no fallback: respond has made this call itself');
  });

  it('gets the answer of another client’s fallback, and so does the caller', async () => {
    const failing: Interceptor = () => (config) =>
      Promise.resolve({ data: '', status: 429, statusText: '', headers: {}, config });
    const replica = axios.create({ baseURL: 'https://replica.test' });
    // Its adapter is not asked; that a 429 is a failure is.
    replica.defaults.adapter = () => Promise.reject(new Error('not sent'));
    install(replica, [fallback(() => ({ data: 'of the replica’s' }), { clock }), failing], { clock });
    const { call } = await down(() => replica.get('/7'));
    await expect(call).resolves.toHaveProperty('data', 'of the replica’s');
  });

  it('is asked once where two answer for each other: the failure is the caller’s, and not one without an end', async () => {
    const others: AxiosInstance[] = [];
    const one = await down(() => others[0]!.get('/7'));
    await one.call.catch(() => undefined);
    const other = await down(() => one.client.get('/7'));
    await other.call.catch(() => undefined);
    others.push(other.client);
    const before = [one.asked(), other.asked()];
    await expect(clock.runUntilSettled(one.client.get('/8'))).rejects.toHaveProperty(
      'code',
      'ERR_CIRCUIT_OPEN',
    );
    expect([one.asked(), other.asked()]).toEqual(before.map((asked) => asked + 1));
  });

  it('is asked about the next call as ever', async () => {
    let isFirst = true;
    const { client, call, asked } = await down((self) => {
      if (!isFirst) return { data: 'reduced' };
      isFirst = false;
      return self.get('/other');
    });
    await call.catch(() => undefined);
    await expect(clock.runUntilSettled(client.get('/8'))).resolves.toHaveProperty('data', 'reduced');
    expect(asked()).toBe(2);
  });
});
