import { AxiosHeaders, type AxiosResponse } from 'axios';
import { CurrentCall } from '@holdfast/core';
import { manualClock, type ManualClock } from '@holdfast/testing';
import type { Arrival } from './gate.js';
import { MemoryStore } from './gate-store.js';
import { Gates } from './gates.js';

describe('Gates', () => {
  let clock: ManualClock;
  let gates: Gates;
  beforeEach(() => {
    clock = manualClock();
    const rules = { maxClosedMs: 300_000, maxWaiters: 32, rampMs: 1_000, probeTimeoutMs: 10_000 };
    gates = new Gates({ ...rules, mode: 'enforce', clock, random: () => 0 }, new MemoryStore(clock, 1_000));
  });
  afterEach(() => {
    clock.uninstall();
  });

  function anArrival(): Arrival {
    const config = { headers: new AxiosHeaders() };
    const response: AxiosResponse = { data: '', status: 200, statusText: 'OK', headers: {}, config };
    return {
      call: new CurrentCall(),
      config,
      reserved: false,
      send: () => Promise.resolve(response),
    };
  }

  const close = (key: string) => gates.close(key, key, clock.now() + 1_000, clock.now())!;

  it('forgets a gate that is over, so that calls pay for none', async () => {
    const gate = close('orders');
    await clock.advance(1_000);
    await gate.enter(anArrival());
    await clock.advance(999);
    expect(gates.of('orders', 'orders')).toBe(gate);
    await clock.advance(1);
    expect(gates.of('orders', 'orders')).toBeUndefined();
    await clock.advance(1);
    expect(gates.of('orders', 'orders')).toBeUndefined();
    expect(gates.size).toBe(0);
  });

  it('keeps 10,000, and forgets the oldest at which nobody waits', async () => {
    const waiting = close('waiting').enter(anArrival());
    for (let key = 1; key < 25_000; key += 1) close(String(key));
    expect(gates.size).toBeLessThanOrEqual(10_000);
    await clock.advance(1_000);
    expect((await waiting).status).toBe(200);
  });
});
