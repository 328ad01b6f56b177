import axios, { type InternalAxiosRequestConfig } from 'axios';
import { install, systemClock } from '@holdfast/core';
import { scriptedTransport } from '@holdfast/testing';
import { OperatedBreaker } from './breaker.js';
import type { CircuitRules } from './circuit-options.js';
import { Circuits } from './circuits.js';

/** A request as interceptors meet it. */
async function aRequest(): Promise<InternalAxiosRequestConfig> {
  const { adapter } = scriptedTransport([{ status: 200 }]);
  const client = axios.create({ baseURL: 'https://orders.test', adapter });
  let met: InternalAxiosRequestConfig | undefined;
  const meet = (config: InternalAxiosRequestConfig) => {
    met = config;
  };
  install(client, [
    (next) => (config) => {
      meet(config);
      return next(config);
    },
  ]);
  await client.get('/7');
  if (met === undefined) throw new Error('The request was not met');
  return met;
}

/** A registry that is asked for circuits as by an interceptor: each opens at its first failure. */
async function aRegistry() {
  const config = await aRequest();
  const onStateChange = jest.fn();
  const circuits = new Circuits();
  const rules: CircuitRules = {
    windowMs: 10_000,
    minimumAttempts: 1,
    failureRatio: 0.5,
    consecutiveFailures: 10,
    consecutiveSpanMs: 500,
    openMs: 1_000,
    maxOpenMs: 3_000,
    probes: 3,
    probesToClose: 2,
    probeTimeoutMs: 10_000,
    rampMs: 3_000,
    slowMs: false,
    slowRatio: 0.5,
    mode: 'enforce',
    generation: 1,
    onStateChange,
    clock: systemClock,
    random: () => 0,
  };
  const of = (key: string) => circuits.of(key, config, rules);
  const failure = { code: undefined, status: 500, message: 'answered with status 500', at: Date.now() };
  return { circuits, of, rules, onStateChange, failure };
}

describe('Circuits', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('trap 35: forgets the idlest of more than 10,000 keys, with its reset timer and the calls under way', async () => {
    jest.useRealTimers();
    const { circuits, of, onStateChange, failure } = await aRegistry();
    jest.useFakeTimers();
    const dead = of('dead');
    const idle = of('idle');
    const underWay = idle.admit()!;
    dead.failed(dead.admit()!, failure);
    for (let key = 2; key < 10_000; key += 1) of(`other ${key}`);
    expect([circuits.find('dead') === dead, jest.getTimerCount()]).toEqual([true, 1]);

    of('one more');
    expect([circuits.find('idle'), circuits.find('dead') === dead]).toEqual([undefined, true]);
    idle.failed(underWay, failure);
    expect([onStateChange.mock.calls.length, jest.getTimerCount()]).toEqual([1, 1]);

    for (let key = 0; key < 20_000; key += 1) of(`more ${key}`);
    expect([circuits.find('dead') === dead, jest.getTimerCount()]).toEqual([true, 1]);
    expect(circuits.all()).toHaveLength(10_000);

    // It is half-open from then on: as idle as the others.
    jest.advanceTimersByTime(1_000);
    for (let key = 0; key < 10_000; key += 1) of(`others ${key}`);
    expect(circuits.find('dead')).toBeUndefined();
  });

  it('forgets an open one where there is no other, and then its timer, and never the one that is asked for', async () => {
    jest.useRealTimers();
    const { circuits, of, rules, failure } = await aRegistry();
    jest.useFakeTimers();
    for (let key = 0; key < 10_000; key += 1) {
      const circuit = of(`dead ${key}`);
      circuit.failed(circuit.admit()!, failure);
    }
    expect(jest.getTimerCount()).toBe(10_000);
    const newest = of('one more');
    expect([jest.getTimerCount(), circuits.find('one more') === newest]).toEqual([9_999, true]);
    expect([circuits.find('dead 0'), rules.generation]).toEqual([undefined, 1]);
  });

  it('lets an operator force a service whose breaker he has kept while it was forgotten', async () => {
    jest.useRealTimers();
    const { circuits, of } = await aRegistry();
    jest.useFakeTimers();
    const breaker = new OperatedBreaker(circuits, of('idle'));
    for (let key = 0; key < 10_000; key += 1) of(`other ${key}`);
    expect(circuits.find('idle')).toBeUndefined();
    breaker.forceOpen({ forMs: 1_000, reason: 'INC-4711' });
    expect([of('idle').admit(), breaker.state]).toEqual([undefined, 'open']);
    expect(circuits.all()).toHaveLength(10_000);
  });

  it('forgets one that was forced closed as any other, once its time is over', async () => {
    jest.useRealTimers();
    const { circuits, of } = await aRegistry();
    jest.useFakeTimers({ now: Date.now() });
    of('forced').forceClosed(1_000, 'a drill', Date.now());
    for (let key = 0; key < 20_000; key += 1) of(`other ${key}`);
    expect(circuits.find('forced')).toBeDefined();
    jest.advanceTimersByTime(1_000);
    for (let key = 0; key < 10_001; key += 1) of(`more ${key}`);
    expect(circuits.find('forced')).toBeUndefined();
    expect(circuits.all()).toHaveLength(10_000);
  });
});
