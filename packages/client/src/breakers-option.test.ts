import { manualClock, scriptedTransport, type ManualClock, type ScriptFunction } from '@holdfast/testing';
import axios from 'axios';
import { Breakers, createServiceClient, isFallback, type ServiceClientOptions } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

function orders(script: ScriptFunction, options: Partial<ServiceClientOptions>) {
  const { adapter, requests } = scriptedTransport(script, { clock });
  const client = createServiceClient({
    name: 'orders',
    baseURL: 'https://orders.test',
    credential: false,
    clock,
    random: () => 0.5,
    axios: { adapter },
    ...options,
  });
  return { client, requests };
}

describe('an operator', () => {
  it('forces the circuit of a healthy service open, by the breakers handed in: callers get the reduced answer', async () => {
    const breakers = new Breakers();
    const { client, requests } = orders(() => ({ status: 200 }), {
      circuitBreaker: { breakers },
      fallback: () => ({ data: 'reduced' }),
    });
    expect(isFallback(await run(client.get('/7')))).toBe(false);
    breakers.get('orders')?.forceOpen({ forMs: 60_000, reason: 'INC-4711' });
    expect(isFallback(await run(client.get('/7')))).toBe(true);
    expect(requests).toHaveLength(1);
  });
});

describe('the option key', () => {
  const mailbox = (box: string) => ({ params: { box } });

  it('says what shares a gate and a breaker: one mailbox that is throttled, or down, leaves another alone', async () => {
    const breakers = new Breakers();
    let answer = { status: 429, headers: { 'retry-after': '60' } };
    const { client } = orders(() => ({ ...answer, delayMs: 10 }), {
      key: ({ params }) => (params as { box: string }).box,
      retry: false,
      circuitBreaker: { breakers },
    });
    const get = (box: string) =>
      run(
        client.get('/mail', mailbox(box)).then(
          ({ status }) => status,
          (error: unknown) => (axios.isAxiosError(error) ? (error.status ?? error.code) : error),
        ),
      );
    expect(await get('a')).toBe(429);
    answer = { status: 200, headers: { 'retry-after': '0' } };
    expect(await get('a')).toBe('ERR_THROTTLED');
    expect(await get('b')).toBe(200);

    answer = { status: 500, headers: { 'retry-after': '0' } };
    for (let call = 0; call < 60; call += 1) await get('c');
    expect(await get('c')).toBe('ERR_CIRCUIT_OPEN');
    expect(await get('d')).toBe(500);
    expect([...breakers].map(({ key }) => key).sort()).toEqual(['a', 'b', 'c', 'd']);
  });
});
