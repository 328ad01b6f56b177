import fc from 'fast-check';
import { Window } from './window.js';

/** What a window is, without a thought for memory: every outcome kept, and counted again each time. */
function reference(outcomes: readonly { at: number; failed: boolean }[], windowMs: number) {
  const now = outcomes.at(-1)!.at;
  const bucketOf = (at: number) => Math.floor(at / (windowMs / 10));
  const recent = outcomes.filter(({ at }) => bucketOf(at) > bucketOf(now) - 10);
  const run = outcomes.slice(outcomes.findLastIndex(({ failed }) => !failed) + 1);
  return {
    attempts: recent.length,
    failures: recent.filter(({ failed }) => failed).length,
    run: run.length,
    ...(run.length > 0 && { runMs: now - run[0]!.at }),
  };
}

const figuresOf = ({ attempts, failures, run, runMs }: Window) =>
  run > 0 ? { attempts, failures, run, runMs } : { attempts, failures, run };

describe('Window', () => {
  it('counts what its reference counts, whatever the outcomes and the pauses between them', () => {
    const step = fc.record({
      pauseMs: fc.oneof(fc.nat(5), fc.nat(300), fc.nat(2500), fc.nat(100_000)),
      failed: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(7, 100, 1000, 10_000),
        (steps, windowMs) => {
          const window = new Window(windowMs);
          const outcomes: { at: number; failed: boolean }[] = [];
          let now = Date.UTC(2025, 0, 1);
          for (const { pauseMs, failed } of steps) {
            now += pauseMs;
            outcomes.push({ at: now, failed });
            if (failed) window.failed(now);
            else window.succeeded(now);
            expect(figuresOf(window)).toEqual(reference(outcomes, windowMs));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('starts over when the clock is set back, and never counts below zero', () => {
    const window = new Window(10_000);
    for (let at = 20_000; at < 25_000; at += 100) window.failed(at);
    window.failed(3_000);
    expect(figuresOf(window)).toEqual({ attempts: 1, failures: 1, run: 51, runMs: 0 });
    window.failed(3_600);
    expect(window.runMs).toBe(600);
    window.succeeded(24_000);
    expect(figuresOf(window)).toEqual({ attempts: 1, failures: 0, run: 0 });
  });

  it('is empty after clear()', () => {
    const window = new Window(10_000);
    window.failed(5, true);
    window.clear();
    expect([figuresOf(window), window.slow]).toEqual([{ attempts: 0, failures: 0, run: 0 }, 0]);
    window.succeeded(6);
    expect(figuresOf(window)).toEqual({ attempts: 1, failures: 0, run: 0 });
  });

  it('tells what it holds so that another can go on with it, whatever was counted and however long ago', () => {
    const step = fc.record({
      pauseMs: fc.oneof(fc.nat(300), fc.nat(2_500)),
      failed: fc.boolean(),
      slow: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.nat(20_000),
        fc.oneof(fc.constantFrom(100, 1_000, 10_000), fc.integer({ min: 1, max: 40_000 })),
        (steps, laterMs, windowMs) => {
          const window = new Window(windowMs);
          const another = new Window(windowMs);
          let now = Date.UTC(2025, 0, 1);
          const record = (counting: Window, { failed, slow }: { failed: boolean; slow: boolean }) => {
            if (failed) counting.failed(now, slow);
            else counting.succeeded(now, slow);
          };
          for (const one of steps) {
            now += one.pauseMs;
            record(window, one);
          }
          now += laterMs;
          another.restore(window.content(now), now);
          // As of the next outcome nothing too old is left in either.
          for (const counting of [window, another]) record(counting, { failed: true, slow: true });
          expect([figuresOf(another), another.slow]).toEqual([figuresOf(window), window.slow]);
          expect(another.content(now)).toEqual(window.content(now));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never holds more than was counted where its length changes, and all of it where it becomes longer', () => {
    const step = fc.record({ pauseMs: fc.nat(3_000), failed: fc.boolean(), slow: fc.boolean() });
    const lengthMs = fc.integer({ min: 1, max: 40_000 });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        lengthMs,
        lengthMs,
        (steps, fromMs, toMs) => {
          const window = new Window(fromMs);
          let now = Date.UTC(2025, 0, 1);
          for (const { pauseMs, failed, slow } of steps) {
            now += pauseMs;
            if (failed) window.failed(now, slow);
            else window.succeeded(now, slow);
          }
          const held = () =>
            (['attempts', 'failures', 'slow'] as const).map((figure) =>
              window.content(now).buckets.reduce((sum, bucket) => sum + bucket[figure], 0),
            );
          const before = held();
          window.resize(toMs, now);
          for (const [figure, sum] of held().entries()) expect(sum).toBeLessThanOrEqual(before[figure]!);
          // By a tenth at least: a window is moved on by tenths.
          const keepsAll = toMs === fromMs || 0.9 * toMs >= fromMs;
          expect(held()).toEqual(keepsAll ? before : held());
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes over what was written down in any order, and nothing of a time to come', () => {
    const window = new Window(10_000);
    const bucketAt = (at: number) => ({ at, attempts: 2, failures: 1, slow: 1 });
    const buckets = [29_000, 31_000, 20_000, 27_000].map(bucketAt);
    window.restore({ windowMs: 10_000, buckets, run: 4, runStartedAt: 29_000, runEndedAt: 31_000 }, 29_500);
    expect(window.content(29_500)).toMatchObject({ buckets: [20_000, 27_000, 29_000].map(bucketAt), run: 0 });
    // Where no call of a run has failed yet, it lasts for no time.
    expect(window.runMs).toBe(0);
    window.failed(29_600);
    expect([window.attempts, window.run, window.runMs]).toEqual([7, 1, 0]);
    // What ended at this very instant is not to come.
    window.restore({ windowMs: 10_000, buckets, run: 4, runStartedAt: 29_000, runEndedAt: 31_000 }, 31_000);
    expect([window.run, window.runMs]).toEqual([4, 2_000]);
  });

  it('takes no call for slow of which nobody says so', () => {
    const window = new Window(10_000);
    window.succeeded(5);
    window.failed(6);
    expect([window.attempts, window.slow]).toEqual([2, 0]);
  });

  it('shows nothing of before to a clock that was set back', () => {
    const window = new Window(10_000);
    window.failed(29_000);
    expect([window.content(20_000).buckets, window.content(29_000).buckets.length]).toEqual([[], 1]);
  });

  it('keeps its counts where its length changes, and loses what is too old for the new one', () => {
    const window = new Window(10_000);
    const another = new Window(10_000);
    for (let at = 20_000; at < 30_000; at += 1_000) for (const one of [window, another]) one.failed(at);
    window.resize(60_000, 29_500);
    expect(figuresOf(window)).toEqual({ attempts: 10, failures: 10, run: 10, runMs: 9_000 });
    window.succeeded(70_000);
    expect(figuresOf(window)).toEqual({ attempts: 11, failures: 10, run: 0 });

    another.resize(3_000, 29_500);
    expect(figuresOf(another)).toEqual({ attempts: 3, failures: 3, run: 10, runMs: 9_000 });
    another.succeeded(29_600);
    expect(figuresOf(another)).toEqual({ attempts: 4, failures: 3, run: 0 });
  });
});
