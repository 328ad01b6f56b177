import { staticCredential } from '@holdfast/testing';
import type { CreateAxiosDefaults } from 'axios';
import {
  createServiceClient,
  explain,
  standardInterceptors,
  type StandardInterceptorsOptions,
} from './index.js';

const make = (options: Partial<StandardInterceptorsOptions>) => () =>
  standardInterceptors({ name: 'orders', credential: false, ...options });

/** What holds of an option of one of the interceptors. */
function heldBy(options: Partial<StandardInterceptorsOptions>, interceptor: string, option: string) {
  const { interceptors } = explain(make(options)()).toJSON();
  return interceptors.find(({ name }) => name === interceptor)?.options[option];
}

describe('two options of which one takes the effect from the other', () => {
  it.each<[Partial<StandardInterceptorsOptions>, string]>([
    [
      { attemptTimeoutMs: 20_000, deadlineMs: 10_000 },
      '"attemptTimeoutMs" must be at most "deadlineMs" (10000, given), and is 20000',
    ],
    [
      { attemptTimeoutMs: 10_000, deadlineMs: 5_000 },
      '"attemptTimeoutMs" must be at most "deadlineMs" (5000, given)',
    ],
    [
      { attemptTimeoutMs: 60_000 },
      '"attemptTimeoutMs" must be at most "deadlineMs" (30000, default), and is 60000',
    ],
    [
      { attemptTimeoutMs: 1_000_000, profile: 'batch' },
      '"attemptTimeoutMs" must be at most "deadlineMs" (900000, profile batch), and is 1000000',
    ],
    [
      { circuitBreaker: { windowMs: 15_000 } },
      '"circuitBreaker.windowMs" must be at least 20000, which is twice "attemptTimeoutMs" (10000, default), and is 15000',
    ],
    [
      { circuitBreaker: { windowMs: 1_999 }, attemptTimeoutMs: 1_000 },
      '"circuitBreaker.windowMs" must be at least 2000, which is twice "attemptTimeoutMs" (1000, given), and is 1999',
    ],
    [
      { circuitBreaker: { windowMs: 3_000 }, deadlineMs: 2_000 },
      '"circuitBreaker.windowMs" must be at least 4000, which is twice "attemptTimeoutMs" (2000, deadlineMs), and is 3000',
    ],
    [
      { circuitBreaker: { slowMs: 10_000 } },
      '"circuitBreaker.slowMs" must be below "attemptTimeoutMs" (10000, default), and is 10000',
    ],
    [
      { throttleGate: { probeTimeoutMs: 30_000 } },
      '"throttleGate.probeTimeoutMs" must be below "deadlineMs" (30000, default), and is 30000',
    ],
    [
      { throttleGate: { rampMs: 5_000 }, deadlineMs: 4_000 },
      '"throttleGate.rampMs" must be below "deadlineMs" (4000, given), and is 5000',
    ],
    [{ retry: { maxDelayMs: 30_000 } }, '"retry.maxDelayMs" must be below "deadlineMs" (30000, default)'],
    [
      { retry: { baseDelayMs: 2_000 }, deadlineMs: 2_000 },
      '"retry.baseDelayMs" must be below "deadlineMs" (2000, given), and is 2000',
    ],
    [
      { retry: { baseDelayMs: 6_000 } },
      '"retry.baseDelayMs" must be at most "retry.maxDelayMs" (5000, default), and is 6000',
    ],
    [
      { circuitBreaker: { openMs: 90_000, maxOpenMs: 60_000 } },
      '"circuitBreaker.openMs" must be at most "circuitBreaker.maxOpenMs" (60000, given), and is 90000',
    ],
    [
      { circuitBreaker: { slowRatio: 0.2 } },
      '"circuitBreaker.slowRatio" is 0.2 beside "circuitBreaker.slowMs" (false)',
    ],
    [{ sensitiveHeaders: ['x-api-key'] }, '"sensitiveHeaders" has 1 beside "credential" (false)'],
  ])('is refused at construction: %j', (options, message) => {
    expect(make(options)).toThrow(TypeError);
    expect(make(options)).toThrow(`standardInterceptors(): the option ${message}`);
  });

  it.each<Partial<StandardInterceptorsOptions>>([
    { attemptTimeoutMs: 10_000, deadlineMs: 10_000 },
    { attemptTimeoutMs: 60_000, deadlineMs: false },
    { attemptTimeoutMs: 10_000.3 },
    { attemptTimeoutMs: 60_000, profile: 'batch' },
    { attemptTimeoutMs: false, deadlineMs: 100 },
    { circuitBreaker: { windowMs: 20_000 } },
    { circuitBreaker: { windowMs: 1 }, attemptTimeoutMs: false },
    { circuitBreaker: { slowMs: 9_999, slowRatio: 0.2 } },
    { circuitBreaker: { slowMs: 60_000 }, attemptTimeoutMs: false },
    { throttleGate: { probeTimeoutMs: 60_000, rampMs: 60_000 }, deadlineMs: false },
    { throttleGate: { probeTimeoutMs: 60_000 }, profile: 'batch' },
    { throttleGate: { maxClosedMs: 600_000 } },
    { retry: { baseDelayMs: 5_000 } },
    { retry: { maxDelayMs: 100 } },
    { retry: { retries: 0 } },
    { sensitiveHeaders: ['x-api-key'], credential: staticCredential(), scopes: 'orders' },
    { scopes: 'orders' },
  ])('is not what is said here: %j', (options) => {
    expect(make(options)).not.toThrow();
  });
});

