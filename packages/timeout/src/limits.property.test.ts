import { install, isHoldfastError } from '@holdfast/core';
import { manualClock, scriptedTransport } from '@holdfast/testing';
import axios from 'axios';
import fc from 'fast-check';
import { attemptTimeout, deadline, withDeadline } from './index.js';

const call = fc.record({
  at: fc.integer({ min: 0, max: 300 }),
  takesMs: fc.option(fc.integer({ min: 1, max: 400 })),
  deadlineMs: fc.constantFrom<number | false>(100, 250, false),
  attemptTimeoutMs: fc.constantFrom<number | false>(50, 100, false),
  inheritedMs: fc.option(fc.integer({ min: 1, max: 300 })),
});

it('a call with limits ends at the first of them or by its answer, neither sooner nor later, and leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 12 }), async (calls) => {
      const clock = manualClock({ fakeGlobals: false });
      const start = clock.now();
      const transport = scriptedTransport(
        ({ url }) => {
          const { takesMs } = calls[Number(url)]!;
          return takesMs === null ? 'hang' : { status: 200, delayMs: takesMs };
        },
        { clock },
      );
      const api = axios.create({ adapter: transport.adapter });
      install(api, [deadline({ clock }), attemptTimeout({ clock })], { clock });
      const ends: Record<number, string> = {};
      const begin = ({ deadlineMs, attemptTimeoutMs, inheritedMs }: (typeof calls)[number], at: number) => {
        const send = () => api.get(String(at), { holdfast: { deadlineMs, attemptTimeoutMs } });
        const sent = inheritedMs === null ? send() : withDeadline(inheritedMs, send, { clock });
        const note = (how: string) => (ends[at] = `${how} ${clock.now() - start}`);
        void sent.then(
          () => note('answer'),
          (error: unknown) => note(isHoldfastError(error) ? error.code : String(error)),
        );
      };
      for (const [at, one] of calls.entries()) {
        clock.setTimeout(() => {
          begin(one, at);
        }, one.at);
      }
      await clock.advance(800);
      for (const [at, { at: began, takesMs, ...limits }] of calls.entries()) {
        const deadlineAt = Math.min(limits.deadlineMs || Infinity, limits.inheritedMs ?? Infinity);
        const attemptAt = limits.attemptTimeoutMs || Infinity;
        const endsAt = Math.min(deadlineAt, attemptAt, takesMs ?? Infinity);
        // Of two that end at one instant either may be first.
        const ways = [
          ...(takesMs === endsAt ? ['answer'] : []),
          ...(deadlineAt === endsAt ? ['ERR_DEADLINE_EXCEEDED'] : []),
          ...(attemptAt === endsAt ? ['ERR_ATTEMPT_TIMEOUT'] : []),
        ];
        const possible = ways.map((way) => `${way} ${began + endsAt}`);
        expect(endsAt === Infinity ? [undefined] : possible).toContain(ends[at]);
      }
      await clock.advance(1_000);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 60 },
  );
});

it('a limit fires neither before its time, nor later than that, however far the clock is set forward; set back, it costs one length at most', async () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 80 }),
    takesMs: fc.option(fc.integer({ min: 1, max: 150 })),
  });
  const set = fc.record({
    before: fc.integer({ min: 0, max: 11 }),
    setByMs: fc.oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: -200, max: 0 })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), set, async (steps, once) => {
      const real = manualClock({ fakeGlobals: false });
      let setByMs = 0;
      const clock = { now: () => real.now() + setByMs, setTimeout: real.setTimeout.bind(real) };
      const transport = scriptedTransport(
        ({ url }) => {
          const { takesMs } = steps[Number(url)]!;
          return takesMs === null ? 'hang' : { status: 200, delayMs: takesMs };
        },
        { clock },
      );
      const api = axios.create({ adapter: transport.adapter });
      install(api, [attemptTimeout({ timeoutMs: 100, clock })], { clock });
      const calls: Promise<void>[] = [];
      for (const [at, one] of steps.entries()) {
        if (at === once.before) setByMs = once.setByMs;
        const began = { real: real.now(), told: clock.now() };
        const took = () => ({ real: real.now() - began.real, told: clock.now() - began.told });
        calls.push(
          api.get(String(at)).then(
            () => {
              expect(took().real).toBe(one.takesMs);
            },
            (error: unknown) => {
              expect(isHoldfastError(error, 'ERR_ATTEMPT_TIMEOUT')).toBe(true);
              expect(Math.max(took().real, took().told)).toBeGreaterThanOrEqual(100);
              expect(took().real).toBeLessThanOrEqual(once.setByMs < 0 ? 200 : 100);
            },
          ),
        );
        await real.advance(one.waitMs);
      }
      // Also where nothing begins after it.
      if (once.before >= steps.length) setByMs = once.setByMs;
      await real.advance(1_000);
      await Promise.all(calls);
      expect(real.pending).toBe(0);
    }),
    { numRuns: 60 },
  );
});
