import axios, { type InternalAxiosRequestConfig } from 'axios';
import { install, systemClock } from '@holdfast/core';
import { scriptedTransport } from '@holdfast/testing';
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

describe('Circuits', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('trap 35: forgets the idlest of more than 10,000 keys, with its reset timer and the calls under way', async () => {
    jest.useRealTimers();
    const config = await aRequest();
    jest.useFakeTimers();
    const onStateChange = jest.fn();
    const circuits = new Circuits({
      windowMs: 10_000,
      minimumAttempts: 1,
      failureRatio: 0.5,
      consecutiveFailures: 10,
      consecutiveSpanMs: 500,
      openMs: 1_000,
      maxOpenMs: 60_000,
      probes: 3,
      probesToClose: 2,
      probeTimeoutMs: 10_000,
      rampMs: 3_000,
      onStateChange,
      clock: systemClock,
      random: () => 0,
    });
    const failure = { code: undefined, status: 500, message: 'answered with status 500', at: Date.now() };
    const dead = circuits.of('dead', config);
    const idle = circuits.of('idle', config);
    const underWay = idle.admit()!;
    dead.failed(dead.admit()!, failure);
    for (let key = 2; key < 10_000; key += 1) circuits.of(`other ${key}`, config);
    expect([circuits.of('dead', config) === dead, jest.getTimerCount()]).toEqual([true, 1]);

    circuits.of('one more', config);
    expect([circuits.of('dead', config) === dead, jest.getTimerCount()]).toEqual([true, 1]);
    idle.failed(underWay, failure);
    expect([onStateChange.mock.calls.length, jest.getTimerCount()]).toEqual([1, 1]);

    for (let key = 0; key < 10_000; key += 1) circuits.of(`more ${key}`, config);
    expect(jest.getTimerCount()).toBe(0);
    expect(circuits.of('dead', config)).not.toBe(dead);
  });
});