describe('a default beside what its user wants', () => {
  it('gives way: no attempt, wait or probe has more time than a short deadline', () => {
    const short = { deadlineMs: 150 };
    const ofDeadline = { value: 150, default: false, from: 'deadlineMs' };
    expect(make(short)).not.toThrow();
    expect(heldBy(short, 'attemptTimeout', 'timeoutMs')).toEqual({ ...ofDeadline, default: true });
    expect(heldBy(short, 'retry', 'baseDelayMs')).toEqual(ofDeadline);
    expect(heldBy(short, 'retry', 'maxDelayMs')).toEqual(ofDeadline);
    expect(heldBy(short, 'throttleGate', 'probeTimeoutMs')).toEqual(ofDeadline);
    expect(heldBy(short, 'throttleGate', 'rampMs')).toEqual(ofDeadline);
    expect(make({ deadlineMs: 0.5 })).not.toThrow();
  });

  it('gives way alone where it is the only one that is too long, and to no deadline that is not there', () => {
    expect(heldBy({ deadlineMs: 4_000 }, 'retry', 'maxDelayMs')?.value).toBe(4_000);
    expect(heldBy({ deadlineMs: 4_000 }, 'retry', 'baseDelayMs')).toEqual({ value: 200, default: true });
    const usual = { value: 10_000, default: true };
    expect(heldBy({ deadlineMs: false }, 'attemptTimeout', 'timeoutMs')).toEqual(usual);
    expect(heldBy({ deadlineMs: 10_000 }, 'attemptTimeout', 'timeoutMs')).toEqual(usual);
  });

  it('stays beside what somebody has said himself', () => {
    const short = { deadlineMs: 150, retry: { maxDelayMs: 100, baseDelayMs: 10 } };
    expect(heldBy(short, 'retry', 'maxDelayMs')).toEqual({ value: 100, default: false });
    expect(heldBy({ deadlineMs: false }, 'throttleGate', 'probeTimeoutMs')).toMatchObject({ default: true });
  });

  it('lets a breaker count over two attempts, and over ten seconds where attempts are short', () => {
    const windowMs = (options: Partial<StandardInterceptorsOptions>) =>
      heldBy(options, 'circuitBreaker', 'windowMs');
    expect(windowMs({})).toEqual({ value: 20_000, default: false, from: 'attemptTimeoutMs' });
    expect(windowMs({ attemptTimeoutMs: 20_000 })?.value).toBe(40_000);
    expect(windowMs({ attemptTimeoutMs: 1_000 })).toEqual({ value: 10_000, default: true });
    expect(windowMs({ attemptTimeoutMs: false })).toEqual({ value: 10_000, default: true });
    expect(windowMs({ deadlineMs: 6_000 })?.value).toBe(12_000);
    expect(windowMs({ circuitBreaker: { windowMs: 30_000 } })).toEqual({ value: 30_000, default: false });
  });
});

describe('axios defaults of a service client', () => {
  const client = (defaults: CreateAxiosDefaults, deadlineMs?: number | false) => () =>
    createServiceClient({
      name: 'orders',
      baseURL: 'https://orders.test',
      credential: false,
      axios: defaults,
      ...(deadlineMs !== undefined && { deadlineMs }),
    });

  it('with one idempotency key for all calls are refused, and the key is not quoted', () => {
    const make = client({ holdfast: { idempotencyKey: 'order-7' } });
    expect(make).toThrow(
      'createServiceClient(): the option "axios.holdfast.idempotencyKey" must be true, for a fresh key with each call',
    );
    expect(make).not.toThrow('order-7');
    expect(client({ holdfast: { idempotencyKey: true } })).not.toThrow();
  });

  it('with a timeout above the deadline are refused', () => {
    expect(client({ timeout: 60_000 })).toThrow(
      'createServiceClient(): the option "axios.timeout" must be at most "deadlineMs" (30000, default), and is 60000',
    );
    expect(client({ timeout: 60_000 }, 60_000)).not.toThrow();
    expect(client({ timeout: 60_000 }, false)).not.toThrow();
    expect(client({ timeout: 0 })).not.toThrow();
  });
});
