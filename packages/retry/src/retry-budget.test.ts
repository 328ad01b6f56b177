import { callOf, subscribe, type WarningEvent } from '@holdfast/core';
import { type Step } from '@holdfast/testing';
import fc from 'fast-check';
import { RetryBudget } from './index.js';
import { clock, held, run, errorOf } from './made-retries.js';

const SERVICE = 'https://api.test';

describe('the budget', () => {
  it('100 calls to a service that fails send little more than 100 requests', async () => {
    const { client, requests } = held(Array<Step>(400).fill({ status: 503 }));
    await run(Promise.allSettled(Array.from({ length: 100 }, () => client.get('/x'))));
    // Three seconds' worth, of one a second: all that two seconds may have.
    expect(requests).toHaveLength(100 + 3);
  });

  it('a busy client that goes on meeting failures retries a tenth of its calls and one a second, and never much at once', () => {
    const budget = new RetryBudget();
    const paid = Array.from({ length: 20 }, (_, second) => {
      const now = 60_000 + second * 1_000;
      // Well for ten seconds, and then each call fails.
      let retries = 0;
      for (let call = 0; call < 100; call += 1) {
        budget.observe(now);
        if (second >= 10 && budget.spend(1, now)) retries += 1;
      }
      return retries;
    });
    expect(paid.slice(10)).toEqual([30, 0, 30, 0, 30, 0, 20, 0, 0, 0]);
  });

  it('one call of a quiet client may have all of its retries at once, and the next one two seconds later', () => {
    const budget = new RetryBudget();
    budget.observe(60_000);
    expect([0, 0, 0, 0].map((afterMs) => budget.spend(1, 60_000 + afterMs))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(budget.spend(1, 61_999)).toBe(false);
    expect([0, 0, 0, 0].map((afterMs) => budget.spend(1, 62_000 + afterMs))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('of a share alone, one retry is paid for however little a second is worth', () => {
    const budget = new RetryBudget({ ratio: 0.1, minPerSecond: 0 });
    for (let call = 0; call < 20; call += 1) budget.observe(60_000);
    expect([0, 1_000, 2_000, 4_000].map((afterMs) => budget.spend(1, 60_000 + afterMs))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('lets a quiet client retry, and refills as time goes on', async () => {
    const { client, requests } = held(Array<Step>(100).fill({ status: 503 }), {
      retries: 1,
      random: () => 0,
    });
    for (let call = 0; call < 15; call += 1) await errorOf(client.get('/x'));
    expect(requests).toHaveLength(15 + 3);
    await clock.advance(2_000);
    await errorOf(client.get('/x'));
    expect(requests).toHaveLength(15 + 3 + 2);
  });

  it('asks less for a service that said itself when to come back', () => {
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 1 });
    let retries = 0;
    while (retries < 99 && budget.spend(0.2, 1_000)) retries += 1;
    expect(retries).toBe(50);
  });

  it('is not confused by a clock that steps back', () => {
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 1 });
    for (let retries = 0; retries < 3; retries += 1) expect(budget.spend(1, 60_000)).toBe(true);
    expect(budget.spend(1, 1_000)).toBe(false);
    // When it is set right again, nothing has been refilled meanwhile.
    expect(budget.spend(1, 60_000)).toBe(false);
  });

  it('allows what the traffic of the last ten seconds pays for, whatever was spent and however long ago', () => {
    const step = fc.record({
      pauseMs: fc.oneof(fc.nat(900), fc.nat(2_000), fc.nat(15_000)),
      calls: fc.nat(4),
      price: fc.constantFrom(0.25, 3, 9),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 1 });
        const seen: { readonly second: number; readonly earned: number; readonly spent: number }[] = [];
        let now = Date.UTC(2026, 0, 1);
        for (const { pauseMs, calls, price } of steps) {
          now += pauseMs;
          for (let call = 0; call < calls; call += 1) budget.observe(now);
          const second = Math.floor(now / 1_000);
          seen.push({ second, earned: calls * 0.5, spent: 0 });
          const recent = seen.filter((one) => one.second > second - 10);
          const left = recent.reduce((sum, { earned, spent }) => sum + earned - spent, 10);
          const worth = Math.max(
            1,
            recent.reduce((sum, { earned }) => sum + earned / 10, 0),
          );
          const justSpent = recent.reduce((sum, one) => sum + (one.second > second - 2 ? one.spent : 0), 0);
          const isBurst = price >= 1 && justSpent > 0 && justSpent + price > 3 * worth + 1e-9;
          const isPaid = price <= left && !isBurst;
          expect(budget.spend(price, now)).toBe(isPaid);
          if (isPaid) seen.push({ second, earned: 0, spent: price });
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a budget that only observes', () => {
  const observed = (script: readonly Step[]) =>
    held(script, { retries: 1, budget: new RetryBudget({ ratio: 0, minPerSecond: 0, mode: 'observe' }) });

  it('lets every retry through, and says in the story of the call what it would have refused', async () => {
    const { client, requests } = observed([{ status: 503 }, { status: 200 }]);
    const response = await run(client.get('/x'));
    expect(requests).toHaveLength(2);
    expect(callOf(response)?.attempts[0]?.decisions).toEqual([
      'the retry budget is spent, and only observed',
      'retry 1 in 200 ms: unavailable',
    ]);
  });

  it('counts as it would if it refused: what it lets through beyond is not held against later calls', () => {
    const [observing, enforcing] = (['observe', 'enforce'] as const).map(
      (mode) => new RetryBudget({ ratio: 0, minPerSecond: 1, mode }),
    );
    const says = (budget: RetryBudget | undefined) =>
      Array.from({ length: 30 }, (_, second) => budget?.spend(2, 60_000 + second * 1_000));
    expect(says(observing)).toEqual(says(enforcing));
    expect(says(observing)).toContain(false);
  });
});

describe('when the budget is spent for the first time', () => {
  it.each([
    ['enforce', 'failures reach the callers at once'],
    ['observe', 'is only observed'],
  ] as const)(
    'its owner is warned, once, and told which options say how many there are (%s)',
    async (mode, text) => {
      const warnings: WarningEvent[] = [];
      const stop = subscribe('holdfast:warning', (event) => warnings.push(event));
      const budget = new RetryBudget({ ratio: 0, minPerSecond: 0, mode });
      const { client } = held(Array<Step>(9).fill({ status: 503 }), { budget, retries: 2 });
      await errorOf(client.get('/x'));
      await errorOf(client.get('/x'));
      stop();
      expect(warnings).toMatchObject([{ code: 'RETRY_BUDGET_SPENT', service: SERVICE }]);
      expect(warnings[0]?.message).toContain(text);
      expect(warnings[0]?.message).toContain('RetryBudget({ ratio, minPerSecond })');
    },
  );

  it('nobody is warned while there is some of it', async () => {
    const warnings: WarningEvent[] = [];
    const stop = subscribe('holdfast:warning', (event) => warnings.push(event));
    const { client } = held([{ status: 503 }, { status: 200 }]);
    await run(client.get('/x'));
    stop();
    expect(warnings).toEqual([]);
  });
});
