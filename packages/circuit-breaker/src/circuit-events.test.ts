import axios, { type AxiosInstance } from 'axios';
import { currentCall, install, subscribe, type CircuitEvent } from '@holdfast/core';
import { manualClock, scriptedTransport, type ManualClock, type Step } from '@holdfast/testing';
import { circuitBreaker } from './index.js';

let clock: ManualClock;
let client: AxiosInstance;
let answer: Step;
let events: CircuitEvent[];
let unsubscribe: () => void;

beforeEach(() => {
  clock = manualClock();
  events = [];
  unsubscribe = subscribe('holdfast:circuit', (event) => events.push(event));
  const { adapter } = scriptedTransport(() => answer, { clock });
  client = axios.create({ baseURL: 'https://orders.test', adapter });
  const breaker = circuitBreaker({ clock, random: () => 0.5, openMs: 1_000, probes: 2, probesToClose: 1 });
  install(
    client,
    [
      (next) => (config) => {
        currentCall(config).service = 'orders';
        return next(config);
      },
      breaker,
    ],
    { clock },
  );
});
afterEach(() => {
  unsubscribe();
  clock.uninstall();
});

const get = () => client.get('/7?sig=a-secret').catch(() => undefined);
async function trip(): Promise<void> {
  for (let failures = 0; events.length === 0 && failures < 100; failures += 1) await get();
}
const common = { service: 'orders', key: 'orders https://orders.test', mode: 'enforce' };

describe('an operator who listens to circuits', () => {
  it('hears that one opened, upon what and for how long, that it is tried again, and that it closed', async () => {
    answer = { error: 'ECONNREFUSED', message: 'connect https://user:a-secret@orders.test/7?sig=a-secret' };
    const openedAt = clock.now();
    await trip();
    const lastFailure = {
      code: 'ECONNREFUSED',
      status: undefined,
      message: 'connect https://orders.test/7',
      at: openedAt,
    };
    // A second, and a tenth more by chance.
    const reason = '20 of 20 attempts failed';
    const opened = { ...common, state: 'open', reason, at: openedAt, retryAfterMs: 1_100, lastFailure };
    expect(events).toEqual([opened]);

    await clock.advance(1_099);
    expect(events).toHaveLength(1);
    await clock.advance(1);
    const tried = {
      ...common,
      state: 'half-open',
      reason: 'its time is over',
      at: openedAt + 1_100,
      retryAfterMs: undefined,
      lastFailure,
    };
    expect(events).toEqual([opened, tried]);

    answer = { status: 200 };
    await get();
    expect(events).toEqual([opened, tried, { ...tried, state: 'closed', reason: '1 of 1 probes succeeded' }]);
  });

  it('hears of each opening, with the answer upon which it opened, and how much longer it will be', async () => {
    answer = { status: 500 };
    await trip();
    await clock.advance(1_100);
    answer = { status: 502 };
    await get();
    await get();
    expect(
      events.map(({ state, retryAfterMs, lastFailure }) => [state, retryAfterMs, lastFailure?.status]),
    ).toEqual([
      ['open', 1_100, 500],
      ['half-open', undefined, 500],
      ['open', 2_200, 502],
    ]);
  });

  it('hears nothing of a healthy service', async () => {
    answer = { status: 404 };
    for (let call = 0; call < 100; call += 1) await get();
    expect(events).toEqual([]);
  });
});
