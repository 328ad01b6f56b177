import { manualClock, scriptedTransport, type ManualClock, type ScriptFunction } from '@holdfast/testing';
import {
  RetryBudget,
  callOf,
  createServiceClient,
  isHoldfastError,
  type ServiceClientOptions,
} from './index.js';

let clock: ManualClock;

beforeEach(() => {
  clock = manualClock();
});

afterEach(() => {
  clock.uninstall();
});

const run = <T>(promise: Promise<T>): Promise<T> => clock.runUntilSettled(promise);

/** A client of that profile, and what so many calls at once come to. */
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
  const get = (calls: number) =>
    run(Promise.all(Array.from({ length: calls }, () => client.get('/7').catch((error: unknown) => error))));
  return { client, requests, get };
}

/** Throttles everybody until an instant, and once more until another. */
const throttling =
  (...untils: readonly number[]): ScriptFunction =>
  ({ at }) => {
    const until = untils.find((one) => at < one);
    if (until === undefined) return { status: 200, delayMs: 10 };
    return { status: 429, headers: { 'retry-after': String((until - at) / 1_000) } };
  };

const failures = (outcomes: readonly unknown[]) => outcomes.filter((one) => one instanceof Error);

describe('a batch', () => {
  it('that is throttled all at once comes back whole; of as many callers some are told at once to give up', async () => {
    const start = clock.now();
    const batch = orders(throttling(start + 8_000), { profile: 'batch' });
    expect(failures(await batch.get(150))).toEqual([]);
    clock.uninstall();
    clock = manualClock();
    const { get } = orders(throttling(clock.now() + 8_000), { profile: 'interactive' });
    expect(failures(await get(150)).length).toBeGreaterThan(20);
  });

  it('waits at the gate with as many calls as it has', async () => {
    const { client, get } = orders(throttling(clock.now() + 60_000), { profile: 'batch' });
    const first = client.get('/7');
    await clock.advance(1_000);
    const outcomes = await get(50);
    expect(failures(outcomes)).toEqual([]);
    await expect(run(first)).resolves.toHaveProperty('status', 200);
    expect(outcomes.every((one) => callOf(one)?.sends === 1)).toBe(true);
  });

  it('has a quarter of an hour for a call, where a caller has half a minute', async () => {
    const lasted = async (profile: 'batch' | 'interactive' | undefined) => {
      const { client } = orders(() => 'hang', {
        ...(profile && { profile }),
        attemptTimeoutMs: false,
      });
      const start = clock.now();
      const error: unknown = await run(client.get('/7').catch((reason: unknown) => reason));
      return isHoldfastError(error, 'ERR_DEADLINE_EXCEEDED') && clock.now() - start;
    };
    expect(await lasted('batch')).toBe(900_000);
    expect(await lasted('interactive')).toBe(30_000);
    expect(await lasted(undefined)).toBe(30_000);
  });

  it('that meets a service which fails a fifth of the time has all its retries, and a caller has not', async () => {
    // Ten seconds of traffic, of which a budget is a share, have passed when it begins to fail.
    const fifth: ScriptFunction = (_, number) => ({
      status: number > 400 && number % 5 === 0 ? 500 : 200,
      delayMs: 10,
    });
    const gaveUp = async (profile: 'batch' | 'interactive') => {
      const { get } = orders(fifth, { profile });
      const outcomes = [];
      for (let second = 0; second < 22; second += 1) {
        outcomes.push(...(await get(40)));
        await clock.advance(1_000);
      }
      return failures(outcomes).length;
    };
    expect(await gaveUp('batch')).toBe(0);
    expect(await gaveUp('interactive')).toBeGreaterThan(0);
  });

  it('in an outage sends no more than a quarter above its calls, and five a second', async () => {
    const { client, requests } = orders(() => ({ status: 500, delayMs: 10 }), {
      profile: 'batch',
      circuitBreaker: false,
    });
    const calls = [];
    for (let second = 0; second < 10; second += 1) {
      calls.push(...Array.from({ length: 30 }, () => client.get('/7').catch(() => undefined)));
      await clock.advance(1_000);
    }
    await run(Promise.all(calls));
    // What stood in the budget at the beginning comes on top once: ten seconds of five.
    expect(requests.length).toBeLessThanOrEqual(300 + 0.25 * 300 + 5 * 10 + 50);
    expect(requests.length).toBeGreaterThan(300 + 0.25 * 300);
  });

  it('keeps to what its owner says himself', async () => {
    const { client, requests, get } = orders(throttling(clock.now() + 8_000), {
      profile: 'batch',
      deadlineMs: 10_000,
      throttleGate: { maxWaiters: 1 },
      retry: { budget: new RetryBudget({ ratio: 0, minPerSecond: 0 }) },
    });
    await run(client.get('/7').catch(() => undefined));
    const outcomes = await get(3);
    expect(failures(outcomes)).toHaveLength(2);
    expect(requests).toHaveLength(2);
  });

  it.each([1, 'Batch', 'toString'])('is none when the profile is called %j', (profile) => {
    expect(() => orders(() => 'hang', { profile: profile as never })).toThrow(
      /the option "profile" must be "interactive" or "batch", and is/,
    );
  });
});
