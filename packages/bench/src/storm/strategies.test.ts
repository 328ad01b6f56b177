import { manualClock, scriptedTransport, type Step } from '@holdfast/testing';
import type { AxiosInstance } from 'axios';
import { strategies } from './strategies.js';

/** Plays a scene with one client, and says when it sent: in milliseconds after the start. */
async function sendsOf(
  name: string,
  step: Step,
  scene: (client: AxiosInstance, advance: (ms: number) => Promise<void>) => Promise<void> = (
    client,
    advance,
  ) => callsIn(1, 0)(client, advance),
): Promise<readonly number[]> {
  using clock = manualClock();
  const startedAt = clock.now();
  const transport = scriptedTransport(() => step, { clock });
  const client = strategies[name]?.client({
    baseURL: 'https://storm.example',
    adapter: transport.adapter,
    clock,
    random: () => 0.5,
    timeoutMs: 1_000,
  });
  if (client === undefined) throw new Error(`there is no ${name}`);
  await scene(client, (ms) => clock.advance(ms));
  return transport.requests.map(({ at }) => at - startedAt);
}

/** So many calls, so far apart, and a minute after the last one. */
function callsIn(count: number, apartMs: number) {
  return async (client: AxiosInstance, advance: (ms: number) => Promise<void>): Promise<void> => {
    for (let call = 0; call < count; call += 1) {
      client.get('/').catch(() => undefined);
      await advance(apartMs);
    }
    await advance(60_000);
  };
}

const down: Step = { status: 503 };
const told: Step = { status: 503, headers: { 'retry-after': '5' } };

const count = async (name: string, step: Step, calls: number): Promise<number> =>
  (await sendsOf(name, step, callsIn(calls, 100))).length;

describe('each strategy does what it is named after', () => {
  it.each([
    ['no-retries', 1, 1],
    ['axios-retry', 4, 1],
    ['axios-retry-timeouts', 4, 4],
    // One failure of one is more than half: it opens, and no retry is sent.
    ['axios-retry-opossum', 1, 1],
    ['axios-retry-after', 4, 1],
    ['budget', 4, 4],
    ['budget-gate-for-all', 4, 4],
    ['cockatiel', 4, 4],
    ['holdfast', 4, 4],
    ['holdfast-no-breaker', 4, 4],
    ['holdfast-no-gate', 4, 4],
  ])(
    '%s: sends a call that is answered 503 %i times, and one that is not answered %i times',
    async (name, ...sends) => {
      expect([await count(name, down, 1), await count(name, 'hang', 1)]).toEqual(sends);
    },
  );

  it('has a row for every one of them', () => {
    expect(Object.keys(strategies)).toHaveLength(11);
    expect(new Set(Object.values(strategies).map(({ name }) => name)).size).toBe(11);
  });

  it('of a hundred calls in ten seconds to a service that is down: all retried, by a budget, until a circuit opens', async () => {
    const sends: Record<string, number> = {};
    for (const name of Object.keys(strategies)) sends[name] = await count(name, down, 100);

    expect(sends).toMatchObject({
      'no-retries': 100,
      'axios-retry': 400,
      'axios-retry-timeouts': 400,
      'axios-retry-opossum': 1,
      'axios-retry-after': 400,
      // Five, and one more when ten seconds are over.
      cockatiel: 6,
    });
    // 10 calls a second: a tenth of them, and one each second, are retried at most, and what ten seconds have saved up.
    expect(sends['budget']).toBeGreaterThan(110);
    expect(sends['budget']).toBeLessThan(150);
    expect(sends['budget-gate-for-all']).toBe(sends['budget']);
    expect(sends['holdfast-no-breaker']).toBe(sends['budget']);
    expect(sends['holdfast']).toBeLessThan(40);
    expect(sends['holdfast-no-gate']).toBe(sends['holdfast']);
  });

  it('told to come back in 5 s: goes by its own backoff, or waits for itself, or for all', async () => {
    const second = async (name: string): Promise<number> => (await sendsOf(name, told))[1] ?? Number.NaN;

    expect(await second('axios-retry')).toBeLessThan(1_000);
    expect(await second('axios-retry-timeouts')).toBeLessThan(1_000);
    for (const name of ['axios-retry-after', 'budget', 'holdfast', 'holdfast-no-gate']) {
      expect(await second(name)).toBeGreaterThanOrEqual(5_000);
      expect(await second(name)).toBeLessThan(6_200);
    }
  });

  it('of fifty calls while one was told so: each finds out for itself, all wait and go together, or one tries', async () => {
    const within = async (name: string, fromMs: number, toMs: number): Promise<number> =>
      (await sendsOf(name, told, callsIn(50, 80))).filter((at) => at >= fromMs && at < toMs).length;

    for (const name of ['no-retries', 'axios-retry-after', 'budget'])
      expect(await within(name, 0, 4_000)).toBe(50);
    // Until its circuit opens.
    expect(await within('holdfast-no-gate', 0, 4_000)).toBe(10);
    expect(await within('budget-gate-for-all', 0, 5_000)).toBe(1);
    expect(await within('budget-gate-for-all', 5_000, 5_001)).toBe(49);
    expect(await within('holdfast', 0, 5_000)).toBe(1);
    expect(await within('holdfast', 5_000, 9_000)).toBe(1);
  });
});
