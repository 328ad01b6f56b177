import { manualClock, scriptedTransport, type ManualClock } from '@holdfast/testing';
import { install, type Interceptor, currentCall } from '@holdfast/core';
import axios from 'axios';
import { Breakers, circuitBreaker } from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const named: Interceptor = (next) => (config) => {
  currentCall(config).service = 'orders';
  return next(config);
};

function client(breakers: Breakers, status = 200) {
  const { adapter, requests } = scriptedTransport(() => ({ status }), { clock });
  const api = axios.create({ baseURL: 'https://orders.test/v1', adapter });
  install(api, [named, circuitBreaker({ breakers, clock, consecutiveFailures: 2, consecutiveSpanMs: 0 })], {
    clock,
  });
  return { api, requests };
}

describe('a service that was announced', () => {
  it('has a breaker before its first call, and the same one after it', async () => {
    const breakers = new Breakers();
    expect(breakers.get('orders')).toBeUndefined();
    breakers.announce('orders', 'https://orders.test', { clock });
    const breaker = breakers.get('orders');
    expect(breaker).toMatchObject({
      key: 'orders https://orders.test',
      state: 'closed',
      lastFailure: undefined,
    });
    const { api } = client(breakers);
    await api.get('/7');
    expect([...breakers]).toHaveLength(1);
    expect(breaker?.window.attempts).toBe(1);
  });

  it('goes by the options of its interceptor as soon as that has come', async () => {
    const breakers = new Breakers();
    breakers.announce('orders', 'https://orders.test', { clock, consecutiveFailures: 50 });
    const { api } = client(breakers, 500);
    for (let call = 0; call < 2; call += 1) await api.get('/7').catch(() => undefined);
    expect(breakers.get('orders')?.state).toBe('open');
  });

  it('can be held open before its first call, which is then not sent', async () => {
    const breakers = new Breakers();
    breakers.announce('orders', 'https://orders.test', { clock });
    breakers.get('orders')?.forceOpen({ forMs: 60_000, reason: 'INC-4711' });
    const { api, requests } = client(breakers);
    await expect(api.get('/7')).rejects.toHaveProperty('code', 'ERR_CIRCUIT_OPEN');
    expect(requests).toHaveLength(0);
  });

  it('loses nothing that is known of it: announced once more, it stays open', async () => {
    const breakers = new Breakers();
    const { api } = client(breakers, 500);
    for (let call = 0; call < 2; call += 1) await api.get('/7').catch(() => undefined);
    breakers.announce('orders', 'https://orders.test', { clock });
    expect(breakers.get('orders')?.state).toBe('open');
  });

  it.each<[string, string, object, RegExp]>([
    ['', 'https://orders.test', {}, /by its name and its origin/],
    ['orders', 'orders.test', {}, /by its name and its origin/],
    ['orders', 'https://orders.test', { probes: 0 }, /"probes"/],
    ['orders', 'https://orders.test', { prob: 0 }, /there is no option "prob"/],
  ])('is refused with what makes no sense: %#', (service, origin, options, message) => {
    expect(() => {
      new Breakers().announce(service, origin, options);
    }).toThrow(message);
  });
});

describe('breakers that are cleared', () => {
  it('know nothing any more, have no timer, and what is under way changes nothing', async () => {
    const breakers = new Breakers();
    const { api } = client(breakers, 500);
    for (let call = 0; call < 2; call += 1) await api.get('/7').catch(() => undefined);
    expect(clock.pending).toBe(1);
    const late = client(breakers, 500).api;
    breakers.clear();
    expect([clock.pending, [...breakers]]).toEqual([0, []]);
    await late.get('/7').catch(() => undefined);
    expect(breakers.get('orders')?.state).toBe('closed');
  });
});
