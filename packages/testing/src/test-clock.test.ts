import { wait } from '@holdfast/core';
import fc from 'fast-check';
import { testClock } from './index.js';

const runs = Number(process.env['HOLDFAST_RUNS'] ?? 100);

describe('a test clock', () => {
  it('ends waits and limits in the order of their instants, each at its own, as long as a wait is left', async () => {
    const timer = fc.record({ ms: fc.integer({ min: 1, max: 86_400_000 }), isWait: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(timer, { maxLength: 8 }), async (timers) => {
        const clock = testClock();
        const began = clock.now();
        const fired: number[] = [];
        const limits: { cancel: () => void }[] = [];
        const waits = timers.map(({ ms, isWait }) => {
          const dueAt = clock.now() + ms;
          return new Promise<void>((resolve) => {
            const end = () => {
              expect(clock.now()).toBeGreaterThanOrEqual(dueAt);
              fired.push(ms);
              resolve();
            };
            if (isWait) clock.setWait(end, ms);
            else {
              limits.push(clock.setTimeout(end, ms));
              resolve();
            }
          });
        });
        await Promise.all(waits);
        for (const limit of limits) limit.cancel();
        const last = Math.max(0, ...timers.filter(({ isWait }) => isWait).map(({ ms }) => ms));
        const due = timers.map(({ ms }) => ms).filter((ms) => ms < last);
        // Real time passes as well: two that are due within it may change places.
        expect(fired.filter((ms) => ms < last)).toHaveLength(due.length);
        expect(fired.every((ms, at) => ms >= (fired[at - 1] ?? 0) - 1_000)).toBe(true);
        expect(clock.now() - began).toBeGreaterThanOrEqual(last);
      }),
      { numRuns: Math.min(runs, 300) },
    );
  });

  it('skips what the pipeline waits for by it', async () => {
    const clock = testClock();
    const began = clock.now();
    await wait(86_400_000, {}, clock);
    expect(clock.now() - began).toBeGreaterThanOrEqual(86_400_000);
  });

  it('skips nothing for a limit alone', async () => {
    const clock = testClock();
    const began = clock.now();
    const limit = clock.setTimeout(() => undefined, 60_000);
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    limit.cancel();
    expect(clock.now() - began).toBeLessThan(60_000);
  });

  it('skips nothing for a limit that is further away than a timer of Node can be', async () => {
    const clock = testClock();
    const began = clock.now();
    const limits = [30, 60].map((days) => clock.setTimeout(() => undefined, days * 86_400_000));
    await clock.advance(86_400_000);
    await clock.during(() => new Promise<void>((resolve) => clock.setWait(resolve, 5)));
    for (const limit of limits) limit.cancel();
    expect(Math.round((clock.now() - began) / 86_400_000)).toBe(1);
  });

  it('does not call back for what was cancelled', async () => {
    const clock = testClock();
    const called: string[] = [];
    clock.setWait(() => called.push('cancelled'), 10).cancel();
    await new Promise<void>((resolve) => {
      clock.setWait(resolve, 60_000);
    });
    expect(called).toEqual([]);
  });

  it('lets time pass when it is told to, and what falls due happens at its instant', async () => {
    const clock = testClock();
    const began = clock.now();
    const at: number[] = [];
    const note = () => at.push(Math.round((clock.now() - began) / 1_000));
    clock.setTimeout(note, 30_000);
    clock.setTimeout(note, 10_000);
    const late = clock.setTimeout(note, 90_000);
    await clock.advance(60_000);
    late.cancel();
    expect(at).toEqual([10, 30]);
    expect(Math.round((clock.now() - began) / 1_000)).toBe(60);
  });

  it('ends a wait by real time where something is under way for longer', async () => {
    const clock = testClock();
    const began = clock.now();
    await clock.during(
      () =>
        new Promise<void>((resolve) => {
          clock.setWait(resolve, 5);
        }),
    );
    expect(clock.now() - began).toBeGreaterThanOrEqual(5);
  });
});
