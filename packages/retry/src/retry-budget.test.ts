import { callOf, subscribe, type WarningEvent } from '@holdfast/core';
import { type Step } from '@holdfast/testing';
import { RetryBudget } from './index.js';
import { clock, held, run, errorOf } from './made-retries.js';

const SERVICE = 'https://api.test';

describe('the budget', () => {
  it('100 calls to a service that fails send little more than 100 requests', async () => {
    const { client, requests } = held(Array<Step>(400).fill({ status: 503 }));
    await run(Promise.allSettled(Array.from({ length: 100 }, () => client.get('/x'))));
    // One in ten of what was observed, and one a second for ten seconds.
    expect(requests).toHaveLength(100 + 10 + 10);
  });

  it('lets a quiet client retry, and refills as time goes on', async () => {
    const { client, requests } = held(Array<Step>(100).fill({ status: 503 }), {
      retries: 1,
      random: () => 0,
    });
    for (let call = 0; call < 15; call += 1) await errorOf(client.get('/x'));
    expect(requests).toHaveLength(15 + 11);
    await clock.advance(11_000);
    await errorOf(client.get('/x'));
    expect(requests).toHaveLength(15 + 11 + 2);
  });

  it('asks less for a service that said itself when to come back', () => {
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 1 });
    let retries = 0;
    while (budget.spend(0.2, 1_000)) retries += 1;
    expect(retries).toBe(50);
  });

  it('is not confused by a clock that steps back', () => {
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 1 });
    for (let retries = 0; retries < 10; retries += 1) expect(budget.spend(1, 60_000)).toBe(true);
    expect(budget.spend(1, 1_000)).toBe(false);
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
